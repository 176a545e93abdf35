//! `scrape_configs`, and what of it `global` has too.

use super::discovery::{MECHANISMS, check_static_addresses};
use super::http;
use super::relabel::RULE;
use crate::error::Fault;
use crate::schema::{Field, Kind, Section, boolean, duration, field, file, tables, text, uint};
use crate::table::Table;

/// Names of the forms of exposition.
pub(crate) const PROTOCOL_NAMES: [&str; 5] = [
    "PrometheusProto",
    "PrometheusText0.0.4",
    "PrometheusText1.0.0",
    "OpenMetricsText0.0.1",
    "OpenMetricsText1.0.0",
];

const PROTOCOL: Kind = Kind::Choice(&PROTOCOL_NAMES);
pub(crate) const PROTOCOLS: Kind = Kind::List(&PROTOCOL);
pub(crate) const VALIDATION: Kind = Kind::Choice(&["", "utf8", "legacy"]);
pub(crate) const ESCAPING: Kind =
    Kind::Choice(&["", "allow-utf-8", "underscores", "dots", "values"]);

/// Limits of one scrape; 0 is none in `global`, and "as in global" in a section.
pub(crate) const LIMITS: &[Field] = &[
    field("body_size_limit", Kind::Size),
    uint("sample_limit"),
    uint("target_limit"),
    uint("label_limit"),
    uint("label_name_length_limit"),
    uint("label_value_length_limit"),
    uint("keep_dropped_targets"),
];

/// Switches that a section inherits where it says nothing.
pub(crate) const SWITCHES: &[Field] = &[
    field("scrape_native_histograms", Kind::Flag),
    field("convert_classic_histograms_to_nhcb", Kind::Flag),
    field("always_scrape_classic_histograms", Kind::Flag),
    field("extra_scrape_metrics", Kind::Flag),
];

/// One entry of `scrape_configs`.
pub(crate) static SCRAPE: Section = Section::new(
    &[
        &[
            text("job_name").required(),
            boolean("honor_labels"),
            boolean("honor_timestamps").or_true().shown(),
            boolean("track_timestamps_staleness").shown(),
            field("params", Kind::Map(&Kind::List(&Kind::Text))),
            duration("scrape_interval"),
            duration("scrape_timeout"),
            field("scrape_protocols", PROTOCOLS),
            field("fallback_scrape_protocol", Kind::Choice(&FALLBACKS)),
        ],
        SWITCHES,
        &[
            file("scrape_failure_log_file"),
            text("metrics_path").or_text("/metrics"),
            field("scheme", Kind::Choice(&["", "http", "https"])).or_text("http"),
            boolean("enable_compression").or_true().shown(),
        ],
        LIMITS,
        &[
            uint("native_histogram_bucket_limit"),
            field("native_histogram_min_bucket_factor", Kind::Float),
            field("metric_name_validation_scheme", VALIDATION),
            field("metric_name_escaping_scheme", ESCAPING),
        ],
        http::FIELDS,
        &[
            tables("relabel_configs", &RULE),
            tables("metric_relabel_configs", &RULE),
        ],
        MECHANISMS,
    ],
    &[http::check, protocols_once, check_static_addresses],
);

/// [`PROTOCOL_NAMES`], or nothing.
const FALLBACKS: [&str; 6] = [
    "",
    "PrometheusProto",
    "PrometheusText0.0.4",
    "PrometheusText1.0.0",
    "OpenMetricsText0.0.1",
    "OpenMetricsText1.0.0",
];

/// Refuses an empty list of protocols and one named twice.
pub(crate) fn protocols_once(section: &mut Table) -> Result<(), Fault> {
    let slot = section.slot("scrape_protocols");
    if slot.given
        && section.holds("scrape_protocols")
        && section.list("scrape_protocols").is_empty()
    {
        return Err(section.fault("scrape_protocols", "must name at least one protocol"));
    }
    let mut seen = std::collections::HashSet::new();
    for item in section.list("scrape_protocols") {
        if !seen.insert(item.text()) {
            let mut fault = section.fault(
                "scrape_protocols",
                format!("scrape protocol {} is given twice", item.text()),
            );
            fault.at = item.at;
            return Err(fault);
        }
    }
    Ok(())
}
