//! Other large clouds: Azure, Google, Oracle, OpenStack, Outscale and Triton.

use super::{PORT, REFRESH, TAG_SEPARATOR, http};
use crate::error::Fault;
use crate::schema::{
    Kind, Preset, Section, boolean, duration, field, file, int, secret, table, text, texts,
};
use crate::table::{Table, Value};

/// One entry of `azure_sd_configs`.
pub(super) static AZURE: Section = Section::new(
    &[
        &[
            text("environment").or_text("AzurePublicCloud"),
            PORT,
            text("subscription_id").required(),
            text("tenant_id"),
            text("client_id"),
            secret("client_secret"),
            duration("refresh_interval").or_seconds(300),
            field(
                "authentication_method",
                Kind::Choice(&["", "OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"]),
            )
            .or_text("OAuth"),
            text("resource_group"),
        ],
        http::FIELDS,
    ],
    &[http::check, |azure| {
        if azure.text("authentication_method") == "OAuth" {
            for key in ["tenant_id", "client_id", "client_secret"] {
                azure.require(key, " for the authentication method OAuth")?;
            }
        }
        Ok(())
    }],
);

/// One entry of `gce_sd_configs`.
pub(super) static GCE: Section = Section::new(
    &[&[
        text("project").required(),
        text("zone").required(),
        text("filter"),
        REFRESH,
        PORT,
        TAG_SEPARATOR,
    ]],
    &[],
);

/// One entry of `oci_sd_configs`.
pub(super) static OCI: Section = Section::new(
    &[&[
        field("auth", Kind::Choice(&["api_key", "instance_principal"])).or_text("api_key"),
        text("tenancy"),
        text("user"),
        text("fingerprint"),
        file("key_file"),
        secret("key_passphrase"),
        text("region").required(),
        texts("compartments"),
        text("filter"),
        text("tag_filter_key"),
        text("tag_filter_value"),
        field("tag_filter_action", Kind::Choice(&["include", "exclude"])).or_text("include"),
        field("rate_limit_rps", Kind::Float).preset(Preset::Float(10.0)),
        PORT,
        REFRESH,
    ]],
    &[|oci| {
        if oci.text("auth") == "api_key" {
            for key in ["tenancy", "user", "fingerprint", "key_file"] {
                oci.require(key, " for the authentication api_key")?;
            }
        }
        Ok(())
    }],
);

/// One entry of `openstack_sd_configs`.
pub(super) static OPENSTACK: Section = Section::new(
    &[&[
        text("identity_endpoint").shown(),
        text("username").shown(),
        text("userid").shown(),
        secret("password").shown(),
        text("project_name").shown(),
        text("project_id").shown(),
        text("domain_name").shown(),
        text("domain_id").shown(),
        text("application_credential_name").shown(),
        text("application_credential_id").shown(),
        secret("application_credential_secret").shown(),
        field(
            "role",
            Kind::Choice(&["instance", "hypervisor", "loadbalancer"]),
        )
        .required(),
        text("region").required(),
        REFRESH,
        PORT,
        boolean("all_tenants"),
        table("tls_config", &http::TLS),
        field(
            "availability",
            Kind::Choice(&["public", "internal", "admin"]),
        )
        .or_text("public"),
    ]],
    &[],
);

/// One entry of `outscale_sd_configs`.
pub(super) static OUTSCALE: Section = Section::new(
    &[
        &[
            text("endpoint"),
            text("region").or_text("eu-west-2").required(),
            text("access_key").required(),
            secret("secret_key"),
            file("secret_key_file"),
            REFRESH,
            PORT,
        ],
        http::FIELDS,
    ],
    &[http::check, outscale],
);

fn outscale(section: &mut Table) -> Result<(), Fault> {
    section.at_most_one(&["secret_key", "secret_key_file"])?;
    if !section.has("secret_key_file") {
        section.require("secret_key", " where there is no secret_key_file")?;
    }
    if !section.has("endpoint") {
        let endpoint = format!("https://api.{}.outscale.com/api/v1", section.text("region"));
        section.set("endpoint", Value::Text(endpoint));
    }
    Ok(())
}

/// One entry of `triton_sd_configs`.
pub(super) static TRITON: Section = Section::new(
    &[&[
        text("account").required(),
        field("role", Kind::Choice(&["container", "cn"])).or_text("container"),
        text("dns_suffix").required(),
        text("endpoint").required(),
        texts("groups"),
        int("port").or_int(9163).shown(),
        REFRESH,
        table("tls_config", &http::TLS),
        int("version").or_int(1).shown(),
    ]],
    &[|triton| triton.require("refresh_interval", " as more than 0")],
);
