//! Argand between clients and queries.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use argand_tests::{Argand, free_port, get};

/// What Airflow sends, by the client that it uses.
const AIRFLOW: &str = r#"
import sys, statsd
stats = statsd.StatsClient("127.0.0.1", int(sys.argv[1]), prefix="airflow")
stats.incr("scheduler_heartbeat")
stats.incr("scheduler_heartbeat")
stats.incr("operator_successes_BashOperator")
stats.incr("operator_failures_PythonOperator", 3)
stats.incr("ti_successes")
stats.timing("dag.etl.load.duration", 12500)
stats.timing("dagrun.duration.success.etl", 90000)
stats.timing("dagrun.duration.failed.etl", 30000)
stats.timing("dagrun.schedule_delay.etl", 1500)
stats.timing("dagrun.dependency-check.etl.x", 3)
stats.timing("dag_processing.last_runtime.etl", 250)
stats.gauge("dag_processing.last_run.seconds_ago.etl", 7)
stats.gauge("pool.open_slots.default_pool", 128)
stats.gauge("pool.used_slots.default_pool", 3)
stats.gauge("pool.used_slots.default_pool", -1, delta=True)
stats.gauge("pool.starving_tasks.default_pool", 0)
stats.gauge("executor.open_slots.LocalExecutor", 32)
stats.gauge("executor.queued_tasks.LocalExecutor", 1)
stats.gauge("executor.running_tasks.LocalExecutor", 2)
stats.gauge("dagbag_size", 42)
"#;

/// What dashboards for Airflow ask for, and the answers.
const ASKED: [(&str, &str); 18] = [
    ("airflow_scheduler_heartbeat{type='counter'}", "2"),
    ("airflow_operator_successes{operator='BashOperator'}", "1"),
    ("airflow_operator_failures{operator='PythonOperator'}", "3"),
    ("airflow_ti_successes", "1"),
    (
        "airflow_task_duration_sum{dag_id='etl',task_id='load'}",
        "12.5",
    ),
    (
        "airflow_task_duration{dag_id='etl',quantile='0.99'}",
        "12.5",
    ),
    ("airflow_dagrun_duration{dag_id='etl',quantile='0.5'}", "90"),
    ("airflow_dagrun_failed_count{dag_id='etl'}", "1"),
    ("airflow_dagrun_schedule_delay_sum{dag_id='etl'}", "1.5"),
    ("airflow_dagrun_dependency_check_count{dag_id='etl'}", "1"),
    (
        "airflow_dag_processing_last_runtime_sum{dag_file='etl'}",
        "0.25",
    ),
    (
        "airflow_dag_processing_last_run_seconds_ago{dag_file='etl'}",
        "7",
    ),
    ("airflow_pool_open_slots{pool='default_pool'}", "128"),
    ("airflow_pool_used_slots{pool='default_pool'}", "2"),
    ("airflow_pool_starving_tasks{pool='default_pool'}", "0"),
    (
        "airflow_executor_open_slots{executor='LocalExecutor'}",
        "32",
    ),
    (
        "airflow_executor_queued_tasks{executor='LocalExecutor'} + airflow_executor_running_tasks",
        "3",
    ),
    ("airflow_dagbag_size", "42"),
];

const SCRAPING: &str = "
global: {scrape_interval: 1s}
scrape_configs:
- job_name: statsd
  metrics_path: /exporters/statsd
  static_configs: [{targets: ['SELF']}]
";

/// Waits until a query's first series has a value.
fn until(argand: &Argand, query: &str, expected: &str) {
    let began = Instant::now();
    loop {
        let found = argand.wait_for(query).unwrap();
        let value = found[0].pointer("/value/1").and_then(|v| v.as_str());
        if value == Some(expected) {
            return;
        }
        let patience = Duration::from_secs(20);
        assert!(
            began.elapsed() < patience,
            "{query}: {found:?}, not {expected}"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn dashboards_for_airflow_find_what_airflow_s_client_sends() {
    let Some(python) = argand_tests::python_clients() else {
        return;
    };
    let port = free_port().unwrap();
    let mapping = super::cases("airflow_statsd.yml");
    let flags = [
        format!("--statsd.listen-udp=127.0.0.1:{port}"),
        format!("--statsd.mapping-config={}", mapping.display()),
    ];
    let argand = Argand::start(SCRAPING, &flags.each_ref().map(String::as_str)).unwrap();
    let mut client = Command::new(python);
    client.args(["-c", AIRFLOW, &port.to_string()]);
    assert!(client.status().unwrap().success());
    for (query, value) in ASKED {
        until(&argand, query, value);
    }
    until(&argand, "statsd_exporter_events_unmapped_total", "2");
}

#[test]
fn a_reload_follows_the_mapping_file_and_a_bad_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = folder.path().join("mapping.yml");
    let write = |text: &str| std::fs::write(&mapping, text).unwrap();
    write("mappings: [{match: a.*, name: first, labels: {part: $1}}]");
    let port = free_port().unwrap();
    let flags = [
        format!("--statsd.listen-tcp=127.0.0.1:{port}"),
        format!("--statsd.mapping-config={}", mapping.display()),
        "--web.enable-lifecycle".to_owned(),
    ];
    let argand = Argand::start("", &flags.each_ref().map(String::as_str)).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // Waits until a line can be told by what is exposed.
    let mut tell = |line: &str, expected: &str| {
        stream.write_all(line.as_bytes()).unwrap();
        let began = Instant::now();
        loop {
            let text = get(&argand.url("/exporters/statsd")).unwrap().text;
            if text.lines().any(|line| line == expected) {
                return;
            }
            let patience = Duration::from_secs(20);
            assert!(began.elapsed() < patience, "no {expected} in {text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let reload = || argand_tests::post(&argand.url("/-/reload"), "text/plain", b"").unwrap();
    tell("a.b:1|c\n", "first{part=\"b\"} 1");
    write("mappings:\n- match: a.*\n  nome: second\n");
    let refused = reload();
    assert_eq!(refused.status, 500);
    assert!(refused.text.contains("mapping.yml:3:3"), "{}", refused.text);
    tell("a.b:1|c\n", "first{part=\"b\"} 2");
    write("mappings: [{match: a.*, name: second}]");
    assert_eq!(reload().status, 200);
    tell("a.b:1|c\n", "second 1");
    tell(
        "",
        "statsd_exporter_config_reloads_total{outcome=\"failure\"} 1",
    );
    tell(
        "",
        "statsd_exporter_config_reloads_total{outcome=\"success\"} 1",
    );
}
