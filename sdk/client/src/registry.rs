//! The metrics of a process: made here, written out from here.
//!
//! Invariants: names and labels keep the rules of [`naming`](crate::naming); no two metrics have a
//! series of the same name; every metric has a help text. A registry is a handle: clones are the
//! same registry.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::EncodeMetric;
use prometheus_client::registry::{Registry as Raw, Unit};

use crate::Error;
use crate::builder::Builder;
use crate::exposition::{self, Format};
use crate::family::{Family, Single};
use crate::metric::{Counter, Gauge, Histogram, LATENCY_BUCKETS, MAX_BUCKETS, Metric, Settings};
use crate::naming::{self, Kind};
use crate::trace::{TraceId, Tracer};

/// The metrics of a process; cheap to clone, each clone is the same.
///
/// ```
/// use argand_client::{Format, Registry};
///
/// let registry = Registry::new();
/// let orders = registry.counter_family("orders_total", "Orders taken", ["kind"])?;
/// let queue = registry.gauge("queue_length", "Orders that wait")?;
/// let latency = registry.histogram("order_duration_seconds", "Time to take an order")?;
///
/// orders.with(["book"]).inc();
/// queue.set(3.0);
/// latency.observe(0.2);
/// assert!(registry.text(Format::Text).contains("orders_total{kind=\"book\"} 1"));
/// # Ok::<(), argand_client::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Registry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    raw: RwLock<Raw>,
    /// All series names that are taken.
    names: Mutex<HashSet<String>>,
    tracer: Tracer,
    /// `metrics_series_folded_total`, once something was folded.
    folded: Mutex<Option<Family<Counter, 1>>>,
    builder: Builder,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// An empty one with strict rules and no labels of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_raw(Self::builder(), Raw::default())
    }

    /// One of a builder, whose labels are checked.
    pub(crate) fn made_of(builder: Builder) -> Result<Self, Error> {
        let names: Vec<&str> = builder.labels.iter().map(|(name, _)| &**name).collect();
        check_labels("of the registry", &names, &[])?;
        let common = builder
            .labels
            .iter()
            .map(|(name, value)| (Cow::Owned(name.clone()), Cow::Owned(value.clone())));
        let raw = Raw::with_labels(common);
        Ok(Self::with_raw(builder, raw))
    }

    fn with_raw(builder: Builder, raw: Raw) -> Self {
        Self(Arc::new(Shared {
            raw: RwLock::new(raw),
            names: Mutex::default(),
            tracer: Tracer::default(),
            folded: Mutex::new(None),
            builder,
        }))
    }

    /// One with other rules, bounds or labels.
    ///
    /// ```
    /// use argand_client::{Registry, naming::Rules};
    /// let registry = Registry::builder()
    ///     .rules(Rules::Format)
    ///     .series_limit(200)
    ///     .label("version", env!("CARGO_PKG_VERSION"))
    ///     .build()?;
    /// # Ok::<(), argand_client::Error>(())
    /// ```
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A counter.
    ///
    /// # Errors
    /// [`Error`] names the rule that the name or help breaks, or the metric that has the name.
    pub fn counter(&self, name: &str, help: &str) -> Result<Counter, Error> {
        self.single(name, help, &[])
    }

    /// A counter for every set of label values.
    ///
    /// # Errors
    /// As [`Registry::counter`], and for the labels.
    pub fn counter_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<Counter, N>, Error> {
        self.family(name, help, labels, &[])
    }

    /// A gauge.
    ///
    /// # Errors
    /// As [`Registry::counter`].
    pub fn gauge(&self, name: &str, help: &str) -> Result<Gauge, Error> {
        self.single(name, help, &[])
    }

    /// A gauge for every set of label values.
    ///
    /// # Errors
    /// As [`Registry::counter_family`].
    pub fn gauge_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<Gauge, N>, Error> {
        self.family(name, help, labels, &[])
    }

    /// A histogram with [`LATENCY_BUCKETS`].
    ///
    /// # Errors
    /// As [`Registry::counter`].
    pub fn histogram(&self, name: &str, help: &str) -> Result<Histogram, Error> {
        self.single(name, help, &LATENCY_BUCKETS)
    }

    /// A histogram with upper bounds of its own; the bucket of everything above the last comes
    /// by itself.
    ///
    /// # Errors
    /// As [`Registry::counter`], and [`Error::Buckets`].
    pub fn histogram_with(
        &self,
        name: &str,
        help: &str,
        buckets: &[f64],
    ) -> Result<Histogram, Error> {
        self.single(name, help, buckets)
    }

    /// A histogram for every set of label values.
    ///
    /// # Errors
    /// As [`Registry::counter_family`], and [`Error::Buckets`].
    pub fn histogram_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
        buckets: &[f64],
    ) -> Result<Family<Histogram, N>, Error> {
        self.family(name, help, labels, buckets)
    }

    /// `build_info` with the version, and the value 1: joined to other series on a dashboard, it
    /// says which version they come from.
    ///
    /// # Errors
    /// [`Error::Taken`] when it is there already.
    pub fn build_info(&self, service: &str, version: &str) -> Result<(), Error> {
        let labels = ["service", "version"];
        let info = self.gauge_family("build_info", "What is running here; always 1", labels)?;
        info.with([service, version]).set(1.0);
        Ok(())
    }

    /// Asks `find` for the current trace at every observation of a histogram, and keeps it as the
    /// exemplar of the bucket. The first function given stays.
    pub fn exemplars_from(&self, find: impl Fn() -> Option<TraceId> + Send + Sync + 'static) {
        self.0.tracer.set(Box::new(find));
    }

    /// Takes exemplars from the current span of OpenTelemetry when that is sampled; spans of
    /// `tracing` are current through `tracing-opentelemetry`.
    #[cfg(feature = "tracing")]
    pub fn exemplars_from_opentelemetry(&self) {
        self.exemplars_from(crate::trace::from_opentelemetry);
    }

    /// All metrics in a format.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        exposition::render(&self.0.raw.read(), format)
    }

    /// Most series of a family.
    pub(crate) fn series_limit(&self) -> usize {
        self.0.builder.series_limit
    }

    /// Adds what is read when somebody asks, under names that belong to it.
    pub(crate) fn collect(&self, names: &[&str], collector: impl Collector) -> Result<(), Error> {
        for name in names {
            self.take(name, Kind::Gauge)?;
        }
        self.0.raw.write().register_collector(Box::new(collector));
        Ok(())
    }

    fn single<M: Metric>(&self, name: &str, help: &str, buckets: &[f64]) -> Result<M, Error> {
        let settings = self.check::<M>(name, help, &[], buckets)?;
        let metric = M::make(&settings);
        self.register(name, help, M::KIND, Single(metric.clone()));
        Ok(metric)
    }

    /// A family of any kind; `buckets` are for histograms alone. What the methods above are made
    /// of, for code that is generic over kinds.
    ///
    /// # Errors
    /// As [`Registry::histogram_family`].
    pub fn family<M: Metric, const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
        buckets: &[f64],
    ) -> Result<Family<M, N>, Error> {
        let settings = self.check::<M>(name, help, &labels, buckets)?;
        let (shared, metric) = (Arc::downgrade(&self.0), name.to_owned());
        let count_folded = Box::new(move || {
            let registry = shared.upgrade().map(Registry);
            registry.map_or_else(Counter::default, |registry| registry.folded(&metric))
        });
        let labels = labels.map(str::to_owned);
        let family = Family::new(labels, settings, self.series_limit(), count_folded);
        self.register(name, help, M::KIND, family.clone());
        Ok(family)
    }

    /// Checks everything about a metric and takes its name.
    fn check<M: Metric>(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: &[f64],
    ) -> Result<Settings, Error> {
        let builder = &self.0.builder;
        naming::check(name, M::KIND, builder.rules).map_err(|fault| Error::Name {
            name: name.to_owned(),
            fault,
        })?;
        check_labels(name, labels, &builder.labels)?;
        let bad = |one: char| one.is_control() || matches!(one, '"' | '\\');
        if help.trim().is_empty() || help.contains(bad) {
            let name = name.to_owned();
            return Err(Error::Help { name });
        }
        if M::KIND == Kind::Histogram && !rising(buckets) {
            let name = name.to_owned();
            return Err(Error::Buckets { name });
        }
        self.take(name, M::KIND)?;
        Ok(Settings {
            buckets: buckets.into(),
            tracer: self.0.tracer.clone(),
        })
    }

    /// Takes the names of all series that a metric will have, or none of them.
    fn take(&self, name: &str, kind: Kind) -> Result<(), Error> {
        let parts: &[&str] = match kind {
            Kind::Histogram => &["", "_sum", "_count", "_bucket"],
            Kind::Counter | Kind::Gauge => &[""],
        };
        let wanted: Vec<String> = parts.iter().map(|part| format!("{name}{part}")).collect();
        let mut names = self.0.names.lock();
        // OpenMetrics drops `_total` from the name of a family, which must be of one metric too.
        let stem = name.strip_suffix("_total").unwrap_or(name);
        let twin = if stem == name {
            format!("{name}_total")
        } else {
            stem.to_owned()
        };
        if wanted
            .iter()
            .chain([&twin])
            .any(|name| names.contains(name))
        {
            let name = name.to_owned();
            return Err(Error::Taken { name });
        }
        names.extend(wanted);
        Ok(())
    }

    /// The library underneath appends the unit and `_total` itself.
    fn register(
        &self,
        name: &str,
        help: &str,
        kind: Kind,
        metric: impl EncodeMetric + std::fmt::Debug + Send + Sync + 'static,
    ) {
        let stem = match kind {
            Kind::Counter => name.strip_suffix("_total").unwrap_or(name),
            Kind::Gauge | Kind::Histogram => name,
        };
        // It also appends a full stop.
        let help = help.trim_end_matches('.');
        let with_unit = naming::unit(name).and_then(|unit| {
            let rest = stem.strip_suffix(unit)?.strip_suffix('_')?;
            Some((rest, Unit::Other(unit.to_owned())))
        });
        let mut raw = self.0.raw.write();
        match with_unit {
            Some((rest, unit)) => raw.register_with_unit(rest, help, unit, metric),
            None => raw.register(stem, help, metric),
        }
    }

    /// The counter of what the family `metric` folded.
    fn folded(&self, metric: &str) -> Counter {
        let mut folded = self.0.folded.lock();
        let family = folded.get_or_insert_with(|| self.make_folded());
        family.with([metric])
    }

    /// The family of these counters: one series a metric, however many, and so never folded.
    fn make_folded(&self) -> Family<Counter, 1> {
        let name = "metrics_series_folded_total";
        let help = "Updates that went to the series other because the metric has too many";
        let labels = ["metric".to_owned()];
        let uncounted = Box::new(Counter::default);
        let family = Family::new(labels, Settings::default(), usize::MAX, uncounted);
        // A metric of the program's own with this name keeps it, and nothing is shown here.
        if self.take(name, Kind::Counter).is_ok() {
            self.register(name, help, Kind::Counter, family.clone());
        }
        family
    }
}

/// Names of labels: each by the rules, none twice, none that all series have anyway.
fn check_labels(metric: &str, labels: &[&str], common: &[(String, String)]) -> Result<(), Error> {
    let mut seen: HashSet<&str> = common.iter().map(|(name, _)| name.as_str()).collect();
    for &label in labels {
        naming::check_label(label).map_err(|fault| Error::Label {
            metric: metric.to_owned(),
            label: label.to_owned(),
            fault,
        })?;
        if !seen.insert(label) {
            return Err(Error::LabelTwice {
                metric: metric.to_owned(),
                label: label.to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether these are the upper bounds of buckets.
fn rising(buckets: &[f64]) -> bool {
    (1..=MAX_BUCKETS).contains(&buckets.len())
        && buckets.iter().all(|bound| bound.is_finite())
        && buckets.is_sorted_by(|left, right| left < right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::Fault;

    #[test]
    fn what_is_refused_and_why() {
        let registry = Registry::builder().label("zone", "a").build().unwrap();
        registry.counter("orders_total", "Orders").unwrap();
        registry.histogram("wait_seconds", "Wait").unwrap();
        let family = |name: &str, help: &str, labels: [&str; 2]| {
            registry.counter_family(name, help, labels).unwrap_err()
        };
        let name = |text: &str| text.to_owned();
        assert_eq!(
            family("orders", "Orders", ["a", "b"]),
            Error::Name {
                name: name("orders"),
                fault: Fault::NotTotal
            }
        );
        for label in ["a", "zone"] {
            assert_eq!(
                family("x_total", "X", ["a", label]),
                Error::LabelTwice {
                    metric: name("x_total"),
                    label: name(label)
                }
            );
        }
        for help in ["", " ", "two\nlines", "a \"quote\"", "back\\slash"] {
            assert_eq!(
                family("x_total", help, ["a", "b"]),
                Error::Help {
                    name: name("x_total")
                },
                "{help:?}"
            );
        }
        let error = registry.counter("orders_total", "Again").unwrap_err();
        let taken = name("orders_total");
        assert_eq!(error, Error::Taken { name: taken });
        for taken in ["orders", "wait_seconds"] {
            let error = registry.gauge(taken, "Again").unwrap_err();
            assert_eq!(error, Error::Taken { name: name(taken) });
        }
        for buckets in [
            &[][..],
            &[1.0, 1.0],
            &[2.0, 1.0],
            &[f64::INFINITY],
            &[f64::NAN],
            &[0.5; 101],
        ] {
            let error = registry
                .histogram_with("y_seconds", "Y", buckets)
                .unwrap_err();
            assert_eq!(
                error,
                Error::Buckets {
                    name: name("y_seconds")
                },
                "{buckets:?}"
            );
        }
        // A name that was refused for another reason is still free.
        registry.histogram("y_seconds", "Y").unwrap();
    }

    #[test]
    fn beyond_its_limit_a_family_folds_and_counts() {
        let registry = Registry::builder().series_limit(2).build().unwrap();
        let users = registry
            .counter_family("logins_total", "Logins", ["user"])
            .unwrap();
        for user in ["a", "b", "c", "d", "a", "c"] {
            users.with([user]).inc();
        }
        assert_eq!(users.series(), 3);
        let text = registry.text(Format::Text);
        for line in [
            "logins_total{user=\"a\"} 2.0",
            "logins_total{user=\"b\"} 1.0",
            "logins_total{user=\"other\"} 3.0",
            "metrics_series_folded_total{metric=\"logins_total\"} 3.0",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in {text}");
        }
        assert_eq!(
            text.lines()
                .filter(|line| line.starts_with("logins_total"))
                .count(),
            3
        );
    }
}
