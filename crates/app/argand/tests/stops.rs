//! A query that nobody wants any more ends soon, wherever it is: over a store with many series and
//! one with many samples.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use contract::{
    Append, Batch, PendingSample, Select, SelectError, Selection, SeriesId, SeriesList, Watch,
};
use metrics_store::{Store, StoreOptions};
use model::{Columns, Labels};
use promql::{
    CancelToken, Engine, EngineOptions, QueryError, QueryObserver, QueryOptions, QueryRecord,
};

/// Series of the wide store, each with one sample.
const SERIES: usize = 100_000;

/// Samples of the long series, one a second.
const SAMPLES: i64 = 150_000;

const START: i64 = 1_700_000_000_000;

fn fill(folder: &Path) -> Arc<Store> {
    let store = Store::open(StoreOptions::new(folder)).unwrap();
    let wide = |n: usize| {
        let (pod, zone) = (format!("pod-{n:06}"), format!("zone-{}", n % 7));
        Labels::from_pairs([("__name__", "wide"), ("pod", pod.as_str()), ("zone", &zone)])
    };
    let mut sets: Vec<Labels> = (0..SERIES).map(wide).collect();
    sets.push(Labels::from_pairs([("__name__", "long")]));
    let mut ids = Vec::new();
    store.resolve(&sets, &mut ids).unwrap();
    let (long, wide) = ids.split_last().unwrap();
    let sample = |series: SeriesId, time: i64| PendingSample {
        series,
        time,
        value: time as f64,
    };
    for ids in wide.chunks(10_000) {
        let mut batch = Batch::default();
        batch
            .samples
            .extend(ids.iter().map(|id| sample(*id, START)));
        store.append(&batch).unwrap();
    }
    for seconds in (0..SAMPLES).collect::<Vec<_>>().chunks(10_000) {
        let mut batch = Batch::default();
        let samples = seconds.iter().map(|s| sample(*long, START + s * 1000));
        batch.samples.extend(samples);
        store.append(&batch).unwrap();
    }
    store
}

/// When the asker goes away.
#[derive(Clone, Copy, Debug)]
enum Gone {
    /// As the store begins to look for series.
    Selecting,
    /// At the watch's so many-th question.
    Asked(usize),
    /// As so many series have been read.
    Read(usize),
    /// As so many label sets have been taken.
    Labelled(usize),
}

/// The store, which sees the asker go away.
struct Leaving {
    store: Arc<Store>,
    gone: Gone,
    cancel: CancelToken,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    asked: AtomicUsize,
    read: AtomicUsize,
    labelled: AtomicUsize,
    /// The same since the asker went away.
    late: AtomicUsize,
    since: OnceLock<Instant>,
}

impl Counts {
    fn count(&self, count: &AtomicUsize, at: Option<usize>, cancel: &CancelToken) {
        if cancel.is_cancelled() {
            self.late.fetch_add(1, Ordering::Relaxed);
        } else if Some(count.fetch_add(1, Ordering::Relaxed)) == at {
            self.leave(cancel);
        }
    }

    fn leave(&self, cancel: &CancelToken) {
        cancel.cancel();
        let _ = self.since.set(Instant::now());
    }
}

struct LeavingWatch {
    watch: Arc<dyn Watch>,
    at: Option<usize>,
    cancel: CancelToken,
    counts: Arc<Counts>,
}

impl Watch for LeavingWatch {
    fn goes_on(&self, held: usize) -> bool {
        self.counts.count(&self.counts.asked, self.at, &self.cancel);
        self.watch.goes_on(held)
    }
}

struct LeavingList {
    list: Box<dyn SeriesList>,
    gone: Gone,
    cancel: CancelToken,
    counts: Arc<Counts>,
}

impl SeriesList for LeavingList {
    fn len(&self) -> usize {
        self.list.len()
    }

    fn size(&self) -> usize {
        self.list.size()
    }

    fn labels(&self, place: usize) -> Labels {
        let at = match self.gone {
            Gone::Labelled(count) => Some(count),
            _ => None,
        };
        let counts = &self.counts;
        counts.count(&counts.labelled, at, &self.cancel);
        self.list.labels(place)
    }

    fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        let at = match self.gone {
            Gone::Read(count) => Some(count),
            _ => None,
        };
        let counts = &self.counts;
        counts.count(&counts.read, at, &self.cancel);
        self.list.read(place, into)
    }
}

impl Select for Leaving {
    fn select(&self, _: &Selection<'_>) -> Result<Box<dyn SeriesList>, SelectError> {
        panic!("queries let the store be watched")
    }

    fn select_watched(
        &self,
        selection: &Selection<'_>,
        watch: Arc<dyn Watch>,
    ) -> Result<Box<dyn SeriesList>, SelectError> {
        if let Gone::Selecting = self.gone {
            self.counts.leave(&self.cancel);
        }
        let at = match self.gone {
            Gone::Asked(count) => Some(count),
            _ => None,
        };
        let watch = LeavingWatch {
            watch,
            at,
            cancel: self.cancel.clone(),
            counts: Arc::clone(&self.counts),
        };
        let list = self.store.select_watched(selection, Arc::new(watch))?;
        Ok(Box::new(LeavingList {
            list,
            gone: self.gone,
            cancel: self.cancel.clone(),
            counts: Arc::clone(&self.counts),
        }))
    }

    fn label_names(&self, _: &Selection<'_>) -> Result<Vec<String>, SelectError> {
        panic!("queries do not ask for names")
    }

    fn label_values(&self, _: &str, _: &Selection<'_>) -> Result<Vec<String>, SelectError> {
        panic!("queries do not ask for values")
    }
}

/// Cancels a query some time after it has begun.
struct Later {
    cancel: CancelToken,
    after: Duration,
    counts: Arc<Counts>,
}

impl QueryObserver for Later {
    fn began(&self, _: usize, _: &str) {
        let (cancel, after) = (self.cancel.clone(), self.after);
        let counts = Arc::clone(&self.counts);
        std::thread::spawn(move || {
            std::thread::sleep(after);
            counts.leave(&cancel);
        });
    }

    fn left(&self, _: usize) {}

    fn ended(&self, _: &QueryRecord<'_>) {}
}

fn canceled() -> QueryError {
    QueryError::Canceled("query execution".to_owned())
}

#[test]
fn a_canceled_query_ends_soon() {
    let folder = tempfile::tempdir().unwrap();
    let store = fill(folder.path());
    while_the_store_works(&store);
    while_it_reckons(&store);
}

fn while_the_store_works(store: &Arc<Store>) {
    let engine = Engine::new(EngineOptions {
        threads: 2,
        ..EngineOptions::default()
    });
    let span = format!("{SAMPLES}s");
    for (query, gone) in [
        // A pattern on 100,000 values, and nothing else.
        (r#"wide{pod=~".*7.*1.*"}"#.to_owned(), Gone::Selecting),
        (r#"wide{pod=~".*7.*1.*"}"#.to_owned(), Gone::Asked(20)),
        (r#"wide{pod!~".*7.*1.*"}"#.to_owned(), Gone::Asked(40)),
        // Noting the series that were found.
        ("wide".to_owned(), Gone::Asked(10)),
        // Reading them, alone and in groups.
        ("wide".to_owned(), Gone::Read(50_000)),
        ("sum by (zone) (wide)".to_owned(), Gone::Read(50_000)),
        ("sum(rate(wide[5m]))".to_owned(), Gone::Read(50_000)),
        ("wide".to_owned(), Gone::Labelled(50_000)),
        // In the middle of one series.
        (format!("sum_over_time(long[{span}])"), Gone::Asked(12)),
        (format!("long[{span}]"), Gone::Asked(12)),
    ] {
        let (cancel, counts) = (CancelToken::default(), Arc::new(Counts::default()));
        let leaving = Leaving {
            store: Arc::clone(store),
            gone,
            cancel: cancel.clone(),
            counts: Arc::clone(&counts),
        };
        let options = QueryOptions {
            cancel,
            ..QueryOptions::default()
        };
        let time = if query.contains("long") {
            START + SAMPLES * 1000
        } else {
            START
        };
        let answer = engine.instant(&leaving, &query, time, &options);
        let took = counts.since.get().map(Instant::elapsed);
        assert_eq!(answer.map(|a| a.value), Err(canceled()), "{query} {gone:?}");
        println!("{query} {gone:?}: ended {took:?} after its asker");
        // Each of two threads may read a block of 512 series, and take its label sets.
        let late = counts.late.load(Ordering::Relaxed);
        assert!(late <= 4 * 512, "{query} {gone:?}: {late} more steps");
    }
}

fn while_it_reckons(store: &Arc<Store>) {
    let span = format!("{SAMPLES}s");
    let end = START + SAMPLES * 1000;
    for (query, time) in [
        // Each would take minutes.
        (
            format!("sum_over_time(sum_over_time(long[10m])[{span}:100ms])[{span}:1s]"),
            end,
        ),
        (
            "sum_over_time(sum_over_time(vector(time())[1h:1ms])[33m:1ms])".to_owned(),
            end,
        ),
        ("count_over_time(sort(wide)[10h:10ms])".to_owned(), START),
        (
            "count_over_time((wide * on (pod) group_left wide)[1h:100ms])".to_owned(),
            START,
        ),
    ] {
        let (cancel, counts) = (CancelToken::default(), Arc::new(Counts::default()));
        let later = Later {
            cancel: cancel.clone(),
            after: Duration::from_millis(300),
            counts: Arc::clone(&counts),
        };
        let engine = Engine::new(EngineOptions {
            threads: 2,
            max_samples: usize::MAX,
            ..EngineOptions::default()
        })
        .observed_by(vec![Arc::new(later)]);
        let options = QueryOptions {
            cancel,
            timeout: Some(Duration::from_secs(3600)),
            ..QueryOptions::default()
        };
        let answer = engine.instant(store.as_ref(), &query, time, &options);
        let took = counts.since.get().map(Instant::elapsed);
        println!("{query}: ended {took:?} after its asker");
        assert_eq!(answer.map(|a| a.value), Err(canceled()), "{query}");
    }
}
