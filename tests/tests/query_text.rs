//! Queries as text: their trees and their written form are those of the original.
//!
//! Compared with a Prometheus that `ARGAND_PROMETHEUS_NEXT` names, where it knows the language that
//! Argand follows: older ones leave out fields.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop at the first surprise"
)]

use std::path::PathBuf;
use std::process::Command;

use argand_tests::{Answer, Argand, Server, free_port, post};
use serde_json::Value;

const FEATURES: &str = "--enable-feature=promql-experimental-functions,promql-extended-range-selectors,promql-binop-fill-modifiers";

const QUERIES: &[&str] = &[
    "1",
    "-0x1f",
    "1e3 + 08",
    "Inf",
    "'te\\xffxt'",
    "a",
    "a{}",
    "{\"a.b\", c=~\"d.*\", e!~'f', g!=\"\"}",
    "a @ 1.5 offset -5m",
    "a offset 1.0005",
    "a[5m] @ end() offset 1h30m",
    "a[5m:] @ start()",
    "a[1h:5m] offset -1d",
    "rate(a[step()+1m*(2+3)])",
    "rate(a[max_of(5m, 2*step())] offset -(range()))",
    "a offset +min_of(step(), 1s)^2",
    "a offset -(5)",
    "rate(a[5m] anchored)",
    "a smoothed",
    "sum(a)",
    "sum by () (a)",
    "sum without (b, \"c.d\") (a)",
    "topk by (b) (2, a)",
    "count_values(\"b\", a)",
    "a + b",
    "a * on (c) group_left (d) b",
    "a / ignoring (c) group_right b",
    "a == bool b",
    "a and on (c) b or d unless e",
    "a + fill (1e21) b",
    "a - fill_left (1) fill_right (2) b",
    "a ^ b ^ c",
    "-a ^ 2",
    "+(a)",
    "1 > bool 2",
    "label_join(a, \"b\", \",\", \"c\", \"d\")",
    "round(a)",
    "histogram_quantiles(a, \"q\", 0.5, 0.9)",
    "info(a, {b=\"c\"})",
    "time() - timestamp(a)",
    "sum by (job, instance) (rate(a_rather_long_metric_name_total{job=\"a rather long value\"}[5m])) / on (job) group_left (instance) (count(b) + 1)",
    "quantile_over_time(0.99, (sum by (a_rather_long_label) (a_rather_long_metric_name{with=\"a label\"}))[1h:5m] offset 1h)",
    // What is wrong.
    "",
    " ",
    "a b",
    "a[5y1hs]",
    "a[5m/0]",
    "1.5.5",
    "100..4",
    "f(1,)",
    "rate(a, @)",
    "round(a, 3ms1e)",
    "STep()",
    "a offset (100 + 3.3e12)",
    "sum by (\"\\xff\") (a)",
    "abs(a, b)",
    "a offset 5m offset 5m",
    "rate(a)",
    "a[5m",
    "{}",
    "fill(1)",
];

fn comparable(answer: &Answer) -> (u16, Value) {
    (answer.status, serde_json::from_str(&answer.text).unwrap())
}

#[test]
fn trees_and_written_forms_are_alike() {
    let Some(folder) = std::env::var_os("ARGAND_PROMETHEUS_NEXT") else {
        eprintln!("skipped: ARGAND_PROMETHEUS_NEXT is not set");
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("original.yml");
    std::fs::write(&file, "{}\n").unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(PathBuf::from(folder).join("prometheus"));
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!(
            "--storage.tsdb.path={}",
            temporary.path().join("data").display()
        ))
        .arg(FEATURES);
    let url = format!("http://127.0.0.1:{port}");
    let log = temporary.path().join("original.log");
    let original = Server::start(command, url, "/-/ready", &log).unwrap();
    let argand = Argand::start("scrape_configs: []\n", &[FEATURES]).unwrap();
    let ask = |server: &str, path: &str, query: &str| {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let form = "application/x-www-form-urlencoded";
        let url = format!("{server}/api/v1/{path}");
        post(&url, form, format!("query={encoded}").as_bytes()).unwrap()
    };
    if ask(&original.url, "parse_query", "a + fill (1) b").status != 200 {
        eprintln!(
            "skipped: the Prometheus that ARGAND_PROMETHEUS_NEXT names is of another version"
        );
        return;
    }
    let mut differing = Vec::new();
    for query in QUERIES {
        for path in ["parse_query", "format_query"] {
            let theirs = comparable(&ask(&original.url, path, query));
            let ours = comparable(&ask(&argand.server.url, path, query));
            if theirs != ours {
                differing.push(format!(
                    "{path} {query}\n  theirs {theirs:?}\n  ours   {ours:?}"
                ));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
