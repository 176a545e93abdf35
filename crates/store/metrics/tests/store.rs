//! The store against the model that keeps the same promises in memory, across restarts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{ALL, labels, read};
use contract::memory::MemoryStore;
use contract::{
    Append, AppendError, Batch, Exemplars as _, PendingExemplar, PendingSample, RejectReason,
    Select, Selection, SeriesId, StoreStatus, TimeRange,
};
use metrics_store::{Store, StoreOptions};
use model::{Columns, Exemplar, Labels, MatchOp, Matcher};
use proptest::prelude::*;

fn open(dir: &Path) -> Arc<Store> {
    common::open(&StoreOptions::new(dir))
}

fn ids(store: &dyn Append, count: usize) -> Vec<SeriesId> {
    let mut ids = Vec::new();
    let sets: Vec<Labels> = (0..count).map(labels).collect();
    store.resolve(&sets, &mut ids).unwrap();
    ids
}

fn batch(ids: &[SeriesId], samples: &[(usize, i64, f64)]) -> Batch {
    Batch {
        samples: samples
            .iter()
            .map(|&(n, time, value)| PendingSample {
                series: ids[n],
                time,
                value,
            })
            .collect(),
        ..Batch::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn answers_are_those_of_the_model_also_after_a_restart(
        batches in proptest::collection::vec((
            proptest::collection::vec((0usize..7, -2i64..6, 0u8..4), 0..60), 0u8..3), 1..12),
        op in 0usize..4,
        value in prop_oneof![Just(""), Just("yes"), Just("3"), Just("m1"), Just("m.*"), Just("1|2"), Just(".+")],
        name in prop_oneof![Just("n"), Just("odd"), Just("__name__"), Just("nothing")],
        start in 0i64..200_000, length in 0i64..200_000,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let model = MemoryStore::new();
        let model_ids = ids(&model, 7);
        let mut store = open(dir.path());
        let mut now = 0;
        for (samples, then) in batches {
            let store_ids = ids(&*store, 7);
            let mut given = Vec::new();
            for (n, step, v) in samples {
                now += step * 700;
                let value = [1.0, f64::NAN, model::stale_nan(), -0.1][usize::from(v)];
                given.push((n, now, value));
            }
            let ours = store.append(&batch(&store_ids, &given)).unwrap();
            let theirs = model.append(&batch(&model_ids, &given)).unwrap();
            prop_assert_eq!(ours, theirs);
            if then == 1 {
                drop(store);
                store = open(dir.path());
            } else if then == 2 {
                store.retire_ended();
            }
        }
        let op = [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex][op];
        let matchers = [Matcher::new(name, op, value).unwrap()];
        let part = TimeRange { start, end: start + length };
        for (matchers, range) in [(&[][..], ALL), (&matchers[..], ALL), (&matchers[..], part)] {
            prop_assert_eq!(read(&*store, matchers, range), read(&model, matchers, range));
            let selection = Selection { matchers, range: ALL, limit: 0 };
            prop_assert_eq!(store.label_names(&selection).unwrap(), model.label_names(&selection).unwrap());
            prop_assert_eq!(
                store.label_values(name, &selection).unwrap(), model.label_values(name, &selection).unwrap());
        }
    }
}

#[test]
fn a_stamp_of_labels_changes_with_them_and_not_with_samples() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let stamp = || store.label_stamp(ALL).unwrap();
    let empty = stamp();
    let ids = ids(&*store, 2);
    store.append(&batch(&ids, &[(0, 10, 1.0)])).unwrap();
    let two = stamp();
    assert_ne!(two, empty);
    store
        .append(&batch(&ids, &[(0, 20, 1.0), (1, 20, 1.0)]))
        .unwrap();
    assert_eq!(stamp(), two);
    // A series of known pairs brings neither a name nor a value.
    let add = |pairs: &[(&str, &str)]| {
        let set = Labels::from_pairs(pairs.iter().copied());
        store.resolve(&[set], &mut Vec::new()).unwrap();
    };
    add(&[("__name__", "m0")]);
    assert_eq!(stamp(), two);
    add(&[("__name__", "another")]);
    assert_ne!(stamp(), two);
    let early = TimeRange { start: 0, end: 5 };
    assert_ne!(store.label_stamp(early), store.label_stamp(ALL));
}

#[test]
fn series_that_ended_give_their_open_chunks_back_and_may_return() {
    let dir = tempfile::tempdir().unwrap();
    let (store, model) = (open(dir.path()), MemoryStore::new());
    let (ids, model_ids) = (ids(&*store, 3), ids(&model, 3));
    let append = |given: &[(usize, i64, f64)]| {
        let ours = store.append(&batch(&ids, given)).unwrap();
        assert_eq!(ours, model.append(&batch(&model_ids, given)).unwrap());
    };
    append(&[(0, 10, 1.0), (1, 10, 1.5), (2, 10, f64::NAN)]);
    append(&[(0, 20, model::stale_nan()), (1, 20, model::stale_nan())]);
    assert_eq!((store.retire_ended(), store.retire_ended()), (2, 0));
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    // A marker that comes again, and a sample after it.
    append(&[(1, 20, model::stale_nan()), (0, 30, 3.0), (2, 30, 3.0)]);
    assert_eq!(read(&*store, &[], ALL), read(&model, &[], ALL));
    assert_eq!(store.retire_ended(), 0);
}

#[test]
fn the_newest_sample_is_the_selections_not_the_stores() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ids = ids(&*store, 2);
    store
        .append(&batch(&ids, &[(0, 10, 1.0), (1, 10, 2.0), (0, 20, 3.0)]))
        .unwrap();
    let select = |end| {
        let range = TimeRange { start: 0, end };
        let (matchers, limit) = (&[][..], 0);
        let selection = Selection {
            matchers,
            range,
            limit,
        };
        store.select(&selection).unwrap()
    };
    let (all, early) = (select(100), select(15));
    store
        .append(&batch(&ids, &[(0, 30, 4.0), (1, 30, 5.0)]))
        .unwrap();
    for (list, expected) in [(all, [20, 10]), (early, [10, 10]), (select(100), [30, 30])] {
        for (place, expected) in expected.into_iter().enumerate() {
            let mut columns = Columns::new();
            list.read_newest(place, &mut columns).unwrap();
            assert_eq!(columns.times.last(), Some(&expected));
        }
    }
}

/// The newest segment of the log that holds anything.
fn last_segment(dir: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = fs::read_dir(dir.join("wal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && fs::metadata(path).unwrap().len() > 0)
        .collect();
    files.sort();
    files.pop().unwrap()
}

#[test]
fn a_torn_log_loses_no_more_than_its_last_record() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ids = ids(&*store, 4);
    store
        .append(&batch(&ids, &[(0, 10, 1.0), (1, 10, 1.5)]))
        .unwrap();
    let before = fs::read(last_segment(dir.path())).unwrap();
    let expected = read(&*store, &[], ALL);
    store
        .append(&batch(&ids, &[(0, 20, 2.0), (2, 20, 2.5)]))
        .unwrap();
    let segment = last_segment(dir.path());
    let whole = fs::read(&segment).unwrap();
    drop(store);
    assert!(whole.len() > before.len());
    for length in before.len()..whole.len() {
        let copy = tempfile::tempdir().unwrap();
        fs::create_dir(copy.path().join("wal")).unwrap();
        let torn = copy.path().join("wal").join(segment.file_name().unwrap());
        fs::write(torn, &whole[..length]).unwrap();
        let store = open(copy.path());
        assert_eq!(read(&*store, &[], ALL), expected, "cut at {length}");
        // What comes after the repair is kept as well.
        let again = self::ids(&*store, 4);
        store.append(&batch(&again, &[(3, 30, 3.0)])).unwrap();
        drop(store);
        assert_eq!(
            read(&*open(copy.path()), &[], ALL).len(),
            expected.len() + 1
        );
    }
}

#[test]
fn any_flipped_bit_is_survived_and_no_wrong_sample_appears() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ids = ids(&*store, 3);
    for time in 0..20 {
        store
            .append(&batch(
                &ids,
                &[(0, time, 0.5), (1, time, time as f64), (2, time, 7.0)],
            ))
            .unwrap();
    }
    let segment = last_segment(dir.path());
    let whole = fs::read(&segment).unwrap();
    let expected = read(&*store, &[], ALL);
    drop(store);
    for bit in (0..whole.len() * 8).step_by(13) {
        let copy = tempfile::tempdir().unwrap();
        fs::create_dir(copy.path().join("wal")).unwrap();
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(
            copy.path().join("wal").join(segment.file_name().unwrap()),
            damaged,
        )
        .unwrap();
        for (labels, samples) in read(&*open(copy.path()), &[], ALL) {
            let (_, all) = expected.iter().find(|(l, _)| *l == labels).unwrap();
            // The framing leaves its flag byte out of the checksum, so that a record in the middle
            // may pass for one of an unknown kind; its samples are missing then, not wrong.
            assert!(
                samples.iter().all(|sample| all.contains(sample)),
                "bit {bit}"
            );
        }
    }
}

#[test]
fn full_chunks_leave_memory_and_come_back_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ids = ids(&*store, 5);
    let model = MemoryStore::new();
    let model_ids = self::ids(&model, 5);
    for step in 0..1500i64 {
        let samples: Vec<_> = (0..5)
            .map(|n| (n, step * 15_000, (step * n as i64) as f64 * 0.1))
            .collect();
        store.append(&batch(&ids, &samples)).unwrap();
        model.append(&batch(&model_ids, &samples)).unwrap();
    }
    let middle = TimeRange {
        start: 3_000_000,
        end: 9_000_000,
    };
    for range in [ALL, middle] {
        assert_eq!(read(&*store, &[], range), read(&model, &[], range));
    }
    let chunks = store.head_state(1).chunks;
    assert!(chunks >= 60, "{chunks}");
    store.close().unwrap();
    drop(store);
    let store = open(dir.path());
    for range in [ALL, middle] {
        assert_eq!(read(&*store, &[], range), read(&model, &[], range));
    }
    assert_eq!(store.head_state(1).chunks, chunks);
}

#[test]
fn a_view_does_not_see_what_comes_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ids = ids(&*store, 1);
    store
        .append(&batch(&ids, &[(0, 1, 1.0), (0, 2, 2.0)]))
        .unwrap();
    let selection = Selection {
        matchers: &[],
        range: ALL,
        limit: 0,
    };
    let view = store.select(&selection).unwrap();
    // Enough that the open chunk of the view becomes a full one.
    for time in 3..1000 {
        store
            .append(&batch(&ids, &[(0, time * 15_000, 3.0)]))
            .unwrap();
    }
    let mut columns = Columns::new();
    view.read(0, &mut columns).unwrap();
    assert_eq!(
        (columns.times, columns.values),
        (vec![1, 2], vec![1.0, 2.0])
    );
    assert_eq!(view.labels(0), labels(0));
}

#[test]
fn exemplars_survive_and_foreign_ids_are_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ids = ids(&*store, 2);
    let mut given = batch(&ids, &[(0, 1000, 1.0)]);
    given.samples.push(PendingSample {
        series: SeriesId(99),
        time: 1,
        value: 1.0,
    });
    given.exemplars.push(PendingExemplar {
        series: ids[0],
        exemplar: Exemplar {
            labels: Labels::from_pairs([("trace_id", "abc")]),
            value: 0.25,
            time: Some(990),
        },
    });
    let outcome = store.append(&given).unwrap();
    assert_eq!(
        (outcome.stored, outcome.rejected[0].reason),
        (1, RejectReason::Gone)
    );
    store.append(&given).unwrap();
    let before = store.exemplars(&[], ALL);
    assert_eq!((before.len(), before[0].1.len()), (1, 1));
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.exemplars(&[], ALL), before);
    store.close().unwrap();
    assert_eq!(store.append(&given), Err(AppendError::Closed));
}

#[test]
fn deletions_in_the_log_are_honoured_and_what_comes_later_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ids = ids(&*store, 2);
    for time in [10, 20, 30] {
        store
            .append(&batch(&ids, &[(0, time, 1.0), (1, time, 2.0)]))
            .unwrap();
    }
    store.close().unwrap();
    drop(store);
    // Series 1 is deleted from 15 to 1000: 3 | reference u64 | two varints.
    let mut stone = vec![3, 0, 0, 0, 0, 0, 0, 0, 1, 30];
    stone.extend([0xd0, 0x0f]);
    let mut log = wal::Wal::open(&dir.path().join("wal"), wal::Options::default()).unwrap();
    log.log(&[&stone]).unwrap();
    drop(log);
    let store = open(dir.path());
    let ids = self::ids(&*store, 2);
    store.append(&batch(&ids, &[(0, 40, 3.0)])).unwrap();
    let times: Vec<Vec<i64>> = read(&*store, &[], ALL)
        .iter()
        .map(|(_, samples)| samples.iter().map(|(time, _)| *time).collect())
        .collect();
    assert_eq!(times, [vec![10, 40], vec![10, 20, 30]]);
}

#[test]
fn truncation_forgets_the_old_and_keeps_the_rest_across_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut expected = Vec::new();
    for run in 0..5i64 {
        let ids = ids(&*store, 6);
        for step in 0..300 {
            let time = (run * 300 + step) * 15_000;
            // Series 5 ends after the first run.
            let last = if run == 0 { 6 } else { 5 };
            let samples: Vec<_> = (0..last)
                .map(|n| (n, time, (n as i64 * step) as f64))
                .collect();
            store.append(&batch(&ids, &samples)).unwrap();
        }
        if run == 3 {
            let gone = self::ids(&*store, 6)[5];
            let cut = 2 * 7_200_000;
            store.truncate_head(cut).unwrap();
            assert_eq!(store.head_state(1).series, 5);
            let old = Batch {
                samples: vec![
                    PendingSample {
                        series: gone,
                        time: i64::from(u32::MAX),
                        value: 1.0,
                    },
                    PendingSample {
                        series: ids[0],
                        time: cut - 1,
                        value: 1.0,
                    },
                ],
                ..Batch::default()
            };
            let reasons: Vec<_> = store
                .append(&old)
                .unwrap()
                .rejected
                .iter()
                .map(|r| r.reason)
                .collect();
            assert_eq!(reasons, [RejectReason::Gone, RejectReason::OutOfBounds]);
            let checkpoints = fs::read_dir(dir.path().join("wal")).unwrap();
            let name =
                |e: std::io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
            assert_eq!(
                checkpoints
                    .map(name)
                    .filter(|n| n.starts_with("checkpoint."))
                    .count(),
                1
            );
        }
        let range = TimeRange {
            start: 2 * 7_200_000,
            end: i64::MAX,
        };
        expected = read(&*store, &[], range);
        drop(store);
        store = open(dir.path());
        assert_eq!(read(&*store, &[], range), expected, "run {run}");
    }
    assert_eq!(expected.len(), 5);
}
