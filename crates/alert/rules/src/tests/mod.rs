//! Groups over a store in memory, with a clock and turns that tests set.

mod alerts;
mod recording;
mod reload;
mod restore;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use config::NameValidation;
use contract::memory::MemoryStore;
use contract::{
    AlertSink, Append, Clock, PreparedQuery, Query, QueryFault, QueryPoint, Reads, Select,
    Selection, TimeRange,
};
use model::{Alert, Columns, Labels, METRIC_NAME, MatchOp, Matcher, is_stale};
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::group::Group;
use crate::turns::Turn;
use crate::{RuleManager, RuleOptions, RuleSettings, RuleStages, RulesError};

/// A language of two kinds of queries: a metric's name gives its series as they are, with `!`
/// before it the query fails.
pub(super) struct Names(Arc<MemoryStore>);

struct Name {
    text: String,
    store: Arc<MemoryStore>,
}

/// How old a sample may be to count, in milliseconds.
const LOOKBACK: i64 = 300_000;

impl Query for Names {
    fn prepare(&self, text: &str) -> Result<Arc<dyn PreparedQuery>, QueryFault> {
        if text.contains('(') {
            return Err(QueryFault::Malformed("1:1: parse error".to_owned()));
        }
        Ok(Arc::new(Name {
            text: text.to_owned(),
            store: Arc::clone(&self.0),
        }))
    }
}

impl PreparedQuery for Name {
    fn text(&self) -> &str {
        &self.text
    }

    fn reads(&self) -> Reads {
        Reads::Metrics(vec![self.text.clone()])
    }

    fn at(&self, time: i64) -> Result<Vec<QueryPoint>, QueryFault> {
        if let Some(reason) = self.text.strip_prefix('!') {
            return Err(QueryFault::Failed(reason.to_owned()));
        }
        let matcher = Matcher::new(METRIC_NAME, MatchOp::Equal, &self.text).unwrap();
        let range = TimeRange {
            start: time - LOOKBACK,
            end: time,
        };
        let list = self
            .store
            .select(&Selection {
                matchers: &[matcher],
                range,
                limit: 0,
            })
            .unwrap();
        let mut points = Vec::new();
        for place in 0..list.len() {
            let mut columns = Columns::new();
            list.read(place, &mut columns).unwrap();
            let last = columns.iter().last().filter(|last| !is_stale(last.value));
            points.extend(last.map(|last| QueryPoint {
                labels: list.labels(place),
                value: last.value,
                histogram: None,
            }));
        }
        Ok(points)
    }
}

#[derive(Default)]
pub(super) struct Told(Mutex<Vec<Alert>>);

impl AlertSink for Told {
    fn send(&self, alerts: &[Alert]) {
        self.0.lock().extend_from_slice(alerts);
    }
}

#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A manager whose turns are taken by the test.
pub(super) struct World {
    pub(super) store: Arc<MemoryStore>,
    pub(super) told: Arc<Told>,
    pub(super) manager: RuleManager,
    clock: Arc<Hand>,
    folder: TempDir,
    runtime: Runtime,
}

impl World {
    pub(super) fn new(options: RuleOptions) -> Self {
        Self::over(Arc::default(), options)
    }

    /// Over a store that an earlier run has left.
    pub(super) fn over(store: Arc<MemoryStore>, options: RuleOptions) -> Self {
        let (told, clock) = (Arc::<Told>::default(), Arc::<Hand>::default());
        let runtime = Runtime::new().unwrap();
        let stages = RuleStages {
            query: Arc::new(Names(Arc::clone(&store))),
            append: Arc::clone(&store) as Arc<dyn Append>,
            select: Arc::clone(&store) as Arc<dyn Select>,
            sinks: vec![Arc::clone(&told) as Arc<dyn AlertSink>],
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
        };
        Self {
            store,
            told,
            manager: RuleManager::new(stages, options, runtime.handle().clone()),
            clock,
            folder: tempfile::tempdir().unwrap(),
            runtime,
        }
    }

    /// Reads a rule file and puts it in force.
    pub(super) fn load(&self, rules: &str) -> Result<(), RulesError> {
        std::fs::write(self.file(), rules).unwrap();
        let loaded = self.manager.load(RuleSettings {
            files: vec![self.folder.path().join("*.yml")],
            interval: Duration::from_secs(60),
            query_offset: Duration::ZERO,
            external_labels: Labels::empty(),
            names: NameValidation::Utf8,
            unknown_keys: false,
        })?;
        self.manager.apply(loaded);
        Ok(())
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("rules.yml")
    }

    /// The only group.
    pub(super) fn group(&self) -> Arc<Group> {
        let groups = self.manager.running();
        assert_eq!(groups.len(), 1);
        Arc::clone(&groups[0])
    }

    pub(super) fn set_clock(&self, seconds: i64) {
        self.clock.0.store(seconds * 1000, Ordering::Relaxed);
    }

    /// Lets all groups have their turn at a second.
    pub(super) fn turn(&self, second: i64) {
        self.set_clock(second);
        for group in self.manager.running() {
            let turn = Turn {
                at: second * 1000,
                missed: 0,
            };
            group.evaluate(turn, &CancellationToken::new());
        }
    }

    /// Adds a sample at a second.
    pub(super) fn sample(&self, series: &[(&str, &str)], second: i64, value: f64) {
        let labels = Labels::from_pairs(series.iter().copied());
        self.store.load(labels, [(second * 1000, value)]);
    }

    /// All series of a metric: labels, and samples as `value@second`, `stale` for markers.
    pub(super) fn dump(&self, metric: &str) -> Vec<(String, String)> {
        let dump = self.store.dump();
        let of_metric = dump.iter().filter(|(l, _)| l.metric() == Some(metric));
        of_metric
            .map(|(labels, columns)| {
                let samples = columns.iter().map(|sample| {
                    let second = sample.time / 1000;
                    if is_stale(sample.value) {
                        format!("stale@{second}")
                    } else {
                        format!("{}@{second}", sample.value)
                    }
                });
                let samples: Vec<String> = samples.collect();
                (labels.without_metric().to_string(), samples.join(" "))
            })
            .collect()
    }

    /// What was told since the last call: name or instance, start and end, in seconds.
    pub(super) fn told(&self) -> Vec<(String, i64, i64)> {
        let told = std::mem::take(&mut *self.told.0.lock());
        let told = told.iter().map(|alert| {
            let who = alert.labels.get("instance").unwrap_or(alert.name());
            (who.to_owned(), alert.starts_at / 1000, alert.ends_at / 1000)
        });
        told.collect()
    }

    /// Ends the manager, and answers how it did.
    pub(super) fn shutdown(&self) {
        self.runtime.block_on(self.manager.shutdown());
    }

    /// Lets the manager's own tasks run until something holds.
    pub(super) fn wait(&self, mut holds: impl FnMut() -> bool) {
        let waiting = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let most = Duration::from_secs(60);
        let waited = self
            .runtime
            .block_on(async { tokio::time::timeout(most, waiting).await });
        waited.expect("it holds within a minute");
    }
}

/// Series of a metric as [`World::dump`] writes them.
pub(super) fn series(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let list = list.iter();
    list.map(|(labels, samples)| ((*labels).to_owned(), (*samples).to_owned()))
        .collect()
}
