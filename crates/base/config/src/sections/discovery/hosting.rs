//! Hosting companies with an API for their servers.

use super::{PORT, REFRESH, TAG_SEPARATOR, http};
use crate::error::Fault;
use crate::schema::{Kind, Section, field, file, secret, text};
use crate::table::Table;

/// One entry of `digitalocean_sd_configs`.
pub(super) static DIGITALOCEAN: Section = Section::new(
    &[
        http::FIELDS,
        &[
            field("role", Kind::Choice(&["", "droplets", "databases"])),
            REFRESH,
            PORT,
        ],
    ],
    &[http::check],
);

/// One entry of `hetzner_sd_configs`.
pub(super) static HETZNER: Section = Section::new(
    &[
        http::FIELDS,
        &[
            REFRESH,
            PORT,
            field("role", Kind::Choice(&["hcloud", "robot"])).required(),
            text("label_selector"),
        ],
    ],
    &[http::check],
);

/// One entry of `ionos_sd_configs`.
pub(super) static IONOS: Section = Section::new(
    &[
        &[text("datacenter_id").required()],
        http::FIELDS,
        &[REFRESH, PORT],
    ],
    &[http::check],
);

/// One entry of `linode_sd_configs`.
pub(super) static LINODE: Section = Section::new(
    &[
        http::FIELDS,
        &[REFRESH, PORT, TAG_SEPARATOR, text("region")],
    ],
    &[http::check],
);

/// One entry of `ovhcloud_sd_configs`.
pub(super) static OVHCLOUD: Section = Section::new(
    &[&[
        text("endpoint").or_text("ovh-eu").required(),
        text("application_key").required(),
        secret("application_secret").required(),
        secret("consumer_key").required(),
        REFRESH,
        field("service", Kind::Choice(&["vps", "dedicated_server"])).required(),
    ]],
    &[],
);

/// One entry of `scaleway_sd_configs`.
pub(super) static SCALEWAY: Section = Section::new(
    &[
        &[
            text("project_id").required(),
            text("api_url").or_text("https://api.scaleway.com"),
            text("zone").or_text("fr-par-1"),
            text("access_key").required(),
            secret("secret_key"),
            file("secret_key_file"),
            text("name_filter"),
            field("tags_filter", Kind::List(&Kind::Text)),
        ],
        http::FIELDS,
        &[
            REFRESH,
            PORT,
            field("role", Kind::Choice(&["instance", "baremetal"])).required(),
        ],
    ],
    &[http::check, scaleway],
);

fn scaleway(section: &mut Table) -> Result<(), Fault> {
    section.at_most_one(&["secret_key", "secret_key_file"])?;
    if !section.has("secret_key_file") {
        section.require("secret_key", " where there is no secret_key_file")?;
        if !is_uuid(section.text("secret_key")) {
            return Err(section.fault("secret_key", "must be a UUID"));
        }
    }
    if !is_uuid(section.text("project_id")) {
        return Err(section.fault("project_id", "must be a UUID"));
    }
    let key = section.text("access_key");
    let fits = key.len() == 20
        && key.starts_with("SCW")
        && key
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if !fits {
        return Err(section.fault("access_key", "must be SCW and 17 capital letters or digits"));
    }
    Ok(())
}

/// Whether a text is 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups
            .iter()
            .all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// One entry of `stackit_sd_configs`.
pub(super) static STACKIT: Section = Section::new(
    &[
        http::FIELDS,
        &[
            text("project").shown(),
            REFRESH,
            PORT,
            field("role", Kind::Choice(&["", "server", "postgres_flex"])),
            text("region").or_text("eu01"),
            text("endpoint"),
            secret("service_account_key"),
            secret("private_key"),
            file("service_account_key_path"),
            file("private_key_path"),
            file("credentials_file_path"),
        ],
    ],
    &[http::check, stackit],
);

fn stackit(section: &mut Table) -> Result<(), Fault> {
    if !section.has("endpoint") {
        return section.require("region", " where there is no endpoint");
    }
    match url::Url::parse(section.text("endpoint")) {
        Ok(_) => Ok(()),
        Err(error) => Err(section.fault("endpoint", format!("not a valid URL: {error}"))),
    }
}

/// One entry of `vultr_sd_configs`.
pub(super) static VULTR: Section = Section::new(&[http::FIELDS, &[REFRESH, PORT]], &[http::check]);
