//! Targets that answer nonsense: their own scrape fails with a reason, and nobody else's.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::time::{Duration, Instant};

use argand_tests::{Argand, Page, Target, get_json};
use serde_json::Value;

/// A server that scrapes a bad target beside a good one.
struct Pair {
    argand: Argand,
    _good: Target,
    _bad: Target,
}

fn scraping(bad: Target, settings: &str) -> Pair {
    let good = Target::start(|_| Page::text("fine 1\n")).unwrap();
    let configuration = format!(
        "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n  - job_name: good\n    static_configs: [{{targets: ['{}']}}]\n  - job_name: bad\n    scrape_interval: 20s\n    scrape_timeout: 20s\n{settings}    static_configs: [{{targets: ['{}']}}]\n",
        good.address, bad.address
    );
    let argand = Argand::start(&configuration, &[]).unwrap();
    Pair {
        argand,
        _good: good,
        _bad: bad,
    }
}

impl Pair {
    /// What the targets page says of the bad one, once it has been scraped.
    fn error(&self) -> String {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(120) {
            let page = get_json(&self.argand.url("/api/v1/targets?scrapePool=bad")).unwrap();
            let target: &Value = &page["data"]["activeTargets"][0];
            if target["health"] != "unknown" {
                assert_eq!(target["health"], "down", "{target}");
                return target["lastError"].as_str().unwrap().to_owned();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!(
            "the bad target was never scraped: {}",
            self.argand.server.log()
        );
    }

    /// The bad target is down and left nothing; the good one is up and goes on.
    fn check_the_rest(&self) {
        self.argand.wait_for("up{job=\"bad\"} == 0").unwrap();
        self.argand.wait_for("up{job=\"good\"} == 1").unwrap();
        assert_eq!(self.argand.query("fine").unwrap().len(), 1);
        let stored = self
            .argand
            .query("{job=\"bad\",__name__!~\"up|scrape_.*\"}")
            .unwrap();
        assert!(
            stored.is_empty(),
            "{} series of a failed scrape",
            stored.len()
        );
    }

    /// Bytes that the server has ever held.
    fn peak_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.argand.server.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        line.split_whitespace()
            .next()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            * 1024
    }
}

fn check(page: impl Fn() -> Page + Send + Sync + 'static, settings: &str, expected: &[&str]) {
    let pair = scraping(Target::start(move |_| page()).unwrap(), settings);
    let error = pair.error();
    for part in expected {
        assert!(error.contains(part), "{part:?} expected in {error:?}");
    }
    pair.check_the_rest();
    let peak = pair.peak_memory();
    assert!(peak < 2 << 30, "a bad target cost {} MiB", peak >> 20);
}

#[test]
fn a_malformed_line_is_named() {
    let body = "# TYPE a counter\na 1\nb{x=\"1\"} 2\nc{x=} 3\nd 4\n";
    check(move || Page::text(body), "", &["line 4"]);
}

#[test]
fn an_endless_answer_is_cut_off() {
    let page = || Page::Repeat(b"# ".to_vec(), vec![b'x'; 1 << 16], None);
    check(
        page,
        "    body_size_limit: 10MB\n",
        &["body_size_limit", "10485760"],
    );
    check(page, "", &["body size", "limit"]);
}

#[test]
fn two_gibibytes_are_cut_off() {
    let times = (2u64 << 30) / (1 << 16);
    let page = move || Page::Repeat(b"# ".to_vec(), vec![b'x'; 1 << 16], Some(times));
    check(page, "", &["body size", "limit"]);
}

#[test]
fn ten_million_series_are_cut_off() {
    let body: String = (0..10_000_000)
        .map(|n| format!("s{{n=\"{n}\"}} 1\n"))
        .collect();
    check(move || Page::text(body.clone()), "", &["limit"]);
    let few: String = (0..100).map(|n| format!("s{{n=\"{n}\"}} 1\n")).collect();
    check(
        move || Page::text(few.clone()),
        "    sample_limit: 99\n",
        &["sample_limit", "99"],
    );
}

#[test]
fn a_label_value_of_a_mebibyte_is_refused() {
    let body = format!("s{{long=\"{}\"}} 1\n", "x".repeat((1 << 20) + 1));
    check(move || Page::text(body.clone()), "", &["label", "limit"]);
    let short = "s{long=\"xxxxx\"} 1\n";
    let settings = "    label_value_length_limit: 4\n";
    check(
        move || Page::text(short),
        settings,
        &["label_value_length_limit", "4"],
    );
}

#[test]
fn not_metrics_at_all() {
    let html = || Page::Text("text/html", b"<html><body>hello</body></html>".to_vec());
    check(html, "", &["text/html"]);
    let bytes = || Page::text((0..=255u8).collect::<Vec<u8>>());
    check(bytes, "", &["line 1"]);
}
