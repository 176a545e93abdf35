//! Samples in any order against a plain model, across cuts, compactions and restarts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::{ALL, blocks, labels, open, read};
use contract::{Append, Appended, Batch, PendingSample, RejectReason, Select, Selection, SeriesId};
use contract::{Gather, StoreAdmin, TimeRange};
use metrics_store::{Store, StoreOptions};
use model::{Columns, Labels, MatchOp, Matcher, PointValue};
use proptest::prelude::*;

/// Blocks of two minutes.
const BLOCK: i64 = 120_000;
/// A moment that is no multiple of it.
const START: i64 = 1_700_000_033_000;
/// The window, in milliseconds: several blocks.
const WINDOW: i64 = 500_000;
const SERIES: usize = 4;

fn options(dir: &Path) -> StoreOptions {
    StoreOptions {
        out_of_order_window: Duration::from_millis(WINDOW as u64),
        ..common::options(dir, BLOCK)
    }
}

fn ids(store: &Store) -> Vec<SeriesId> {
    let mut ids = Vec::new();
    let sets: Vec<Labels> = (0..SERIES).map(labels).collect();
    store.resolve(&sets, &mut ids).unwrap();
    ids
}

fn append(store: &Store, samples: &[(usize, i64, f64)]) -> Appended {
    let ids = ids(store);
    let samples = samples.iter().map(|&(n, time, value)| PendingSample {
        series: ids[n],
        time,
        value,
    });
    let batch = Batch {
        samples: samples.collect(),
        ..Batch::default()
    };
    store.append(&batch).unwrap()
}

/// What was accepted: of samples of one time the first.
#[derive(Default)]
struct Model {
    series: Vec<BTreeMap<i64, u64>>,
    /// The time of the newest sample.
    newest: i64,
}

impl Model {
    fn new() -> Self {
        Self {
            series: vec![BTreeMap::new(); SERIES],
            newest: i64::MIN,
        }
    }

    /// Takes what the store said it took, and checks that it was right about the window.
    fn note(&mut self, samples: &[(usize, i64, f64)], outcome: &Appended) {
        let newest = self.newest;
        let mut rejected = outcome.rejected.iter().peekable();
        for (place, &(n, time, value)) in samples.iter().enumerate() {
            let series = &mut self.series[n];
            let last = series.last_key_value().map(|(&time, &value)| (time, value));
            let is_after = last.is_none_or(|(last, _)| time > last);
            if let Some(rejection) = rejected.next_if(|rejection| rejection.place == place) {
                match rejection.reason {
                    RejectReason::TooOld => assert!(time < newest.saturating_sub(WINDOW)),
                    RejectReason::Duplicate => {
                        assert!(last.is_some_and(|last| last.0 == time));
                        assert_ne!(last.unwrap().1, value.to_bits());
                    }
                    reason => panic!("{reason:?}"),
                }
                continue;
            }
            assert!(
                is_after || time >= newest.saturating_sub(WINDOW),
                "{time} {newest}"
            );
            series.entry(time).or_insert(value.to_bits());
            self.newest = self.newest.max(time);
        }
        assert_eq!(outcome.stored + outcome.rejected.len(), samples.len());
    }

    fn expected(&self, range: TimeRange) -> Vec<(Labels, common::Samples)> {
        let mut all: Vec<_> = self
            .series
            .iter()
            .enumerate()
            .map(|(n, samples)| {
                let samples = samples.range(range.start..=range.end);
                (labels(n), samples.map(|(&t, &v)| (t, v)).collect())
            })
            .filter(|(_, samples): &(_, common::Samples)| !samples.is_empty())
            .collect();
        all.sort();
        all
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Batches of samples: series, time before now in milliseconds, value.
    Append(Vec<Vec<(usize, i64, u8)>>),
    /// Time passes, and all series have a sample.
    Pass(i64),
    Compact,
    CompactLate,
    Close,
    Drop,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Few different times, so that some come twice.
    let age = prop_oneof![
        4 => (0i64..60).prop_map(|n| n * 1_000),
        2 => (0i64..700).prop_map(|n| n * 1_000),
        1 => Just(0),
    ];
    let batch = proptest::collection::vec((0..SERIES, age, any::<u8>()), 0..60);
    let step = prop_oneof![
        8 => proptest::collection::vec(batch, 1..4).prop_map(Step::Append),
        4 => (1i64..100).prop_map(|n| Step::Pass(n * 1_000)),
        2 => Just(Step::Compact),
        1 => Just(Step::CompactLate),
        1 => Just(Step::Close),
        2 => Just(Step::Drop),
    ];
    proptest::collection::vec(step, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn answers_are_the_models_whatever_happens(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path());
        let mut model = Model::new();
        let mut store = open(&options);
        let mut now = START;
        for step in steps {
            match step {
                Step::Append(batches) => for batch in batches {
                    let samples: Vec<_> = batch.iter()
                        .map(|&(n, age, value)| (n, now - age, f64::from(value)))
                        .collect();
                    let outcome = append(&store, &samples);
                    model.note(&samples, &outcome);
                },
                Step::Pass(time) => {
                    now += time;
                    let samples: Vec<_> = (0..SERIES).map(|n| (n, now, n as f64)).collect();
                    let outcome = append(&store, &samples);
                    model.note(&samples, &outcome);
                }
                Step::Compact => store.compact().unwrap(),
                Step::CompactLate => store.compact_out_of_order().unwrap(),
                Step::Close => {
                    store.close().unwrap();
                    drop(store);
                    store = open(&options);
                }
                Step::Drop => {
                    drop(store);
                    store = open(&options);
                }
            }
            let part = TimeRange { start: now - 2 * BLOCK - 7, end: now - BLOCK / 2 };
            for range in [ALL, part] {
                prop_assert_eq!(read(&*store, &[], range), model.expected(range));
            }
        }
    }
}

/// A series whose only sample came late leaves the head with it, and comes again under another
/// name in the log; later runs know it by both, and write chunks under either.
#[test]
fn a_series_that_went_and_came_again_keeps_its_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let mut model = Model::new();
    let mut add = |store: &Store, samples: &[(usize, i64, f64)]| {
        let outcome = append(store, samples);
        model.note(samples, &outcome);
        let expected = model.expected(ALL);
        assert_eq!(read(store, &[], ALL), expected);
        expected
    };
    let all = |now| {
        (0..SERIES)
            .map(move |n| (n, now, n as f64))
            .collect::<Vec<_>>()
    };
    let mut store = open(&options);
    add(&store, &[(0, START, 0.0), (1, START - 181_000, 0.0)]);
    store.compact().unwrap();
    // Each of these begins another block, so that the chunk before it is full.
    add(&store, &[(1, START, 0.0)]);
    add(&store, &all(START + 40_000));
    drop(store);
    store = open(&options);
    let expected = add(&store, &all(START + 127_000));
    for _ in 0..2 {
        store.close().unwrap();
        drop(store);
        store = open(&options);
        assert_eq!(read(&*store, &[], ALL), expected);
    }
}

/// Values of one of the store's own metrics.
fn metric(store: &Store, name: &str) -> f64 {
    let mut families = Vec::new();
    store.gather(&mut families);
    let family = families.iter().find(|family| family.name == name).unwrap();
    match &family.points[0].value {
        PointValue::Number(value) => *value,
        PointValue::Histogram { count, .. } => *count as f64,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reasons_and_counters_are_upstreams() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path()));
    let reasons = |samples: &[(usize, i64, f64)]| -> Vec<RejectReason> {
        let outcome = append(&store, samples);
        outcome.rejected.iter().map(|one| one.reason).collect()
    };
    assert_eq!(reasons(&[(0, START, 1.0), (1, START - 10, 1.0)]), []);
    // The window begins where it says, for a series that had nothing before as well.
    let edge = START - WINDOW;
    assert_eq!(
        reasons(&[
            (0, edge, 1.0),
            (0, edge - 1, 1.0),
            (2, edge, 1.0),
            (2, edge - 1, 1.0)
        ]),
        [RejectReason::TooOld, RejectReason::TooOld]
    );
    // Known already: silently left as it is; only against the newest sample is it an error.
    assert_eq!(reasons(&[(0, edge, 2.0), (0, START, 1.0)]), []);
    assert_eq!(reasons(&[(0, START, 2.0)]), [RejectReason::Duplicate]);
    store.set_out_of_order_window(Duration::ZERO);
    assert_eq!(
        reasons(&[
            (1, START - 11, 1.0),
            (1, START - BLOCK / 2, 1.0),
            (3, START - BLOCK / 2 - 1, 1.0)
        ]),
        [
            RejectReason::OutOfOrder,
            RejectReason::OutOfOrder,
            RejectReason::OutOfBounds
        ]
    );
    for (name, count) in [
        (
            "prometheus_tsdb_head_out_of_order_samples_appended_total",
            2.0,
        ),
        ("prometheus_tsdb_too_old_samples_total", 2.0),
        ("prometheus_tsdb_out_of_order_samples_total", 2.0),
        ("prometheus_tsdb_out_of_bound_samples_total", 1.0),
        ("prometheus_tsdb_sample_ooo_delta", 7.0),
    ] {
        assert_eq!(metric(&store, name), count, "{name}");
    }
    // What was taken stays although none is taken any more, also after a restart.
    let expected = read(&*store, &[], ALL);
    drop(store);
    let closed = StoreOptions {
        out_of_order_window: Duration::ZERO,
        ..options(dir.path())
    };
    assert_eq!(read(&*open(&closed), &[], ALL), expected);
    assert_eq!(expected[0].1[0], (edge, 1.0f64.to_bits()));
}

/// One sample in order at the start, then `count` late ones, rising, 10 ms apart.
fn late(store: &Store, from: usize, count: usize) {
    if from == 0 {
        append(store, &[(0, START, 0.0)]);
    }
    for step in from..from + count {
        let time = START - WINDOW + step as i64 * 10;
        append(store, &[(0, time, step as f64)]);
    }
}

#[test]
fn a_view_does_not_see_what_comes_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path()));
    late(&store, 0, 50);
    let expected = read(&*store, &[], ALL);
    let selection = Selection {
        matchers: &[],
        range: ALL,
        limit: 0,
    };
    let view = store.select(&selection).unwrap();
    late(&store, 50, 100);
    assert_eq!(view.len(), 1);
    let mut columns = Columns::new();
    view.read(0, &mut columns).unwrap();
    let samples: common::Samples = columns
        .iter()
        .map(|s| (s.time, s.value.to_bits()))
        .collect();
    assert_eq!(samples, expected[0].1);
    assert_eq!(samples.len(), 51);
    assert_eq!(read(&*store, &[], ALL)[0].1.len(), 151);
}

#[test]
fn a_compaction_leaves_blocks_with_the_hint_and_an_empty_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path()));
    late(&store, 0, 20_000);
    let size = |store: &Store| metric(store, "prometheus_tsdb_out_of_order_wbl_storage_size_bytes");
    assert!(size(&store) > 20_000.0);
    let expected = read(&*store, &[], ALL);
    store.compact_out_of_order().unwrap();
    assert_eq!(size(&store), 0.0);
    assert_eq!(read(&*store, &[], ALL), expected);
    let names = blocks(dir.path());
    // Of 200 seconds, in stretches of 120.
    assert!((2..=3).contains(&names.len()), "{names:?}");
    for name in &names {
        let text = fs::read_to_string(dir.path().join(name).join("meta.json")).unwrap();
        let meta: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(meta["compaction"]["hints"][0], "from-out-of-order");
        assert_eq!(meta["compaction"]["level"], 1);
        assert_eq!(meta["compaction"]["sources"][0], name.as_str());
        assert_eq!(meta["minTime"].as_i64().unwrap() % BLOCK, 0);
        assert_eq!(
            meta["maxTime"].as_i64().unwrap() - meta["minTime"].as_i64().unwrap(),
            BLOCK
        );
    }
    late(&store, 20_000, 40);
    let expected = read(&*store, &[], ALL);
    assert_eq!(expected[0].1.len(), 20_041);
    drop(store);
    let store = open(&options(dir.path()));
    assert_eq!(read(&*store, &[], ALL), expected);
}

#[test]
fn a_series_of_late_samples_alone_outlives_the_cut_of_the_head() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path()));
    append(&store, &[(0, START, 0.0)]);
    append(&store, &[(1, START - WINDOW, 1.0)]);
    let expected = read(&*store, &[], ALL);
    store.truncate_head(START - 1).unwrap();
    assert_eq!(read(&*store, &[], ALL), expected);
    drop(store);
    let store = open(&options(dir.path()));
    assert_eq!(read(&*store, &[], ALL), expected);
    store.compact_out_of_order().unwrap();
    assert_eq!(read(&*store, &[], ALL), expected);
    // By name and value it is found as well.
    let selection = Selection {
        matchers: &[],
        range: TimeRange {
            start: START - WINDOW,
            end: START - WINDOW,
        },
        limit: 0,
    };
    let names = store.label_values("n", &selection).unwrap();
    assert!(names.contains(&"1".to_owned()), "{names:?}");
}

/// Copies a data folder, as a crash would leave it, with some files changed.
fn crashed(dir: &Path, change: impl FnOnce(&Path)) -> (tempfile::TempDir, Arc<Store>) {
    let copy = tempfile::tempdir().unwrap();
    common::copy(dir, copy.path());
    change(copy.path());
    let store = open(&options(copy.path()));
    (copy, store)
}

#[test]
fn chunks_that_never_reached_their_file_are_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path()));
    late(&store, 0, 200);
    let expected = read(&*store, &[], ALL);
    let lose = |dir: &Path| fs::remove_dir_all(dir.join("chunks_head")).unwrap();
    let (first, store) = crashed(dir.path(), lose);
    assert_eq!(read(&*store, &[], ALL), expected);
    // The files of this run bear numbers that markers of the log mean otherwise.
    late(&store, 200, 45);
    let expected = read(&*store, &[], ALL);
    assert_eq!(expected[0].1.len(), 246);
    for change in [lose, |_: &Path| ()] {
        let (_second, store) = crashed(first.path(), change);
        assert_eq!(read(&*store, &[], ALL), expected);
    }
}

#[test]
fn a_torn_log_loses_no_more_than_its_last_record() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path()));
    late(&store, 0, 70);
    let segments = || {
        let mut files: Vec<_> = fs::read_dir(dir.path().join("wbl"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    };
    let segment = segments().pop().unwrap();
    let before = fs::metadata(&segment).unwrap().len();
    let expected = read(&*store, &[], ALL);
    late(&store, 70, 1);
    let after = fs::metadata(&segment).unwrap().len();
    assert!(before < after);
    for length in before..after {
        let (_dir, store) = crashed(dir.path(), |copy| {
            let path = copy.join("wbl").join(segment.file_name().unwrap());
            fs::File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_len(length)
                .unwrap();
        });
        assert_eq!(read(&*store, &[], ALL), expected, "cut at {length}");
    }
}

#[test]
fn what_is_taken_while_the_log_is_read_back_stays_wherever_it_belongs() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path()));
    append(&store, &[(0, START, 1.0), (1, START, 1.0)]);
    late(&store, 1, 40);
    drop(store);
    let store = Store::start(options(dir.path())).unwrap();
    store.admit().unwrap();
    // Nobody knows yet that the series have later samples.
    let early = START - WINDOW;
    let outcome = append(
        &store,
        &[
            (0, START - 7, 2.0),
            (1, early, 3.0),
            (1, early - 1, 4.0),
            (2, START, 5.0),
        ],
    );
    assert_eq!(outcome.stored, 4);
    append(&store, &[(0, START - 9, 6.0)]);
    store.replay().unwrap();
    let check = |store: &Store| {
        let all = read(store, &[], ALL);
        let of = |n: usize| {
            let found = all.iter().find(|(l, _)| *l == labels(n));
            let samples = &found.unwrap().1;
            samples
                .iter()
                .map(|&(t, v)| (t, f64::from_bits(v)))
                .collect::<Vec<_>>()
        };
        let zero = of(0);
        assert_eq!(zero.len(), 43);
        assert_eq!(
            zero[40..],
            [(START - 9, 6.0), (START - 7, 2.0), (START, 1.0)]
        );
        assert_eq!(of(1), [(early - 1, 4.0), (early, 3.0), (START, 1.0)]);
        assert_eq!(of(2), [(START, 5.0)]);
    };
    check(&store);
    drop(store);
    check(&open(&options(dir.path())));
}

#[test]
fn a_snapshot_has_late_samples_and_a_deletion_hides_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&options(dir.path()));
    append(
        &store,
        &[(0, START + WINDOW, 1.0), (1, START + WINDOW, 1.0)],
    );
    late(&store, 0, 40);
    let matcher = Matcher::new("n", MatchOp::Equal, "1").unwrap();
    store.delete_series(&[matcher], ALL).unwrap();
    let left = read(&*store, &[], ALL);
    assert!(left.iter().all(|(labels, _)| labels.get("n") != Some("1")));
    let name = store.snapshot(false).unwrap();
    assert_eq!(read(&*store, &[], ALL), left);
    let copy = open(&options(&dir.path().join("snapshots").join(name)));
    assert_eq!(read(&*copy, &[], ALL), left);
    drop((store, copy));
    assert_eq!(read(&*open(&options(dir.path())), &[], ALL), left);
}
