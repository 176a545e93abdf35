//! Following the log: everything comes once, in order, over restarts and truncations.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use contract::{Append, Batch, Follow, LogKind, LogPosition, LogSink, PendingSample};
use metrics_store::{Store, StoreOptions};
use model::Labels;

/// Remembers what it is told.
#[derive(Default)]
struct Notes {
    names: BTreeMap<u64, String>,
    samples: Vec<(String, i64, f64)>,
    /// Stop after this many records; 0 for never.
    most: usize,
    records: usize,
}

impl LogSink for Notes {
    fn wants(&self, _: LogKind) -> bool {
        true
    }

    fn series(&mut self, reference: u64, labels: &[(&str, &str)]) {
        let labels = Labels::from_pairs(labels.iter().copied());
        self.names.insert(reference, labels.to_string());
    }

    fn sample(&mut self, reference: u64, time: i64, value: f64) {
        let name = self.names.get(&reference);
        let name = name.map_or("unnamed", String::as_str).to_owned();
        self.samples.push((name, time, value));
    }

    fn end(&mut self) -> bool {
        self.records += 1;
        self.records != self.most
    }
}

fn open(dir: &std::path::Path) -> Arc<Store> {
    let mut options = StoreOptions::new(dir);
    options.retention_time = None;
    Store::open(options).unwrap()
}

fn append(store: &Store, name: &str, time: i64) {
    let labels = [Labels::from_pairs([("__name__", name)])];
    let mut ids = Vec::new();
    store.resolve(&labels, &mut ids).unwrap();
    let samples = vec![PendingSample {
        series: ids[0],
        time,
        value: time as f64,
    }];
    let batch = Batch {
        samples,
        ..Batch::default()
    };
    assert_eq!(store.append(&batch).unwrap().stored, 1);
}

fn times_of(notes: &Notes, name: &str) -> Vec<i64> {
    let name = format!("{{__name__=\"{name}\"}}");
    let own = notes.samples.iter().filter(|sample| sample.0 == name);
    own.map(|sample| sample.1).collect()
}

#[test]
fn each_sample_comes_once_however_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let begin = store.end().unwrap();
    for time in 1..=100 {
        append(&store, "a", time);
    }
    for most in [0, 1, 7] {
        let (mut at, mut notes) = (begin, Notes::default());
        while at < store.end().unwrap() {
            notes.most = notes.records + most;
            if most == 0 {
                notes.most = 0;
            }
            let next = store.read(at, store.end().unwrap(), &mut notes).unwrap();
            assert!(next > at);
            at = next;
        }
        assert_eq!(at, store.end().unwrap());
        assert_eq!(
            times_of(&notes, "a"),
            (1..=100).collect::<Vec<_>>(),
            "{most}"
        );
    }
    let middle = {
        let mut notes = Notes {
            most: 51,
            ..Notes::default()
        };
        store.read(begin, store.end().unwrap(), &mut notes).unwrap()
    };
    store.close().unwrap();
    drop(store);
    let store = open(dir.path());
    append(&store, "b", 101);
    let mut notes = Notes::default();
    store.names(middle, &mut notes).unwrap();
    assert_eq!(notes.names.len(), 1, "b is named behind the place");
    store
        .read(middle, store.end().unwrap(), &mut notes)
        .unwrap();
    assert_eq!(times_of(&notes, "a"), (51..=100).collect::<Vec<_>>());
    assert_eq!(times_of(&notes, "b"), [101]);
}

#[test]
fn what_is_still_to_be_read_outlives_truncations_with_its_names() {
    const HOUR: i64 = 3_600_000;
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let begin = store.end().unwrap();
    append(&store, "ended", 1);
    store.keep_from(Some(begin));
    for hour in 1..20 {
        append(&store, "goes_on", hour * HOUR);
        store.truncate_head(hour * HOUR).unwrap();
    }
    let mut notes = Notes::default();
    store.read(begin, store.end().unwrap(), &mut notes).unwrap();
    assert_eq!(times_of(&notes, "ended"), [1]);
    assert_eq!(times_of(&notes, "goes_on").len(), 19);
    // A reader a few segments behind is told the name by a checkpoint.
    let later = LogPosition {
        segment: begin.segment + 6,
        offset: 0,
    };
    store.keep_from(Some(later));
    append(&store, "goes_on", 20 * HOUR);
    store.truncate_head(20 * HOUR).unwrap();
    let version = store.names_version().unwrap();
    assert!(version > begin.segment, "{version}");
    let mut notes = Notes::default();
    store.names(later, &mut notes).unwrap();
    assert!(notes.names.values().any(|name| name.contains("ended")));
    store.read(later, store.end().unwrap(), &mut notes).unwrap();
    assert!(!times_of(&notes, "goes_on").is_empty());
    assert!(notes.samples.iter().all(|sample| sample.0 != "unnamed"));
    // Once it keeps up, names of the ended go.
    store.keep_from(Some(store.end().unwrap()));
    append(&store, "goes_on", 21 * HOUR);
    store.truncate_head(21 * HOUR).unwrap();
    let mut notes = Notes::default();
    store.names(store.end().unwrap(), &mut notes).unwrap();
    assert!(!notes.names.values().any(|name| name.contains("ended")));
    let rest = store.bytes_from(store.end().unwrap()).unwrap();
    assert_eq!(rest, 0);
    assert!(store.bytes_from(begin).unwrap() > 0);
}

#[test]
fn what_comes_out_of_order_is_told_as_well_and_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = common::options(dir.path(), 7_200_000);
    options.out_of_order_window = Duration::from_secs(3600);
    options.snapshot_on_close = false;
    let store = common::open(&options);
    store.keep_from(Some(store.end().unwrap()));
    let begin = store.end().unwrap();
    let times = [1_000_000, 1_002_000, 1_001_000, 1_003_000, 999_000];
    for time in times {
        append(&store, "a", time);
    }
    let mut notes = Notes::default();
    store.read(begin, store.end().unwrap(), &mut notes).unwrap();
    assert_eq!(times_of(&notes, "a"), times);
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let stored = |store: &Store| {
        let found = common::read(store, &[], common::ALL);
        let samples = found.iter().flat_map(|(_, samples)| samples);
        samples.map(|sample| sample.0).collect::<Vec<_>>()
    };
    assert_eq!(stored(&store), sorted);
    store.close().unwrap();
    drop(store);
    assert_eq!(stored(&common::open(&options)), sorted);
}
