//! `argand demo`: one command that gives a fleet with data, rules, alerts and dashboards, says where
//! they are, and leaves nothing behind.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use argand_tests::{Server, binary, free_port, get, get_json, query};
use serde_json::Value;

/// How long anything here may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A metric and the labels of its own; of a histogram its buckets.
type Metric = (&'static str, &'static [&'static str]);

/// What each service exposes, by the jobs that match.
const METRICS: [(&str, &[Metric]); 6] = [
    (
        "orchestrator",
        &[
            ("agent_requests_total", &["agent", "status"]),
            ("agent_request_duration_seconds_bucket", &["agent", "le"]),
            ("agent_health_status", &["agent"]),
            ("coordination_conflicts_total", &[]),
            ("approval_workflow_duration_seconds_bucket", &["le"]),
            ("active_optimizations", &[]),
        ],
    ),
    (
        ".*-agent",
        &[
            ("request_duration_seconds_bucket", &["le"]),
            ("requests_total", &["endpoint", "status"]),
            ("errors_total", &["error_type"]),
            ("llm_api_calls_total", &["provider", "model"]),
            ("llm_token_usage_total", &["provider", "type"]),
            ("optimization_executions_total", &["type", "outcome"]),
            ("recommendation_confidence_bucket", &["le"]),
        ],
    ),
    (
        "cost-agent",
        &[
            ("cost_savings_total", &[]),
            ("cost_recommendations_total", &["type"]),
            ("spot_migration_success_rate", &[]),
            ("reserved_instance_coverage", &[]),
        ],
    ),
    (
        "performance-agent",
        &[
            ("latency_improvement_ratio", &[]),
            ("throughput_qps", &[]),
            ("kv_cache_hit_rate", &[]),
            ("quantization_speedup", &[]),
        ],
    ),
    (
        "resource-agent",
        &[
            ("gpu_utilization", &["gpu_id"]),
            ("scaling_events_total", &["direction"]),
            ("resource_consolidation_ratio", &[]),
        ],
    ),
    (
        "application-agent",
        &[
            ("quality_score", &["metric_type"]),
            ("regression_detections_total", &[]),
            ("ab_test_results", &["variant", "metric"]),
        ],
    ),
];

/// What every series has beside its own labels.
const OF_THE_TARGET: [&str; 4] = ["__name__", "instance", "job", "service"];

/// Asks again and again until somebody answers with something.
fn wait<T>(what: &str, server: &Server, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{what}\n{}", server.log());
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn demo(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary().unwrap());
    command.current_dir(folder).env("TMPDIR", folder);
    command.arg("demo").args(arguments);
    command
}

/// Series of one metric, at as many jobs as match.
fn check_metric(server: &Server, jobs: &str, metric: &str, labels: &[&str]) {
    let jobs_up = query(&server.url, &format!("up{{job=~\"{jobs}\"}}")).unwrap();
    let text = format!("{metric}{{job=~\"{jobs}\"}}");
    let with = format!("count by (job) ({text})");
    wait(&text, server, || {
        let found = query(&server.url, &with).unwrap();
        (found.len() == jobs_up.len()).then_some(())
    });
    for series in query(&server.url, &text).unwrap() {
        let own: Vec<&String> = series["metric"]
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| !OF_THE_TARGET.contains(&name.as_str()))
            .collect();
        let mut expected = labels.to_vec();
        expected.sort_unstable();
        assert_eq!(own, expected, "{series}");
    }
}

#[test]
fn one_command_shows_everything_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("127.0.0.1:{}", free_port().unwrap());
    let log = tempfile::NamedTempFile::new().unwrap();
    let command = demo(folder.path(), &["--listen", &address]);
    let url = format!("http://{address}");
    let mut server = Server::start(command, url.clone(), "/-/ready", log.path()).unwrap();

    // What it says is where things are.
    let said = server.log();
    for what in [
        "pages",
        "dashboards",
        "alerts",
        "cost-agent",
        "push gateway",
    ] {
        assert!(said.contains(what), "{what}: {said}");
    }
    let metrics = said.lines().find(|line| line.contains("resource-agent"));
    let metrics = metrics.and_then(|line| line.split_whitespace().last());
    assert!(
        get(metrics.unwrap())
            .unwrap()
            .text
            .contains("gpu_utilization")
    );

    wait("seven targets up", &server, || {
        let up = query(&url, "count(up == 1) == 7").unwrap();
        (!up.is_empty()).then_some(())
    });
    for (jobs, metrics) in METRICS {
        for (metric, labels) in metrics {
            check_metric(&server, jobs, metric, labels);
        }
    }
    check_flow(&server);
    check_rules(&server);

    let routing = get(&format!("{url}/api/v2/status")).unwrap();
    assert!(
        routing.status == 200 && routing.text.contains("on-call"),
        "{}",
        routing.text
    );

    let listed = get_json(&format!("{url}/api/v1/dashboards")).unwrap();
    let dashboards = listed["data"]["dashboards"].as_array().unwrap();
    let uids: Vec<&str> = dashboards
        .iter()
        .filter_map(|one| one["uid"].as_str())
        .collect();
    for uid in ["argand-agents", "argand-batch", "argand-services-details"] {
        assert!(uids.contains(&uid), "{uids:?}");
    }

    // A second one at the same address says whose fault that is, and what to do.
    let second = demo(folder.path(), &["--listen", &address])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        !second.status.success() && error.contains("--listen="),
        "{error}"
    );

    server.signal("TERM").unwrap();
    assert!(server.wait().unwrap(), "{}", server.log());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Requests run through all services, and the batch job is heard of.
fn check_flow(server: &Server) {
    for text in [
        "sum(rate(agent_requests_total{status=\"success\"}[30s])) > 0",
        "sum by (job) (rate(http_requests_total{route=\"/optimize\", status=\"200\"}[30s])) > 0",
        "http_requests_total{job=\"orchestrator\", route=\"/agents/{agent}/optimize\"}",
        "min(agent_health_status) == 1",
        "batch_job_duration_seconds{job=\"usage_report\", instance=\"fleet\"}",
        "batch_job_records_processed_total{record_type=\"invoice\"}",
        "push_time_seconds{job=\"usage_report\"}",
    ] {
        wait(text, server, || {
            let found = query(&server.url, text).unwrap();
            (!found.is_empty()).then_some(())
        });
    }
}

/// All rules are evaluated, none fails, and what they record is there. Groups that have their turn
/// once a minute are not waited for.
fn check_rules(server: &Server) {
    let rules = wait("rules that were evaluated", server, || {
        let answer = get_json(&format!("{}/api/v1/rules", server.url)).unwrap();
        let groups = answer["data"]["groups"].as_array().unwrap().clone();
        let rules: Vec<Value> = groups
            .iter()
            .filter(|group| group["interval"].as_f64().unwrap() < 60.0)
            .flat_map(|group| group["rules"].as_array().unwrap().clone())
            .collect();
        let all = rules.iter().all(|rule| rule["health"] != "unknown");
        all.then_some(rules)
    });
    assert!(rules.len() > 100, "{}", rules.len());
    for rule in &rules {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
    for text in [
        "job:request_duration_seconds:p95_rate5m",
        "service:http_requests:rate5m{service=\"cost-agent\"}",
    ] {
        wait(text, server, || {
            let found = query(&server.url, text).unwrap();
            (!found.is_empty()).then_some(())
        });
    }
}

#[test]
fn wrong_input_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "kept").unwrap();
    let here = folder.path().to_str().unwrap();
    for (arguments, said) in [
        (&["--keep", here][..], "name an empty folder"),
        (&["--keep", "mine"], "--keep: mine"),
        (&["--listen", "somewhere"], "--listen"),
        (&["--listen", "192.0.2.1:9090"], "--listen=127.0.0.1:PORT"),
        (&["--sed", "1"], "--seed"),
        (&["more"], "more"),
    ] {
        let output = demo(folder.path(), arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1);
}
