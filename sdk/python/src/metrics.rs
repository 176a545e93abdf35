//! Counters, gauges and histograms, and families of them.

use argand_client::{Family, Metric};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// Finds the series of label values, of which there are as many as names.
type Find<M> = Box<dyn Fn(&[&str]) -> Option<M> + Send + Sync>;

/// A family whose number of labels is known when the program runs.
pub(crate) struct Series<M> {
    names: Vec<String>,
    find: Find<M>,
}

/// Most labels of a metric: more make no series that anybody reads.
const MAX_LABELS: usize = 8;

impl<M: Metric> Series<M> {
    /// Makes the family.
    pub(crate) fn new(
        registry: &argand_client::Registry,
        name: &str,
        help: &str,
        labels: Vec<String>,
        buckets: &[f64],
    ) -> PyResult<Self> {
        let names: Vec<&str> = labels.iter().map(String::as_str).collect();
        let of = |names: &[&str]| match names.len() {
            1 => fixed::<M, 1>(registry, name, help, names, buckets),
            2 => fixed::<M, 2>(registry, name, help, names, buckets),
            3 => fixed::<M, 3>(registry, name, help, names, buckets),
            4 => fixed::<M, 4>(registry, name, help, names, buckets),
            5 => fixed::<M, 5>(registry, name, help, names, buckets),
            6 => fixed::<M, 6>(registry, name, help, names, buckets),
            7 => fixed::<M, 7>(registry, name, help, names, buckets),
            MAX_LABELS => fixed::<M, MAX_LABELS>(registry, name, help, names, buckets),
            many => Err(crate::MetricError::new_err(format!(
                "metric {name}: has {many} labels: between 1 and {MAX_LABELS} are possible"
            ))),
        };
        let find = of(&names)?;
        Ok(Self {
            names: labels,
            find,
        })
    }

    /// The series of values, given in order or by name.
    fn get(&self, values: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<M> {
        let count = values.len() + named.map_or(0, |named| named.len());
        let mut texts: Vec<Bound<'_, PyString>> = Vec::with_capacity(self.names.len());
        for value in values {
            texts.push(value.str()?);
        }
        if let Some(named) = named {
            for name in self.names.iter().skip(values.len()) {
                if let Some(value) = named.get_item(name)? {
                    texts.push(value.str()?);
                }
            }
        }
        if texts.len() != self.names.len() || count != self.names.len() {
            return Err(PyValueError::new_err(format!(
                "labels are {}: give each a value, in this order or by name",
                self.names.join(", ")
            )));
        }
        let texts = texts
            .iter()
            .map(|text| text.to_cow())
            .collect::<PyResult<Vec<_>>>()?;
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        (self.find)(&texts).ok_or_else(|| PyValueError::new_err("wrong number of labels"))
    }
}

/// The family of `N` labels.
fn fixed<M: Metric, const N: usize>(
    registry: &argand_client::Registry,
    name: &str,
    help: &str,
    labels: &[&str],
    buckets: &[f64],
) -> PyResult<Find<M>> {
    let labels: [&str; N] = labels.try_into().map_err(|_| {
        crate::MetricError::new_err(format!("metric {name}: wrong number of labels"))
    })?;
    let family: Family<M, N> = registry
        .family(name, help, labels, buckets)
        .map_err(crate::metric_error)?;
    Ok(Box::new(move |values| {
        values.try_into().ok().map(|values| family.with(values))
    }))
}

/// A number that only goes up.
#[pyclass(frozen, module = "argand_client")]
pub(crate) struct Counter(pub(crate) argand_client::Counter);

#[pymethods]
impl Counter {
    /// So much more; nothing for an amount that is negative or not finite.
    #[pyo3(signature = (amount = 1.0))]
    fn inc(&self, amount: f64) {
        self.0.inc_by(amount);
    }

    /// Where it stands.
    #[getter]
    fn value(&self) -> f64 {
        self.0.get()
    }
}

/// A number that goes up and down.
#[pyclass(frozen, module = "argand_client")]
pub(crate) struct Gauge(pub(crate) argand_client::Gauge);

#[pymethods]
impl Gauge {
    /// Sets it.
    fn set(&self, value: f64) {
        self.0.set(value);
    }

    /// Sets it to the seconds since 1970.
    fn set_to_current_time(&self) {
        self.0.set_to_now();
    }

    /// So much more.
    #[pyo3(signature = (amount = 1.0))]
    fn inc(&self, amount: f64) {
        self.0.add(amount);
    }

    /// So much less.
    #[pyo3(signature = (amount = 1.0))]
    fn dec(&self, amount: f64) {
        self.0.add(-amount);
    }

    /// Where it stands.
    #[getter]
    fn value(&self) -> f64 {
        self.0.get()
    }
}

/// Observations counted in buckets.
#[pyclass(frozen, module = "argand_client")]
pub(crate) struct Histogram(pub(crate) argand_client::Histogram);

#[pymethods]
impl Histogram {
    /// Counts one value; nothing for what is no number. `trace_id` is its exemplar.
    #[pyo3(signature = (value, trace_id = None))]
    fn observe(&self, value: f64, trace_id: Option<&str>) {
        match trace_id.and_then(argand_client::TraceId::parse) {
            Some(trace) => self.0.observe_in(value, trace),
            None => self.0.observe(value),
        }
    }
}

/// The class of a family whose series are of another class.
macro_rules! family {
    ($(#[$doc:meta])* $family:ident, $series:ident) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "argand_client")]
        pub(crate) struct $family(pub(crate) Series<argand_client::$series>);

        #[pymethods]
        impl $family {
            /// The series of these label values, in order or by name.
            #[pyo3(signature = (*values, **named))]
            fn labels(
                &self,
                values: &Bound<'_, PyTuple>,
                named: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<$series> {
                self.0.get(values, named).map($series)
            }
        }
    };
}

family!(
    /// Counters by labels.
    CounterFamily,
    Counter
);
family!(
    /// Gauges by labels.
    GaugeFamily,
    Gauge
);
family!(
    /// Histograms by labels.
    HistogramFamily,
    Histogram
);
