//! Remote write against a server that refuses what it has, fails, hangs up, and is down.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{Far, Log, Mood, NoTargets, RECORD_BYTES, Stored};
use contract::{Gather, SystemClock};
use model::PointValue;
use remote::write::{RemoteWrite, WriteOptions};
use tokio::runtime::Handle;

/// Samples of a scrape.
const SERIES: u64 = 70;

fn start(log: &Arc<Log>, data: &Path, max_lag_bytes: u64) -> RemoteWrite {
    let options = WriteOptions {
        data: data.to_owned(),
        max_lag_bytes,
        flush_deadline: Duration::from_secs(30),
    };
    let log = Arc::clone(log);
    let targets = Arc::new(NoTargets);
    RemoteWrite::new(
        log,
        targets,
        Arc::new(SystemClock),
        &options,
        Handle::current(),
    )
}

fn apply(write: &RemoteWrite, far: &Far, queue: &str) {
    let text = format!(
        "remote_write: [{{url: '{}', queue_config: {{batch_send_deadline: 10ms, \
         min_backoff: 1ms, max_backoff: 5ms, {queue}}}}}]",
        far.url
    );
    let config = config::parse(&text, "x.yml".as_ref(), &|_| None).unwrap();
    write.apply(write.load(&config).unwrap());
}

fn scrape(log: &Log, times: std::ops::Range<i64>) {
    log.records.lock().extend(times.map(|time| (time, SERIES)));
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A counter or gauge, summed over its points that have a label's value; 0 before there are queues.
fn number(write: &RemoteWrite, name: &str, value: &str) -> f64 {
    let mut families = Vec::new();
    write.gather(&mut families);
    let family = families.iter().filter(|family| family.name == name);
    let points = family.flat_map(|family| &family.points);
    let points = points.filter(|point| point.labels.iter().any(|label| label.1 == value));
    points
        .map(|point| match point.value {
            PointValue::Number(number) => number,
            _ => panic!("{name} is no number"),
        })
        .sum()
}

fn complete(stored: &Stored, times: std::ops::Range<i64>) -> bool {
    let times: Vec<i64> = times.collect();
    let has_all =
        |all: &Vec<(i64, u64)>| all.iter().map(|sample| sample.0).eq(times.iter().copied());
    stored.len() as u64 == SERIES && stored.values().all(has_all)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_arrives_once_over_failures_and_a_crash() {
    let (log, far) = (Arc::new(Log::default()), Far::start());
    let (data, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = "remote_write.json";
    let write = start(&log, data.path(), u64::MAX);
    apply(&write, &far, "min_shards: 3, max_samples_per_send: 31");
    *far.mood.lock() = Mood::Shaky;
    scrape(&log, 1..20);
    until("half", || far.count() as u64 >= 10 * SERIES).await;
    // A crash leaves what was written then; the far end has more by the time of the next start.
    until("places", || data.path().join(file).exists()).await;
    std::fs::copy(data.path().join(file), copy.path().join(file)).unwrap();
    *far.mood.lock() = Mood::Sound;
    scrape(&log, 20..30);
    until("all", || complete(&far.stored.lock(), 1..30)).await;
    write.shutdown().await;
    let before = far.refused.load(Ordering::Relaxed);
    scrape(&log, 30..50);
    let write = start(&log, copy.path(), u64::MAX);
    apply(&write, &far, "min_shards: 2, max_samples_per_send: 97");
    until("all", || complete(&far.stored.lock(), 1..50)).await;
    assert!(
        far.refused.load(Ordering::Relaxed) > before,
        "nothing was sent twice"
    );
    write.shutdown().await;
    // Once more, with nothing in doubt.
    let before = far.refused.load(Ordering::Relaxed);
    scrape(&log, 50..60);
    let write = start(&log, copy.path(), u64::MAX);
    apply(&write, &far, "min_shards: 2, max_samples_per_send: 97");
    until("all", || complete(&far.stored.lock(), 1..60)).await;
    assert_eq!(far.refused.load(Ordering::Relaxed), before);
    let failed = "prometheus_remote_storage_samples_failed_total";
    assert_eq!(number(&write, failed, &far.url), 0.0);
    write.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_far_end_that_is_down_holds_up_nobody_and_costs_bounded_memory() {
    let (log, down, sound) = (Arc::new(Log::default()), Far::start(), Far::start());
    let data = tempfile::tempdir().unwrap();
    let write = start(&log, data.path(), u64::MAX);
    *down.mood.lock() = Mood::Down;
    let queue = "queue_config: {capacity: 500, max_samples_per_send: 100, batch_send_deadline: 10ms, min_backoff: 1ms, max_backoff: 5ms}";
    let text = format!(
        "remote_write: [{{url: '{}', {queue}}}, {{url: '{}', {queue}}}]",
        down.url, sound.url
    );
    let config = config::parse(&text, "x.yml".as_ref(), &|_| None).unwrap();
    write.apply(write.load(&config).unwrap());
    for times in [1..100, 100..200, 200..300] {
        let end = times.end;
        scrape(&log, times);
        until("the other", || complete(&sound.stored.lock(), 1..end)).await;
    }
    let pending = "prometheus_remote_storage_samples_pending";
    let waits = number(&write, pending, &down.url);
    assert!((500.0..=700.0).contains(&waits), "{waits}");
    assert_eq!(down.count(), 0);
    until("the log is kept", || {
        log.kept_from.lock().is_some_and(|from| from.segment == 0)
    })
    .await;
    *down.mood.lock() = Mood::Sound;
    until("all", || complete(&down.stored.lock(), 1..300)).await;
    write.shutdown().await;
    assert_eq!(log.kept_from.lock().map(|from| from.segment), Some(299));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_too_much_waits_the_oldest_is_left_out_and_counted() {
    let (log, far) = (Arc::new(Log::default()), Far::start());
    let data = tempfile::tempdir().unwrap();
    let write = start(&log, data.path(), 50 * RECORD_BYTES);
    *far.mood.lock() = Mood::Down;
    apply(&write, &far, "capacity: 100, max_samples_per_send: 100");
    scrape(&log, 1..201);
    let dropped = "prometheus_remote_storage_samples_dropped_total";
    until("left out", || number(&write, dropped, "lag_limit") > 0.0).await;
    until("kept", || {
        log.kept_from.lock().is_some_and(|from| from.segment >= 150)
    })
    .await;
    *far.mood.lock() = Mood::Sound;
    let newest = |far: &Far| {
        far.stored
            .lock()
            .values()
            .all(|all| all.last().map(|s| s.0) == Some(200))
    };
    until("the rest", || far.count() > 0 && newest(&far)).await;
    let lost = number(&write, dropped, "lag_limit") as u64;
    assert_eq!(lost + far.count() as u64, 200 * SERIES);
    assert!(far.count() as u64 >= 50 * SERIES);
    write.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_waits_for_what_is_taken_and_for_nothing_else() {
    let (log, far) = (Arc::new(Log::default()), Far::start());
    let data = tempfile::tempdir().unwrap();
    let write = start(&log, data.path(), u64::MAX);
    apply(&write, &far, "max_samples_per_send: 100");
    scrape(&log, 1..100);
    write.shutdown().await;
    assert!(complete(&far.stored.lock(), 1..100));
    let write = start(&log, data.path(), u64::MAX);
    *far.mood.lock() = Mood::Down;
    apply(&write, &far, "max_samples_per_send: 100");
    scrape(&log, 100..200);
    // Would take the 30 seconds of the deadline, were it waited for.
    let retried = "prometheus_remote_storage_samples_retried_total";
    until("an attempt", || number(&write, retried, &far.url) > 0.0).await;
    write.shutdown().await;
    *far.mood.lock() = Mood::Sound;
    let write = start(&log, data.path(), u64::MAX);
    apply(&write, &far, "max_samples_per_send: 100");
    until("all", || complete(&far.stored.lock(), 1..200)).await;
    write.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_far_end_gets_more_shards_and_all_in_order() {
    let (log, far) = (Arc::new(Log::default()), Far::start());
    let data = tempfile::tempdir().unwrap();
    let write = start(&log, data.path(), u64::MAX);
    *far.mood.lock() = Mood::Slow;
    apply(&write, &far, "max_samples_per_send: 10, capacity: 2000");
    let mut time = 1;
    let shards = |write| number(write, "prometheus_remote_storage_shards", &far.url);
    let begun = Instant::now();
    while shards(&write) <= 1.0 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        scrape(&log, time..time + 1);
        time += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    scrape(&log, time..time + 20);
    until("all", || complete(&far.stored.lock(), 1..time + 20)).await;
    assert_eq!(far.refused.load(Ordering::Relaxed), 0);
    // What was read twice is counted once.
    let dropped = "prometheus_remote_storage_samples_dropped_total";
    let unnamed = number(&write, dropped, "unintentionally_dropped_series");
    let records = log.records.lock().len();
    assert_eq!(unnamed as usize, records);
    write.shutdown().await;
}
