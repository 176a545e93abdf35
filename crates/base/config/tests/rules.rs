//! Rule files: what is read, and what is refused in which words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may stop at the first surprise, and say what they left out"
)]

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use config::{
    AlertRule, ConfigError, NameValidation, RuleChecks, RuleGroup, RuleKind, load_rule_tests,
    load_rules, parse_rules,
};

/// Stands in for the language of queries: knows the mistakes of the cases.
fn expression(text: &str) -> Result<(), String> {
    match text {
        "rate(hi)" | "sum(up" => Err("1:6: parse error".to_owned()),
        _ => Ok(()),
    }
}

fn template(_: &str, text: &str) -> Result<(), String> {
    if text.contains("{{ end") {
        return Err("unexpected {{end}}".to_owned());
    }
    Ok(())
}

fn checks(names: NameValidation) -> RuleChecks<'static> {
    RuleChecks {
        names,
        unknown_keys: false,
        expression: &expression,
        template: &template,
    }
}

fn parse(text: &str) -> Result<Vec<RuleGroup>, Vec<ConfigError>> {
    parse_rules(text, Path::new("r.yml"), checks(NameValidation::Utf8))
}

#[test]
fn everything_a_file_may_say_is_read() {
    let groups = parse(
        "groups:
- name: a
  interval: 30s
  query_offset: 0s
  limit: 5
  labels: {team: x, zone: y}
  rules:
  - record: b:c
    expr: sum(up)
    labels: {team: \"\"}
  - alert: D
    expr: up == 0
    for: 5m
    keep_firing_for: 1h
    annotations: {summary: '{{ $labels.job }}'}
- name: empty
",
    )
    .unwrap();
    let group = &groups[0];
    assert_eq!(group.interval, Some(Duration::from_secs(30)));
    assert_eq!(group.query_offset, Some(Duration::ZERO));
    assert_eq!(group.limit, 5);
    assert_eq!(group.rules[0].kind, RuleKind::Record("b:c".to_owned()));
    assert_eq!(group.rules[0].expr, "sum(up)");
    assert_eq!(group.rules[0].labels["team"], "");
    assert_eq!(group.rules[0].labels["zone"], "y");
    assert_eq!(group.rules[1].labels["team"], "x");
    let summary = ("summary".to_owned(), "{{ $labels.job }}".to_owned());
    let alert = AlertRule {
        name: "D".to_owned(),
        hold: Duration::from_secs(300),
        keep_firing_for: Duration::from_secs(3600),
        annotations: [summary].into(),
    };
    assert_eq!(group.rules[1].kind, RuleKind::Alert(alert));
    assert_eq!((groups[1].interval, groups[1].query_offset), (None, None));
    assert_eq!(parse("").unwrap(), []);
    assert_eq!(parse("groups:\n").unwrap(), []);
}

/// A group with one rule of these lines.
fn one(rule: &str) -> String {
    let lines: Vec<String> = rule.lines().map(|line| format!("    {line}\n")).collect();
    format!("groups:\n- name: g\n  rules:\n  -\n{}", lines.concat())
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, expected) in [
        (
            "groups: 5",
            "r.yml:1:9: groups: expected a list, found a single value",
        ),
        (
            "group: []",
            "r.yml:1:1: unknown key \"group\"; did you mean \"groups\"?",
        ),
        (
            "groups:\n- name: ''",
            "r.yml:2:3: Groupname must not be empty",
        ),
        (
            "groups:\n- name: a\n- name: a",
            "r.yml:3:3: groupname: \"a\" is repeated in the same file",
        ),
        (
            "groups:\n- name: a\n  interval: fast",
            "r.yml:3:13: groups[0].interval: not a valid duration string: \"fast\"",
        ),
        (
            "groups:\n- name: a\n  labels: {__name__: x}",
            "r.yml:3:12: invalid label name: __name__",
        ),
        (
            &one("record: a\nalert: b\nexpr: 1"),
            "r.yml:5:13: group \"g\", rule 1, \"b\": only one of 'record' and 'alert' must be set",
        ),
        (
            &one("expr: 1"),
            "r.yml:5:5: group \"g\", rule 1, \"\": one of 'record' or 'alert' must be set",
        ),
        (
            &one("record: a"),
            "r.yml:5:5: group \"g\", rule 1, \"a\": field 'expr' must be set in rule",
        ),
        (
            &one("record: a\nexpr: sum(up"),
            "r.yml:6:11: group \"g\", rule 1, \"a\": could not parse expression: 1:6: parse error",
        ),
        (
            &one("record: a\nexpr: 1\nfor: 1m"),
            "r.yml:7:10: group \"g\", rule 1, \"a\": invalid field 'for' in recording rule",
        ),
        (
            &one("record: a{}\nexpr: 1"),
            "r.yml:5:13: group \"g\", rule 1, \"a{}\": braces present in the recording rule name; should it be in expr?: a{}",
        ),
        (
            &one("alert: a\nexpr: 1\nannotations: {b: '{{ end }}'}"),
            "r.yml:7:19: group \"g\", rule 1, \"a\": annotation \"b\": unexpected {{end}}",
        ),
        (
            &one("alert: a\nexpr: 1\nannotation: {b: c}"),
            "r.yml:7:5: groups[0].rules[0]: unknown key \"annotation\"; did you mean \"annotations\"?",
        ),
    ] {
        let errors = parse(text).expect_err(text);
        assert_eq!(errors[0].to_string(), expected, "{text}");
        assert_eq!(errors.len(), 1, "{errors:?}");
    }
}

#[test]
fn keys_that_nobody_knows_are_passed_over_where_that_is_asked_for() {
    let text = "ours: 1
groups: [{name: g, owner: me, rules: [{record: a, expr: '1', ticket: 5}]}]";
    assert!(parse(text).is_err());
    let lenient = RuleChecks {
        unknown_keys: true,
        ..checks(NameValidation::Utf8)
    };
    let groups = parse_rules(text, Path::new("r.yml"), lenient).unwrap();
    assert_eq!(groups[0].rules[0].expr, "1");
}

const TESTS: &str = "rule_files: ['r/*.yml', /abs.yml]
evaluation_interval: 30s
group_eval_order: [b, a]
fuzzy_compare: true
tests:
- name: one
  input_series: [{series: 'up{job=\"a\"}', values: 1+1x5}, {series: down, values: 7}]
  external_labels: {site: home}
  external_url: http://here
  start_timestamp: 1700000000
  alert_rule_test:
  - {eval_time: 5m, alertname: A, exp_alerts: [{exp_labels: {b: c}, exp_annotations: {d: ''}}]}
  promql_expr_test:
  - {expr: up, eval_time: 90s, exp_samples: [{labels: up, value: 1.5}, {histogram: '{{count:1}}'}]}
- interval: 1s
";

#[test]
fn tests_of_rules_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.yml");
    std::fs::write(&path, TESTS).unwrap();
    let file = load_rule_tests(&path, false).unwrap();
    let beside = folder.path().join("r/*.yml");
    assert_eq!(file.rule_files, [beside, "/abs.yml".into()]);
    assert_eq!(file.evaluation_interval, Duration::from_secs(30));
    assert_eq!(file.group_order, ["b", "a"]);
    assert!(file.fuzzy);
    let test = &file.tests[0];
    assert_eq!(test.interval, Duration::from_secs(30));
    assert_eq!(test.series[1], ("down".to_owned(), "7".to_owned()));
    assert_eq!(test.start.as_deref(), Some("1700000000"));
    assert_eq!(test.alerts[0].expected[0].annotations["d"], "");
    assert_eq!(test.expressions[0].at, Duration::from_secs(90));
    assert_eq!(test.expressions[0].expected[0].value, 1.5);
    assert_eq!(test.expressions[0].expected[1].histogram, "{{count:1}}");
    assert_eq!(file.tests[1].interval, Duration::from_secs(1));

    std::fs::write(&path, TESTS.replace("expr: up", "exp: up")).unwrap();
    let error = load_rule_tests(&path, false).unwrap_err().to_string();
    let place =
        "t.yml:14:6: tests[0].promql_expr_test[0]: unknown key \"exp\"; did you mean \"expr\"?";
    assert!(error.ends_with(place), "{error}");
    assert!(load_rule_tests(&path, true).is_ok());
}

#[test]
fn no_part_of_a_file_panics() {
    let rules =
        one("alert: a\nexpr: 1\nfor: 5m\nlabels: {b: &c d}\nannotations: {e: *c, f: '{{ end }}'}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.yml");
    for (cut, _) in rules.char_indices() {
        for part in [&rules[..cut], &rules[cut..]] {
            let _ = parse(part);
        }
    }
    for (cut, _) in TESTS.char_indices() {
        for part in [&TESTS[..cut], &TESTS[cut..]] {
            std::fs::write(&path, part).unwrap();
            let _ = load_rule_tests(&path, cut % 2 == 0);
        }
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = "groups:\n- name: a\n- name: a\n  rules: [{expr: '1'}, {record: x}]";
    assert_eq!(parse(text).expect_err("three faults").len(), 3);
}

#[test]
fn the_classic_alphabet_is_kept_where_it_is_asked_for() {
    for (rule, word) in [
        ("record: a.b\nexpr: 1", "invalid recording rule name: a.b"),
        (
            "record: a\nexpr: 1\nlabels: {b-c: d}",
            "invalid label name: b-c",
        ),
        (
            "alert: a\nexpr: 1\nannotations: {b-c: d}",
            "invalid annotation name: b-c",
        ),
    ] {
        let text = one(rule);
        assert!(parse(&text).is_ok(), "{text}");
        let file = Path::new("r.yml");
        let errors = parse_rules(&text, file, checks(NameValidation::Legacy)).expect_err(&text);
        assert!(errors[0].to_string().contains(word), "{errors:?}");
    }
}

#[test]
fn upstreams_own_files_load_or_fail_as_their_names_say() {
    let Some(root) = std::env::var_os("ARGAND_CONFORMANCE") else {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: ARGAND_CONFORMANCE does not name a folder"
        );
        return;
    };
    let mut count = 0;
    for entry in std::fs::read_dir(Path::new(&root).join("rules")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let names = if name.starts_with("legacy") {
            NameValidation::Legacy
        } else {
            NameValidation::Utf8
        };
        let loaded = load_rules(&path, checks(names));
        assert_eq!(
            loaded.is_err(),
            name.contains(".bad."),
            "{name}: {loaded:?}"
        );
        count += 1;
    }
    assert!(count >= 16, "{count} files only");
}
