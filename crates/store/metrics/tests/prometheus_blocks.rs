//! Blocks of ours under the real Prometheus, and its blocks under us.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::fs;

use common::prometheus::{Prometheus, promtool};
use common::{ALL, append, blocks, open, options, read};
use contract::memory::MemoryStore;
use contract::{Clock, StoreStatus, SystemClock};
use model::{MatchOp, Matcher};

const BLOCK: i64 = 2 * 3_600_000;

/// The values of a range query as upstream prints them: `[seconds,"value"]`.
fn points(samples: &[(i64, u64)]) -> Vec<String> {
    samples
        .iter()
        .map(|&(time, bits)| {
            let value = f64::from_bits(bits);
            match time % 1000 {
                0 => format!("[{},\"{value}\"]", time / 1000),
                rest => format!("[{}.{rest:03},\"{value}\"]", time / 1000),
            }
        })
        .collect()
}

#[test]
fn prometheus_answers_from_our_blocks_as_we_do() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (store, model) = (open(&options(&data, BLOCK)), MemoryStore::new());
    let start = SystemClock.now() / 1000 * 1000 - 4 * BLOCK;
    for step in 0..4 * BLOCK / 60_000 {
        let last = if step < 200 { 9 } else { 6 };
        append(&*store, &model, 0..last, start + step * 60_000, |n| {
            step as f64 * 0.25 + n as f64
        });
    }
    store.compact().unwrap();
    assert!(blocks(&data).len() >= 2);
    let ours = read(&*store, &[], ALL);
    assert_eq!(ours, read(&model, &[], ALL));
    store.close().unwrap();
    drop(store);

    let Some(listed) = promtool(&["tsdb", "list", data.to_str().unwrap()]) else {
        return;
    };
    let listed = listed.unwrap();
    for block in blocks(&data) {
        assert!(listed.contains(&block), "{listed}");
        let analyze = ["tsdb", "analyze", data.to_str().unwrap(), &block];
        promtool(&analyze).unwrap().unwrap();
    }
    let dumped = promtool(&["tsdb", "dump", data.to_str().unwrap()])
        .unwrap()
        .unwrap();
    let samples: usize = ours.iter().map(|(_, samples)| samples.len()).sum();
    let lines = dumped.lines().filter(|line| line.starts_with('{')).count();
    assert_eq!(lines, samples);

    let Some(server) = Prometheus::start(dir.path(), 22201) else {
        return;
    };
    let end = (start + 4 * BLOCK) / 1000;
    for (labels, samples) in &ours {
        let n = labels.get("n").unwrap();
        let name = labels.metric().unwrap();
        let query = format!("{name}%7Bn=%22{n}%22%7D%5B9h%5D");
        let answer = server
            .get(&format!("/api/v1/query?time={end}&query={query}"))
            .unwrap();
        let points = points(samples).join(",");
        assert!(answer.contains(&points), "{labels}: {answer}");
    }
}

#[test]
fn what_prometheus_and_promtool_wrote_is_read_back_and_forth() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    let start = (SystemClock.now() - 10 * BLOCK) / 1000;
    let mut text = String::new();
    for series in 0..5 {
        for step in 0..700 {
            let line = format!(
                "given{{n=\"{series}\"}} {} {}\n",
                step * series,
                start + step * 30
            );
            text.push_str(&line);
        }
    }
    let file = dir.path().join("given.txt");
    fs::write(&file, format!("# TYPE given gauge\n{text}# EOF\n")).unwrap();
    let (file, folder) = (file.to_str().unwrap(), data.to_str().unwrap());
    let make = ["tsdb", "create-blocks-from", "openmetrics", file, folder];
    let Some(created) = promtool(&make) else {
        return;
    };
    created.unwrap();
    let store = open(&options(&data, BLOCK));
    assert_eq!(store.warnings(), Vec::<String>::new());
    let found = read(&*store, &[], ALL);
    assert_eq!(found.len(), 5);
    for (series, (labels, samples)) in found.iter().enumerate() {
        assert_eq!(labels.get("n"), Some(series.to_string().as_str()));
        let expected: Vec<(i64, u64)> = (0..700)
            .map(|step| {
                let value = (step * series as i64) as f64;
                ((start + step * 30) * 1000, value.to_bits())
            })
            .collect();
        assert_eq!(*samples, expected);
    }
    // Newer samples of ours follow; then Prometheus has both.
    let model = MemoryStore::new();
    for step in 0..BLOCK / 30_000 {
        append(
            &*store,
            &model,
            0..3,
            (start + 9 * BLOCK / 1000 + step * 30) * 1000,
            |n| n as f64,
        );
    }
    store.close().unwrap();
    drop(store);
    let Some(server) = Prometheus::start(dir.path(), 22202) else {
        return;
    };
    let end = start + 10 * BLOCK / 1000;
    for (query, count) in [
        ("given", 5 * 700),
        ("%7Bn=~%22.%2B%22,__name__=~%22m.%22%7D", 3 * 240),
    ] {
        let answer = server
            .get(&format!(
                "/api/v1/query?time={end}&query=sum(count_over_time({query}%5B30h%5D))"
            ))
            .unwrap();
        assert!(answer.contains(&format!("\"{count}\"")), "{answer}");
    }
    drop(server);
    // And we have what it left, its own scrapes as well.
    let store = open(&options(&data, BLOCK));
    assert_eq!(store.warnings(), Vec::<String>::new());
    let again = read(&*store, &[Matcher::equal("__name__", "given")], ALL);
    assert_eq!(again, found);
    let ours = [Matcher::new("__name__", MatchOp::Regex, "m[0-2]").unwrap()];
    assert_eq!(read(&*store, &ours, ALL), read(&model, &ours, ALL));
}
