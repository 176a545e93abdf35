//! Texts of rules: their variables and functions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::sync::Arc;

use contract::{PreparedQuery, Query, QueryFault, QueryPoint, Reads};
use model::Labels;
use template::prometheus::{RuleData, RuleOptions, RuleValue, expand};

/// Knows one metric with three instances.
struct Engine;
struct Prepared(String);

impl Query for Engine {
    fn prepare(&self, text: &str) -> Result<Arc<dyn PreparedQuery>, QueryFault> {
        if text.contains("((") {
            return Err(QueryFault::Malformed(
                "1:1: parse error: unclosed".to_owned(),
            ));
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
            _ => Vec::new(),
        })
    }
}

fn written(text: &str, value: f64) -> String {
    let data = RuleData {
        labels: Labels::from_pairs([("instance", "h.example:90"), ("job", "node")]),
        external_labels: Labels::from_pairs([("region", "eu")]),
        external_url: "http://prom.example/sub/path?x".to_owned(),
        value: RuleValue::Float(value),
    };
    let now = 1_600_000_000_123;
    match expand(
        text,
        "__alert_X",
        &data,
        now,
        &Engine,
        RuleOptions::default(),
    ) {
        Ok(text) => text,
        Err(error) => error.to_string(),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(written(text, 1234.5678), *expected, "{text}");
    }
}

#[test]
fn variables_and_queries() {
    check(&[
        ("no action", "no action"),
        (
            "{{ $labels.instance }} {{ .Labels.job }} {{ $labels.absent }}|",
            "h.example:90 node |",
        ),
        (
            "{{ $value }} {{ printf \"%.1f\" $value }}",
            "1234.5678 1234.6",
        ),
        (
            "{{ $externalLabels.region }} {{ $externalURL }}",
            "eu http://prom.example/sub/path?x",
        ),
        ("{{ query \"metric\" | first | value }}", "11"),
        ("{{ query \"metric\" | first | label \"instance\" }}", "a"),
        (
            "{{ range query \"metric\" | sortByLabel \"instance\" }}{{ .Labels.instance }}={{ .Value }} {{ end }}",
            "a=11 b=21 c=3 ",
        ),
        (
            "{{ with query \"none\" }}some{{ else }}none{{ end }}",
            "none",
        ),
        ("{{ query \"metric\" | len }}", "3"),
        ("{{ (query \"metric\" | first).Labels.instance }}", "a"),
        (
            "{{ query \"none\" | first }}",
            "error executing template __alert_X: template: __alert_X:1:130: executing \"__alert_X\" at <first>: error calling first: first() called on vector with no elements",
        ),
        (
            "{{ query \"((\" }}",
            "error executing template __alert_X: template: __alert_X:1:115: executing \"__alert_X\" at <query \"((\">: error calling query: 1:1: parse error: unclosed",
        ),
        (
            "{{ nope }}",
            "error parsing template __alert_X: template: __alert_X:1: function \"nope\" not defined",
        ),
    ]);
}

#[test]
fn numbers_for_people() {
    for (function, value, expected) in [
        ("humanize", 0.0, "0"),
        ("humanize", 1.0, "1"),
        ("humanize", 1_234_567.0, "1.235M"),
        ("humanize", 0.12, "120m"),
        ("humanize", -1e-7, "-100n"),
        ("humanize", f64::NAN, "NaN"),
        ("humanize", f64::INFINITY, "+Inf"),
        ("humanize1024", 1_048_576.0, "1Mi"),
        ("humanize1024", 1.0, "1"),
        ("humanizeDuration", 0.0, "0s"),
        ("humanizeDuration", 59.123_45, "59.12s"),
        ("humanizeDuration", 3661.0, "1h 1m 1s"),
        ("humanizeDuration", -90_061.0, "-1d 1h 1m 1s"),
        ("humanizeDuration", 0.0123, "12.3ms"),
        ("humanizePercentage", 0.123_456, "12.35%"),
        (
            "humanizeTimestamp",
            1_435_065_584.128,
            "2015-06-23 13:19:44.128 +0000 UTC",
        ),
        ("humanizeTimestamp", f64::INFINITY, "+Inf"),
        (
            "toTime",
            1_435_065_584.128,
            "2015-06-23 13:19:44.128 +0000 UTC",
        ),
        ("toDuration", 1.5, "1.5s"),
    ] {
        let text = format!("{{{{ $value | {function} }}}}");
        assert_eq!(written(&text, value), expected, "{function} {value}");
    }
}

#[test]
fn texts() {
    check(&[
        ("{{ \"12\" | humanize }} {{ humanize 1e3 }}", "12 1k"),
        (
            "{{ title \"aa bB\" }} {{ toUpper \"a\" }} {{ toLower \"A\" }}",
            "Aa BB A a",
        ),
        (
            "{{ stripPort $labels.instance }} {{ stripPort \"[::1]:80\" }}",
            "h.example ::1",
        ),
        (
            "{{ stripDomain $labels.instance }} {{ stripDomain \"1.2.3.4:5\" }}",
            "h:90 1.2.3.4:5",
        ),
        (
            "{{ graphLink \"up == 0\" }}",
            "/graph?g0.expr=up+%3D%3D+0&g0.tab=0",
        ),
        ("{{ tableLink \"up\" }}", "/graph?g0.expr=up&g0.tab=1"),
        (
            "{{ pathPrefix }} {{ externalURL }}",
            "/sub/path http://prom.example/sub/path?x",
        ),
        (
            "{{ parseDuration \"1h30m\" }} {{ parseDuration \"-5s\" }}",
            "5400 -5",
        ),
        ("{{ now }}", "1.600000000123e+09"),
        ("{{ (args 1 \"x\").arg1 }}", "x"),
        ("{{ urlQueryEscape \"a b&c\" }}", "a+b%26c"),
        (
            "{{ reReplaceAll \"(.*):.*\" \"$1\" $labels.instance }}",
            "h.example",
        ),
        ("{{ if match \"^h\" $labels.instance }}yes{{ end }}", "yes"),
        ("{{ (toTime 0).Year }} {{ safeHtml \"<b>\" }}", "1970 <b>"),
        (
            "{{ \"x\" | humanize }}",
            "error executing template __alert_X: template: __alert_X:1:121: executing \"__alert_X\" at <humanize>: error calling humanize: strconv.ParseFloat: parsing \"x\": invalid syntax",
        ),
    ]);
}
