//! Texts of which the originals and Argand must make the same: annotations through `promtool test
//! rules`, notifications through `amtool template render`. Where a program is not installed the
//! test says that it was skipped. A newer promtool is found by `ARGAND_PROMETHEUS_NEXT`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may stop at the first surprise, and say what they left out"
)]

mod common;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use common::notification;
use contract::{PreparedQuery, Query, QueryFault, QueryPoint, Reads};
use model::Labels;
use template::TemplateError;
use template::alertmanager::{Data, TemplateFile, Templates};
use template::prometheus::{RuleData, RuleOptions, RuleTemplate, RuleValue, expand};

/// Annotations and the value they are expanded with.
const ANNOTATIONS: &[(f64, &str)] = &[
    (1.0, "no action"),
    (
        1.0,
        "Instance {{ $labels.instance }} of job {{ $labels.job }} is down",
    ),
    (
        1.0,
        "{{ .Labels.instance }} {{ .Value }} {{ .ExternalLabels.region }} {{ .ExternalURL }}",
    ),
    (
        0.5,
        "{{ $value }} {{ $externalLabels.region }} {{ $externalURL }} {{ $labels.absent }}|",
    ),
    (
        1_234_567.0,
        "{{ $value }} {{ $value | humanize }} {{ $value | humanize1024 }}",
    ),
    (
        1_048_576.0,
        "{{ $value }} {{ $value | humanize }} {{ $value | humanize1024 }}",
    ),
    (
        999.95,
        "{{ $value | humanize }} {{ humanize1024 $value }} {{ humanizePercentage $value }}",
    ),
    (
        999_999.0,
        "{{ $value | humanize }} {{ humanize1024 $value }}",
    ),
    (
        0.000_123_45,
        "{{ $value }} {{ $value | humanize }} {{ $value | humanizeDuration }}",
    ),
    (
        0.123_456,
        "{{ $value | humanizePercentage }} {{ printf \"%.2f\" $value }}",
    ),
    (
        -1234.5,
        "{{ $value | humanize }} {{ $value | humanizeDuration }} {{ $value | humanize1024 }}",
    ),
    (
        0.0,
        "{{ $value }} {{ $value | humanize }} {{ $value | humanizeDuration }}",
    ),
    (59.123_45, "{{ $value | humanizeDuration }}"),
    (61.9, "{{ $value | humanizeDuration }}"),
    (3_661.0, "{{ $value | humanizeDuration }}"),
    (90_061.0, "{{ $value | humanizeDuration }}"),
    (-90_061.0, "{{ $value | humanizeDuration }}"),
    (
        1_435_065_584.128,
        "{{ $value }} {{ $value | humanizeTimestamp }}",
    ),
    (
        1_435_065_584.0,
        "{{ $value | toTime }} {{ ($value | toTime).Year }} {{ (toTime $value).Weekday }}",
    ),
    (
        1e21,
        "{{ $value }} {{ $value | humanize }} {{ printf \"%f\" $value }} {{ printf \"%g\" $value }}",
    ),
    (
        2.5,
        "{{ printf \"%d\" $value }} {{ printf \"%s\" $value }} {{ printf \"%5.1f|%-6.2f|%e\" $value $value $value }}",
    ),
    (1.0, "{{ \"12345\" | humanize }} {{ \"0x\" | humanize }}"),
    (
        1.0,
        "{{ \"1e3\" | humanize }} {{ \"-Inf\" | humanize }} {{ \"NaN\" | humanize }}",
    ),
    (1.0, "{{ true | humanize }}"),
    (
        1.0,
        "{{ stripPort $labels.instance }} {{ stripPort \"[::1]:80\" }} {{ stripPort \"::1\" }} {{ stripPort \"h\" }}",
    ),
    (
        1.0,
        "{{ stripDomain $labels.instance }} {{ stripDomain \"1.2.3.4:5\" }} {{ stripDomain \"a.b.c\" }} {{ stripDomain \"[::1]:5\" }}",
    ),
    (
        1.0,
        "{{ graphLink \"up{a=\\\"b c\\\"} == 0\" }} {{ tableLink \"sum(rate(x[5m])) by (job)\" }}",
    ),
    (
        1.0,
        "{{ parseDuration \"1h30m\" }} {{ parseDuration \"1d\" }}",
    ),
    (1.0, "{{ parseDuration \"x\" }}"),
    (
        1.0,
        "{{ (args 1 \"x\" $value).arg1 }} {{ (args 1).arg0 }} {{ args \"a\" 2 }}",
    ),
    (
        1.0,
        "{{ reReplaceAll \"(.*):(.*)\" \"$2-${1}\" $labels.instance }} {{ reReplaceAll \"a|e\" \"\" \"beauties\" }}",
    ),
    (1.0, "{{ reReplaceAll \"(\" \"x\" \"y\" }}"),
    (
        1.0,
        "{{ if match \"^h.*\" $labels.instance }}yes{{ else }}no{{ end }} {{ match \"x\" \"y\" }}",
    ),
    (1.0, "{{ match \"[\" \"y\" }}"),
    (
        1.0,
        "{{ safeHtml \"<b>\" }}{{ html \"<b>\" }}{{ urlquery \"a b\" }}{{ js \"'\" }}",
    ),
    (
        1.0,
        "{{ query \"metric{instance='a'}\" | first | value }} {{ query \"metric{instance='a'}\" | first | label \"instance\" }}",
    ),
    (
        1.0,
        "{{ with query \"metric{instance='a'}\" }}{{ . | first | value | humanize }}{{ end }}",
    ),
    (
        1.0,
        "{{ with query \"absent_metric\" }}{{ . | first | value }}{{ else }}none{{ end }}",
    ),
    (
        1.0,
        "{{ range query \"metric\" | sortByLabel \"instance\" }}{{ .Labels.instance }}={{ .Value }};{{ end }}",
    ),
    (
        1.0,
        "{{ range $i, $s := query \"metric\" | sortByLabel \"instance\" }}{{ $i }}:{{ $s.Labels.instance }}:{{ value $s }} {{ end }}",
    ),
    (1.0, "{{ query \"absent_metric\" | first | value }}"),
    (
        1.0,
        "{{ query \"metric\" | len }} {{ len (query \"absent_metric\") }}",
    ),
    (
        1.0,
        "{{ (query \"metric{instance='a'}\" | first).Labels.instance }} {{ (query \"metric{instance='a'}\" | first).Value }}",
    ),
    (
        1.0,
        "{{ strvalue (query \"metric{instance='a'}\" | first) }}|{{ label \"nope\" (query \"metric{instance='a'}\" | first) }}|",
    ),
    (1.0, "{{ $labels.a.b }}"),
    (1.0, "{{ $value.x }}"),
    (1.0, "{{ template \"x\" }}"),
    (
        1.0,
        "{{ define \"x\" }}<{{ . }}>{{ end }}{{ template \"x\" $labels.job }}",
    ),
    (1.0, "line\n{{ $labels.instance }}\n{{ toUpper 1 }}"),
    (1.0, "{{ toUpper }} "),
    (1.0, "{{ first 1 }}"),
    (
        1.0,
        "{{ $labels }} {{ len $labels }} {{ range $k, $v := $labels }}{{ $k }}={{ $v }},{{ end }}",
    ),
    (
        90.0,
        "{{ if gt $value 80.0 }}high{{ else if gt $value 50.0 }}mid{{ else }}low{{ end }}",
    ),
    (
        1.0,
        "{{ $x := \"a\" }}{{ $x }}{{- /* gone */ -}} b {{ printf \"%q\" $labels.job }}",
    ),
    (
        1.0,
        "{{ printf \"%.0f\" 12.5 }}% of {{ $labels.instance | printf \"%-15s|\" }}",
    ),
    (
        0.95,
        "Error budget {{ $value | humanizePercentage }} burnt on {{ index $labels \"job\" }}; see {{ $externalURL }}{{ graphLink \"up\" }}",
    ),
    (
        1.0,
        "{{ eq $labels.job \"node\" }} {{ and $labels.job $labels.absent }}| {{ or $labels.absent \"default\" }} {{ not $labels.absent }}",
    ),
    (
        1.0,
        "{{ slice $labels.job 1 3 }} {{ index \"abc\" 1 }} {{ print 1 2 $labels.job }} {{ println }}",
    ),
];

/// Annotations that cannot be read.
const BROKEN: &[&str] = &[
    "{{ nope }}",
    "{{ $labels.instance",
    "{{ if }}",
    "{{ end }}",
    "{{ $nope }}",
    "{{ $labels.instance } down",
    "{{ if $value }}x",
    "{{ \"x }}",
    "{{ 1 | 2 }}",
    "{{ template }}",
    "{{ range $i $v := $labels }}{{ end }}",
    "{{ $labels.a-b }}",
    "{{ @ }}",
    "{{ $value := }}",
    "{{/* x }}",
    "{{ .x..y }}",
    "{{ define \"a\" }}1{{ end }}{{ define \"a\" }}2{{ end }}",
];

/// The same, of which older versions make something else.
const NEWER: &[(f64, &str)] = &[
    (
        1.0,
        "{{ title \"first second-third it's fo_o\" }} {{ toUpper $labels.job }} {{ toLower \"ÄB\" }}",
    ),
    (1.0, "{{ query $labels.absent }}"),
    (1.0, "{{ .Nope }}"),
    (90.0, "{{ if gt $value 80 }}high{{ end }}"),
    (
        1.0,
        "{{ range 3 }}{{ . }}{{ end }} {{ with $labels.absent }}a{{ else with $labels.job }}{{ . }}{{ end }}",
    ),
];

/// The same, of functions that came with 3.6.
const NEWEST: &[(f64, &str)] = &[
    (
        1.5,
        "{{ toDuration $value }} {{ ($value | toDuration).Seconds }}",
    ),
    (1.0, "{{ parseDuration \"-5m\" }} {{ now }}"),
];

/// Knows one metric with three instances.
struct Engine;
struct Prepared(String);

impl Query for Engine {
    fn prepare(&self, text: &str) -> Result<Arc<dyn PreparedQuery>, QueryFault> {
        if text.is_empty() {
            let words = "unknown position: parse error: no expression found in input";
            return Err(QueryFault::Malformed(words.to_owned()));
        }
        Ok(Arc::new(Prepared(text.to_owned())))
    }
}

impl PreparedQuery for Prepared {
    fn text(&self) -> &str {
        &self.0
    }

    fn reads(&self) -> Reads {
        Reads::Anything
    }

    fn at(&self, _: i64) -> Result<Vec<QueryPoint>, QueryFault> {
        let point = |instance, value| QueryPoint {
            labels: Labels::from_pairs([("__name__", "metric"), ("instance", instance)]),
            value,
            histogram: None,
        };
        Ok(match self.0.as_str() {
            "metric" => vec![point("b", 21.0), point("a", 11.0), point("c", 3.0)],
            "metric{instance='a'}" => vec![point("a", 11.0)],
            _ => Vec::new(),
        })
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Our annotation, as an alert carries it.
fn annotation(place: usize, value: f64, text: &str) -> String {
    let number = place.to_string();
    let data = RuleData {
        labels: Labels::from_pairs([
            ("instance", "h.example:90"),
            ("job", "node"),
            ("n", number.as_str()),
            ("__name__", "v"),
        ]),
        external_labels: Labels::from_pairs([("region", "eu")]),
        external_url: "http://prom.example/sub/path".to_owned(),
        value: RuleValue::Float(value),
    };
    let name = format!("__alert_A{place}");
    expand(text, &name, &data, 60_000, &Engine, RuleOptions::default())
        .unwrap_or_else(|error| format!("<error expanding template: {error}>"))
}

/// Lets promtool hold our annotations against its own.
fn check_annotations(promtool: &Path, cases: &[(f64, &str)]) {
    if Command::new(promtool).arg("--version").output().is_err() {
        eprintln!("skipped: {} is not installed", promtool.display());
        return;
    }
    let mut rules = "groups:\n- name: g\n  rules:\n".to_owned();
    let mut series = String::new();
    let mut expected = String::new();
    for (place, (value, text)) in cases.iter().enumerate() {
        let written = annotation(place, *value, text);
        write!(
            rules,
            "  - alert: A{place}\n    expr: last_over_time(v{{n=\"{place}\"}}[1h]) > -Inf\n    annotations:\n      a: {}\n",
            quoted(text)
        )
        .unwrap();
        writeln!(
            series,
            "  - {{series: 'v{{instance=\"h.example:90\",job=\"node\",n=\"{place}\"}}', values: '{value:e} {value:e}'}}"
        )
        .unwrap();
        write!(
            expected,
            "  - eval_time: 1m\n    alertname: A{place}\n    exp_alerts:\n    - exp_labels: {{instance: 'h.example:90', job: node, n: '{place}'}}\n      exp_annotations: {{a: {}}}\n",
            quoted(&written)
        )
        .unwrap();
    }
    for (instance, value) in [("a", 11), ("b", 21), ("c", 3)] {
        writeln!(
            series,
            "  - {{series: 'metric{{instance=\"{instance}\"}}', values: '{value} {value}'}}"
        )
        .unwrap();
    }
    let tests = format!(
        "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  external_labels: {{region: eu}}\n  external_url: http://prom.example/sub/path\n  input_series:\n{series}  alert_rule_test:\n{expected}"
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yml"), rules).unwrap();
    std::fs::write(folder.path().join("tests.yml"), tests).unwrap();
    let output = Command::new(promtool)
        .args(["test", "rules", "tests.yml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn annotations_are_promtools() {
    check_annotations(Path::new("promtool"), ANNOTATIONS);
}

#[test]
fn annotations_are_a_newer_promtools() {
    let Some(folder) = std::env::var_os("ARGAND_PROMETHEUS_NEXT") else {
        eprintln!("skipped: ARGAND_PROMETHEUS_NEXT is not set");
        return;
    };
    let promtool = Path::new(&folder).join("promtool");
    check_annotations(&promtool, ANNOTATIONS);
    check_annotations(&promtool, NEWER);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    let rule = "{alert: A, expr: up, annotations: {a: '{{ toDuration 1 }}'}}";
    std::fs::write(&file, format!("groups: [{{name: g, rules: [{rule}]}}]")).unwrap();
    let known = Command::new(&promtool)
        .args(["check", "rules"])
        .arg(&file)
        .output()
        .unwrap();
    if known.status.success() {
        check_annotations(&promtool, NEWEST);
    } else {
        eprintln!("skipped: the newest functions, which this promtool has not");
    }
}

#[test]
fn what_is_wrong_with_texts_is_said_in_promtools_words() {
    let mut rules = "groups:\n- name: g\n  rules:\n".to_owned();
    for (place, text) in BROKEN.iter().enumerate() {
        let text = quoted(text);
        writeln!(
            rules,
            "  - {{alert: A{place}, expr: up, annotations: {{a: {text}}}}}"
        )
        .unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    std::fs::write(&file, rules).unwrap();
    let Ok(output) = Command::new("promtool")
        .args(["check", "rules"])
        .arg(&file)
        .output()
    else {
        eprintln!("skipped: promtool is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for (place, text) in BROKEN.iter().enumerate() {
        let name = format!("__alert_A{place}");
        let error = RuleTemplate::parse(text, &name).unwrap_err();
        let TemplateError::Rule { error, .. } = error else {
            panic!("{error}")
        };
        let line = format!("\"A{place}\", annotation \"a\": {error}\n");
        let line_of_others = format!("\"A{place}\": annotation \"a\": {error}\n");
        assert!(
            said.contains(&line) || said.contains(&line_of_others),
            "{line}{said}"
        );
    }
}

/// Templates as teams write them for their channels.
const FILE: &str = include_str!("cases/notifications.tmpl");

/// Fields of receivers, as text.
const FIELDS: &[&str] = &[
    "{{ template \"slack.team.title\" . }}",
    "{{ template \"slack.team.text\" . }}",
    "{{ template \"pagerduty.team.description\" . }}",
    "{{ template \"team.color\" . }}",
    "{{ template \"team.silence\" . }}",
    "{{ template \"email.team.html\" . }}",
    "{{ .Receiver }} {{ .Status | toUpper }} {{ .ExternalURL }}",
    "{{ range .Alerts }}{{ .Labels.instance }} {{ .Status }} {{ .StartsAt.Unix }}\n{{ end }}",
    "{{ (index .Alerts 0).Annotations.summary }} {{ (index .Alerts 1).Fingerprint }}",
    "{{ .CommonLabels.SortedPairs.Names | join \",\" }} {{ .CommonLabels.Values | join \",\" }}",
    "{{ .GroupLabels.alertname }} {{ .CommonLabels.absent }}|{{ .CommonAnnotations.summary }}",
    "{{ (.CommonLabels.Remove (stringSlice \"job\")).Names | join \" \" }}",
    "{{ range .CommonLabels.Remove .GroupLabels.Names }}{{ . }},{{ end }}",
    "{{ len .Alerts.Firing }}/{{ len .Alerts }} {{ gt (len .Alerts.Resolved) 0 }}",
    "{{ title \"hello wORLD\" }} {{ toLower \"ABC\" }} {{ match \"^D\" .CommonLabels.alertname }}",
    "{{ reReplaceAll \":.*\" \"\" (index .Alerts 0).Labels.instance }} {{ stringSlice \"a\" \"b\" }}",
    "{{ (index .Alerts 0).StartsAt.Format \"Jan _2 15:04:05.000 MST 2006\" }} {{ ((index .Alerts 1).EndsAt.Sub (index .Alerts 1).StartsAt).Minutes }}",
    "{{ (index .Alerts 0).EndsAt.IsZero }} {{ (index .Alerts 0).StartsAt }} {{ ((index .Alerts 0).StartsAt.AddDate 0 1 20).Weekday }}",
    "{{ with index .Alerts 1 }}{{ .EndsAt.Sub .StartsAt }} {{ .EndsAt.After .StartsAt }}{{ end }}",
    "{{ printf \"%-10s|%5d|%v\" .Status (len .Alerts) .CommonLabels.SortedPairs.Values }}",
    "{{ if and (eq .Status \"firing\") (ne .CommonLabels.severity \"info\") }}page{{ end }}",
    "{{ html .CommonLabels.job }} {{ .CommonLabels.job | urlquery }} {{ .CommonLabels.job | js }}",
    "{{ safeHtml \"<b>\" }} {{ print .CommonLabels.job 1 2 }}",
    "{{ define \"own\" }}[{{ . }}]{{ end }}{{ range .Alerts }}{{ template \"own\" .Labels.instance }}{{ end }}",
    "{{ $n := 0 }}{{ range .Alerts }}{{ $n = len .Labels }}{{ end }}{{ $n }}",
];

/// Fields of receivers, as HTML.
const PAGES: &[&str] = &[
    "{{ template \"email.team.html\" . }}",
    "<b>{{ .CommonLabels.job }}</b>{{ .CommonLabels.job | safeHtml }}",
    "{{ range .Alerts }}<a href=\"{{ .GeneratorURL }}\" title='{{ .Annotations.summary }}'>{{ .Labels.job }}</a>{{ end }}",
    "{{ range .Alerts }}<a href={{ .GeneratorURL }} class={{ .Labels.job }}>x</a>{{ end }}",
    "<a href=\"{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}\">{{ .Receiver }}</a>",
    "<p style=\"color: {{ if eq .Status \"firing\" }}red{{ else }}green{{ end }}; x: {{ .CommonLabels.job }}\">",
    "<p onclick=\"f({{ .CommonLabels.job }}, {{ len .Alerts }})\">",
    "<script>var labels = {{ .CommonLabels.job }}; var n = {{ len .Alerts }};</script>",
    "<style>p { color: {{ .Status }}; background: url('{{ (index .Alerts 1).GeneratorURL }}') }</style>",
    "<title>{{ .CommonLabels.job }}</title><!-- gone -->{{ .CommonLabels.absent }}",
];

/// One run of amtool for all fields: what stands between them is in none.
const BETWEEN: &str = "\n=-=-=\n";

fn amtool(folder: &Path, kind: &str, fields: &[&str]) -> Option<Vec<String>> {
    let output = Command::new("amtool")
        .args([
            "template",
            "render",
            "--template.glob=own.tmpl",
            "--template.data=data.json",
        ])
        .arg(format!("--template.type={kind}"))
        .arg(format!("--template.text={}", fields.join(BETWEEN)))
        .current_dir(folder)
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: amtool is not installed");
        return None;
    };
    let failed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{failed}");
    let said = String::from_utf8(output.stdout).unwrap();
    Some(said.split(BETWEEN).map(str::to_owned).collect())
}

#[test]
fn notifications_are_amtools() {
    let data = Data::new(&notification(), "http://am:9093");
    let file = TemplateFile {
        name: "own.tmpl",
        text: FILE,
    };
    let templates = Templates::load(&[file]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.tmpl"), FILE).unwrap();
    std::fs::write(folder.path().join("data.json"), data.json().unwrap()).unwrap();
    for (kind, fields) in [("text", FIELDS), ("html", PAGES)] {
        let Some(theirs) = amtool(folder.path(), kind, fields) else {
            return;
        };
        assert_eq!(theirs.len(), fields.len());
        for (field, theirs) in fields.iter().zip(&theirs) {
            let ours = match kind {
                "text" => templates.text(field, &data),
                _ => templates.html(field, &data),
            };
            assert_eq!(&ours.unwrap(), theirs, "{kind}: {field}");
        }
    }
}
