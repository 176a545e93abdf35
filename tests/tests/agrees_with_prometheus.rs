//! The same targets scraped by Argand and by the original give the same series and values.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use argand_tests::{Argand, Page, Server, Target, free_port, get, installed, query};
use serde_json::Value;

/// Series that tell how a scrape went rather than what it brought.
const ABOUT_SCRAPING: [&str; 1] = ["scrape_duration_seconds"];

fn prometheus(folder: &Path, configuration: &str) -> Option<Server> {
    start(&installed("prometheus")?, folder, configuration)
}

/// A newer original than the one on PATH, from the folder that `ARGAND_PROMETHEUS_NEXT` names.
fn next() -> Option<PathBuf> {
    let folder = std::env::var_os("ARGAND_PROMETHEUS_NEXT")?;
    Some(Path::new(&folder).join("prometheus"))
}

fn start(program: &Path, folder: &Path, configuration: &str) -> Option<Server> {
    let port = free_port().unwrap();
    let file = folder.join("original.yml");
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("original").display()
        ));
    let url = format!("http://127.0.0.1:{port}");
    Some(Server::start(command, url, "/-/ready", &folder.join("original.log")).unwrap())
}

/// Bounds of buckets and quantiles as the original stores them since its version 3, and as Argand
/// does: earlier ones leave a whole number without `.0`.
fn since_version_3(mut series: Value) -> Value {
    for label in ["le", "quantile"] {
        if let Some(Value::String(bound)) = series.get_mut(label)
            && bound.parse::<i64>().is_ok()
        {
            bound.push_str(".0");
        }
    }
    series
}

/// Every series of a job with its newest value.
fn newest(server: &str, job: &str) -> BTreeMap<String, String> {
    query(server, &format!("{{job=\"{job}\"}}"))
        .unwrap()
        .into_iter()
        .filter(|one| {
            let name = one["metric"]["__name__"].as_str().unwrap();
            !ABOUT_SCRAPING.contains(&name)
        })
        .map(|one| {
            (
                since_version_3(one["metric"].clone()).to_string(),
                one["value"][1].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

/// Waits until both have scraped a job twice, so that `scrape_series_added` has settled.
fn wait_for(server: &str, job: &str) {
    for _ in 0..600 {
        let done = query(
            server,
            &format!("count_over_time(up{{job=\"{job}\"}}[1m]) >= 2"),
        );
        if done.is_ok_and(|list| !list.is_empty()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{server} does not scrape {job}");
}

fn compare(configuration: &str, scraped: &str, job: &str, least: usize) {
    let folder = tempfile::tempdir().unwrap();
    let Some(original) = prometheus(folder.path(), configuration) else {
        return;
    };
    let argand = Argand::start(configuration, &[]).unwrap();
    for server in [&original.url, &argand.server.url] {
        wait_for(server, scraped);
    }
    let (theirs, ours) = (newest(&original.url, job), newest(&argand.server.url, job));
    assert!(
        theirs.len() >= least,
        "only {} series of {job}",
        theirs.len()
    );
    let differing: Vec<String> = theirs
        .keys()
        .chain(ours.keys())
        .filter(|series| theirs.get(*series) != ours.get(*series))
        .map(|s| format!("{s}: theirs {:?}, ours {:?}", theirs.get(s), ours.get(s)))
        .collect();
    assert!(
        differing.is_empty(),
        "{} of {}: {differing:#?}",
        differing.len(),
        theirs.len()
    );
}

/// A page as it stands, with the form the original negotiated for it.
fn frozen(address: &str) -> Target {
    let text = get(&format!("http://{address}/metrics"))
        .unwrap()
        .text
        .into_bytes();
    Target::start(move |_| Page::text(text.clone())).unwrap()
}

fn job(name: &str, address: &str) -> String {
    format!("  - job_name: {name}\n    static_configs: [{{targets: ['{address}']}}]\n")
}

const HEAD: &str = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n";

#[test]
fn a_real_node_exporter_and_a_real_prometheus() {
    let (Some(program), Some(_)) = (
        installed("prometheus-node-exporter"),
        installed("prometheus"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(program);
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let url = format!("http://127.0.0.1:{port}");
    let node = Server::start(command, url, "/metrics", &folder.path().join("node.log")).unwrap();
    let original = prometheus(folder.path(), HEAD).unwrap();

    // Beside each other, live: the same series, whatever their values are at that moment.
    let live = format!(
        "{HEAD}{}{}",
        job("node", node.url.trim_start_matches("http://")),
        job("prometheus", original.url.trim_start_matches("http://"))
    );
    let argand = Argand::start(&live, &[]).unwrap();
    let other = tempfile::tempdir().unwrap();
    let watcher = prometheus(other.path(), &live).unwrap();
    for job in ["node", "prometheus"] {
        wait_for(&watcher.url, job);
        wait_for(&argand.server.url, job);
    }
    let series = |server: &str| -> Vec<String> { newest(server, "node").into_keys().collect() };
    assert_eq!(series(&watcher.url), series(&argand.server.url));

    // The same bytes: the same values too.
    for address in [&node.url, &original.url] {
        let target = frozen(address.trim_start_matches("http://"));
        let configuration = format!("{HEAD}{}", job("frozen", &target.address));
        compare(&configuration, "frozen", "frozen", 200);
    }
}

const RELABELLED: &str = r#"# HELP a_total A counter.
# TYPE a_total counter
a_total{job="inner",instance="x",path="/a/b",secret="s"} 1.5e3
a_total{job="inner",path="/c",secret="t"} NaN
b{le="+Inf",text="quote \" slash \\ line \n é"} +Inf
c -0
dropped 1
d{exported_job="kept",job=""} 2.5E-1
"#;

const BOUNDS: &str = r#"# TYPE h histogram
h_bucket{le="0.5"} 1
h_bucket{le="1"} 2
h_bucket{le="10e0"} 2
h_bucket{le="1000000"} 2
h_bucket{le="+Inf"} 3
h_bucket{le="many"} 3
h_sum 3
h_count 3
other_bucket{le="2"} 1
# HELP s TYPE is a word like others.
# TYPE s summary
s{quantile="0"} 1
s{quantile="0.50"} 1
s{quantile="1"} 1
s{le="1"} 1
# TYPE u untyped
u{le="1",quantile="1"} 1
# TYPE g gauge
g{le="2"} 1
"#;

/// Bounds come out as newer originals store them, to the letter.
#[test]
fn bounds_of_buckets_and_quantiles() {
    let target = Target::start(move |_| Page::text(BOUNDS)).unwrap();
    let configuration = format!("{HEAD}{}", job("load", &target.address));
    let argand = Argand::start(&configuration, &[]).unwrap();
    wait_for(&argand.server.url, "load");
    let labels = |server: &str| -> Vec<String> {
        let found = query(server, r#"{job="load",__name__=~"h_.*|other.*|s|u|g"}"#).unwrap();
        let mut series: Vec<String> = found.iter().map(|one| one["metric"].to_string()).collect();
        series.sort();
        series
    };
    let ours = labels(&argand.server.url);
    assert_eq!(ours.len(), 15, "{ours:#?}");
    assert!(
        ours.iter().any(|one| one.contains(r#""le":"1e+06""#)),
        "{ours:#?}"
    );
    let Some(program) = next() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let original = start(&program, folder.path(), &configuration).unwrap();
    wait_for(&original.url, "load");
    assert_eq!(ours, labels(&original.url));
}

const RULES: &str = "
    relabel_configs:
      - source_labels: [__address__]
        regex: '(.*):.*'
        target_label: host
      - target_label: __param_x
        replacement: y
    metric_relabel_configs:
      - source_labels: [__name__]
        regex: dropped
        action: drop
      - regex: secret
        action: labeldrop
      - source_labels: [path]
        modulus: 7
        target_label: bucket
        action: hashmod
      - source_labels: [path]
        target_label: path
        action: uppercase
      - regex: '(p)ath'
        replacement: '${1}2'
        action: labelmap
";

#[test]
fn relabelling_and_honouring() {
    let target = Target::start(move |_| Page::text(RELABELLED)).unwrap();
    for honor in ["true", "false"] {
        let configuration = format!(
            "{HEAD}{}    honor_labels: {honor}\n{RULES}",
            job("load", &target.address)
        );
        // With honoured labels most series carry the target's own job.
        let jobs: &[(&str, usize)] = if honor == "true" {
            &[("inner", 2), ("load", 6)]
        } else {
            &[("load", 8)]
        };
        for (job, least) in jobs {
            compare(&configuration, "load", job, *least);
        }
    }
}

#[test]
fn a_target_that_goes_and_comes_back_leaves_the_same_gap() {
    let body = "gone 1\n";
    let target = Target::start(move |_| Page::text(body)).unwrap();
    let configuration = format!("{HEAD}{}", job("load", &target.address));
    let folder = tempfile::tempdir().unwrap();
    let Some(original) = prometheus(folder.path(), &configuration) else {
        return;
    };
    let argand = Argand::start(&configuration, &[]).unwrap();
    for server in [&original.url, &argand.server.url] {
        wait_for(server, "load");
        assert_eq!(query(server, "gone").unwrap().len(), 1);
    }
    drop(target);
    for server in [&original.url, &argand.server.url] {
        for _ in 0..100 {
            if query(server, "up{job=\"load\"} == 0").unwrap().len() == 1 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(
            query(server, "up{job=\"load\"} == 0").unwrap().len(),
            1,
            "{server}"
        );
        assert_eq!(
            query(server, "gone").unwrap().len(),
            0,
            "{server}: stale at once"
        );
    }
}
