//! What becomes of bodies, one after the other, in a store in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use config::ScrapeConfig;
use contract::memory::MemoryStore;
use contract::{Append, AppendError, Appended, Rejection, SystemClock};
use model::{PointValue, Sample};

use super::*;
use crate::fixture::section;
use crate::metadata::Interner;
use crate::metrics::Metrics;
use crate::scratch::Scratches;
use crate::target::Made;

#[path = "scraper_tests_bounds.rs"]
mod bounds;
#[path = "scraper_tests_native.rs"]
mod native;

/// One target whose answers are given by hand.
struct Harness<S> {
    store: Arc<S>,
    scraper: Scraper,
}

fn harness(config: &ScrapeConfig) -> Harness<MemoryStore> {
    harness_on(config, Arc::new(MemoryStore::new()))
}

fn harness_on<S: Append + 'static>(config: &ScrapeConfig, store: Arc<S>) -> Harness<S> {
    harness_within(config, store, 0)
}

fn harness_within<S: Append + 'static>(
    config: &ScrapeConfig,
    store: Arc<S>,
    series_per_target: u64,
) -> Harness<S> {
    let append: Arc<dyn Append> = Arc::<S>::clone(&store);
    let shared = Arc::new(Shared {
        store: append,
        clock: Arc::new(SystemClock),
        metrics: Metrics::default(),
        scratches: Scratches::default(),
        rows: Interner::default(),
        seed: 0,
        user_agent: HeaderValue::from_static("test"),
        series_per_target,
    });
    let own = Labels::from_pairs([("__address__", "host:1"), ("zone", "z")]);
    let Made::Target(target) = Target::make(config, &Labels::empty(), &own) else {
        panic!("a good target");
    };
    let job = Arc::new(Job::new(config, &shared));
    let scraper = Scraper::new(shared, job, Arc::new(*target), Carried::default());
    Harness { store, scraper }
}

impl<S> Harness<S> {
    fn scrape(&mut self, time: i64, body: &str) -> &mut Self {
        self.scrape_as(time, body, Format::Text004)
    }

    fn scrape_as(&mut self, time: i64, body: &str, format: Format) -> &mut Self {
        self.scrape_bytes(time, body.as_bytes(), format)
    }

    fn scrape_bytes(&mut self, time: i64, body: &[u8], format: Format) -> &mut Self {
        let mut scratch = self.scraper.shared.scratches.take();
        scratch.body.extend_from_slice(body);
        let begun = Instant::now();
        self.scraper.store(Ok(format), time, begun, &mut scratch);
        self.scraper.shared.scratches.give_back(scratch);
        self
    }

    fn fail(&mut self, time: i64) -> &mut Self {
        let mut scratch = self.scraper.shared.scratches.take();
        let error = Err(ScrapeError::Http(HttpError::Deadline));
        self.scraper
            .store(error, time, Instant::now(), &mut scratch);
        self.scraper.shared.scratches.give_back(scratch);
        self
    }

    fn error(&self) -> String {
        self.scraper.target.status.lock().last_error.clone()
    }

    fn counter(&self, name: &str) -> f64 {
        let mut families = Vec::new();
        self.scraper.shared.metrics.gather(&mut families);
        let family = families.iter().find(|family| family.name == name).unwrap();
        match family.points[0].value {
            PointValue::Number(value) => value,
            _ => panic!("a number"),
        }
    }
}

/// All that is stored of the target's own series: a line a series, `E` for a stale marker.
fn stored(store: &MemoryStore) -> Vec<String> {
    let is_report = |labels: &Labels| {
        let name = labels.metric().unwrap_or("");
        name == "up" || name.starts_with("scrape_")
    };
    let show = |sample: Sample| {
        let value = sample.value;
        let value = if is_stale(value) {
            "E".to_owned()
        } else {
            value.to_string()
        };
        format!("{value}@{}", sample.time)
    };
    store
        .dump()
        .into_iter()
        .filter(|(labels, _)| !is_report(labels))
        .map(|(labels, columns)| {
            let plain = labels.filtered(|n| !matches!(n, "instance" | "job" | "zone"));
            let samples: Vec<String> = columns.iter().map(show).collect();
            format!("{plain} {}", samples.join(" "))
        })
        .collect()
}

fn report(store: &MemoryStore, metric: &str) -> Vec<f64> {
    let mut all = store.dump().into_iter();
    let found = all.find(|(labels, _)| labels.metric() == Some(metric));
    found.map(|(_, columns)| columns.values).unwrap_or_default()
}

#[test]
fn a_series_that_vanishes_ends_once_and_may_return() {
    let mut target = harness(&section("j"));
    target
        .scrape(10, "a 1\nb 1\nc 1\n")
        .scrape(20, "a 2\nc 2\n")
        .scrape(30, "a 3\nc 3\n")
        .scrape(40, "c 4\nb 4\na 4\n")
        .scrape(50, "c 5\nb 5\n");
    assert_eq!(
        stored(&target.store),
        [
            r#"{__name__="a"} 1@10 2@20 3@30 4@40 E@50"#,
            r#"{__name__="b"} 1@10 E@20 4@40 5@50"#,
            r#"{__name__="c"} 1@10 2@20 3@30 4@40 5@50"#,
        ]
    );
    assert_eq!(
        report(&target.store, "scrape_series_added"),
        [3.0, 0.0, 0.0, 1.0, 0.0]
    );
}

#[test]
fn lines_may_come_in_any_order_and_between_others() {
    let mut target = harness(&section("j"));
    let check = |target: &mut Harness<MemoryStore>, time, body: &str, wanted: &[f64]| {
        target.scrape(time, body);
        let last = stored(&target.store);
        let values: Vec<f64> = last
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap())
            .map(|last| last.split('@').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(values, wanted, "{body}");
    };
    check(&mut target, 10, "a 1\nb 2\n", &[1.0, 2.0]);
    check(
        &mut target,
        20,
        "# HELP b B.\nb 3\n# TYPE a gauge\na 4\n",
        &[4.0, 3.0],
    );
    check(
        &mut target,
        30,
        "x 9\nb 5\ny 8\na 6\nz 7\n",
        &[6.0, 5.0, 9.0, 8.0, 7.0],
    );
    check(
        &mut target,
        40,
        "x 1\nb 2\ny 3\na 4\nz 5\n",
        &[4.0, 2.0, 1.0, 3.0, 5.0],
    );
}

#[test]
fn a_failed_scrape_ends_everything_once_and_is_forgotten() {
    let mut target = harness(&section("j"));
    target
        .scrape(10, "a 1\nb 1\n")
        .fail(20)
        .fail(30)
        .scrape(40, "a 4\nb 4\n");
    assert_eq!(
        stored(&target.store),
        [
            r#"{__name__="a"} 1@10 E@20 4@40"#,
            r#"{__name__="b"} 1@10 E@20 4@40"#
        ]
    );
    assert_eq!(report(&target.store, "up"), [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(
        report(&target.store, "scrape_series_added"),
        [2.0, 0.0, 0.0, 0.0]
    );
}

#[test]
fn a_body_with_an_error_stores_nothing_of_itself() {
    let mut target = harness(&section("j"));
    target
        .scrape(10, "a 1\nb 1\n")
        .scrape(20, "a 2\nb 2\nc x\n");
    assert!(target.error().starts_with("line 3"), "{}", target.error());
    target.scrape(30, "new 1\na 3\nb y\n");
    assert_eq!(
        stored(&target.store),
        [r#"{__name__="a"} 1@10 E@20"#, r#"{__name__="b"} 1@10 E@20"#]
    );
    assert_eq!(
        report(&target.store, "scrape_samples_scraped"),
        [2.0, 2.0, 2.0]
    );
    target.scrape(40, "");
    assert_eq!(report(&target.store, "up"), [1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn series_with_their_own_time_are_not_ended_unless_asked() {
    let check = |config: &ScrapeConfig, wanted: &str| {
        let mut target = harness(config);
        target
            .scrape(10, "a 1 7\n")
            .scrape(20, "a 2 17\n")
            .scrape(30, "b 1\n");
        assert_eq!(stored(&target.store)[0], wanted);
    };
    let mut config = section("j");
    check(&config, r#"{__name__="a"} 1@7 2@17"#);
    config.track_timestamps_staleness = true;
    check(&config, r#"{__name__="a"} 1@7 2@17 E@30"#);
    config.track_timestamps_staleness = false;
    config.honor_timestamps = false;
    check(&config, r#"{__name__="a"} 1@10 2@20 E@30"#);
}

#[test]
fn repeated_lines_count_as_duplicates() {
    let mut target = harness(&section("j"));
    target
        .scrape(10, "a 1\na 2\nb 1\n")
        .scrape(20, "a 3\na 4\nb 2\n")
        .scrape(30, "a 5\nb 3\n");
    assert_eq!(
        stored(&target.store),
        [
            r#"{__name__="a"} 1@10 3@20 5@30"#,
            r#"{__name__="b"} 1@10 2@20 3@30"#
        ]
    );
    let name = "prometheus_target_scrapes_sample_duplicate_timestamp_total";
    assert_eq!(target.counter(name), 2.0);
    assert_eq!(report(&target.store, "up"), [1.0, 1.0, 1.0]);

    let mut target = harness(&section("j"));
    target
        .scrape(10, "a 1 1\na 2 2\n")
        .scrape(20, "a 3 3\na 4 4\n");
    assert_eq!(stored(&target.store), [r#"{__name__="a"} 1@1 2@2 3@3 4@4"#]);
}

#[test]
fn out_of_order_samples_are_counted_and_the_others_stay() {
    let mut target = harness(&section("j"));
    target.scrape(10, "a 1 9\nb 1\n").scrape(20, "a 1 5\nb 2\n");
    assert_eq!(
        stored(&target.store),
        [r#"{__name__="a"} 1@9"#, r#"{__name__="b"} 1@10 2@20"#]
    );
    assert_eq!(
        target.counter("prometheus_target_scrapes_sample_out_of_order_total"),
        1.0
    );
    assert_eq!(report(&target.store, "up"), [1.0, 1.0]);
}

#[test]
fn whose_labels_stand() {
    let labels = |honor: bool, body: &str| {
        let mut config = section("j");
        config.honor_labels = honor;
        let mut target = harness(&config);
        target.scrape(10, body);
        let dump = target.store.dump();
        let mut all = dump.iter().map(|(labels, _)| labels.to_string());
        all.find(|labels| labels.contains("\"m\"")).unwrap()
    };
    let body = "m{job=\"x\",instance=\"\"} 1\n";
    assert_eq!(
        labels(false, body),
        r#"{__name__="m", exported_job="x", instance="host:1", job="j", zone="z"}"#
    );
    assert_eq!(labels(true, body), r#"{__name__="m", job="x", zone="z"}"#);
    assert_eq!(
        labels(false, "m{job=\"x\",exported_job=\"y\"} 1\n"),
        r#"{__name__="m", exported_exported_job="x", exported_job="y", instance="host:1", job="j", zone="z"}"#
    );
}

#[test]
fn the_same_text_in_another_form_is_the_same_series() {
    let mut target = harness(&section("j"));
    target
        .scrape(10, "a 1\nb 1\n")
        .scrape_as(20, "a 2\n# EOF\n", Format::OpenMetrics100);
    assert_eq!(
        stored(&target.store),
        [r#"{__name__="a"} 1@10 2@20"#, r#"{__name__="b"} 1@10 E@20"#]
    );
}

#[test]
fn a_limit_on_samples_still_counts_them_all() {
    let mut config = section("j");
    config.limits.samples = 2;
    let mut target = harness(&config);
    target
        .scrape(10, "a 1\nb 1\n")
        .scrape(20, "a 2\nb 2\nc 2\nd 2\n")
        .scrape(30, "a 3\nb 3\n");
    assert!(target.store.dump().len() < 10);
    assert_eq!(report(&target.store, "up"), [1.0, 0.0, 1.0]);
    assert_eq!(
        report(&target.store, "scrape_samples_scraped"),
        [2.0, 4.0, 2.0]
    );
    assert_eq!(
        report(&target.store, "scrape_samples_post_metric_relabeling"),
        [2.0, 4.0, 2.0]
    );
}

#[test]
fn without_a_limit_of_the_users_own_the_rest_is_not_read() {
    let mut target = harness(&section("j"));
    let mut job = Job::new(&section("j"), &target.scraper.shared);
    assert_eq!(job.limits.samples, crate::limits::DEFAULT_SAMPLES);
    job.limits.samples = 2;
    target.scraper.job = Arc::new(job);
    target.scrape(10, "a 1\nb 1\nc 1\nd 1\nnot read any more\n");
    assert_eq!(
        target.error(),
        "sample limit exceeded: more than 2 samples (raise it with sample_limit)"
    );
    assert_eq!(stored(&target.store), Vec::<String>::new());
}

#[test]
fn a_series_without_a_name_or_with_a_wrong_one_fails_the_scrape() {
    let mut config = section("j");
    config.name_validation = config::NameValidation::Legacy;
    let mut target = harness(&config);
    target.scrape(10, "a 1\n{\"b.c\"} 1\n");
    assert!(
        target.error().starts_with("line 2: invalid metric name"),
        "{}",
        target.error()
    );
}

/// What a store must hold after some bodies, found the slow way.
fn expected(bodies: &[Vec<(u8, i32)>]) -> Vec<String> {
    let mut series: std::collections::BTreeMap<u8, Vec<String>> = Default::default();
    let mut before = std::collections::BTreeSet::new();
    for (place, body) in bodies.iter().enumerate() {
        let time = 10 * (place + 1);
        let mut now = std::collections::BTreeSet::new();
        for (name, value) in body {
            if now.insert(*name) {
                series
                    .entry(*name)
                    .or_default()
                    .push(format!("{value}@{time}"));
            }
        }
        for name in before.difference(&now) {
            series.entry(*name).or_default().push(format!("E@{time}"));
        }
        before = now;
    }
    let line = |(name, samples): (u8, Vec<String>)| {
        format!(r#"{{__name__="s{name:03}"}} {}"#, samples.join(" "))
    };
    series.into_iter().map(line).collect()
}

proptest::proptest! {
    #[test]
    fn any_bodies_in_turn(
        bodies in proptest::collection::vec(
            proptest::collection::vec((0_u8..12, 0_i32..100), 0..16), 1..8
        )
    ) {
        let mut target = harness(&section("j"));
        for (place, body) in bodies.iter().enumerate() {
            let lines = body.iter().map(|(name, value)| format!("s{name:03} {value}\n"));
            let time = 10 * (place as i64 + 1);
            target.scrape(time, &lines.collect::<String>());
            proptest::prop_assert_eq!(target.error(), "");
        }
        proptest::prop_assert_eq!(stored(&target.store), expected(&bodies));
    }
}

/// A store that forgets all its series when told to.
struct Forgetful {
    inner: MemoryStore,
    age: AtomicU64,
}

const AGE: u64 = 1000;

impl Append for Forgetful {
    fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError> {
        let start = ids.len();
        self.inner.resolve(series, ids)?;
        for id in &mut ids[start..] {
            id.0 += AGE * self.age.load(Ordering::Relaxed);
        }
        Ok(())
    }

    fn append(&self, batch: &Batch) -> Result<Appended, AppendError> {
        let age = self.age.load(Ordering::Relaxed);
        let mut known = Batch::default();
        let mut outcome = Appended::default();
        for (place, sample) in batch.samples.iter().enumerate() {
            if sample.series.0 / AGE == age {
                let series = SeriesId(sample.series.0 % AGE);
                known.samples.push(PendingSample { series, ..*sample });
            } else {
                let reason = RejectReason::Gone;
                outcome.rejected.push(Rejection { place, reason });
            }
        }
        outcome.stored = self.inner.append(&known)?.stored;
        Ok(outcome)
    }
}

#[test]
fn forgotten_series_are_registered_again() {
    let store = Arc::new(Forgetful {
        inner: MemoryStore::new(),
        age: AtomicU64::new(0),
    });
    let mut target = harness_on(&section("j"), Arc::clone(&store));
    target.scrape(10, "a 1\nb 1\n");
    store.age.store(1, Ordering::Relaxed);
    target.scrape(20, "a 2\nb 2\n").scrape(30, "a 3\nb 3\n");
    assert_eq!(
        stored(&store.inner),
        [
            r#"{__name__="a"} 1@10 2@20 3@30"#,
            r#"{__name__="b"} 1@10 2@20 3@30"#
        ]
    );
    assert_eq!(report(&store.inner, "up"), [1.0, 1.0, 1.0]);
}

/// A store that takes no more than so many series.
struct Full {
    inner: MemoryStore,
    limit: usize,
}

impl Append for Full {
    fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError> {
        let known: HashMap<Labels, ()> = self
            .inner
            .dump()
            .into_iter()
            .map(|(labels, _)| (labels, ()))
            .collect();
        let new = series
            .iter()
            .filter(|labels| !known.contains_key(labels))
            .count();
        if known.len() + new > self.limit {
            let limit = self.limit as u64;
            return Err(AppendError::SeriesLimit { limit });
        }
        self.inner.resolve(series, ids)
    }

    fn append(&self, batch: &Batch) -> Result<Appended, AppendError> {
        self.inner.append(batch)
    }
}

#[test]
fn a_full_store_lets_the_known_series_go_on() {
    let store = Arc::new(Full {
        inner: MemoryStore::new(),
        limit: 7,
    });
    let mut target = harness_on(&section("j"), Arc::clone(&store));
    target
        .scrape(10, "a 1\nb 1\n")
        .scrape(20, "a 2\nc 2\nb 2\n");
    assert_eq!(
        target.error(),
        "series limit of 7 reached (raise it with --storage.max-series): 1 new series not stored"
    );
    target
        .scrape(30, "a 3\nb 3\nc 3\n")
        .scrape(40, "a 4\nb 4\n");
    assert_eq!(
        stored(&store.inner),
        [
            r#"{__name__="a"} 1@10 2@20 3@30 4@40"#,
            r#"{__name__="b"} 1@10 2@20 3@30 4@40"#
        ]
    );
    assert_eq!(target.error(), "");
    assert_eq!(report(&store.inner, "up"), [1.0; 4]);
}

#[test]
fn a_target_at_its_limit_keeps_the_series_it_has() {
    let config = section("job");
    let store = Arc::new(MemoryStore::new());
    let mut harness = harness_within(&config, store, 2);
    let names = |store: &MemoryStore, at: i64| -> Vec<String> {
        let dump = store.dump();
        let alive = dump.iter().filter(|(labels, columns)| {
            let last = columns.iter().next_back();
            let own = labels.get("zone") == Some("z") && labels.get("__name__") < Some("s");
            own && last.is_some_and(|s| s.time == at && !is_stale(s.value))
        });
        let name =
            |(labels, _): &(Labels, model::Columns)| labels.get("__name__").map(str::to_owned);
        alive.filter_map(name).collect()
    };
    harness.scrape(1000, "a 1\nb 1\nc 1\n");
    assert_eq!(names(&harness.store, 1000), ["a", "b"]);
    let refused = "series limit of 2 a target reached (raise it with \
                   --scrape.max-series-per-target): 1 new series not stored";
    assert_eq!(harness.error(), refused);
    // Dropped and known ones do not count twice, and the others wait for their place.
    harness.scrape(2000, "d 1\na 1\nb 1\nc 1\n");
    assert_eq!(names(&harness.store, 2000), ["a", "b"]);
    harness.scrape(3000, "d 1\nb 1\nc 1\n");
    assert_eq!(names(&harness.store, 3000), ["b", "d"]);
    harness.scrape(4000, "d 1\nb 1\n");
    assert_eq!(harness.error(), "");
    assert_eq!(
        harness.scraper.shared.metrics.refused_series.get(),
        1 + 2 + 1
    );
}
