//! The three kinds of metric: counter, gauge and histogram.
//!
//! Each is a handle: cloning it is cheap and gives the same series. None of their methods fails,
//! allocates or panics, whatever number they are given; a number that makes no sense (a counter
//! going down, an observation that is no number) changes nothing.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant, SystemTime};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter as RawCounter;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::gauge::Gauge as RawGauge;

use crate::naming::Kind;
use crate::trace::{TraceId, Tracer};

/// Upper bounds, in seconds, for latencies of requests: what the field's libraries use when
/// nothing is said.
pub const LATENCY_BUCKETS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Most buckets of one histogram: each is a series for every set of labels.
pub const MAX_BUCKETS: usize = 100;

/// What a metric needs to be made: the same for all series of a family.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub(crate) buckets: Arc<[f64]>,
    pub(crate) tracer: Tracer,
}

/// A kind of metric; implemented by [`Counter`], [`Gauge`] and [`Histogram`] alone.
pub trait Metric: Clone + fmt::Debug + Send + Sync + sealed::Sealed + 'static {
    /// Which kind.
    const KIND: Kind;
    /// A new one at nought.
    #[doc(hidden)]
    fn make(settings: &Settings) -> Self;
    /// Its series as text.
    #[doc(hidden)]
    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result;
}

mod sealed {
    /// Nobody else implements [`Metric`](super::Metric).
    pub trait Sealed {}
    impl Sealed for super::Counter {}
    impl Sealed for super::Gauge {}
    impl Sealed for super::Histogram {}
}

impl Kind {
    /// The word of the format.
    pub(crate) fn raw(self) -> MetricType {
        match self {
            Self::Counter => MetricType::Counter,
            Self::Gauge => MetricType::Gauge,
            Self::Histogram => MetricType::Histogram,
        }
    }
}

/// A number that only goes up: requests served, bytes sent.
#[derive(Clone, Debug, Default)]
pub struct Counter(RawCounter<f64, AtomicU64>);

impl Counter {
    /// One more.
    pub fn inc(&self) {
        self.0.inc();
    }

    /// `amount` more; nothing for an amount that is negative or not finite.
    pub fn inc_by(&self, amount: f64) {
        if amount.is_finite() && amount >= 0.0 {
            self.0.inc_by(amount);
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.0.get()
    }
}

impl Metric for Counter {
    const KIND: Kind = Kind::Counter;

    fn make(_: &Settings) -> Self {
        Self::default()
    }

    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        EncodeMetric::encode(&self.0, encoder)
    }
}

/// A number that goes up and down: connections open, degrees.
#[derive(Clone, Debug, Default)]
pub struct Gauge(RawGauge<f64, AtomicU64>);

impl Gauge {
    /// Sets it; any number, also one that is not finite.
    pub fn set(&self, value: f64) {
        self.0.set(value);
    }

    /// Sets it to the seconds since 1970, for names that end in `_timestamp_seconds`.
    pub fn set_to_now(&self) {
        if let Ok(since) = SystemTime::UNIX_EPOCH.elapsed() {
            self.0.set(since.as_secs_f64());
        }
    }

    /// One more.
    pub fn inc(&self) {
        self.0.inc();
    }

    /// One less.
    pub fn dec(&self) {
        self.0.dec();
    }

    /// `amount` more, or less when it is negative.
    pub fn add(&self, amount: f64) {
        self.0.inc_by(amount);
    }

    /// One more until the guard is dropped.
    #[must_use = "the guard takes the one back when it is dropped"]
    pub fn hold(&self) -> Held {
        self.inc();
        Held(self.clone())
    }

    /// Where it stands.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.0.get()
    }
}

impl Metric for Gauge {
    const KIND: Kind = Kind::Gauge;

    fn make(_: &Settings) -> Self {
        Self::default()
    }

    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        EncodeMetric::encode(&self.0, encoder)
    }
}

/// One on a gauge, taken back when this is dropped.
#[derive(Debug)]
pub struct Held(Gauge);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Observations counted in buckets: durations, sizes.
#[derive(Clone, Debug)]
pub struct Histogram {
    raw: HistogramWithExemplars<[(&'static str, TraceId); 1]>,
    tracer: Tracer,
}

impl Histogram {
    /// Counts one value, with the current trace as its exemplar if the registry knows of traces;
    /// nothing for a value that is no number.
    pub fn observe(&self, value: f64) {
        if value.is_nan() {
            return;
        }
        match self.tracer.current() {
            Some(trace) => self.observe_in(value, trace),
            None => self.raw.observe(value, None, None),
        }
    }

    /// Counts one value of a trace.
    pub fn observe_in(&self, value: f64, trace: TraceId) {
        if !value.is_nan() {
            let labels = Some([("trace_id", trace)]);
            self.raw.observe(value, labels, Some(SystemTime::now()));
        }
    }

    /// Counts a duration, in seconds.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(duration.as_secs_f64());
    }

    /// Counts the time from now until the guard is dropped.
    ///
    /// ```
    /// # let registry = argand_client::Registry::new();
    /// let load = registry.histogram("load_duration_seconds", "Time to load a page")?;
    /// {
    ///     let _timer = load.start();
    ///     // the work
    /// }
    /// # assert!(registry.text(argand_client::Format::Text).contains("load_duration_seconds_count 1"));
    /// # Ok::<(), argand_client::Error>(())
    /// ```
    #[must_use = "the time is counted when the timer is dropped"]
    pub fn start(&self) -> Timer {
        Timer {
            histogram: self.clone(),
            started: Instant::now(),
        }
    }
}

impl Metric for Histogram {
    const KIND: Kind = Kind::Histogram;

    fn make(settings: &Settings) -> Self {
        Self {
            raw: HistogramWithExemplars::new(settings.buckets.iter().copied()),
            tracer: settings.tracer.clone(),
        }
    }

    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        EncodeMetric::encode(&self.raw, encoder)
    }
}

/// Time that runs until this is dropped, counted in a histogram; also when the work panics or its
/// future is dropped.
#[derive(Debug)]
pub struct Timer {
    histogram: Histogram,
    started: Instant,
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.histogram.observe_duration(self.started.elapsed());
    }
}
