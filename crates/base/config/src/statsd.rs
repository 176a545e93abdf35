//! The mapping file of statsd_exporter: which metric a StatsD name becomes.

use std::path::Path;
use std::time::Duration;

use model::Search;

use crate::build::statsd::statsd;
use crate::error::ConfigError;
use crate::load::{folder_of, read_file};
use crate::sections::statsd::STATSD;
use crate::{read, yaml};

/// A mapping file, with every default filled in.
#[derive(Clone, Debug)]
pub struct StatsdConfig {
    /// Whether of several globs that match the first one of the file counts; otherwise the one
    /// that is most specific, from left to right (`glob_disable_ordering`).
    pub first_glob_wins: bool,
    /// What becomes of timings that no mapping matches.
    pub observer: StatsdObserver,
    /// How long a series that no mapping matches lives without samples; zero for ever.
    pub ttl: Duration,
    /// In the order of the file.
    pub mappings: Vec<StatsdMapping>,
}

/// One entry of `mappings`.
#[derive(Clone, Debug)]
pub struct StatsdMapping {
    /// Which StatsD names it is for.
    pub matches: StatsdMatch,
    /// Which samples it is for; `None` for all.
    pub kind: Option<StatsdKind>,
    /// Whether such samples are thrown away.
    pub drops: bool,
    /// The metric's name, with references.
    pub name: String,
    /// Names and values of labels, the latter with references; sorted by name.
    pub labels: Vec<(String, String)>,
    /// Whether labels of the sample win over those of the mapping.
    pub honor_labels: bool,
    /// The metric's help; empty where the file says nothing.
    pub help: String,
    /// What timings become.
    pub observer: StatsdObserver,
    /// How long a series lives without samples; zero for ever.
    pub ttl: Duration,
    /// What values are multiplied by.
    pub scale: Option<f64>,
}

/// How a mapping finds its names.
#[derive(Clone, Debug)]
pub enum StatsdMatch {
    /// Parts between dots; `*` is any part.
    Glob(Vec<String>),
    /// A regular expression that matches any part of the name.
    Regex(Search),
}

/// What StatsD calls types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatsdKind {
    /// `c`
    Counter,
    /// `g`
    Gauge,
    /// `ms`, `h` and `d`
    Observer,
}

/// What timings, histograms and distributions become.
#[derive(Clone, Debug, PartialEq)]
pub enum StatsdObserver {
    /// Quantiles over a window.
    Summary(StatsdSummary),
    /// Counts in buckets.
    Histogram(StatsdHistogram),
}

/// `summary_options`.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsdSummary {
    /// Quantiles and how far off their ranks may be, as shares.
    pub quantiles: Vec<(f64, f64)>,
    /// How far back quantiles look.
    pub max_age: Duration,
    /// Steps in which old observations are forgotten, at least 1.
    pub age_buckets: u32,
}

/// `histogram_options`.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsdHistogram {
    /// Rising upper bounds, without the infinite one.
    pub buckets: Vec<f64>,
    /// How much wider a native bucket may be than the one before; 1 or less for none.
    pub native_factor: f64,
    /// Native buckets at most; beyond it they grow wider.
    pub native_max_buckets: u32,
}

impl Default for StatsdConfig {
    /// No mappings: names become metrics as they are, timings become summaries.
    fn default() -> Self {
        Self {
            first_glob_wins: true,
            observer: StatsdObserver::Summary(StatsdSummary::default()),
            ttl: Duration::ZERO,
            mappings: Vec::new(),
        }
    }
}

impl Default for StatsdSummary {
    fn default() -> Self {
        Self {
            quantiles: vec![(0.5, 0.05), (0.9, 0.01), (0.99, 0.001)],
            max_age: Duration::from_secs(600),
            age_buckets: 5,
        }
    }
}

impl Default for StatsdHistogram {
    fn default() -> Self {
        Self {
            buckets: vec![
                0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
            ],
            native_factor: 1.1,
            native_max_buckets: 256,
        }
    }
}

/// Reads and checks a mapping file.
pub fn load_statsd(path: &Path) -> Result<StatsdConfig, ConfigError> {
    parse_statsd(&read_file(path)?, path)
}

/// Checks the text of a mapping file; `file` names it in errors.
pub fn parse_statsd(text: &str, file: &Path) -> Result<StatsdConfig, ConfigError> {
    let document = yaml::parse(text)
        .and_then(|root| read::document(&STATSD, &root, folder_of(file)))
        .and_then(|document| statsd(&document));
    document.map_err(|fault| fault.within(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<StatsdConfig, String> {
        parse_statsd(text, Path::new("m.yml")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_is_filled_in() {
        let text = "
defaults:
  observer_type: histogram
  ttl: 1m
  glob_disable_ordering: true
  histogram_options: {buckets: [1, 2, .inf]}
  summary_options: {max_age: 30s, age_buckets: 2, buf_cap: 1000}
mappings:
- match: a.*.c-d
  name: ${1}_x
  labels: {b: $1, a: x}
- match: b
  name: b
  ttl: 2h
  observer_type: summary
  summary_options: {quantiles: [{quantile: 0.5, error: 0.1}]}
- match: ^c
  match_type: regex
  name: c
  action: drop
  match_metric_type: gauge
  scale: 0.001
  help: about c
  honor_labels: true
  histogram_options: {native_histogram_bucket_factor: 2, native_histogram_max_buckets: 9}
";
        let config = parse(text).expect("a good file");
        assert!(!config.first_glob_wins);
        let [a, b, c] = config.mappings.as_slice() else {
            panic!("three mappings");
        };
        let StatsdObserver::Histogram(histogram) = &a.observer else {
            panic!("a histogram");
        };
        assert_eq!(histogram.buckets, [1.0, 2.0]);
        assert!((histogram.native_factor - 1.1).abs() < 1e-9);
        assert!(matches!(&a.matches, StatsdMatch::Glob(parts) if parts == &["a", "*", "c-d"]));
        let labels = [("a", "x"), ("b", "$1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(a.labels, labels);
        assert_eq!(a.ttl, Duration::from_secs(60));
        let summary = StatsdSummary {
            quantiles: vec![(0.5, 0.1)],
            max_age: Duration::from_secs(30),
            age_buckets: 2,
        };
        assert_eq!(b.observer, StatsdObserver::Summary(summary));
        assert_eq!(b.ttl, Duration::from_secs(7200));
        let native = StatsdHistogram {
            buckets: vec![1.0, 2.0],
            native_factor: 2.0,
            native_max_buckets: 9,
        };
        assert_eq!(c.observer, StatsdObserver::Histogram(native));
        assert_eq!(
            (c.kind, c.drops, c.scale, c.honor_labels, c.help.as_str()),
            (Some(StatsdKind::Gauge), true, Some(0.001), true, "about c")
        );
        assert!(parse("").expect("nothing").mappings.is_empty());
    }

    #[test]
    fn faults_have_their_place() {
        for (text, place, word) in [
            ("mappings: [{match: a}]", "m.yml:1:12:", "name"),
            ("mappings: [{name: a}]", "m.yml:1:12:", "match"),
            ("mappings:\n- match: a.*b\n  name: a", "m.yml:2:10:", "a.*b"),
            ("mappings:\n- match: 1a\n  name: a", "m.yml:2:10:", "1a"),
            (
                "mappings:\n- match: a\n  name: a.b",
                "m.yml:3:9:",
                "metric name",
            ),
            (
                "mappings:\n- match: a(\n  match_type: regex\n  name: a",
                "m.yml:2:10:",
                "missing closing )",
            ),
            (
                "mappings:\n- match: a\n  name: a\n  labels: {b-c: x}",
                "m.yml:4:12:",
                "b-c",
            ),
            (
                "mappings:\n- match: a\n  name: a\n  labels: {__name__: x}",
                "m.yml:4:12:",
                "__name__",
            ),
            (
                "mappings:\n- match: a\n  name: a\n  timer_type: summary",
                "m.yml:4:3:",
                "timer_type",
            ),
            (
                "mappings:\n- match: a\n  name: a\n  match_metric_type: timer",
                "m.yml:4:22:",
                "observer",
            ),
            (
                "mappings:\n- match: a\n  name: a\n  observer_type: histogram\n  summary_options: {max_age: 1s}",
                "m.yml:5:20:",
                "summary_options",
            ),
            (
                "defaults: {observer_type: summary}\nmappings:\n- match: a\n  name: a\n  histogram_options: {buckets: [1]}",
                "m.yml:5:22:",
                "histogram_options",
            ),
            (
                "defaults: {histogram_options: {buckets: [2, 1]}}",
                "m.yml:1:41:",
                "rising",
            ),
            (
                "defaults: {summary_options: {quantiles: [{quantile: 99}]}}",
                "m.yml:1:53:",
                "between 0 and 1",
            ),
            ("defaults: {ttl: -1s}", "m.yml:1:17:", "negative"),
            (
                &format!("mappings:\n- match: a{}\n  name: a", ".a".repeat(100)),
                "m.yml:2:10:",
                "100 parts",
            ),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(place), "{text}: {error}");
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
