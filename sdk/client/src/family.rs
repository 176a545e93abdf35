//! A metric with labels: one series for every set of label values, within a bound.

use std::fmt;
use std::sync::{Arc, OnceLock};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;

use crate::metric::{Counter, Metric, Settings};
use crate::table::{Found, Table};

/// Makes the counter of what was folded, when the first thing is.
pub(crate) type FoldedCounter = Box<dyn Fn() -> Counter + Send + Sync>;

/// A metric with `N` labels; a handle, cheap to clone.
///
/// A label whose values come from outside (a path, a user) would make a series for each of them,
/// until the server that stores them falls over. A family therefore has a bound (see
/// [`Builder::series_limit`](crate::Builder::series_limit)); beyond it everything new goes to the
/// series whose labels are all `other`, and `metrics_series_folded_total{metric="…"}` counts it.
///
/// ```
/// # let registry = argand_client::Registry::new();
/// let orders = registry.counter_family("orders_total", "Orders taken", ["kind"])?;
/// orders.with(["book"]).inc();
/// # assert_eq!(orders.with(["book"]).get(), 1.0);
/// # Ok::<(), argand_client::Error>(())
/// ```
#[derive(Clone)]
pub struct Family<M, const N: usize>(Arc<Inner<M, N>>);

struct Inner<M, const N: usize> {
    names: [String; N],
    table: Table<N, M>,
    settings: Settings,
    folded: OnceLock<Counter>,
    count_folded: FoldedCounter,
}

impl<M: Metric, const N: usize> Family<M, N> {
    pub(crate) fn new(
        names: [String; N],
        settings: Settings,
        limit: usize,
        count_folded: FoldedCounter,
    ) -> Self {
        Self(Arc::new(Inner {
            names,
            table: Table::new(limit),
            settings,
            folded: OnceLock::new(),
            count_folded,
        }))
    }

    /// The series of these label values, in the order of the labels' names; made at nought if it
    /// is new. Keep it where the values are always the same: that saves looking it up.
    #[must_use]
    pub fn with(&self, values: [&str; N]) -> M {
        self.find(values).value
    }

    /// The same, and whether it was folded; whoever keeps what was, hides it from the count.
    pub(crate) fn find(&self, values: [&str; N]) -> Found<M> {
        let inner = &*self.0;
        let found = inner.table.get(values, |_| M::make(&inner.settings));
        if found.folded {
            inner.folded.get_or_init(|| (inner.count_folded)()).inc();
        }
        found
    }

    /// How many series there are now.
    #[must_use]
    pub fn series(&self) -> usize {
        self.0.table.len()
    }
}

impl<M, const N: usize> fmt::Debug for Family<M, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("labels", &self.0.names)
            .field("table", &self.0.table)
            .finish_non_exhaustive()
    }
}

impl<M: Metric, const N: usize> EncodeMetric for Family<M, N> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let all = self.0.table.sorted();
        if N == 0 {
            // Without labels there are no braces.
            return all
                .first()
                .map_or(Ok(()), |(_, metric)| metric.encode(encoder));
        }
        for (values, metric) in all {
            let labels: Vec<(&str, &str)> = self
                .0
                .names
                .iter()
                .zip(values.iter())
                .map(|(name, value)| (name.as_str(), &**value))
                .collect();
            metric.encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        M::KIND.raw()
    }

    fn is_empty(&self) -> bool {
        self.0.table.len() == 0
    }
}

/// One metric without labels, as the registry keeps it.
#[derive(Debug)]
pub(crate) struct Single<M>(pub(crate) M);

impl<M: Metric> EncodeMetric for Single<M> {
    fn encode(&self, encoder: MetricEncoder<'_>) -> fmt::Result {
        self.0.encode(encoder)
    }

    fn metric_type(&self) -> MetricType {
        M::KIND.raw()
    }
}
