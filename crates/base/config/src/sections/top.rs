//! The file as a whole, `global`, `runtime`, `storage` and `tracing`.

use super::alerting::ALERTING;
use super::otlp::OTLP;
use super::remote::{READ, WRITE};
use super::scrape::{ESCAPING, LIMITS, PROTOCOLS, SCRAPE, SWITCHES, VALIDATION};
use super::{http, scrape};
use crate::error::Fault;
use crate::scalar::is_file_pattern;
use crate::schema::{
    Field, Kind, Preset, Section, boolean, duration, field, file, int, table, tables, text,
};
use crate::table::Table;

/// `prometheus.yml`.
pub(crate) static CONFIG: Section = Section::new(
    &[&[
        table("global", &GLOBAL).fresh(),
        table("runtime", &RUNTIME).fresh(),
        table("alerting", &ALERTING),
        field("rule_files", Kind::List(&Kind::File)),
        field("scrape_config_files", Kind::List(&Kind::File)),
        tables("scrape_configs", &SCRAPE),
        table("storage", &STORAGE),
        table("tracing", &TRACING),
        tables("remote_write", &WRITE),
        tables("remote_read", &READ),
        table("otlp", &OTLP).fresh(),
    ]],
    &[file_patterns, remote_names],
);

/// A file that `scrape_config_files` names.
pub(crate) static SCRAPE_FILE: Section = Section::new(&[&[tables("scrape_configs", &SCRAPE)]], &[]);

fn file_patterns(config: &mut Table) -> Result<(), Fault> {
    for key in ["rule_files", "scrape_config_files"] {
        for item in config.list(key) {
            if !is_file_pattern(item.text()) {
                let mut fault = config.fault(
                    key,
                    format!(
                        "invalid file path {:?}: only its last part may hold a *",
                        item.text()
                    ),
                );
                fault.at = item.at;
                return Err(fault);
            }
        }
    }
    Ok(())
}

fn remote_names(config: &mut Table) -> Result<(), Fault> {
    for key in ["remote_write", "remote_read"] {
        let mut names = std::collections::HashSet::new();
        for remote in config.tables(key) {
            let name = remote.text("name");
            if !name.is_empty() && !names.insert(name) {
                return Err(remote.fault(
                    "name",
                    format!("the name {name:?} is taken by another {key} section"),
                ));
            }
        }
    }
    Ok(())
}

const PATHS: &[Field] = &[
    file("query_log_file"),
    file("scrape_failure_log_file"),
    field("external_labels", Kind::Labels),
];

/// `global`.
pub(crate) static GLOBAL: Section = Section::new(
    &[
        &[
            duration("scrape_interval"),
            duration("scrape_timeout"),
            field("scrape_protocols", PROTOCOLS),
            duration("evaluation_interval"),
            duration("rule_query_offset"),
        ],
        PATHS,
        LIMITS,
        &[
            field("metric_name_validation_scheme", VALIDATION),
            field("metric_name_escaping_scheme", ESCAPING),
        ],
        SWITCHES,
    ],
    &[scrape::protocols_once],
);

static RUNTIME: Section = Section::new(&[&[int("gogc").or_int(75)]], &[]);

static STORAGE: Section = Section::new(
    &[&[table("tsdb", &TSDB), table("exemplars", &EXEMPLARS)]],
    &[],
);

static TSDB: Section = Section::new(
    &[&[
        duration("out_of_order_time_window"),
        field("stale_series_compaction_threshold", Kind::Float),
        table("chunk_encoding", &CHUNK_ENCODING),
        table("retention", &RETENTION),
    ]],
    &[|tsdb| {
        if !(0.0..=1.0).contains(&tsdb.float("stale_series_compaction_threshold")) {
            return Err(tsdb.fault(
                "stale_series_compaction_threshold",
                "must lie between 0 and 1",
            ));
        }
        Ok(())
    }],
);

static CHUNK_ENCODING: Section =
    Section::new(&[&[field("floats", Kind::Choice(&["xor", "xor2"]))]], &[]);

static RETENTION: Section = Section::new(
    &[&[
        duration("time"),
        field("size", Kind::Size),
        field("percentage", Kind::Float),
    ]],
    &[|retention| {
        if retention.int("size") < 0 {
            return Err(retention.fault("size", "may not be negative"));
        }
        if !(0.0..=100.0).contains(&retention.float("percentage")) {
            return Err(retention.fault("percentage", "must lie between 0 and 100"));
        }
        Ok(())
    }],
);

/// Exemplars kept where nothing is said.
pub(crate) const MAX_EXEMPLARS: i64 = 100_000;

static EXEMPLARS: Section = Section::new(&[&[int("max_exemplars").or_int(MAX_EXEMPLARS)]], &[]);

static TRACING: Section = Section::new(
    &[&[
        field("client_type", Kind::Choice(&["grpc", "http"])).or_text("grpc"),
        text("endpoint").required(),
        field("sampling_fraction", Kind::Float).preset(Preset::Float(0.0)),
        boolean("insecure"),
        table("tls_config", &http::TLS),
        field("headers", Kind::Map(&Kind::Text)),
        field("compression", Kind::Choice(&["", "gzip"])),
        duration("timeout"),
    ]],
    &[|tracing| http::headers(tracing, "headers")],
);
