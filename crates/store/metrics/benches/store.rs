//! What the store's hot paths cost, measured through what others call: append, select, read.
//!
//! `cargo bench -p argand-metrics-store`. Series are like those of a machine's exporter: 577 a
//! target. A figure with a rate names the samples or series a second.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measuring program may stop at the first surprise"
)]

use std::sync::{Arc, OnceLock};

use contract::{
    Append, Batch, Clock, PendingSample, Select, Selection, SeriesId, SystemClock, TimeRange,
};
use divan::Bencher;
use divan::counter::ItemsCount;
use metrics_store::{Store, StoreOptions};
use model::{Columns, Labels, Matcher};

const SERIES: usize = 577;
const TARGETS: usize = 200;
/// Samples of a full chunk.
const CHUNK: usize = 120;
const STEP: i64 = 15_000;

fn main() {
    divan::main();
}

/// A store in a folder that goes with it.
struct Filled {
    store: Arc<Store>,
    ids: Vec<Vec<SeriesId>>,
    start: i64,
    _folder: tempfile::TempDir,
}

fn labels(target: usize, n: usize) -> Labels {
    Labels::from_pairs([
        ("__name__", format!("node_metric_{}_total", n % 290)),
        ("device", format!("device{}", n / 290)),
        (
            "instance",
            format!("10.0.{}.{}:9100", target / 250, target % 250),
        ),
        ("job", "node".to_owned()),
        ("mode", format!("mode{}", n % 8)),
    ])
}

/// Half of the values stand still, the others are counters and fractions.
fn value(n: usize, round: usize) -> f64 {
    match n % 4 {
        0 | 1 => n as f64,
        2 => (round * n) as f64,
        _ => (round * (n % 7)) as f64 * 0.013,
    }
}

fn batch(ids: &[SeriesId], time: i64, round: usize, into: &mut Batch) {
    into.clear();
    let samples = ids.iter().enumerate().map(|(n, &series)| PendingSample {
        series,
        time,
        value: value(n, round),
    });
    into.samples.extend(samples);
}

fn fill(targets: usize, rounds: usize) -> Filled {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(folder.path())).unwrap();
    let ids: Vec<Vec<SeriesId>> = (0..targets)
        .map(|target| {
            let sets: Vec<Labels> = (0..SERIES).map(|n| labels(target, n)).collect();
            let mut ids = Vec::new();
            store.resolve(&sets, &mut ids).unwrap();
            ids
        })
        .collect();
    let start = SystemClock.now() - 7_200_000;
    let mut pending = Batch::default();
    for round in 0..rounds {
        for ids in &ids {
            batch(ids, start + round as i64 * STEP, round, &mut pending);
            store.append(&pending).unwrap();
        }
    }
    Filled {
        store,
        ids,
        start,
        _folder: folder,
    }
}

/// Many series with a few samples each, made once.
fn wide() -> &'static Filled {
    static WIDE: OnceLock<Filled> = OnceLock::new();
    WIDE.get_or_init(|| fill(TARGETS, 2))
}

fn all(matchers: &[Matcher]) -> Selection<'_> {
    Selection {
        matchers,
        range: TimeRange {
            start: i64::MIN,
            end: i64::MAX,
        },
        limit: 0,
    }
}

/// One scrape of a target whose series are known.
#[divan::bench]
fn append_a_scrape(bencher: Bencher<'_, '_>) {
    let filled = fill(1, 1);
    let mut round = 0;
    let mut pending = Batch::default();
    bencher.counter(ItemsCount::new(SERIES)).bench_local(|| {
        round += 1;
        // A second apart, so that no sample lies too far in the future for any number of rounds.
        let time = filled.start + STEP + round as i64;
        batch(&filled.ids[0], time, round, &mut pending);
        filled.store.append(&pending).unwrap()
    });
}

/// Resolving what the store knows already.
#[divan::bench]
fn resolve_known_series(bencher: Bencher<'_, '_>) {
    let filled = wide();
    let sets: Vec<Labels> = (0..SERIES).map(|n| labels(7, n)).collect();
    let mut ids = Vec::new();
    bencher.counter(ItemsCount::new(SERIES)).bench_local(|| {
        ids.clear();
        filled.store.resolve(&sets, &mut ids).unwrap();
    });
}

/// Decoding full XOR chunks, a series each, with what selecting them costs left out.
#[divan::bench]
fn read_full_chunks(bencher: Bencher<'_, '_>) {
    let filled = fill(1, CHUNK + 1);
    let matchers = [Matcher::equal("job", "node")];
    let range = TimeRange {
        start: filled.start,
        end: filled.start + (CHUNK as i64 - 1) * STEP,
    };
    let selection = Selection {
        range,
        ..all(&matchers)
    };
    let list = filled.store.select(&selection).unwrap();
    let mut columns = Columns::new();
    let samples = ItemsCount::new(list.len() * CHUNK);
    bencher.counter(samples).bench_local(|| {
        for place in 0..list.len() {
            columns.clear();
            list.read(place, &mut columns).unwrap();
        }
        columns.len()
    });
}

/// Postings of a wide and a narrow label intersected.
#[divan::bench]
fn select_by_intersection(bencher: Bencher<'_, '_>) {
    let filled = wide();
    let matchers = [
        Matcher::equal("job", "node"),
        Matcher::equal("mode", "mode3"),
        Matcher::equal("device", "device0"),
    ];
    let found = filled.store.select(&all(&matchers)).unwrap().len();
    bencher
        .counter(ItemsCount::new(found))
        .bench_local(|| filled.store.select(&all(&matchers)).unwrap().len());
}

/// Everything there is.
#[divan::bench]
fn select_all(bencher: Bencher<'_, '_>) {
    let filled = wide();
    let matchers = [Matcher::equal("job", "node")];
    bencher
        .counter(ItemsCount::new(TARGETS * SERIES))
        .bench_local(|| filled.store.select(&all(&matchers)).unwrap().len());
}

/// A regular expression held against the values of a label: few series have the one metric, and
/// the label has as many values as there are targets.
#[divan::bench(args = [".*7.*", "10\\.0\\.0\\.(1|7|42):9100", ".+"])]
fn select_by_regex(bencher: Bencher<'_, '_>, expression: &str) {
    let filled = wide();
    let matchers = [
        Matcher::equal("__name__", "node_metric_5_total"),
        regex(expression),
    ];
    bencher
        .counter(ItemsCount::new(TARGETS))
        .bench_local(|| filled.store.select(&all(&matchers)).unwrap().len());
}

fn regex(expression: &str) -> Matcher {
    Matcher::new("instance", model::MatchOp::Regex, expression).unwrap()
}
