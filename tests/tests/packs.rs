//! What lies in `packs/` can be loaded as it is: rules and their unit tests, dashboards and their
//! queries, runbooks that alerts name, monitors for Kubernetes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use argand_tests::{Argand, binary, get_json, installed};
use serde_json::Value;

/// The packs, and what names of metrics each may ask for begin with: those of its exporters, of
/// every scrape, and what its own rules record.
const PACKS: [(&str, &[&str]); 11] = [
    ("agents", &AGENTS),
    ("airflow", &["airflow_"]),
    ("argand", &OF_A_SERVER),
    ("batch", &["batch_job_", "push_"]),
    ("greenlang", &GREENLANG),
    ("kafka", &["kafka_"]),
    ("kubernetes", &["kube_", "kubelet_", "container_"]),
    ("node", &["node_"]),
    ("postgres", &["pg_"]),
    ("redis", &["redis_"]),
    ("services", &SERVICES),
];

const OF_A_SERVER: [&str; 6] = [
    "prometheus_",
    "argand_",
    "alertmanager_",
    "go_memstats_",
    "go_threads",
    "process_",
];

const GREENLANG: [&str; 13] = [
    "prometheus_",
    "thanos_",
    "alertmanager_",
    "http_request_duration_seconds",
    "grpc_client_handled_total",
    "process_",
    "kubelet_volume_stats_",
    "container_",
    "aws_s3_bucket_size_bytes_average",
    "batch_job_",
    "push_time_seconds",
    "push_failure_time_seconds",
    "scrape_",
];

const SERVICES: [&str; 12] = [
    "http_requests_total",
    "http_request_duration_seconds",
    "blueprints_created_total",
    "iac_generations_total",
    "guardrails_violations_total",
    "pg_",
    "redis_",
    "kube_",
    "kubelet_",
    "container_",
    "process_",
    "push_",
];

const AGENTS: [&str; 26] = [
    "agent_requests_total",
    "agent_request_duration_seconds",
    "agent_health_status",
    "coordination_conflicts_total",
    "approval_workflow_duration_seconds",
    "active_optimizations",
    "request_duration_seconds",
    "requests_total",
    "errors_total",
    "llm_",
    "optimization_executions_total",
    "recommendation_confidence",
    "cost_",
    "spot_migration_success_rate",
    "reserved_instance_coverage",
    "latency_improvement_ratio",
    "throughput_qps",
    "kv_cache_hit_rate",
    "quantization_speedup",
    "gpu_utilization",
    "scaling_events_total",
    "resource_consolidation_ratio",
    "quality_score",
    "regression_detections_total",
    "ab_test_results",
    "pg_",
];

/// Metrics that every server makes itself.
const EVERYWHERE: [&str; 4] = [
    "up",
    "ALERTS",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
];

/// Dashboards in Grafana's older form, of rows.
const OLD: [&str; 2] = ["redis/dashboards/redis.json", "kafka/dashboards/kafka.json"];

fn packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs")
}

/// Files of a pack's folder with an ending, in order.
fn files(pack: &str, folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = packs().join(pack).join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|one| one == ending))
        .collect();
    found.sort();
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml(path: &Path) -> Value {
    serde_saphyr::from_str(&read(path))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Members of a list, none where there is no list.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The rules of a pack, with the file of each.
fn rules(pack: &str) -> Vec<(PathBuf, Value)> {
    let mut rules = Vec::new();
    for file in files(pack, "rules", "yml") {
        for group in list(&yaml(&file)["groups"]) {
            rules.extend(list(&group["rules"]).map(|rule| (file.clone(), rule.clone())));
        }
    }
    rules
}

#[test]
fn every_folder_is_a_pack_with_all_parts() {
    let folders: BTreeSet<String> = std::fs::read_dir(packs())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    let expected: BTreeSet<String> = PACKS.iter().map(|(pack, _)| (*pack).to_owned()).collect();
    assert_eq!(folders, expected);
    let overview = read(&packs().join("README.md"));
    for (pack, _) in PACKS {
        for (folder, ending) in [
            ("rules", "yml"),
            ("tests", "yml"),
            ("dashboards", "json"),
            ("runbooks", "md"),
        ] {
            assert!(!files(pack, folder, ending).is_empty(), "{pack}/{folder}");
        }
        let readme = read(&packs().join(pack).join("README.md"));
        assert!(
            readme.contains(&format!("packs/{pack}/rules/*.yml")),
            "{pack}"
        );
        assert!(overview.contains(&format!("[{pack}]({pack}/)")), "{pack}");
    }
}

#[test]
fn rules_are_valid_and_their_unit_tests_pass() {
    for program in [Some(binary().unwrap()), installed("promtool")] {
        let Some(program) = program else { continue };
        for (command, folder) in [("check", "rules"), ("test", "tests")] {
            let mut tool = Command::new(&program);
            tool.args([command, "rules"]);
            tool.args(
                PACKS
                    .iter()
                    .flat_map(|(pack, _)| files(pack, folder, "yml")),
            );
            let output = tool.output().unwrap();
            assert!(
                output.status.success(),
                "{program:?} {command}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

#[test]
fn every_alert_says_what_it_is_and_has_a_runbook() {
    let mut alerts = 0;
    for (pack, _) in PACKS {
        let mut names = BTreeSet::new();
        for (file, rule) in rules(pack) {
            let Some(name) = rule["alert"].as_str() else {
                continue;
            };
            alerts += 1;
            let place = format!("{}: {name}", file.display());
            assert!(names.insert(name.to_owned()), "{place}: twice");
            let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
            assert!(
                ["critical", "warning", "info"].contains(&severity),
                "{place}"
            );
            for text in ["summary", "description"] {
                let text = rule["annotations"][text].as_str().unwrap_or_default();
                assert!(text.len() > 10, "{place}");
            }
            let link = rule["annotations"]["runbook_url"]
                .as_str()
                .unwrap_or_default();
            assert!(has_section(link), "{place}: {link}");
        }
    }
    assert!(alerts > 130, "{alerts}");
}

/// Whether a link from the root of the repository leads to a file, and to a heading of it.
fn has_section(link: &str) -> bool {
    let (file, section) = link.split_once('#').unwrap_or((link, ""));
    let Ok(text) = std::fs::read_to_string(packs().join("..").join(file)) else {
        return false;
    };
    let anchor = |heading: &str| heading.to_lowercase().replace(' ', "-");
    section.is_empty()
        || text
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .any(|heading| anchor(heading) == section)
}

#[test]
fn the_alerts_that_stacks_name_are_there() {
    for (pack, file, count, some) in [
        ("agents", "agents.yml", 8, "CostAnomaly"),
        (
            "greenlang",
            "prometheus-health-alerts.yml",
            8,
            "PrometheusTargetMissing",
        ),
        (
            "greenlang",
            "thanos-health-alerts.yml",
            7,
            "ThanosCompactorHalted",
        ),
        (
            "greenlang",
            "alertmanager-health-alerts.yml",
            4,
            "AlertmanagerSilenceExpiring",
        ),
        ("greenlang", "pushgateway-alerts.yml", 4, "BatchJobStale"),
        ("services", "alerts.yml", 34, "APIAvailabilitySLOBreach"),
    ] {
        let names: Vec<String> = rules(pack)
            .iter()
            .filter(|(path, _)| path.ends_with(file))
            .filter_map(|(_, rule)| rule["alert"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(names.len(), count, "{pack}/{file}");
        assert!(
            names.iter().any(|name| name == some),
            "{pack}/{file}: {some}"
        );
    }
    let recorded = rules("services");
    let recorded = recorded
        .iter()
        .filter(|(_, rule)| rule["record"].is_string());
    assert!(recorded.count() >= 30);
}

/// Every query of a document: of panels, annotations and variables, with its place.
fn queries(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let place = format!("{place}.{name}");
                match field.as_str() {
                    Some(text) if name == "expr" => found.push((place, text.to_owned())),
                    _ => queries(field, &place, found),
                }
            }
        }
        Value::Array(members) => {
            for (at, member) in members.iter().enumerate() {
                queries(member, &format!("{place}[{at}]"), found);
            }
        }
        _ => {}
    }
}

/// The selectors of variables that ask for values of labels.
fn variable_queries(dashboard: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for variable in list(&dashboard["templating"]["list"]) {
        if variable["type"] != "query" {
            continue;
        }
        let name = variable["name"].as_str().unwrap();
        let query = &variable["query"];
        let text = query.as_str().or_else(|| query["query"].as_str()).unwrap();
        let inner = text
            .strip_prefix("label_values(")
            .and_then(|rest| rest.strip_suffix(')'))
            .unwrap_or_else(|| panic!("{name}: {text}"));
        let (selector, _) = inner.rsplit_once(',').unwrap();
        found.push((format!("variable {name}"), selector.to_owned()));
    }
    found
}

/// A query as it could be sent, and the variables that it names. Macros are lengths of time, and
/// so are variables of the kind `interval`; all others stand in texts.
fn filled(query: &str, intervals: &BTreeSet<String>) -> (String, BTreeSet<String>) {
    let mut out = String::new();
    let mut named = BTreeSet::new();
    let mut rest = query;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let after = after.strip_prefix('{').unwrap_or(after);
        let end = after
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(after.len());
        let (name, behind) = after.split_at(end);
        rest = behind.strip_prefix('}').unwrap_or(behind);
        let is_macro = name.starts_with("__");
        out.push_str(if is_macro || intervals.contains(name) {
            "5m"
        } else {
            "x"
        });
        if !is_macro {
            named.insert(name.to_owned());
        }
    }
    out.push_str(rest);
    (out, named)
}

/// Names of metrics that a query asks for; every selector must have one.
fn metrics(query: &str, place: &str) -> BTreeSet<String> {
    let expr = promql::parse(query).unwrap_or_else(|error| panic!("{place}: {query}: {error}"));
    let selectors = promql::selectors(&expr);
    selectors
        .iter()
        .map(|selector| {
            let name = selector.name.as_ref().map(|name| name.to_string());
            name.unwrap_or_else(|| panic!("{place}: {query}: a selector without a metric"))
        })
        .collect()
}

/// Refuses names that nobody gives.
fn check_names(names: &BTreeSet<String>, known: &[&str], recorded: &BTreeSet<String>, place: &str) {
    for name in names {
        let is_known = EVERYWHERE.contains(&name.as_str())
            || recorded.contains(name)
            || known.iter().any(|start| name.starts_with(start));
        assert!(is_known, "{place}: {name}");
    }
}

fn recorded(pack: &str) -> BTreeSet<String> {
    let rules = rules(pack);
    let names = rules.iter().filter_map(|(_, rule)| rule["record"].as_str());
    names.map(str::to_owned).collect()
}

#[test]
fn queries_are_valid_and_ask_for_what_there_is() {
    for (pack, known) in PACKS {
        let recorded = recorded(pack);
        for (file, rule) in rules(pack) {
            let place = file.display().to_string();
            let names = metrics(rule["expr"].as_str().unwrap(), &place);
            // Hosts are looked at by agents' alerts, too.
            let names = names
                .into_iter()
                .filter(|name| !name.starts_with("node_memory_"));
            check_names(&names.collect(), known, &recorded, &place);
        }
        for file in files(pack, "dashboards", "json") {
            let dashboard = json(&file);
            let variables = list(&dashboard["templating"]["list"]);
            let mut intervals = BTreeSet::new();
            let mut declared = BTreeSet::new();
            for variable in variables {
                let name = variable["name"].as_str().unwrap().to_owned();
                if variable["type"] == "interval" {
                    intervals.insert(name.clone());
                }
                declared.insert(name);
            }
            let mut all = variable_queries(&dashboard);
            queries(&dashboard, "", &mut all);
            assert!(all.len() > 7, "{}: {}", file.display(), all.len());
            for (place, query) in all {
                let place = format!("{}: {place}", file.display());
                let (query, named) = filled(&query, &intervals);
                assert!(named.is_subset(&declared), "{place}: {query}: {named:?}");
                check_names(&metrics(&query, &place), known, &recorded, &place);
            }
        }
    }
}

#[test]
fn dashboards_are_of_today_but_two() {
    let mut uids = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for (pack, _) in PACKS {
        for file in files(pack, "dashboards", "json") {
            let dashboard = json(&file);
            let is_old = OLD.iter().any(|old| file.ends_with(old));
            let version = dashboard["schemaVersion"].as_u64().unwrap();
            assert_eq!(version < 39, is_old, "{}", file.display());
            assert_eq!(dashboard["rows"].is_array(), is_old, "{}", file.display());
            let uid = dashboard["uid"].as_str().unwrap().to_owned();
            if let Some(other) = uids.insert(uid, file.clone()) {
                panic!("{} and {}", other.display(), file.display());
            }
            let top = list(&dashboard["panels"]).chain(list(&dashboard["rows"]));
            for panel in top {
                kinds.extend(panel["type"].as_str().map(str::to_owned));
                let inner = list(&panel["panels"]);
                kinds.extend(inner.filter_map(|one| one["type"].as_str().map(str::to_owned)));
            }
        }
    }
    for kind in [
        "timeseries",
        "stat",
        "gauge",
        "bargauge",
        "table",
        "heatmap",
        "state-timeline",
        "piechart",
        "row",
        "graph",
        "singlestat",
    ] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
}

#[test]
fn every_dashboard_opens_without_problems() {
    let flags: Vec<String> = PACKS
        .iter()
        .map(|(pack, _)| {
            packs()
                .join(pack)
                .join("dashboards")
                .canonicalize()
                .unwrap()
        })
        .map(|folder| format!("--dashboards.path={}", folder.display()))
        .collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let argand = Argand::start("", &flags).unwrap();
    let listed = get_json(&argand.url("/api/v1/dashboards")).unwrap();
    let all: usize = PACKS
        .iter()
        .map(|(pack, _)| files(pack, "dashboards", "json").len())
        .sum();
    let dashboards: Vec<&Value> = list(&listed["data"]["dashboards"]).collect();
    assert_eq!(dashboards.len(), all, "{listed}");
    assert!(
        list(&listed["data"]["problems"]).next().is_none(),
        "{listed}"
    );
    for dashboard in dashboards {
        let uid = dashboard["uid"].as_str().unwrap();
        let model = get_json(&argand.url(&format!("/api/v1/dashboards/{uid}"))).unwrap();
        let mut problems = Vec::new();
        collect_problems(&model, &mut problems);
        assert!(problems.is_empty(), "{uid}: {problems:?}");
        let mut asked = Vec::new();
        queries(&model["data"]["panels"], "", &mut asked);
        assert!(asked.len() > 5, "{uid}: {model}");
    }
}

/// What a model says of itself and its panels.
fn collect_problems(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "problems" {
                    found.extend(list(field).cloned());
                }
                collect_problems(field, found);
            }
        }
        Value::Array(members) => members.iter().for_each(|one| collect_problems(one, found)),
        _ => {}
    }
}

#[test]
fn monitors_are_as_greenlang_wants_them() {
    let folder = packs().join("kubernetes/monitors");
    let kustomization = yaml(&folder.join("kustomization.yaml"));
    let mut monitors = BTreeMap::new();
    for resource in list(&kustomization["resources"]) {
        let monitor = yaml(&folder.join(resource.as_str().unwrap()));
        let kind = monitor["kind"].as_str().unwrap().to_owned();
        let name = monitor["metadata"]["name"].as_str().unwrap().to_owned();
        let spec = &monitor["spec"];
        let endpoints = match kind.as_str() {
            "ServiceMonitor" => &spec["endpoints"],
            _ => &spec["podMetricsEndpoints"],
        };
        for endpoint in list(endpoints) {
            assert_eq!(endpoint["interval"], "15s", "{name}");
            assert_eq!(endpoint["honorLabels"], true, "{name}");
            assert!(list(&endpoint["relabelings"]).count() > 2, "{name}");
        }
        assert!(
            list(endpoints).count() == 1 && spec["selector"].is_object(),
            "{name}"
        );
        monitors.insert(name, kind);
    }
    let services = [
        "greenlang-api",
        "agent-factory",
        "auth-service",
        "postgresql",
        "redis",
        "kong",
    ];
    for service in services {
        assert_eq!(
            monitors.remove(service).as_deref(),
            Some("ServiceMonitor"),
            "{service}"
        );
    }
    assert_eq!(
        monitors.remove("greenlang-pods").as_deref(),
        Some("PodMonitor")
    );
    assert!(monitors.is_empty(), "{monitors:?}");
}
