//! Native histograms and numbers in any order: what was taken is what is read, at every stage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use common::histograms::{Both, Said, read, said, value};
use common::{ALL, labels, open};
use contract::{Append, Batch, Gather, PendingHistogram, PendingSample, SeriesId, TimeRange};
use metrics_store::{Store, StoreOptions};
use model::{Columns, Histogram, HistogramSample, HistogramValue, Labels, PointValue, ResetHint};
use proptest::prelude::*;

/// Blocks of two minutes.
const BLOCK: i64 = 120_000;
/// A moment that is no multiple of it.
const START: i64 = 1_700_000_033_000;
const STEP: i64 = 2_000;
/// Five kinds of histograms, and one that takes turns with numbers.
const SERIES: usize = 6;
const STEPS: usize = 300;

fn options(dir: &Path) -> StoreOptions {
    StoreOptions {
        out_of_order_window: Duration::from_secs(24 * 3600),
        ..common::options(dir, BLOCK)
    }
}

fn ids(store: &Store) -> Vec<SeriesId> {
    let mut ids = Vec::new();
    let sets: Vec<Labels> = (0..SERIES).map(labels).collect();
    store.resolve(&sets, &mut ids).unwrap();
    ids
}

fn is_number(n: usize, step: usize) -> bool {
    n == 5 && step.is_multiple_of(4)
}

fn time(step: usize) -> i64 {
    START + step as i64 * STEP
}

/// What is stored: by series and time, a number's bits or a histogram.
type Model = BTreeMap<(usize, i64), Result<u64, Said>>;

fn append(store: &Store, model: &mut Model, samples: &[(usize, usize)]) {
    let ids = ids(store);
    let mut batch = Batch::default();
    for &(n, step) in samples {
        let (series, time) = (ids[n], time(step));
        let stored = if is_number(n, step) {
            let value = step as f64;
            let sample = PendingSample {
                series,
                time,
                value,
            };
            batch.samples.push(sample);
            Ok(value.to_bits())
        } else {
            let value = value(n, step as u64, 90);
            let stored = Err(said(&value));
            let histogram = PendingHistogram {
                series,
                time,
                value,
            };
            batch.histograms.push(histogram);
            stored
        };
        model.insert((n, time), stored);
    }
    assert_eq!(store.append(&batch).unwrap().rejected, []);
}

fn expected(model: &Model, range: TimeRange) -> Vec<(Labels, Both)> {
    let mut all: BTreeMap<Labels, Both> = BTreeMap::new();
    for (&(n, time), stored) in model {
        if time < range.start || range.end < time {
            continue;
        }
        let both = all.entry(labels(n)).or_default();
        match stored {
            Ok(bits) => both.0.push((time, *bits)),
            Err(said) => both.1.push((time, said.clone())),
        }
    }
    all.into_iter().collect()
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Nothing,
    Compact,
    CompactLate,
    Close,
    Drop,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn what_was_taken_is_read_whatever_happens(
        order in Just((0..SERIES * STEPS).collect::<Vec<_>>()).prop_shuffle(),
        actions in proptest::collection::vec(prop_oneof![
            4 => Just(Action::Nothing), 1 => Just(Action::Compact), 1 => Just(Action::CompactLate),
            1 => Just(Action::Close), 2 => Just(Action::Drop),
        ], 1..16),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path());
        let mut model = Model::new();
        let mut store = open(&options);
        let parts = order.chunks(order.len().div_ceil(actions.len()));
        for (part, action) in parts.zip(&actions) {
            for few in part.chunks(17) {
                let mut few: Vec<_> = few.iter().map(|one| (one % SERIES, one / SERIES)).collect();
                // A series has one kind of sample a batch.
                few.retain(|&(n, step)| n < 5 || step % 4 == few_kind(part));
                append(&store, &mut model, &few);
            }
            match action {
                Action::Nothing => {}
                Action::Compact => store.compact().unwrap(),
                Action::CompactLate => store.compact_out_of_order().unwrap(),
                Action::Close => {
                    store.close().unwrap();
                    drop(store);
                    store = open(&options);
                }
                Action::Drop => {
                    drop(store);
                    store = open(&options);
                }
            }
            let some = TimeRange { start: START + 7, end: START + 2 * BLOCK };
            for range in [ALL, some] {
                prop_assert_eq!(read(&*store, &[], range), expected(&model, range));
            }
        }
    }
}

/// Which steps of the series of both kinds a part brings.
fn few_kind(part: &[usize]) -> usize {
    part.first().map_or(0, |first| first % 4)
}

/// A histogram with this count and nothing else.
fn plain(count: u64) -> HistogramValue {
    HistogramValue::Integer(Box::new(Histogram {
        count,
        zero_count: count,
        ..Histogram::default()
    }))
}

#[test]
fn nothing_is_known_of_resets_beside_what_came_late() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path()));
    let id = ids(&store)[0];
    let put = |time: i64, count: u64| {
        let batch = Batch {
            histograms: vec![PendingHistogram {
                series: id,
                time,
                value: plain(count),
            }],
            ..Batch::default()
        };
        assert_eq!(store.append(&batch).unwrap().rejected, []);
    };
    for (time, count) in [(1, 10), (2, 20), (3, 30), (6, 40), (7, 50), (4, 5), (5, 35)] {
        put(START + time, count);
    }
    let check = |store: &Store| {
        let selection = contract::Selection {
            matchers: &[],
            range: ALL,
            limit: 0,
        };
        let list = contract::Select::select(store, &selection).unwrap();
        let mut columns = Columns::new();
        list.read(0, &mut columns).unwrap();
        let hints = columns.histograms.iter().map(|sample: &HistogramSample| {
            let HistogramValue::Integer(whole) = &sample.value else {
                panic!("{sample:?}");
            };
            (sample.time - START, whole.hint == ResetHint::NotReset)
        });
        let hints: Vec<_> = hints.collect();
        assert_eq!(
            hints,
            [
                (1, false),
                (2, true),
                (3, true),
                (4, false),
                (5, false),
                (6, false),
                (7, true)
            ]
        );
    };
    check(&store);
    let mut families = Vec::new();
    store.gather(&mut families);
    let name = "prometheus_tsdb_head_out_of_order_samples_appended_total";
    let family = families.iter().find(|family| family.name == name).unwrap();
    let of = |kind| {
        let points = family.points.iter();
        let mut points = points.filter(|point| point.labels.get("type") == Some(kind));
        points.next().unwrap().value.clone()
    };
    assert_eq!(of("histogram"), PointValue::Number(2.0));
    assert_eq!(of("float"), PointValue::Number(0.0));
    drop(store);
    let store = open(&options(dir.path()));
    check(&store);
}
