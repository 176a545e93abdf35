//! What Argand says of itself is enough for the alerts and dashboards that exist for the originals:
//! every name that they ask for is there, of the right kind, with the labels that they use.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use argand_tests::{Argand, Server, free_port, get, installed};

/// Names of the public Prometheus mixin's alerts and dashboards, and of the dashboards that people
/// take from Grafana's site: (name, kind, labels). What is about remote write is tested there.
const PROMETHEUS: &[(&str, &str, &[&str])] = &[
    ("process_start_time_seconds", "gauge", &[]),
    ("process_cpu_seconds_total", "counter", &[]),
    ("process_resident_memory_bytes", "gauge", &[]),
    ("process_virtual_memory_bytes", "gauge", &[]),
    ("process_virtual_memory_max_bytes", "gauge", &[]),
    ("process_network_receive_bytes_total", "counter", &[]),
    ("process_network_transmit_bytes_total", "counter", &[]),
    ("process_open_fds", "gauge", &[]),
    ("process_max_fds", "gauge", &[]),
    ("go_goroutines", "gauge", &[]),
    ("go_threads", "gauge", &[]),
    ("go_memstats_alloc_bytes", "gauge", &[]),
    ("go_memstats_heap_alloc_bytes", "gauge", &[]),
    ("go_memstats_heap_inuse_bytes", "gauge", &[]),
    ("go_memstats_heap_idle_bytes", "gauge", &[]),
    ("go_memstats_heap_released_bytes", "gauge", &[]),
    ("go_memstats_heap_sys_bytes", "gauge", &[]),
    ("go_memstats_sys_bytes", "gauge", &[]),
    (
        "net_conntrack_listener_conn_accepted_total",
        "counter",
        &["listener_name"],
    ),
    (
        "net_conntrack_listener_conn_closed_total",
        "counter",
        &["listener_name"],
    ),
    (
        "promhttp_metric_handler_requests_total",
        "counter",
        &["code"],
    ),
    ("promhttp_metric_handler_requests_in_flight", "gauge", &[]),
    ("prometheus_build_info", "gauge", &["version"]),
    ("prometheus_ready", "gauge", &[]),
    ("prometheus_config_last_reload_successful", "gauge", &[]),
    (
        "prometheus_config_last_reload_success_timestamp_seconds",
        "gauge",
        &[],
    ),
    (
        "prometheus_api_notification_active_subscribers",
        "gauge",
        &[],
    ),
    ("prometheus_engine_queries", "gauge", &[]),
    ("prometheus_engine_queries_concurrent_max", "gauge", &[]),
    (
        "prometheus_engine_query_duration_seconds",
        "summary",
        &["slice"],
    ),
    ("prometheus_engine_query_log_enabled", "gauge", &[]),
    ("prometheus_engine_query_log_failures_total", "counter", &[]),
    ("prometheus_engine_query_samples_total", "counter", &[]),
    (
        "prometheus_http_requests_total",
        "counter",
        &["handler", "code"],
    ),
    (
        "prometheus_http_request_duration_seconds",
        "histogram",
        &["handler"],
    ),
    (
        "prometheus_http_response_size_bytes",
        "histogram",
        &["handler"],
    ),
    (
        "prometheus_notifications_alertmanagers_discovered",
        "gauge",
        &[],
    ),
    (
        "prometheus_notifications_dropped_total",
        "counter",
        &["alertmanager"],
    ),
    (
        "prometheus_notifications_errors_total",
        "counter",
        &["alertmanager"],
    ),
    (
        "prometheus_notifications_latency_seconds",
        "summary",
        &["alertmanager"],
    ),
    ("prometheus_notifications_queue_capacity", "gauge", &[]),
    (
        "prometheus_notifications_queue_length",
        "gauge",
        &["alertmanager"],
    ),
    (
        "prometheus_notifications_sent_total",
        "counter",
        &["alertmanager"],
    ),
    (
        "prometheus_rule_evaluation_duration_seconds",
        "summary",
        &[],
    ),
    (
        "prometheus_rule_evaluation_failures_total",
        "counter",
        &["rule_group"],
    ),
    (
        "prometheus_rule_evaluations_total",
        "counter",
        &["rule_group"],
    ),
    ("prometheus_rule_group_duration_seconds", "summary", &[]),
    (
        "prometheus_rule_group_interval_seconds",
        "gauge",
        &["rule_group"],
    ),
    (
        "prometheus_rule_group_iterations_missed_total",
        "counter",
        &["rule_group"],
    ),
    (
        "prometheus_rule_group_iterations_total",
        "counter",
        &["rule_group"],
    ),
    (
        "prometheus_rule_group_last_duration_seconds",
        "gauge",
        &["rule_group"],
    ),
    (
        "prometheus_rule_group_last_evaluation_samples",
        "gauge",
        &["rule_group"],
    ),
    (
        "prometheus_rule_group_last_evaluation_timestamp_seconds",
        "gauge",
        &["rule_group"],
    ),
    ("prometheus_rule_group_rules", "gauge", &["rule_group"]),
    ("prometheus_template_text_expansions_total", "counter", &[]),
    (
        "prometheus_template_text_expansion_failures_total",
        "counter",
        &[],
    ),
    (
        "prometheus_sd_discovered_targets",
        "gauge",
        &["name", "config"],
    ),
    (
        "prometheus_sd_last_update_timestamp_seconds",
        "gauge",
        &["name", "config"],
    ),
    ("prometheus_sd_failed_configs", "gauge", &["name"]),
    ("prometheus_sd_received_updates_total", "counter", &["name"]),
    ("prometheus_sd_updates_total", "counter", &["name"]),
    ("prometheus_sd_file_read_errors_total", "counter", &[]),
    (
        "prometheus_target_interval_length_seconds",
        "summary",
        &["interval"],
    ),
    (
        "prometheus_target_metadata_cache_bytes",
        "gauge",
        &["scrape_job"],
    ),
    (
        "prometheus_target_metadata_cache_entries",
        "gauge",
        &["scrape_job"],
    ),
    (
        "prometheus_target_scrape_duration_seconds",
        "histogram",
        &[],
    ),
    (
        "prometheus_target_scrape_pool_exceeded_label_limits_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_scrape_pool_exceeded_target_limit_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_scrape_pool_reloads_failed_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_scrape_pool_reloads_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_scrape_pool_sync_total",
        "counter",
        &["scrape_job"],
    ),
    (
        "prometheus_target_scrape_pool_targets",
        "gauge",
        &["scrape_job"],
    ),
    (
        "prometheus_target_scrape_pools_failed_total",
        "counter",
        &[],
    ),
    ("prometheus_target_scrape_pools_total", "counter", &[]),
    (
        "prometheus_target_scrapes_exceeded_body_size_limit_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_scrapes_exceeded_sample_limit_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_scrapes_sample_duplicate_timestamp_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_scrapes_sample_out_of_bounds_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_scrapes_sample_out_of_order_total",
        "counter",
        &[],
    ),
    (
        "prometheus_target_sync_failed_total",
        "counter",
        &["scrape_job"],
    ),
    (
        "prometheus_target_sync_length_seconds",
        "summary",
        &["scrape_job"],
    ),
    ("prometheus_tsdb_blocks_loaded", "gauge", &[]),
    (
        "prometheus_tsdb_checkpoint_creations_failed_total",
        "counter",
        &[],
    ),
    ("prometheus_tsdb_checkpoint_creations_total", "counter", &[]),
    ("prometheus_tsdb_clean_start", "gauge", &[]),
    (
        "prometheus_tsdb_compaction_chunk_range_seconds",
        "histogram",
        &[],
    ),
    ("prometheus_tsdb_compaction_chunk_samples", "histogram", &[]),
    (
        "prometheus_tsdb_compaction_chunk_size_bytes",
        "histogram",
        &[],
    ),
    (
        "prometheus_tsdb_compaction_duration_seconds",
        "histogram",
        &[],
    ),
    ("prometheus_tsdb_compactions_failed_total", "counter", &[]),
    ("prometheus_tsdb_compactions_total", "counter", &[]),
    (
        "prometheus_tsdb_compactions_triggered_total",
        "counter",
        &[],
    ),
    ("prometheus_tsdb_head_chunks", "gauge", &[]),
    ("prometheus_tsdb_head_chunks_created_total", "counter", &[]),
    ("prometheus_tsdb_head_chunks_removed_total", "counter", &[]),
    ("prometheus_tsdb_head_gc_duration_seconds", "summary", &[]),
    ("prometheus_tsdb_head_max_time", "gauge", &[]),
    ("prometheus_tsdb_head_max_time_seconds", "gauge", &[]),
    ("prometheus_tsdb_head_min_time", "gauge", &[]),
    ("prometheus_tsdb_head_min_time_seconds", "gauge", &[]),
    (
        "prometheus_tsdb_head_samples_appended_total",
        "counter",
        &["type"],
    ),
    ("prometheus_tsdb_head_series", "gauge", &[]),
    ("prometheus_tsdb_head_series_created_total", "counter", &[]),
    ("prometheus_tsdb_head_series_removed_total", "counter", &[]),
    (
        "prometheus_tsdb_head_truncations_failed_total",
        "counter",
        &[],
    ),
    ("prometheus_tsdb_head_truncations_total", "counter", &[]),
    ("prometheus_tsdb_lowest_timestamp", "gauge", &[]),
    (
        "prometheus_tsdb_out_of_order_samples_total",
        "counter",
        &["type"],
    ),
    ("prometheus_tsdb_reloads_failures_total", "counter", &[]),
    ("prometheus_tsdb_reloads_total", "counter", &[]),
    ("prometheus_tsdb_retention_limit_bytes", "gauge", &[]),
    ("prometheus_tsdb_size_retentions_total", "counter", &[]),
    ("prometheus_tsdb_storage_blocks_bytes", "gauge", &[]),
    ("prometheus_tsdb_symbol_table_size_bytes", "gauge", &[]),
    ("prometheus_tsdb_time_retentions_total", "counter", &[]),
    (
        "prometheus_tsdb_tombstone_cleanup_seconds",
        "histogram",
        &[],
    ),
    ("prometheus_tsdb_vertical_compactions_total", "counter", &[]),
    ("prometheus_tsdb_wal_corruptions_total", "counter", &[]),
    ("prometheus_tsdb_wal_fsync_duration_seconds", "summary", &[]),
    ("prometheus_tsdb_wal_segment_current", "gauge", &[]),
    ("prometheus_tsdb_wal_storage_size_bytes", "gauge", &[]),
    (
        "prometheus_tsdb_wal_truncate_duration_seconds",
        "summary",
        &[],
    ),
    (
        "prometheus_tsdb_wal_truncations_failed_total",
        "counter",
        &[],
    ),
    ("prometheus_tsdb_wal_truncations_total", "counter", &[]),
    ("prometheus_tsdb_wal_writes_failed_total", "counter", &[]),
    ("prometheus_web_federation_errors_total", "counter", &[]),
    ("prometheus_web_federation_warnings_total", "counter", &[]),
];

/// What the mixin asks for beside: alerts that stay silent where it is absent.
const ABSENT: &[(&str, &str)] = &[
    (
        "prometheus_sd_refresh_failures_total",
        "no mechanism asks a server at intervals",
    ),
    (
        "prometheus_sd_kubernetes_failures_total",
        "no mechanism asks Kubernetes",
    ),
];

/// Names of the public Alertmanager mixin, asked of the one in this process.
const ALERTMANAGER: &[(&str, &str, &[&str])] = &[
    ("alertmanager_alerts", "gauge", &["state"]),
    ("alertmanager_alerts_invalid_total", "counter", &[]),
    ("alertmanager_alerts_received_total", "counter", &["status"]),
    ("alertmanager_build_info", "gauge", &["version"]),
    ("alertmanager_cluster_enabled", "gauge", &[]),
    ("alertmanager_config_hash", "gauge", &[]),
    ("alertmanager_config_last_reload_successful", "gauge", &[]),
    (
        "alertmanager_notification_latency_seconds",
        "histogram",
        &["integration"],
    ),
    (
        "alertmanager_notifications_failed_total",
        "counter",
        &["integration"],
    ),
    (
        "alertmanager_notifications_total",
        "counter",
        &["integration"],
    ),
    ("alertmanager_silences", "gauge", &["state"]),
];

/// Families of which Argand's labels differ from the original's, and why.
const OTHER_LABELS: &[(&str, &str)] = &[(
    "prometheus_build_info",
    "what was built is not a Go program",
)];

/// A family of a page of metrics: its kind, and the names of labels of its series.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    labels: BTreeSet<String>,
    has_series: bool,
}

fn families(page: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            families.entry(name.to_owned()).or_default().kind = kind.to_owned();
        }
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let name = line.split(['{', ' ']).next().unwrap();
        let parts = ["_bucket", "_sum", "_count"];
        let whole = parts.iter().find_map(|part| name.strip_suffix(part));
        let name = whole
            .filter(|whole| families.contains_key(*whole))
            .unwrap_or(name);
        let family = families.entry(name.to_owned()).or_default();
        family.has_series = true;
        let labels = line.split_once('{').map_or("", |(_, rest)| rest);
        let labels = labels.rsplit_once('}').map_or("", |(labels, _)| labels);
        // Values of these labels hold no quotes or commas beside those that end them.
        let names = labels.split("\",").filter_map(|pair| pair.split_once('='));
        let names = names.map(|(name, _)| name.trim().to_owned());
        family
            .labels
            .extend(names.filter(|name| name != "le" && name != "quantile"));
    }
    families
}

/// A page once it has series of a family, or after a minute whatever it has.
fn page_with(url: &str, wanted: &[&str]) -> BTreeMap<String, Family> {
    let began = Instant::now();
    loop {
        let families = families(&get(url).unwrap().text);
        let has = |name: &&str| families.get(*name).is_some_and(|family| family.has_series);
        if wanted.iter().all(has) || began.elapsed() > Duration::from_secs(60) {
            return families;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

const RULES: &str = "groups:\n- name: g\n  interval: 1s\n  rules:\n  - {record: 'a:b', expr: sum(up)}\n  - {alert: A, expr: up == 1, annotations: {s: '{{ $value }}'}}\n";

fn configuration(folder: &Path, target: &str) -> String {
    std::fs::write(folder.join("rules.yml"), RULES).unwrap();
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nrule_files: [{}]\nalerting:\n  alertmanagers:\n  - static_configs: [{{targets: ['127.0.0.1:9']}}]\nscrape_configs:\n- job_name: own\n  static_configs: [{{targets: ['{target}']}}]\n",
        folder.join("rules.yml").display()
    )
}

/// Argand with rules, somebody to tell, and an Alertmanager of its own; its metrics once all of it
/// has worked.
fn own(folder: &Path) -> (Argand, BTreeMap<String, Family>) {
    let routing = folder.join("alertmanager.yml");
    let file = "route: {receiver: x, group_wait: 1s}\nreceivers: [{name: x, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}]\n";
    std::fs::write(&routing, file).unwrap();
    let flag = format!("--alertmanager.config.file={}", routing.display());
    let argand = Argand::start_in(folder, &configuration(folder, "SELF"), &[&flag]).unwrap();
    argand.wait_for("a:b == 1").unwrap();
    let wanted = [
        "prometheus_target_interval_length_seconds",
        "alertmanager_notifications_total",
        "alertmanager_notification_latency_seconds",
        "prometheus_notifications_errors_total",
    ];
    let families = page_with(&argand.url("/metrics"), &wanted);
    (argand, families)
}

fn check(families: &BTreeMap<String, Family>, table: &[(&str, &str, &[&str])]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, kind, labels) in table {
        match families.get(*name) {
            None => wrong.push(format!("{name}: absent")),
            Some(family) if family.kind != *kind => {
                wrong.push(format!("{name}: a {}, not a {kind}", family.kind));
            }
            Some(family) if !family.has_series => wrong.push(format!("{name}: without series")),
            Some(family) => {
                let lacking = labels.iter().find(|label| !family.labels.contains(**label));
                wrong.extend(lacking.map(|label| format!("{name}: without label {label}")));
            }
        }
    }
    wrong
}

#[test]
fn alerts_and_dashboards_find_what_they_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let (_argand, families) = own(folder.path());
    let mut wrong = check(&families, PROMETHEUS);
    wrong.extend(check(&families, ALERTMANAGER));
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (name, reason) in ABSENT {
        assert!(
            !families.contains_key(*name),
            "{name}: not any more {reason}"
        );
    }
}

/// The original on PATH, and the newer one where `ARGAND_PROMETHEUS_NEXT` names its folder.
fn originals() -> Vec<PathBuf> {
    let next = std::env::var_os("ARGAND_PROMETHEUS_NEXT");
    let next = next.map(|folder| PathBuf::from(folder).join("prometheus"));
    installed("prometheus").into_iter().chain(next).collect()
}

#[test]
fn what_both_say_is_of_one_kind_with_the_same_labels() {
    let folder = tempfile::tempdir().unwrap();
    let (_argand, ours) = own(folder.path());
    for program in originals() {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port().unwrap();
        let address = format!("127.0.0.1:{port}");
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, configuration(folder.path(), &address)).unwrap();
        let mut command = Command::new(&program);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--web.listen-address={address}"))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ));
        let url = format!("http://{address}");
        let log = folder.path().join("log");
        let original = Server::start(command, url.clone(), "/-/ready", &log).unwrap();
        let theirs = page_with(
            &format!("{}/metrics", original.url),
            &["prometheus_target_interval_length_seconds"],
        );
        assert!(theirs.len() > 100, "{}", theirs.len());
        let mut wrong = Vec::new();
        for (name, their) in &theirs {
            let Some(our) = ours.get(name) else { continue };
            if our.kind != their.kind {
                wrong.push(format!("{name}: {} here, {} there", our.kind, their.kind));
            }
            let may_differ = OTHER_LABELS.iter().any(|(other, _)| other == name);
            let both = our.has_series && their.has_series && !may_differ;
            if both && !their.labels.is_subset(&our.labels) {
                wrong.push(format!(
                    "{name}: {:?} here, {:?} there",
                    our.labels, their.labels
                ));
            }
        }
        assert!(wrong.is_empty(), "{}: {wrong:#?}", program.display());
    }
}
