//! What the head costs: bytes of memory a series, nanoseconds a sample, and the time of a restart.
//!
//! `cargo run --release -p argand-metrics-store --example head_cost -- [targets] [rounds]`
//! Series are those of a node exporter: 577 a target; 231 k series are 400 targets.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring program tells its findings and may stop at the first surprise"
)]

use std::time::Instant;

use contract::{Append, Batch, PendingSample, Select, Selection, SystemClock, TimeRange};
use contract::{Clock, StoreStatus};
use metrics_store::{Store, StoreOptions};
use model::{Columns, Labels, Matcher};

const SERIES: usize = 577;

/// Bytes of memory without mapped files, which the kernel takes back as it likes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.unwrap().parse::<usize>().unwrap() * 1024
}

/// Seconds of the processor that this process has taken, over all threads.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    // The kernel counts hundredths of a second here.
    ticks.map(|t| t.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// How long this thread has had a processor, in nanoseconds: others may have it meanwhile.
fn own_time() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    let spent = text.split_whitespace().next();
    spent.unwrap().parse().unwrap()
}

/// Starts a store again and tells what that took.
fn restart(dir: &std::path::Path, after: &str) -> std::sync::Arc<Store> {
    let (begun, spent) = (Instant::now(), processor());
    let store = Store::start(StoreOptions::new(dir)).unwrap();
    let opened = begun.elapsed().as_secs_f64();
    store.admit().unwrap();
    let admitted = begun.elapsed().as_secs_f64();
    store.replay().unwrap();
    println!(
        "restart after {after}: {:.2} CPU s; appends after {admitted:.2} s (files {opened:.2} s), ready after {:.2} s",
        processor() - spent,
        begun.elapsed().as_secs_f64(),
    );
    store
}

fn labels(target: usize, n: usize) -> Labels {
    let mut pairs = vec![
        ("__name__", format!("node_metric_number_{}_total", n % 290)),
        (
            "instance",
            format!("10.0.{}.{}:9100", target / 250, target % 250),
        ),
        ("job", "node".to_owned()),
    ];
    if n >= 290 {
        pairs.push(("cpu", (n % 16).to_string()));
        pairs.push(("mode", format!("mode{}", n / 290 + n % 8)));
    } else if n.is_multiple_of(3) {
        pairs.push(("device", format!("eth{n}")));
    }
    Labels::from_pairs(pairs)
}

fn value(n: usize, round: usize, target: usize) -> f64 {
    // Of a node exporter's series about half stand still; the rest are mostly whole numbers.
    match n % 8 {
        0..4 => n as f64,
        4 | 5 => (round * (n + target)) as f64,
        6 => (round * n) as f64 * 0.25 + (target * round % 7) as f64,
        _ => (round as f64).mul_add(0.013, target as f64),
    }
}

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|a| a.parse::<usize>().unwrap());
    let targets = arguments.next().unwrap_or(400);
    let rounds = arguments.next().unwrap_or(240);
    let dir = std::env::temp_dir().join(format!("head-cost-{}", std::process::id()));
    let store = Store::open(StoreOptions::new(&dir)).unwrap();
    let count = targets * SERIES;
    let empty = resident();

    let mut registering = 0.0;
    let ids: Vec<Vec<_>> = (0..targets)
        .map(|target| {
            let sets: Vec<Labels> = (0..SERIES).map(|n| labels(target, n)).collect();
            let mut ids = Vec::new();
            let begun = own_time();
            store.resolve(&sets, &mut ids).unwrap();
            registering += own_time() - begun;
            ids
        })
        .collect();
    println!("new series: {:.0} ns of CPU", registering / count as f64);
    let kept = ids.len() * SERIES * 8;

    let start = SystemClock.now() - rounds as i64 * 15_000;
    let mut batch = Batch::default();
    let (mut spent, mut peak) = (0.0, 0);
    for round in 0..rounds {
        for (target, ids) in ids.iter().enumerate() {
            batch.clear();
            let time = start + round as i64 * 15_000 + (target % 150) as i64 * 100;
            batch
                .samples
                .extend(ids.iter().enumerate().map(|(n, &series)| PendingSample {
                    series,
                    time,
                    value: value(n, round, target),
                }));
            let begun = Instant::now();
            store.append(&batch).unwrap();
            spent += begun.elapsed().as_secs_f64();
        }
        peak = peak.max(resident());
        if (round + 1) % 60 == 0 {
            println!(
                "round {}: {:.0} bytes a series resident",
                round + 1,
                (resident() - empty - kept) as f64 / count as f64
            );
        }
    }
    println!(
        "append: {:.1} ns a sample",
        spent * 1e9 / (count * rounds) as f64
    );
    println!(
        "peak: {:.0} bytes a series",
        (peak - empty - kept) as f64 / count as f64
    );
    println!("chunks: {}", store.head_state(1).chunks);

    let matchers = [Matcher::equal("job", "node")];
    let selection = Selection {
        matchers: &matchers,
        range: TimeRange {
            start,
            end: i64::MAX,
        },
        limit: 0,
    };
    let begun = Instant::now();
    let list = store.select(&selection).unwrap();
    println!(
        "select: {:.2} µs a series",
        begun.elapsed().as_secs_f64() * 1e6 / count as f64
    );
    let begun = Instant::now();
    let (mut columns, mut samples) = (Columns::new(), 0);
    for place in 0..list.len() {
        columns.clear();
        list.read(place, &mut columns).unwrap();
        samples += columns.len();
    }
    println!(
        "read: {:.1} ns a sample",
        begun.elapsed().as_secs_f64() * 1e9 / samples as f64
    );
    assert_eq!(samples, count * rounds);
    drop(list);

    // With more than three hours of samples the head is cut.
    let before = resident();
    let begun = Instant::now();
    let cut = std::thread::scope(|scope| {
        let cutting = scope.spawn(|| store.compact());
        let mut most = before;
        while !cutting.is_finished() {
            most = most.max(resident());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        cutting.join().unwrap().unwrap();
        most
    });
    println!(
        "cut: {:.2} s, {:.0} bytes a series more at its peak; {:?} s left",
        begun.elapsed().as_secs_f64(),
        (cut - before) as f64 / count as f64,
        store.head_state(1).range.map(|(a, b)| (b - a) / 1000),
    );
    println!(
        "after it: {:.0} bytes a series resident",
        (resident() - empty - kept) as f64 / count as f64
    );
    let mut best = f64::MAX;
    for _ in 0..if rounds > 720 { 20 } else { 1 } {
        let begun = Instant::now();
        let list = store.select(&selection).unwrap();
        best = best.min(begun.elapsed().as_secs_f64());
        assert_eq!(list.len(), count);
    }
    println!(
        "select over blocks: {:.2} µs a series",
        best * 1e6 / count as f64
    );
    drop(store);

    let store = restart(&dir, "a crash");
    check_series(&store, count);
    let begun = Instant::now();
    store.close().unwrap();
    println!("close: {:.2} s", begun.elapsed().as_secs_f64());
    drop(store);
    let before = resident();
    let store = restart(&dir, "a close");
    println!(
        "after it: {:.0} bytes a series resident",
        (resident() - before) as f64 / count as f64
    );
    check_series(&store, count);
    drop(store);
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Checks that all series are there.
fn check_series(store: &Store, count: usize) {
    assert_eq!(store.head_state(1).series, count as u64);
}
