//! One entry of `scrape_configs`.

use model::{Labels, Pattern};
use relabel::{Action, Rule};

use super::discovery::discovery;
use super::http::http;
use crate::error::Fault;
use crate::table::{Item, Table};
use crate::{NameEscaping, NameValidation, ScrapeConfig, ScrapeLimits, ScrapeProtocol};

/// A section that has inherited what it left open.
pub(super) fn scrape(section: &Table) -> Result<ScrapeConfig, Fault> {
    let name_validation = name_validation(section);
    let legacy = name_validation == NameValidation::Legacy;
    Ok(ScrapeConfig {
        job_name: section.text("job_name").to_owned(),
        honor_labels: section.bool("honor_labels"),
        honor_timestamps: section.bool("honor_timestamps"),
        track_timestamps_staleness: section.bool("track_timestamps_staleness"),
        params: section
            .map("params")
            .iter()
            .map(|(name, item)| {
                (
                    name.clone(),
                    item.list()
                        .iter()
                        .map(|value| value.text().to_owned())
                        .collect(),
                )
            })
            .collect(),
        interval: section.duration("scrape_interval"),
        timeout: section.duration("scrape_timeout"),
        protocols: section
            .list("scrape_protocols")
            .iter()
            .filter_map(|item| protocol(item.text()))
            .collect(),
        fallback_protocol: protocol(section.text("fallback_scrape_protocol")),
        native_histograms: section.bool("scrape_native_histograms"),
        always_classic_histograms: section.bool("always_scrape_classic_histograms"),
        convert_classic_histograms: section.bool("convert_classic_histograms_to_nhcb"),
        extra_metrics: section.bool("extra_scrape_metrics"),
        failure_log_file: Some(section.text("scrape_failure_log_file"))
            .filter(|path| !path.is_empty())
            .map(Into::into),
        metrics_path: section.text("metrics_path").to_owned(),
        scheme: section.text("scheme").to_owned(),
        compression: section.bool("enable_compression"),
        limits: limits(section),
        native_histogram_bucket_limit: section.uint("native_histogram_bucket_limit"),
        native_histogram_min_bucket_factor: section.float("native_histogram_min_bucket_factor"),
        name_validation,
        name_escaping: match section.text("metric_name_escaping_scheme") {
            "underscores" => NameEscaping::Underscores,
            "dots" => NameEscaping::Dots,
            "values" => NameEscaping::Values,
            _ => NameEscaping::AllowUtf8,
        },
        http: http(section)?,
        discovery: discovery(section)?,
        relabel: rules(section, "relabel_configs", legacy)?,
        metric_relabel: rules(section, "metric_relabel_configs", legacy)?,
    })
}

/// Which names are valid, by a section's `metric_name_validation_scheme`.
pub(super) fn name_validation(section: &Table) -> NameValidation {
    match section.text("metric_name_validation_scheme") {
        "legacy" => NameValidation::Legacy,
        _ => NameValidation::Utf8,
    }
}

fn limits(section: &Table) -> ScrapeLimits {
    ScrapeLimits {
        body_size: section.uint("body_size_limit"),
        samples: section.uint("sample_limit"),
        targets: section.uint("target_limit"),
        labels: section.uint("label_limit"),
        label_name_length: section.uint("label_name_length_limit"),
        label_value_length: section.uint("label_value_length_limit"),
        keep_dropped_targets: section.uint("keep_dropped_targets"),
    }
}

fn protocol(name: &str) -> Option<ScrapeProtocol> {
    match name {
        "PrometheusProto" => Some(ScrapeProtocol::PrometheusProto),
        "PrometheusText0.0.4" => Some(ScrapeProtocol::PrometheusText004),
        "PrometheusText1.0.0" => Some(ScrapeProtocol::PrometheusText100),
        "OpenMetricsText0.0.1" => Some(ScrapeProtocol::OpenMetricsText001),
        "OpenMetricsText1.0.0" => Some(ScrapeProtocol::OpenMetricsText100),
        _ => None,
    }
}

/// A label set of a map of texts.
pub(super) fn labels(map: &[(String, Item)]) -> Labels {
    map.iter()
        .map(|(name, item)| (name.as_str(), item.text()))
        .collect()
}

pub(super) fn rules(section: &Table, key: &str, legacy_names: bool) -> Result<Vec<Rule>, Fault> {
    section
        .tables(key)
        .map(|rule| one_rule(rule, legacy_names))
        .collect()
}

fn one_rule(rule: &Table, legacy_names: bool) -> Result<Rule, Fault> {
    let pattern =
        Pattern::new(rule.text("regex")).map_err(|error| rule.fault("regex", error.to_string()))?;
    Ok(Rule {
        source_labels: rule.texts("source_labels"),
        separator: rule.text("separator").to_owned(),
        pattern,
        modulus: rule.uint("modulus"),
        target_label: rule.text("target_label").to_owned(),
        replacement: rule.text("replacement").to_owned(),
        action: match rule.text("action") {
            "keep" => Action::Keep,
            "drop" => Action::Drop,
            "keepequal" => Action::KeepEqual,
            "dropequal" => Action::DropEqual,
            "hashmod" => Action::HashMod,
            "labelmap" => Action::LabelMap,
            "labeldrop" => Action::LabelDrop,
            "labelkeep" => Action::LabelKeep,
            "lowercase" => Action::Lowercase,
            "uppercase" => Action::Uppercase,
            _ => Action::Replace,
        },
        legacy_names,
    })
}
