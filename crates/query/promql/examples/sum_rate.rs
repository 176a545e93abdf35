//! Measures `sum by (job) (rate(x_total[5m]))` over 2,000 series × 6 h at 15 s, every 60 s.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for developers"
)]

use std::time::Instant;

use contract::memory::MemoryStore;
use model::Labels;
use promql::{Engine, EngineOptions, QueryOptions};

const SERIES: usize = 2_000;
const SAMPLES: i64 = 6 * 3600 / 15;

fn main() {
    let store = MemoryStore::new();
    for series in 0..SERIES {
        let (job, instance) = ((series % 20).to_string(), series.to_string());
        let labels = Labels::from_pairs([
            ("__name__", "x_total"),
            ("instance", &instance),
            ("job", &job),
        ]);
        store.load(labels, (0..=SAMPLES).map(|n| (n * 15_000, (n * 7) as f64)));
    }
    for threads in [1, 2] {
        let engine = Engine::new(EngineOptions {
            threads,
            ..EngineOptions::default()
        });
        let mut best = f64::INFINITY;
        for _ in 0..7 {
            let began = Instant::now();
            let query = "sum by (job) (rate(x_total[5m]))";
            let options = QueryOptions::default();
            engine
                .range(&store, query, 0, SAMPLES * 15_000, 60_000, &options)
                .unwrap();
            best = best.min(began.elapsed().as_nanos() as f64);
        }
        let samples = SERIES as f64 * SAMPLES as f64;
        println!(
            "{threads} threads: {:.1} ms, {:.2} ns a sample",
            best / 1e6,
            best / samples
        );
    }
}
