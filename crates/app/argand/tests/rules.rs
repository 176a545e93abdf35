//! `argand check rules` and `argand test rules`, and promtool over the same files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{is_new, programs};

/// What a program prints on both outputs, and its exit code.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    out: String,
    errors: String,
    code: Option<i32>,
}

impl Said {
    fn of(output: Output) -> Self {
        Self {
            out: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}

fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(program);
    let output = command.current_dir(folder).args(arguments).output();
    Said::of(output.unwrap())
}

fn argand(folder: &Path, arguments: &[&str]) -> Said {
    run(Path::new(env!("CARGO_BIN_EXE_argand")), folder, arguments)
}

/// promtool, where there is one that speaks as today's does.
fn promtool() -> Option<PathBuf> {
    let (_, promtool) = programs()?;
    if is_new(&promtool) {
        return Some(promtool);
    }
    let _ = writeln!(
        std::io::stderr(),
        "skipped: this promtool is older than 3.0, whose words are compared"
    );
    None
}

const RULES: &str = r#"groups:
- name: second
  rules:
  - record: job:up:count
    expr: count by (job) (up == 1)
- name: first
  rules:
  - alert: Down
    expr: up == 0
    for: 5m
    labels: {severity: page, site: "{{ $externalLabels.site }}"}
    annotations: {summary: "{{ $labels.instance }} is {{ $value }}", link: "{{ $externalURL }}/x"}
  - record: latency:sum
    expr: sum(rate(latency[5m]))
"#;

const PASSING: &str = r#"rule_files: [rules.yml]
evaluation_interval: 1m
group_eval_order: [first, second]
tests:
- name: passes
  interval: 1m
  external_labels: {site: home}
  external_url: http://here
  input_series:
  - {series: 'up{job="a", instance="1"}', values: '1x3 0x20'}
  - {series: 'up{job="a", instance="2"}', values: '1x30'}
  - {series: 'latency', values: '{{sum:3 count:2 buckets:[2]}}+{{sum:1.3 count:1 buckets:[1]}}x20'}
  alert_rule_test:
  - {eval_time: 8m, alertname: Down}
  - eval_time: 9m30s
    alertname: Down
    exp_alerts:
    - exp_labels: {severity: page, site: home, job: a, instance: "1"}
      exp_annotations: {summary: 1 is 0, link: http://here/x}
  promql_expr_test:
  - {expr: 'job:up:count', eval_time: 3m, exp_samples: [{labels: 'job:up:count{job="a"}', value: 2}]}
  - {expr: 'job:up:count', eval_time: 4m, exp_samples: [{labels: 'job:up:count{job="a"}', value: 1}]}
  - {expr: 'scalar(job:up:count) + 1', eval_time: 4m, exp_samples: [{value: 2}]}
  - {expr: 'nothing', eval_time: 4m}
  - expr: latency
    eval_time: 2m
    exp_samples:
    - {labels: latency, histogram: '{{sum:5.6 count:4 buckets:[4] counter_reset_hint:not_reset}}'}
- name: begins later
  start_timestamp: 2024-01-01T00:00:00Z
  promql_expr_test:
  - {expr: 'time()', eval_time: 5m, exp_samples: [{value: 1704067500}]}
"#;

const FAILING: &str = r#"rule_files: [rules.yml]
tests:
- name: alerts
  input_series:
  - {series: 'up{job="a", instance="1"}', values: '0x20'}
  - {series: 'up{job="a", instance="2"}', values: '0x20'}
  alert_rule_test:
  - {eval_time: 6m, alertname: Down}
  - {eval_time: 6m, alertname: Nothing, exp_alerts: [{exp_labels: {a: b}}, {exp_annotations: {c: "d\ne"}}]}
- input_series:
  - {series: 'up{job="a"}', values: '1+1.5x20'}
  promql_expr_test:
  - {expr: 'up', eval_time: 3m, exp_samples: [{labels: 'up{job="b"}', value: 1}]}
  - {expr: 'up / 0', eval_time: 3m}
  - {expr: 'up{job="b"}', eval_time: 3m, exp_samples: [{labels: up, value: 1e-9}, {labels: down, value: .inf}]}
  - {expr: 'sum(', eval_time: 90s}
- name: no alert is named
  alert_rule_test: [{eval_time: 1m}]
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("rules.yml", RULES),
        ("passing.yml", PASSING),
        ("failing.yml", FAILING),
        ("wrong.yml", "tests: [{nmae: x}]"),
        ("twice.yml", "group_eval_order: [a, b, a]"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let twice = RULES.replace("latency:sum", "job:up:count");
    fs::write(folder.path().join("duplicates.yml"), twice).unwrap();
    folder
}

#[test]
fn tests_pass_and_fail() {
    let folder = folder();
    let said = argand(folder.path(), &["test", "rules", "passing.yml"]);
    assert_eq!(said.errors, "");
    assert_eq!((said.out.as_str(), said.code), ("  SUCCESS\n\n", Some(0)));
    let said = argand(folder.path(), &["test", "rules", "failing.yml"]);
    assert_eq!(said.code, Some(1));
    assert!(said.errors.starts_with("  FAILED:\n    name: alerts,\n    alertname: Down, time: 6m, \n        exp:[], \n        got:[\n            0:\n              Labels:{alertname=\"Down\", instance=\"1\", job=\"a\", severity=\"page\"}"), "{}", said.errors);
    for text in [
        "misses required attribute alertname at eval_time 1m (in TestGroup no alert is named)",
        "    expr: \"up / 0\", time: 3m,\n        exp: nil\n        got: {job=\"a\"} +Inf\n",
        "exp: {__name__=\"down\"} +Inf, {__name__=\"up\"} 1E-09\n        got: nil\n",
    ] {
        assert!(said.errors.contains(text), "{text}:\n{}", said.errors);
    }
    // Only what is asked for by name is run.
    let arguments = ["test", "rules", "--run=nothing", "failing.yml"];
    assert_eq!(argand(folder.path(), &arguments).code, Some(0));
}

#[test]
fn checks_tell_what_a_server_would_refuse() {
    let folder = folder();
    let check = |arguments: &[&str]| {
        let arguments = [&["check", "rules"], arguments].concat();
        argand(folder.path(), &arguments)
    };
    let said = check(&["rules.yml", "passing.yml"]);
    assert_eq!(said.code, Some(1));
    assert_eq!(
        said.out,
        "Checking rules.yml\n  SUCCESS: 3 rules found\n\nChecking passing.yml\n"
    );
    assert_eq!(
        said.errors,
        "  FAILED:\npassing.yml:1:1: unknown key \"rule_files\"\n"
    );
    for (arguments, code) in [
        (&["duplicates.yml"][..], 0),
        (&["--lint-fatal", "duplicates.yml"], 3),
        (&["--lint-fatal", "--lint=none", "duplicates.yml"], 0),
        (&["--lint-fatal", "duplicates.yml", "wrong.yml"], 1),
        (&["--ignore-unknown-fields", "passing.yml"], 0),
        (&["absent.yml"], 1),
    ] {
        assert_eq!(check(arguments).code, Some(code), "{arguments:?}");
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_argand"))
        .args(["check", "rules"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(RULES.as_bytes())
        .unwrap();
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(
        said.out,
        "Checking standard input\n  SUCCESS: 3 rules found\n\n"
    );
}

#[test]
fn promtool_says_the_same() {
    let Some(promtool) = promtool() else { return };
    let folder = folder();
    for arguments in [
        &["test", "rules", "passing.yml"][..],
        &["test", "rules", "failing.yml", "passing.yml"],
        &["test", "rules", "--run=alerts", "--run=pass", "failing.yml"],
        &["test", "rules", "twice.yml"],
        &["check", "rules", "rules.yml", "duplicates.yml"],
        &["check", "rules", "--lint-fatal", "duplicates.yml"],
        &["check", "rules", "--ignore-unknown-fields", "passing.yml"],
    ] {
        let theirs = run(&promtool, folder.path(), arguments);
        assert_eq!(argand(folder.path(), arguments), theirs, "{arguments:?}");
    }
}

/// Upstream's own files: the same verdicts, and the same words but for places, which stand nearer
/// to the file's name here and are never left out.
#[test]
fn upstreams_files_get_upstreams_verdicts() {
    let (Some(root), Some(promtool)) = (std::env::var_os("ARGAND_CONFORMANCE"), promtool()) else {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: ARGAND_CONFORMANCE does not name a folder"
        );
        return;
    };
    let folder = PathBuf::from(root).join("promtool");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".yml") {
            continue;
        }
        for kind in ["check", "test"] {
            let arguments = [kind, "rules", &name];
            let theirs = run(&promtool, &folder, &arguments);
            let ours = argand(&folder, &arguments);
            assert_eq!(
                (ours.code, &ours.out),
                (theirs.code, &theirs.out),
                "{arguments:?}:\n{}\n{}",
                ours.errors,
                theirs.errors
            );
            count += 1;
        }
    }
    assert!(count > 60, "{count} cases only");
}
