//! What merging large blocks costs: memory before and while, and time.
//!
//! `cargo run --release -p argand-metrics-store --example compaction_cost -- 500000 3 FOLDER`:
//! so many series in so many blocks of two hours, which are then merged into one in a process that
//! does nothing else. The kernel counts mapped pages of files as resident too; they cost nothing
//! that others need, and are told apart.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement may stop at the first surprise"
)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use contract::{Append, Batch, PendingSample};
use metrics_store::{Store, StoreOptions};
use model::Labels;

/// Series that are resolved and appended at a time.
const AT_ONCE: usize = 10_000;
/// Time between two samples of a series: chunks of two hours are small, so that labels dominate.
const STEP: i64 = 600_000;
const BLOCK: i64 = 7_200_000;
/// A multiple of three blocks.
const START: i64 = 75_000 * BLOCK;

fn labels(n: usize) -> Labels {
    Labels::from_pairs([
        ("__name__", format!("http_requests_{}_total", n % 50)),
        ("cluster", "production-eu-1".to_owned()),
        (
            "instance",
            format!("10.{}.{}.7:9100", n / 60_000, n / 500 % 120),
        ),
        ("job", format!("service-{}", n / 500 % 40)),
        ("method", "GET".to_owned()),
        ("namespace", format!("team-{}", n / 500 % 15)),
        ("path", format!("/api/v1/objects/{n}")),
        ("pod", format!("service-{}-{:x}", n / 500 % 40, n / 500)),
        ("status", (200 + n % 7).to_string()),
    ])
}

fn fill(store: &Store, series: usize, blocks: i64) {
    let mut ids = Vec::new();
    let all: Vec<usize> = (0..series).collect();
    let mut known = Vec::with_capacity(series);
    for part in all.chunks(AT_ONCE) {
        let sets: Vec<Labels> = part.iter().map(|&n| labels(n)).collect();
        ids.clear();
        store.resolve(&sets, &mut ids).unwrap();
        known.extend_from_slice(&ids);
    }
    for step in 0..(blocks * BLOCK + BLOCK) / STEP {
        for part in known.chunks(AT_ONCE) {
            let samples = part.iter().map(|&series| PendingSample {
                series,
                time: START + step * STEP,
                value: step as f64,
            });
            let batch = Batch {
                samples: samples.collect(),
                ..Batch::default()
            };
            store.append(&batch).unwrap();
        }
    }
    println!("{}", memory("server with these series in its head"));
    store.compact().unwrap();
    store.close().unwrap();
}

/// A line of the kernel's figures, in MiB.
fn memory(when: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let figure = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
        number.and_then(|n| n.parse().ok()).unwrap_or(0u64) / 1024
    };
    format!(
        "{when}: resident {} MiB, of it anonymous {}, files {}; peak {} MiB",
        figure("VmRSS"),
        figure("RssAnon"),
        figure("RssFile"),
        figure("VmHWM")
    )
}

fn options(dir: &str) -> StoreOptions {
    StoreOptions {
        retention_time: None,
        min_block_duration: Duration::from_millis(BLOCK as u64),
        ..StoreOptions::new(PathBuf::from(dir))
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().unwrap();
    if first == "merge" {
        let store = Store::open(options(&arguments.next().unwrap())).unwrap();
        println!("{}", memory("before merging"));
        let most = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let seen = most.clone();
        std::thread::spawn(move || {
            loop {
                let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
                let anonymous = status.lines().find_map(|l| l.strip_prefix("RssAnon:"));
                let number = anonymous.and_then(|l| l.split_whitespace().next()?.parse().ok());
                seen.fetch_max(number.unwrap_or(0), std::sync::atomic::Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let begun = Instant::now();
        store.compact_blocks().unwrap();
        println!("merged in {:.1} s", begun.elapsed().as_secs_f64());
        println!("{}", memory("after merging"));
        let most = most.load(std::sync::atomic::Ordering::Relaxed) / 1024;
        println!("most anonymous memory while merging: {most} MiB");
        return;
    }
    let series: usize = first.parse().unwrap();
    let blocks: i64 = arguments.next().unwrap().parse().unwrap();
    let dir = arguments.next().unwrap();
    fill(&Store::open(options(&dir)).unwrap(), series, blocks);
    // Without the log there is no head: what is measured is merging alone.
    std::fs::remove_dir_all(PathBuf::from(&dir).join("wal")).unwrap();
    std::fs::remove_dir_all(PathBuf::from(&dir).join("chunks_head")).unwrap();
    let program = std::env::current_exe().unwrap();
    let status = std::process::Command::new(program)
        .args(["merge", &dir])
        .status();
    assert!(status.unwrap().success());
}
