//! What cutting the head costs while it takes samples: memory by what stands behind it, and time.
//!
//! `cargo run --release -p argand-metrics-store --example cut_cost -- [targets] [folder]`: so many
//! targets of 577 series, a sample every five seconds, blocks of a minute. Memory is that of the
//! whole process, read from the kernel every few milliseconds; of the moment with the most the
//! parts are told: the heap, and mapped files by their folder.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring program tells its findings and may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contract::{Append, Batch, Clock, PendingSample, SeriesId, StoreStatus, SystemClock};
use metrics_store::{Store, StoreOptions};
use model::Labels;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const SERIES: usize = 577;
/// Milliseconds between two samples of a series.
const STEP: i64 = 5_000;
const BLOCK: i64 = 60_000;
/// A cut begins when the head is half again as long as a block.
const STEPS: i64 = BLOCK * 3 / 2 / STEP + 2;

/// Resident KiB by what stands behind them.
type Parts = BTreeMap<String, u64>;

fn parts() -> Parts {
    let mut parts = Parts::new();
    let mut behind = String::new();
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    for line in maps.lines() {
        if let Some(resident) = line.strip_prefix("Rss:") {
            let kib = resident.split_whitespace().next().unwrap().parse::<u64>();
            *parts.entry(behind.clone()).or_default() += kib.unwrap();
        } else if line
            .split(' ')
            .next()
            .is_some_and(|first| first.contains('-'))
        {
            behind = match line.split_whitespace().nth(5) {
                None => "heap".to_owned(),
                Some(path) if path.contains("/chunks_head/") => "chunks_head".to_owned(),
                Some(path) if path.ends_with("/index") => "index".to_owned(),
                Some(path) if path.contains("/chunks/") => "chunks".to_owned(),
                Some(path) if path.starts_with('/') => "program".to_owned(),
                Some(_) => "heap".to_owned(),
            };
        }
    }
    parts
}

fn tell(when: &str, parts: &Parts) {
    let all = parts.values().sum::<u64>() as f64 / 1024.0;
    let list: Vec<String> = parts
        .iter()
        .map(|(name, &kib)| format!("{name} {:.1}", kib as f64 / 1024.0))
        .collect();
    println!("{when}: {all:.1} MiB ({})", list.join(", "));
}

fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    // The kernel counts hundredths of a second here.
    ticks.map(|t| t.parse::<f64>().unwrap()).sum::<f64>() / 100.0
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

/// One scrape of all targets; answers the longest that an append took.
fn append(store: &Store, ids: &[Vec<SeriesId>], time: i64, step: i64) -> Duration {
    let mut batch = Batch::default();
    let mut longest = Duration::ZERO;
    for (target, ids) in ids.iter().enumerate() {
        batch.clear();
        let time = time + target as i64 % STEP;
        let samples = ids.iter().enumerate().map(|(n, &series)| PendingSample {
            series,
            time,
            value: if n % 2 == 0 {
                n as f64
            } else {
                (step * n as i64) as f64 * 0.25
            },
        });
        batch.samples.extend(samples);
        let begun = Instant::now();
        store.append(&batch).unwrap();
        longest = longest.max(begun.elapsed());
    }
    longest
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let targets: usize = arguments.next().map_or(1000, |n| n.parse().unwrap());
    let folder = std::env::temp_dir().join(format!("cut-cost-{}", std::process::id()));
    let folder = arguments.next().map_or(folder, PathBuf::from);
    let mut options = StoreOptions::new(&folder);
    options.min_block_duration = Duration::from_millis(BLOCK as u64);
    let store = Store::open(options).unwrap();
    let ids: Vec<Vec<SeriesId>> = (0..targets)
        .map(|target| {
            let sets: Vec<Labels> = (0..SERIES).map(|n| labels(target, n)).collect();
            let mut ids = Vec::new();
            store.resolve(&sets, &mut ids).unwrap();
            ids
        })
        .collect();
    let start = (SystemClock.now() - 600_000) / BLOCK * BLOCK;
    for step in 0..STEPS {
        append(&store, &ids, start + step * STEP, step);
        if step % 3 == 0 {
            tell(&format!("step {step}"), &parts());
        }
    }
    for round in 0..3 {
        let before = parts();
        tell("before the cut", &before);
        let is_over = AtomicBool::new(false);
        let (begun, spent) = (Instant::now(), processor());
        std::thread::scope(|scope| {
            let watching = scope.spawn(|| {
                let mut most = before.clone();
                while !is_over.load(Ordering::Relaxed) {
                    let now = parts();
                    if now.values().sum::<u64>() > most.values().sum::<u64>() {
                        most = now;
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                most
            });
            store.compact().unwrap();
            is_over.store(true, Ordering::Relaxed);
            tell("at its peak", &watching.join().unwrap());
        });
        println!(
            "cut: {:.2} s, {:.2} s of CPU, {:?} s left",
            begun.elapsed().as_secs_f64(),
            processor() - spent,
            store.head_state(1).range.map(|(a, b)| (b - a) / 1000),
        );
        tell("after it", &parts());
        let mut longest = Duration::ZERO;
        for step in 0..BLOCK / STEP {
            let step = STEPS + round * (BLOCK / STEP) + step;
            longest = longest.max(append(&store, &ids, start + step * STEP, step));
        }
        println!("longest append between cuts: {longest:?}");
    }
    drop(store);
    std::fs::remove_dir_all(&folder).unwrap();
}
