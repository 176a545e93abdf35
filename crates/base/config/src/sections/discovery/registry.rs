//! Registries that services enter themselves in: Consul, Nomad, Eureka, Kuma, Marathon, ZooKeeper,
//! PuppetDB and Uyuni.

use super::{PORT, REFRESH, TAG_SEPARATOR, check_web_url, http};
use crate::schema::{Kind, Section, boolean, duration, field, file, secret, text, texts};

/// One entry of `consul_sd_configs`.
pub(super) static CONSUL: Section = Section::new(
    &[
        &[
            text("server").or_text("localhost:8500").required(),
            text("path_prefix"),
            secret("token"),
            text("datacenter"),
            text("namespace"),
            text("partition"),
            TAG_SEPARATOR,
            text("scheme").or_text("http"),
            text("username"),
            secret("password"),
            boolean("allow_stale").or_true().shown(),
            duration("refresh_interval").or_seconds(30),
            texts("services"),
            texts("tags"),
            field("node_meta", Kind::Map(&Kind::Text)),
            text("health_filter"),
            text("filter"),
        ],
        http::FIELDS,
    ],
    &[http::check, |consul| {
        let other = ["basic_auth", "authorization", "oauth2"]
            .into_iter()
            .find(|key| consul.holds(key));
        match other {
            Some("basic_auth") if consul.has("username") || consul.has("password") => Err(consul
                .fault(
                    "basic_auth",
                    "may not be given together with username and password",
                )),
            Some(key) if consul.has("token") => {
                Err(consul.fault(key, "may not be given together with token"))
            }
            _ => Ok(()),
        }
    }],
);

/// One entry of `nomad_sd_configs`.
pub(super) static NOMAD: Section = Section::new(
    &[
        &[
            boolean("allow_stale").or_true().shown(),
            text("namespace").or_text("default"),
            REFRESH,
            text("region").or_text("global"),
            text("server").or_text("http://localhost:4646").required(),
            TAG_SEPARATOR,
        ],
        http::FIELDS,
    ],
    &[http::check],
);

/// One entry of `eureka_sd_configs`.
pub(super) static EUREKA: Section = Section::new(
    &[
        &[
            field("server", Kind::Url).required(),
            duration("refresh_interval").or_seconds(30),
        ],
        http::FIELDS,
    ],
    &[http::check, |section| check_web_url(section, "server")],
);

/// One entry of `kuma_sd_configs`.
pub(super) static KUMA: Section = Section::new(
    &[
        http::FIELDS,
        &[
            text("client_id"),
            duration("refresh_interval").or_seconds(15),
            duration("fetch_timeout").or_seconds(120),
            field("server", Kind::Url).required(),
        ],
    ],
    &[http::check, |section| check_web_url(section, "server")],
);

/// One entry of `marathon_sd_configs`.
pub(super) static MARATHON: Section = Section::new(
    &[
        &[
            texts("servers"),
            duration("refresh_interval").or_seconds(30),
            secret("auth_token"),
            file("auth_token_file"),
        ],
        http::FIELDS,
    ],
    &[http::check, |marathon| {
        if marathon.list("servers").is_empty() {
            return Err(marathon.fault("servers", "must name at least one server"));
        }
        marathon.at_most_one(&["auth_token", "auth_token_file"])?;
        let token = marathon.has("auth_token") || marathon.has("auth_token_file");
        let others = [
            "basic_auth",
            "authorization",
            "oauth2",
            "bearer_token",
            "bearer_token_file",
        ];
        match others.iter().find(|key| marathon.holds(key)) {
            Some(key) if token => Err(marathon.fault(
                key,
                "may not be given together with auth_token or auth_token_file",
            )),
            _ => Ok(()),
        }
    }],
);

/// One entry of `nerve_sd_configs` or `serverset_sd_configs`.
pub(super) static ZOOKEEPER: Section = Section::new(
    &[&[
        texts("servers"),
        texts("paths"),
        duration("timeout").or_seconds(10),
    ]],
    &[|section| {
        for key in ["servers", "paths"] {
            if section.list(key).is_empty() {
                return Err(section.fault(key, "must hold at least one entry"));
            }
        }
        match section
            .list("paths")
            .iter()
            .find(|path| !path.text().starts_with('/'))
        {
            Some(path) => {
                let mut fault =
                    section.fault("paths", format!("{:?} must begin with '/'", path.text()));
                fault.at = path.at;
                Err(fault)
            }
            None => Ok(()),
        }
    }],
);

/// One entry of `puppetdb_sd_configs`.
pub(super) static PUPPETDB: Section = Section::new(
    &[
        http::FIELDS,
        &[
            REFRESH,
            field("url", Kind::Url).required(),
            text("query").required(),
            boolean("include_parameters").shown(),
            PORT,
        ],
    ],
    &[http::check, |section| check_web_url(section, "url")],
);

/// One entry of `uyuni_sd_configs`.
pub(super) static UYUNI: Section = Section::new(
    &[
        &[
            field("server", Kind::Url).required(),
            text("username").required(),
            secret("password").required(),
            text("entitlement").or_text("monitoring_entitled"),
            text("separator").or_text(","),
            REFRESH,
        ],
        http::FIELDS,
    ],
    &[http::check],
);
