//! The same requests to Argand and to the original are answered alike: status, error kind, error
//! text, data.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use argand_tests::{Answer, Argand, Page, Server, Target, free_port, get, installed, post, query};
use serde_json::Value;

/// Questions whose answers do not depend on when they are asked.
const QUESTIONS: &[&str] = &[
    // Values of each type.
    "/api/v1/query?query=1&time=10",
    "/api/v1/query?query=%22text%22&time=10.5",
    "/api/v1/query?query=vector(1e21)&time=2015-07-01T20:10:51.781Z",
    "/api/v1/query?query=vector(1e-7)&time=0",
    "/api/v1/query?query=vector(0/0)&time=0",
    "/api/v1/query?query=-vector(1/0)&time=0",
    "/api/v1/query?query=time()&time=1.5",
    "/api/v1/query?query=nothing_of_that_name&time=0",
    "/api/v1/query?query=nothing_of_that_name%5B5m%5D&time=0",
    "/api/v1/query_range?query=time()&start=0&end=10&step=5",
    "/api/v1/query_range?query=time()&start=0&end=11000&step=1",
    "/api/v1/query_range?query=vector(1)&start=0&end=1m&step=1m",
    // What is wrong with a request.
    "/api/v1/query?query=%20",
    "/api/v1/query?query=1&time=yesterday",
    "/api/v1/query?query=1&timeout=soon",
    "/api/v1/query?query=up%7B",
    "/api/v1/query?query=rate(up)",
    "/api/v1/query?query=1%20%2B%20%2B",
    "/api/v1/query?query=nofunction(up)",
    "/api/v1/query_range?query=1",
    "/api/v1/query_range?query=1&start=10&end=0&step=1",
    "/api/v1/query_range?query=1&start=0&end=10&step=0",
    "/api/v1/query_range?query=1&start=0&end=10&step=-1",
    "/api/v1/query_range?query=1&start=0&end=10&step=foo",
    "/api/v1/query_range?query=1&start=0&end=11001&step=1",
    "/api/v1/query_range?query=up%5B1m%5D&start=0&end=10&step=1",
    "/api/v1/series",
    "/api/v1/series?match[]=%7B%7D",
    "/api/v1/series?match[]=up%7B",
    "/api/v1/series?match[]=nothing_of_that_name",
    "/api/v1/labels?match[]=nothing_of_that_name",
    "/api/v1/labels?start=10&end=5",
    "/api/v1/label/nothing_of_that_name/values",
    "/api/v1/targets/metadata?metric=nothing_of_that_name",
    "/api/v1/metadata?metric=nothing_of_that_name",
    "/api/v1/format_query?query=sum(a)by(b)",
    // What there is, for a fixed target.
    "/api/v1/label/kind/values",
    "/api/v1/label/__name__/values?match[]=%7Bkind=%22a%22%7D",
    "/api/v1/labels?match[]=%7Bkind=%22a%22%7D",
    "/api/v1/metadata?metric=fixed_total",
    "/api/v1/targets/metadata?metric=fixed_total&match_target=%7Bjob=%22load%22%7D",
    "/api/v1/query?query=fixed_total",
    "/api/v1/query?query=sort_desc(fixed_total*2)",
    "/api/v1/query?query=sum+by+(kind)+(fixed_total)",
    "/api/v1/query?query=fixed_total%20%3E%20bool%201",
    "/api/v1/query?query=fixed_total%20and%20on(kind)%20other",
    "/api/v1/query?query=fixed_total%20%2F%20on(kind)%20group_left%20other",
    "/api/v1/query?query=topk(1,fixed_total)",
    "/api/v1/query?query=count_values(%22v%22,fixed_total)",
    "/api/v1/query?query=label_replace(other,%22x%22,%22$1-y%22,%22kind%22,%22(.*)%22)",
    "/api/v1/query?query=histogram_quantile(0.9,wait_bucket)",
    "/api/v1/query?query=absent(nothing_of_that_name%7Ba=%22b%22%7D)",
    "/api/v1/series?match[]=fixed_total",
    // Exemplars, and what other servers take.
    "/api/v1/query_exemplars?query=nothing_of_that_name",
    "/api/v1/query_exemplars?query=up%7B",
    "/api/v1/query_exemplars?query=up&start=10&end=5",
    "/federate",
    "/federate?match[]=up%7B",
    "/federate?match[]=nothing_of_that_name",
    "/federate?match[]=%7Bkind=~%22.%2B%22%7D&match[]=wait_count&match[]=fixed_total",
    // What is scraped, evaluated and told, and what is wrong with questions about it.
    "/api/v1/targets/metadata?match_target=%7B",
    "/api/v1/rules?type=x",
    "/api/v1/rules?rule_name[]=none",
    "/api/v1/alerts",
    "/api/v1/alertmanagers",
    "/api/v1/scrape_pools",
    "/api/v1/format_query?query=(",
    "/api/v1/query_exemplars?query=rate(",
    "/-/healthy/x",
    "/-/reload",
    "/-/quit",
];

/// Questions that only newer originals know.
const NEWER_QUESTIONS: &[&str] = &[
    "/api/v1/targets?scrapePool=nothing_of_that_name",
    "/api/v1/targets?state=dropped",
    "/api/v1/metadata?limit=x",
    "/api/v1/metadata?limit=0",
    "/api/v1/metadata?limit=-1&metric=other",
    "/api/v1/metadata?limit_per_metric=x",
    "/api/v1/targets/metadata?limit=x",
    "/api/v1/targets/metadata?limit=0&metric=other",
    "/api/v1/rules?exclude_alerts=maybe",
    "/api/v1/rules?group_limit=x",
    "/api/v1/rules?group_limit=0",
    "/api/v1/rules?group_next_token=x",
    "/api/v1/rules?match[]=%7B",
    "/api/v1/status/tsdb?limit=x",
    "/api/v1/status/tsdb?limit=0",
    "/api/v1/status/tsdb/blocks",
    "/api/v1/format_query",
    "/api/v1/labels?limit=x",
    "/api/v1/labels?limit=-1",
    "/api/v1/series?match[]=fixed_total&limit=1",
    "/api/v1/query?query=fixed_total&limit=1",
    "/api/v1/query?query=1&lookback_delta=x",
    "/api/v1/query_exemplars",
    "/api/v1/parse_query?query=sum(a)by(b)",
    "/api/v1/parse_query?query=(",
    "/api/v1/parse_query",
    "/api/v1/status/tsdb?limit=20000",
    "/api/v1/status/self_metrics?metric_name_pattern=(",
    "/api/v1/status/self_metrics?metric_name_pattern=nothing_of_that_name",
    "/api/v1/notifications",
    "/api/v1/targets/relabel_steps",
    "/api/v1/targets/relabel_steps?scrapePool=load",
    "/api/v1/targets/relabel_steps?scrapePool=none&labels=%7B%7D",
    "/api/v1/targets/relabel_steps?scrapePool=load&labels=%7B%22__address__%22:%22h:1%22,%22x%22:%22y%22%7D",
    "/api/v1/search/metric_names?search[]=a&fuzz_threshold=101",
    "/api/v1/search/metric_names?search[]=a&fuzz_alg=x",
    "/api/v1/search/metric_names?case_sensitive=maybe",
    "/api/v1/search/metric_names?include_score=maybe",
    "/api/v1/search/metric_names?include_metadata=maybe",
    "/api/v1/search/metric_names?sort_dir=asc",
    "/api/v1/search/metric_names?sort_by=score&sort_dir=asc",
    "/api/v1/search/metric_names?sort_by=alpha&sort_dir=up",
    "/api/v1/search/metric_names?sort_by=score",
    "/api/v1/search/metric_names?sort_by=x",
    "/api/v1/search/metric_names?limit=0",
    "/api/v1/search/metric_names?limit=20000",
    "/api/v1/search/metric_names?batch_size=x",
    "/api/v1/search/metric_names?start=10&end=5",
    "/api/v1/search/metric_names?start=x",
    "/api/v1/search/metric_names?match[]=%7B",
    "/api/v1/search/label_values",
];

/// Questions whose answers have the same status and another text: that of an expression, which is
/// written with the flags that ours has; and what newer originals say in other words, which are
/// followed.
const DIFFERENT_TEXTS: &[&str] = &["/api/v1/status/self_metrics?metric_name_pattern=("];
const CHANGED_TEXTS: &[&str] = &[
    "/api/v1/query?query=1&time=yesterday",
    "/api/v1/query_range?query=up%5B1m%5D&start=0&end=10&step=1",
];

const PAGE: &str = "\
# HELP fixed_total A counter.
# TYPE fixed_total counter
fixed_total{kind=\"a\"} 1
fixed_total{kind=\"b\"} 2.5
# TYPE other gauge
other{kind=\"a\"} 4
# TYPE wait histogram
wait_bucket{le=\"0.1\"} 5
wait_bucket{le=\"1\"} 9
wait_bucket{le=\"+Inf\"} 10
wait_sum 4
wait_count 10
";

/// Moments of now, which both answer a little apart.
fn without_moments(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(pair) = map.get_mut("value").and_then(Value::as_array_mut) {
                pair[0] = Value::Null;
            }
            map.values_mut().for_each(without_moments);
        }
        Value::Array(list) => list.iter_mut().for_each(without_moments),
        _ => {}
    }
}

fn comparable(question: &str, answer: &Answer) -> (u16, String) {
    if question.starts_with("/federate") && answer.status == 200 {
        let without_time = |line: &str| match line.rsplit_once(' ') {
            Some((sample, _)) if !line.starts_with('#') => sample.to_owned(),
            _ => line.to_owned(),
        };
        let lines: Vec<String> = answer.text.lines().map(without_time).collect();
        return (answer.status, lines.join("\n"));
    }
    let Ok(mut value) = serde_json::from_str::<Value>(&answer.text) else {
        return (answer.status, answer.text.clone());
    };
    let fixed = question.contains("time=") || question.contains("query_range");
    if !fixed {
        without_moments(&mut value);
    }
    if let Some(list) = value
        .pointer_mut("/data/result")
        .and_then(Value::as_array_mut)
        && !question.contains("sort")
    {
        // A vector has no order of its own.
        list.sort_by_key(Value::to_string);
    }
    (answer.status, value.to_string())
}

/// The original on PATH, and the newer one where `ARGAND_PROMETHEUS_NEXT` names its folder, each
/// with whether it knows what only newer ones do.
fn originals() -> Vec<(PathBuf, bool)> {
    let next = std::env::var_os("ARGAND_PROMETHEUS_NEXT");
    let next = next.map(|folder| (PathBuf::from(folder).join("prometheus"), true));
    let old = installed("prometheus").map(|program| (program, false));
    old.into_iter().chain(next).collect()
}

#[test]
fn questions_are_answered_alike() {
    for (program, is_newer) in originals() {
        compare(&program, is_newer);
    }
}

/// What the original has and Argand has not, and the other way round: (area, name).
const OTHER_FEATURES: &[(&str, &str)] = &[
    ("api", "openapi_3.2"),
    // How the original was built.
    ("prometheus", "stringlabels"),
    // Always on here.
    ("tsdb", "exemplar_storage"),
];

fn compare_features(argand: &str, original: &str) {
    let ask = |server: &str| {
        let answer = get(&format!("{server}/api/v1/features")).unwrap();
        let value: Value = serde_json::from_str(&answer.text).unwrap();
        value["data"].as_object().unwrap().clone()
    };
    let (ours, theirs) = (ask(argand), ask(original));
    for (area, features) in &theirs {
        // Not all of these are here yet, and an empty place says so.
        if area == "service_discovery_providers" {
            continue;
        }
        for (name, on) in features.as_object().unwrap() {
            if OTHER_FEATURES.contains(&(area, name)) {
                continue;
            }
            let our = ours.get(area).and_then(|features| features.get(name));
            assert_eq!(our, Some(on), "{area} {name}");
        }
    }
}

fn compare(program: &Path, is_newer: bool) {
    let target = Target::start(|_| Page::text(PAGE)).unwrap();
    let configuration = format!(
        "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  external_labels: {{zone: eu}}\nscrape_configs:\n  - job_name: load\n    static_configs: [{{targets: ['{}']}}]\n    relabel_configs:\n    - {{source_labels: [__address__], regex: '(.*):(.*)', target_label: host}}\n    - {{action: labeldrop, regex: x}}\n",
        target.address
    );
    let features: &[&str] = if is_newer {
        &["--enable-feature=search-api"]
    } else {
        &[]
    };
    let argand = Argand::start(&configuration, features).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("original.yml");
    std::fs::write(&file, &configuration).unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(program);
    command
        .args(features)
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.path().join("data").display()
        ));
    let url = format!("http://127.0.0.1:{port}");
    let log = folder.path().join("original.log");
    let original = Server::start(command, url, "/-/ready", &log).unwrap();
    for server in [&original.url, &argand.server.url] {
        while query(server, "fixed_total").unwrap().len() != 2 {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    if is_newer {
        compare_features(&argand.server.url, &original.url);
    }
    let newer = if is_newer { NEWER_QUESTIONS } else { &[] };
    let mut differing = Vec::new();
    for question in QUESTIONS.iter().chain(newer) {
        let theirs = comparable(
            question,
            &get(&format!("{}{question}", original.url)).unwrap(),
        );
        let ours = comparable(question, &get(&argand.url(question)).unwrap());
        let has_other_text =
            DIFFERENT_TEXTS.contains(question) || (!is_newer && CHANGED_TEXTS.contains(question));
        if theirs != ours && !has_other_text {
            differing.push(format!(
                "{question}\n  theirs {theirs:?}\n  ours   {ours:?}"
            ));
        }
        if theirs.0 != ours.0 {
            differing.push(format!("{question}: {} here, {} there", ours.0, theirs.0));
        }
        // The same question as a form.
        if let Some((path, form)) = question.split_once('?')
            && (path.ends_with("/query") || path.ends_with("/series"))
        {
            let kind = "application/x-www-form-urlencoded";
            let posted = post(&argand.url(path), kind, form.as_bytes()).unwrap();
            assert_eq!(comparable(question, &posted), ours, "POST {question}");
        }
    }
    assert!(
        differing.is_empty(),
        "{} differ from {}:\n{}",
        differing.len(),
        program.display(),
        differing.join("\n")
    );
}
