//! Native histograms in the store: answers stay those of the model at every stage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::histograms::{Both, Said, both, read, said, value};
use common::{ALL, blocks, labels, open, options};
use contract::memory::MemoryStore;
use contract::{
    Append, Batch, Gather, PendingHistogram, PendingMetadata, PendingSample, RejectReason, Select,
    Selection, SeriesId, TimeRange,
};
use metrics_store::Store;
use model::{
    Columns, FamilyKind, Histogram, HistogramValue, IntegerHistogram, Span, is_stale, stale_nan,
};
use proptest::prelude::*;

/// Blocks of two minutes.
const BLOCK: i64 = 120_000;
/// A moment that is no multiple of it.
const START: i64 = 1_700_000_033_000;

fn ids(store: &dyn Append, series: std::ops::Range<usize>) -> Vec<SeriesId> {
    let mut ids = Vec::new();
    let sets: Vec<_> = series.map(labels).collect();
    store.resolve(&sets, &mut ids).unwrap();
    ids
}

/// Appends one sample at `time` to each of the first series: histograms, but each seventh series
/// has a number every tenth step, and all end now and then.
fn scrape(stores: [&dyn Append; 2], series: usize, step: u64, time: i64, reset: u64) {
    for (place, store) in stores.into_iter().enumerate() {
        let mut batch = Batch::default();
        for (n, &series) in ids(store, 0..series).iter().enumerate() {
            if n % 7 == 6 && step % 10 < 5 {
                batch.samples.push(PendingSample {
                    series,
                    time,
                    value: step as f64,
                });
            } else {
                let value = match step % 37 {
                    // As scrapes mark it; the model stores it as it is.
                    36 if place == 1 => match value(n, step - 1, reset) {
                        HistogramValue::Integer(_) => {
                            HistogramValue::Integer(Box::new(Histogram::stale()))
                        }
                        HistogramValue::Float(_) => {
                            HistogramValue::Float(Box::new(Histogram::stale()))
                        }
                    },
                    36 if n % 7 != 6 => {
                        batch.samples.push(PendingSample {
                            series,
                            time,
                            value: stale_nan(),
                        });
                        continue;
                    }
                    36 => HistogramValue::Integer(Box::new(Histogram::stale())),
                    _ => value(n, step, reset),
                };
                batch.histograms.push(PendingHistogram {
                    series,
                    time,
                    value,
                });
            }
        }
        let outcome = store.append(&batch).unwrap();
        assert_eq!(outcome.rejected, []);
        assert_eq!(outcome.stored, series);
    }
}

fn compare(store: &Store, model: &MemoryStore, around: i64) {
    let part = TimeRange {
        start: around - 2 * BLOCK,
        end: around - BLOCK / 2,
    };
    for range in [ALL, part] {
        let (ours, theirs) = (read(store, &[], range), read(model, &[], range));
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours.0, theirs.0);
            assert_eq!(split(&ours.1), split(&theirs.1), "{}", ours.0);
        }
    }
}

/// Numbers, histograms, and the times at which the series ended: whether the end is kept as a
/// number or as a histogram depends on what the head still knows of the series.
fn split(samples: &Both) -> (Both, BTreeSet<i64>) {
    let (mut numbers, mut histograms) = samples.clone();
    let mut ends = BTreeSet::new();
    numbers.retain(|&(time, bits)| {
        let is_end = is_stale(f64::from_bits(bits));
        !(is_end && ends.insert(time))
    });
    histograms.retain(|(time, said)| !(said.is_stale && ends.insert(*time)));
    ((numbers, histograms), ends)
}

#[derive(Clone, Debug)]
enum Step {
    Append { series: usize, times: u64 },
    Compact,
    Close,
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (5usize..12, 1u64..60).prop_map(|(series, times)| Step::Append { series, times }),
        2 => Just(Step::Compact),
        1 => Just(Step::Close),
        1 => Just(Step::Kill),
    ];
    proptest::collection::vec(step, 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn answers_are_the_models_whatever_happens(
        steps in steps(),
        pause in 1i64..10_000,
        reset in 10u64..200,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path(), BLOCK);
        let model = MemoryStore::new();
        let mut store = open(&options);
        let (mut now, mut number) = (START, 0);
        for step in steps {
            match step {
                Step::Append { series, times } => {
                    for _ in 0..times {
                        now += pause;
                        scrape([&*store, &model], series, number, now, reset);
                        number += 1;
                    }
                }
                Step::Compact => store.compact().unwrap(),
                Step::Close => {
                    store.close().unwrap();
                    drop(store);
                    store = open(&options);
                }
                Step::Kill => {
                    drop(store);
                    store = open(&options);
                }
            }
            compare(&store, &model, now);
        }
    }
}

fn plain(counts: &[u64]) -> IntegerHistogram {
    Histogram {
        schema: 1,
        count: counts.iter().sum(),
        sum: 1.0,
        positive_spans: vec![Span {
            offset: 0,
            length: counts.len() as u32,
        }],
        positive: counts.to_vec(),
        ..Histogram::default()
    }
}

fn put(store: &dyn Append, time: i64, histogram: IntegerHistogram) -> Option<RejectReason> {
    let batch = Batch {
        histograms: vec![PendingHistogram {
            series: ids(store, 0..1)[0],
            time,
            value: HistogramValue::Integer(Box::new(histogram)),
        }],
        ..Batch::default()
    };
    let outcome = store.append(&batch).unwrap();
    assert_eq!(outcome.stored + outcome.rejected.len(), 1);
    outcome.rejected.first().map(|rejection| rejection.reason)
}

/// A counter of the store by a label value.
fn counted(store: &Store, name: &str, kind: &str) -> f64 {
    let mut families = Vec::new();
    store.gather(&mut families);
    let family = families.iter().find(|family| family.name == name).unwrap();
    let mut points = family.points.iter();
    let point = points.find(|point| point.labels.get("type") == Some(kind));
    match &point.unwrap().value {
        model::PointValue::Number(value) => *value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path(), BLOCK));
    let wrong = IntegerHistogram {
        count: 7,
        ..plain(&[1, 2])
    };
    let cases = [
        (START, plain(&[1, 2]), None),
        (START, plain(&[1, 2]), None),
        (START, plain(&[1, 2, 0]), None),
        (START, plain(&[1, 3]), Some(RejectReason::Duplicate)),
        (START - 1, plain(&[1, 2]), Some(RejectReason::OutOfOrder)),
        (START + 1, wrong, Some(RejectReason::InvalidHistogram)),
        (START + 1, plain(&[2, 3]), None),
        (i64::MAX, plain(&[2, 3]), Some(RejectReason::TooFarAhead)),
    ];
    for (place, (time, histogram, expected)) in cases.into_iter().enumerate() {
        assert_eq!(put(&*store, time, histogram), expected, "{place}");
    }
    let name = "prometheus_tsdb_head_samples_appended_total";
    assert_eq!(counted(&store, name, "histogram"), 4.0);
    assert_eq!(counted(&store, name, "float"), 0.0);
    let name = "prometheus_tsdb_out_of_order_samples_total";
    assert_eq!(counted(&store, name, "histogram"), 1.0);
    assert_eq!(
        common::metric(&store, "argand_tsdb_invalid_histograms_total"),
        1.0
    );
}

#[test]
fn a_series_changes_its_kind_and_a_moment_has_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path(), BLOCK));
    let number = |time: i64, value: f64| {
        let series = ids(&*store, 0..1)[0];
        let batch = Batch {
            samples: vec![PendingSample {
                series,
                time,
                value,
            }],
            ..Batch::default()
        };
        let outcome = store.append(&batch).unwrap();
        outcome.rejected.first().map(|rejection| rejection.reason)
    };
    assert_eq!(number(START, 1.0), None);
    let duplicate = Some(RejectReason::Duplicate);
    assert_eq!(put(&*store, START, plain(&[1])), duplicate);
    assert_eq!(put(&*store, START + 1, plain(&[1])), None);
    assert_eq!(number(START + 1, 1.0), duplicate);
    assert_eq!(number(START, 1.0), Some(RejectReason::OutOfOrder));
    // The end of a series of histograms is a histogram, however it is given.
    assert_eq!(number(START + 2, stale_nan()), None);
    assert_eq!(number(START + 3, 2.0), None);
    assert_eq!(number(START + 4, stale_nan()), None);
    let found = read(&*store, &[], ALL);
    let (numbers, histograms) = &found[0].1;
    let times: Vec<i64> = numbers.iter().map(|sample| sample.0 - START).collect();
    assert_eq!(times, [0, 3, 4]);
    assert!(is_stale(f64::from_bits(numbers[2].1)));
    let ends: Vec<_> = histograms
        .iter()
        .map(|(t, s)| (t - START, s.is_stale))
        .collect();
    assert_eq!(ends, [(1, false), (2, true)]);
}

#[test]
fn a_selection_sees_what_was_there_although_the_chunk_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path(), BLOCK));
    for step in 1..5 {
        assert_eq!(put(&*store, START + step, plain(&[step as u64])), None);
    }
    let selection = Selection {
        matchers: &[],
        range: ALL,
        limit: 0,
    };
    let before = store.select(&selection).unwrap();
    // New buckets, then another chunk, then a full one.
    assert_eq!(put(&*store, START + 5, plain(&[5, 1, 1])), None);
    let seen = |list: &dyn contract::SeriesList| {
        let mut columns = Columns::new();
        list.read(0, &mut columns).unwrap();
        both(&columns).1
    };
    let expected: Vec<(i64, Said)> = (1..5)
        .map(|step| {
            let value = HistogramValue::Integer(Box::new(plain(&[step as u64])));
            (START + step, said(&value))
        })
        .collect();
    assert_eq!(seen(&*before), expected);
    assert_eq!(put(&*store, START + 6, plain(&[1])), None);
    assert_eq!(seen(&*before), expected);
    assert_eq!(seen(&*store.select(&selection).unwrap()).len(), 6);
}

#[test]
fn large_histograms_come_back_from_every_stage() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path(), BLOCK);
    let mut store = open(&options);
    let counts = |step: u64| -> Vec<u64> {
        (0..5000)
            .map(|n| (n * step * step) % 7919 + step * 8000)
            .collect()
    };
    for step in 0..60 {
        let time = START + step as i64 * 1000;
        assert_eq!(put(&*store, time, plain(&counts(step))), None, "{step}");
    }
    let check = |store: &Arc<Store>| {
        let found = read(&**store, &[], ALL);
        let histograms = &found[0].1.1;
        assert_eq!(histograms.len(), 60);
        for (step, (_, said_here)) in (0..).zip(histograms) {
            let value = HistogramValue::Integer(Box::new(plain(&counts(step))));
            assert_eq!(*said_here, said(&value));
        }
    };
    check(&store);
    store.close().unwrap();
    drop(store);
    store = open(&options);
    check(&store);
    // Cut off as blocks, since something much later has come.
    assert_eq!(put(&*store, START + 3 * BLOCK, Histogram::stale()), None);
    store.compact().unwrap();
    assert!(!blocks(dir.path()).is_empty());
    let found = read(&*store, &[], ALL);
    assert_eq!(found[0].1.1.len(), 61);
}

#[test]
fn metadata_is_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path(), BLOCK));
    let batch = Batch {
        metadata: vec![PendingMetadata {
            series: ids(&*store, 0..1)[0],
            kind: FamilyKind::Histogram,
            unit: "seconds".to_owned(),
            help: "How long it takes.".to_owned(),
        }],
        ..Batch::default()
    };
    assert_eq!(store.append(&batch).unwrap().stored, 0);
    store.close().unwrap();
    let mut reader = wal::Reader::open(&dir.path().join("wal"), 0..=u64::MAX).unwrap();
    let mut found = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        if record[0] == 6 {
            found.extend_from_slice(record);
        }
    }
    let expected = b"\x06\x01\x03\x02\x04UNIT\x07seconds\x04HELP\x12How long it takes.";
    assert_eq!(found, expected);
}
