//! The real Prometheus opens our folder, and we open its.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::time::Duration;

use common::prometheus::Prometheus;
use contract::{Append, Batch, Clock, PendingSample, Select, Selection, SystemClock, TimeRange};
use metrics_store::{Store, StoreOptions};
use model::{Columns, Labels, Matcher};

#[test]
fn prometheus_reads_what_we_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(dir.path().join("data"))).unwrap();
    let sets: Vec<Labels> = (0..50)
        .map(|n| Labels::from_pairs([("__name__", "ours".to_owned()), ("n", n.to_string())]))
        .collect();
    let mut ids = Vec::new();
    store.resolve(&sets, &mut ids).unwrap();
    // An hour and a half: some chunks are in chunks_head, the last ones only in the log.
    let now = SystemClock.now();
    for step in (0..360).rev() {
        let batch = Batch {
            samples: ids
                .iter()
                .zip(0..)
                .map(|(&series, n)| PendingSample {
                    series,
                    time: now - step * 15_000,
                    value: f64::from(n) + (360 - step) as f64,
                })
                .collect(),
            ..Batch::default()
        };
        assert_eq!(store.append(&batch).unwrap().stored, 50);
    }
    store.close().unwrap();
    drop(store);
    let Some(server) = Prometheus::start(dir.path(), 21101) else {
        return;
    };
    let time = now / 1000;
    let ask = |query: &str| {
        server
            .get(&format!("/api/v1/query?time={}&query={query}", time + 1))
            .unwrap()
    };
    let answer = ask("ours%7Bn=%2249%22%7D");
    assert!(answer.contains(r#""409"]"#), "{answer}");
    let answer = ask("sum(count_over_time(ours%5B3h%5D))");
    assert!(answer.contains(&format!(r#""{}"]"#, 360 * 50)), "{answer}");
    let answer = ask("sum(sum_over_time(ours%5B3h%5D))");
    let sum = 50 * (360 * 361 / 2) + 360 * (49 * 50 / 2);
    assert!(answer.contains(&format!(r#""{sum}"]"#)), "{answer}");
}

#[test]
fn we_read_what_prometheus_wrote_before_it_was_killed() {
    let dir = tempfile::tempdir().unwrap();
    let Some(server) = Prometheus::start(dir.path(), 21102) else {
        return;
    };
    let mut theirs = String::new();
    for _ in 0..100 {
        let count = server
            .get("/api/v1/query?query=count_over_time(up%5B1m%5D)")
            .unwrap();
        if count.contains(r#""3"]"#) || count.contains(r#""4"]"#) {
            theirs = server.get("/api/v1/query?query=up%5B1h%5D").unwrap();
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    drop(server);
    let store = Store::open(StoreOptions::new(dir.path().join("data"))).unwrap();
    let matchers = [Matcher::equal("__name__", "up")];
    let selection = Selection {
        matchers: &matchers,
        range: TimeRange {
            start: 0,
            end: i64::MAX,
        },
        limit: 0,
    };
    let list = store.select(&selection).unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(list.labels(0).get("job"), Some("self"));
    let mut columns = Columns::new();
    list.read(0, &mut columns).unwrap();
    assert!(columns.len() >= 3);
    let mut matched = 0;
    for sample in columns.iter() {
        let (seconds, rest) = (sample.time / 1000, sample.time % 1000);
        let time = match rest {
            0 => seconds.to_string(),
            rest => format!("{seconds}.{rest:03}"),
        };
        let text = format!(r#"[{time},"{}"]"#, sample.value);
        matched += usize::from(theirs.contains(&text));
    }
    assert!(matched >= 3, "{theirs} {columns:?}");
    let names = store
        .label_values(
            "__name__",
            &Selection {
                matchers: &[],
                ..selection
            },
        )
        .unwrap();
    assert!(names.len() > 100, "{}", names.len());
}
