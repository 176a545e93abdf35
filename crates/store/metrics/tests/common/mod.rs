//! What the tests of the store share: series, reading all that matches, the real Prometheus.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod child;
pub(crate) mod histograms;
pub(crate) mod prometheus;
pub(crate) mod target;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use contract::memory::MemoryStore;
use contract::{Append, Batch, Gather, PendingSample, Select, Selection, SeriesList, TimeRange};
use metrics_store::{Store, StoreError, StoreOptions};
use model::{Columns, Labels, Matcher};

pub(crate) const ALL: TimeRange = TimeRange {
    start: i64::MIN,
    end: i64::MAX,
};

/// Options of a folder whose shortest blocks span `block` milliseconds and stay for ever.
pub(crate) fn options(dir: &Path, block: i64) -> StoreOptions {
    StoreOptions {
        min_block_duration: Duration::from_millis(block as u64),
        retention_time: None,
        ..StoreOptions::new(dir)
    }
}

/// Opens a folder; the store before may still be held by one of its threads for a moment.
pub(crate) fn open(options: &StoreOptions) -> Arc<Store> {
    loop {
        match Store::open(options.clone()) {
            Err(StoreError::Locked { .. }) => std::thread::yield_now(),
            store => return store.unwrap(),
        }
    }
}

pub(crate) fn labels(n: usize) -> Labels {
    Labels::from_pairs([
        ("__name__", format!("m{}", n % 3)),
        ("n", n.to_string()),
        (
            "odd",
            if n % 2 == 1 {
                "yes".into()
            } else {
                String::new()
            },
        ),
    ])
}

pub(crate) type Samples = Vec<(i64, u64)>;

/// All series that fit with their samples in the range, sorted; times must rise, and no label set
/// may come twice.
pub(crate) fn read(
    store: &dyn Select,
    matchers: &[Matcher],
    range: TimeRange,
) -> Vec<(Labels, Samples)> {
    let selection = Selection {
        matchers,
        range,
        limit: 0,
    };
    let list = store.select(&selection).unwrap();
    for kept in [&[][..], &["odd"], &["__name__", "odd"], &["n"]] {
        check_groups(list.as_ref(), |name| kept.contains(&name));
        check_groups(list.as_ref(), |name| !kept.contains(&name));
    }
    list.prepare(0..list.len());
    let mut found: Vec<_> = (0..list.len())
        .map(|place| {
            let mut columns = Columns::new();
            list.read(place, &mut columns).unwrap();
            assert!(columns.times.is_sorted_by(|a, b| a < b));
            let mut newest = Columns::new();
            list.read_newest(place, &mut newest).unwrap();
            let last = |columns: &Columns| columns.iter().next_back();
            assert_eq!(
                last(&newest).map(|s| (s.time, s.value.to_bits())),
                last(&columns).map(|s| (s.time, s.value.to_bits()))
            );
            check_chunks(list.as_ref(), place, &columns, range);
            let samples = columns
                .iter()
                .map(|s| (s.time, s.value.to_bits()))
                .collect();
            (list.labels(place), samples)
        })
        .collect();
    found.sort();
    assert!(found.is_sorted_by(|a, b| a.0 < b.0), "a label set twice");
    found.retain(|(_, samples): &(Labels, Samples)| !samples.is_empty());
    found
}

/// The chunks of a series hold what was read of it, rise in time and keep to the range.
pub(crate) fn check_chunks(
    list: &dyn SeriesList,
    place: usize,
    columns: &Columns,
    range: TimeRange,
) {
    let (mut unpacked, mut earlier) = (Columns::new(), None);
    let mut times: Vec<i64> = Vec::new();
    let each = &mut |chunk: chunk::Chunk<'_>| {
        assert!(earlier.is_none_or(|earlier| chunk.first > earlier));
        assert!(range.contains(chunk.first) && range.contains(chunk.last));
        earlier = Some(chunk.last);
        let mut own = Columns::new();
        chunk.encoding.decode(chunk.data, &mut own).unwrap();
        times.extend(&own.times);
        times.extend(own.histograms.iter().map(|sample| sample.time));
        assert_eq!(times.last(), earlier.as_ref());
        chunk.encoding.decode(chunk.data, &mut unpacked).unwrap();
        Ok(())
    };
    list.chunks(place, each).unwrap();
    assert!(times.is_sorted());
    let bits = |columns: &Columns| -> Samples {
        let numbers = columns.iter();
        numbers.map(|s| (s.time, s.value.to_bits())).collect()
    };
    assert_eq!(bits(&unpacked), bits(columns));
    assert_eq!(unpacked.histograms.len(), columns.histograms.len());
    for (a, b) in unpacked.histograms.iter().zip(&columns.histograms) {
        assert_eq!(a.time, b.time);
        assert!(chunk::same_histogram(&a.value, &b.value), "{a:?} {b:?}");
    }
}

/// Series are in one group where their kept labels are equal, and only there.
fn check_groups(list: &dyn SeriesList, keeps: impl Fn(&str) -> bool) {
    let numbers = list.group(&keeps);
    assert_eq!(numbers.len(), list.len());
    let (mut by_number, mut by_labels) = (HashMap::new(), HashMap::new());
    for (place, number) in numbers.into_iter().enumerate() {
        assert!((number as usize) < list.len());
        let kept = list.labels(place).filtered(&keeps);
        assert_eq!(by_number.entry(number).or_insert(kept.clone()), &kept);
        assert_eq!(by_labels.entry(kept).or_insert(number), &number);
    }
}

/// Appends one sample at `time` to each of the series `from..to`, and to the model.
pub(crate) fn append(
    store: &dyn Append,
    model: &MemoryStore,
    series: std::ops::Range<usize>,
    time: i64,
    value: impl Fn(usize) -> f64,
) {
    for store in [store, model as &dyn Append] {
        let mut ids = Vec::new();
        let sets: Vec<Labels> = series.clone().map(labels).collect();
        store.resolve(&sets, &mut ids).unwrap();
        let samples = ids
            .iter()
            .zip(series.clone())
            .map(|(&series, n)| PendingSample {
                series,
                time,
                value: value(n),
            });
        let batch = Batch {
            samples: samples.collect(),
            ..Batch::default()
        };
        let outcome = store.append(&batch).unwrap();
        assert_eq!(outcome.stored, series.len(), "{outcome:?}");
    }
}

/// The only value of one of the store's own metrics.
pub(crate) fn metric(store: &Store, name: &str) -> f64 {
    let mut families = Vec::new();
    store.gather(&mut families);
    let family = families.iter().find(|family| family.name == name);
    let family = family.unwrap_or_else(|| panic!("no metric {name}"));
    match &family.points[0].value {
        model::PointValue::Number(value) => *value,
        other => panic!("{other:?}"),
    }
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The names of the blocks in a folder.
pub(crate) fn blocks(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| dir.join(name).join("meta.json").exists())
        .collect();
    names.sort();
    names
}
