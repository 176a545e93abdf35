//! The configuration as a whole.

use std::path::PathBuf;

use super::alerting::alerting;
use super::otlp::otlp;
use super::remote_read::remote_read;
use super::remote_write::remote_write;
use super::scrape::{labels, name_validation, scrape};
use super::tracing::tracing;
use crate::error::Fault;
use crate::sections::top::MAX_EXEMPLARS;
use crate::table::Table;
use crate::{Config, DiscoveryConfig, GlobalConfig, NameValidation, Retention, StorageConfig};

/// Puts together what was read, completed and checked.
pub(crate) fn build<'a>(
    config: &Table,
    global: &Table,
    scrapes: impl Iterator<Item = &'a Table>,
    redacted: String,
) -> Result<Config, Fault> {
    let scrape_configs = scrapes.map(scrape).collect::<Result<Vec<_>, Fault>>()?;
    let mut inactive: Vec<String> = Vec::new();
    let legacy = name_validation(global) == NameValidation::Legacy;
    let alerting = alerting(config.table("alerting"), legacy)?;
    let scraped = scrape_configs.iter().flat_map(|scrape| &scrape.discovery);
    let told = alerting
        .alertmanagers
        .iter()
        .flat_map(|told| &told.discovery);
    for found in scraped.chain(told) {
        if let DiscoveryConfig::Inactive { section } = found
            && !inactive.iter().any(|name| name == section)
        {
            inactive.push((*section).to_owned());
        }
    }
    Ok(Config {
        global: build_global(global),
        rule_files: config
            .texts("rule_files")
            .into_iter()
            .map(PathBuf::from)
            .collect(),
        scrape_configs,
        alerting,
        remote_write: config
            .tables("remote_write")
            .map(|section| remote_write(section, legacy))
            .collect::<Result<_, Fault>>()?,
        remote_read: config
            .tables("remote_read")
            .map(remote_read)
            .collect::<Result<_, Fault>>()?,
        tracing: config.table("tracing").map(tracing),
        storage: storage(config.table("storage")),
        otlp: otlp(config.table("otlp")),
        inactive,
        redacted,
    })
}

fn path(table: &Table, key: &str) -> Option<PathBuf> {
    Some(table.text(key))
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}

fn build_global(global: &Table) -> GlobalConfig {
    GlobalConfig {
        scrape_interval: global.duration("scrape_interval"),
        evaluation_interval: global.duration("evaluation_interval"),
        rule_query_offset: global.duration("rule_query_offset"),
        external_labels: labels(global.map("external_labels")),
        name_validation: name_validation(global),
        query_log_file: path(global, "query_log_file"),
        scrape_failure_log_file: path(global, "scrape_failure_log_file"),
    }
}

fn storage(storage: Option<&Table>) -> StorageConfig {
    let tsdb = storage.and_then(|storage| storage.table("tsdb"));
    let retention = tsdb.and_then(|tsdb| tsdb.table("retention"));
    let given = |key: &str| retention.filter(|retention| retention.has(key));
    StorageConfig {
        out_of_order_window: tsdb
            .map(|tsdb| tsdb.duration("out_of_order_time_window"))
            .unwrap_or_default(),
        retention: Retention {
            time: given("time").map(|retention| retention.duration("time")),
            size: given("size").map(|retention| retention.uint("size")),
            percentage: given("percentage").map(|retention| retention.float("percentage")),
        },
        max_exemplars: match storage.and_then(|storage| storage.table("exemplars")) {
            Some(exemplars) => exemplars.uint("max_exemplars"),
            None => MAX_EXEMPLARS.unsigned_abs(),
        },
    }
}
