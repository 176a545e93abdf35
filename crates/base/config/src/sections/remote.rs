//! `remote_write` and `remote_read`.

use super::http;
use super::relabel::RULE;
use crate::error::Fault;
use crate::schema::{
    Field, Kind, Preset, Section, boolean, duration, field, file, int, secret, table, tables, text,
};
use crate::table::Table;

const HEADERS: Field = field("headers", Kind::Map(&Kind::Text));

/// One entry of `remote_write`.
pub(crate) static WRITE: Section = Section::new(
    &[
        &[
            field("url", Kind::Url).required(),
            duration("remote_timeout").or_seconds(30),
            HEADERS,
            tables("write_relabel_configs", &RULE),
            text("name"),
            boolean("send_exemplars"),
            boolean("send_native_histograms"),
            boolean("round_robin_dns"),
            field(
                "protobuf_message",
                Kind::Choice(&["prometheus.WriteRequest", "io.prometheus.write.v2.Request"]),
            )
            .or_text("prometheus.WriteRequest"),
        ],
        http::FIELDS,
        &[
            table("queue_config", &QUEUE).fresh(),
            table("metadata_config", &METADATA).fresh(),
            table("sigv4", &SIGV4),
            table("azuread", &AZURE_AD),
            table("google_iam", &GOOGLE_IAM),
        ],
    ],
    &[http::check, cloud_login, |write| {
        http::headers(write, "headers")
    }],
);

/// One entry of `remote_read`.
pub(crate) static READ: Section = Section::new(
    &[
        &[
            field("url", Kind::Url).required(),
            duration("remote_timeout").or_seconds(60),
            int("chunked_read_limit").or_int(50_000_000),
            HEADERS,
            boolean("read_recent"),
            text("name"),
        ],
        http::FIELDS,
        &[
            field("required_matchers", Kind::Labels),
            boolean("filter_external_labels").preset(Preset::Bool(true)),
        ],
    ],
    &[http::check, |read| http::headers(read, "headers")],
);

static QUEUE: Section = Section::new(
    &[&[
        int("capacity").or_int(10_000),
        int("max_shards").or_int(50),
        int("min_shards").or_int(1),
        int("max_samples_per_send").or_int(2_000),
        duration("batch_send_deadline").or_seconds(5),
        duration("min_backoff").preset(Preset::Millis(30)),
        duration("max_backoff").or_seconds(5),
        boolean("retry_on_http_429"),
        duration("sample_age_limit"),
    ]],
    &[queue],
);

fn queue(queue: &mut Table) -> Result<(), Fault> {
    for key in [
        "capacity",
        "max_shards",
        "min_shards",
        "max_samples_per_send",
    ] {
        if queue.int(key) <= 0 {
            return Err(queue.fault(key, "must be greater than 0"));
        }
    }
    if queue.int("min_shards") > queue.int("max_shards") {
        return Err(queue.fault(
            "min_shards",
            format!("is greater than max_shards ({})", queue.int("max_shards")),
        ));
    }
    if queue.int("max_backoff") < queue.int("min_backoff") {
        return Err(queue.fault("max_backoff", "is less than min_backoff"));
    }
    Ok(())
}

static METADATA: Section = Section::new(
    &[&[
        boolean("send").or_true().shown(),
        duration("send_interval").or_seconds(60).shown(),
        int("max_samples_per_send").or_int(2_000),
    ]],
    &[],
);

pub(crate) static SIGV4: Section = Section::new(
    &[&[
        text("region"),
        text("access_key"),
        secret("secret_key"),
        text("profile"),
        text("role_arn"),
        boolean("use_fips_sts_endpoint"),
        text("external_id"),
        text("service_name"),
    ]],
    &[|sigv4| {
        if sigv4.has("access_key") != sigv4.has("secret_key") {
            return Err(sigv4.fault(
                "access_key",
                "access_key and secret_key must be given together",
            ));
        }
        Ok(())
    }],
);

static AZURE_AD: Section = Section::new(
    &[&[
        text("cloud").or_text("AzurePublic"),
        table("managed_identity", &AZURE_MANAGED),
        table("workload_identity", &AZURE_WORKLOAD),
        table("oauth", &AZURE_OAUTH),
        table("sdk", &AZURE_SDK),
        text("scope"),
    ]],
    &[|azure| {
        const CLOUDS: [&str; 3] = ["AzurePublic", "AzureChina", "AzureGovernment"];
        if !CLOUDS.contains(&azure.text("cloud")) {
            return Err(azure.fault("cloud", format!("expected one of {}", CLOUDS.join(", "))));
        }
        let ways = ["managed_identity", "workload_identity", "oauth", "sdk"];
        match ways.iter().filter(|way| azure.holds(way)).count() {
            1 => Ok(()),
            _ => Err(azure.fault_here(format!("exactly one of {} must be given", ways.join(", ")))),
        }
    }],
);

static AZURE_MANAGED: Section = Section::new(&[&[text("client_id")]], &[]);
static AZURE_WORKLOAD: Section = Section::new(
    &[&[
        text("client_id").required(),
        text("tenant_id").required(),
        file("token_file_path"),
    ]],
    &[],
);
static AZURE_OAUTH: Section = Section::new(
    &[&[
        text("client_id").required(),
        secret("client_secret").required(),
        text("tenant_id").required(),
    ]],
    &[],
);
static AZURE_SDK: Section = Section::new(&[&[text("tenant_id")]], &[]);
static GOOGLE_IAM: Section = Section::new(&[&[file("credentials_file")]], &[]);

fn cloud_login(write: &mut Table) -> Result<(), Fault> {
    let ways = [
        "basic_auth",
        "authorization",
        "oauth2",
        "sigv4",
        "azuread",
        "google_iam",
    ];
    let mut given = ways.iter().filter(|way| write.holds(way));
    match (given.next(), given.next()) {
        (Some(first), Some(second)) => Err(write.fault(
            second,
            format!(
                "at most one of {} may be given, and {first} is given too",
                ways.join(", ")
            ),
        )),
        _ => Ok(()),
    }
}
