//! The registry.

use argand_client::naming::Rules;
use argand_client::{LATENCY_BUCKETS, SERIES_LIMIT, serve};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::metric_error;
use crate::metrics::{
    Counter, CounterFamily, Gauge, GaugeFamily, Histogram, HistogramFamily, Series,
};

/// The metrics of a process.
#[pyclass(frozen, module = "argand_client")]
pub(crate) struct Registry(pub(crate) argand_client::Registry);

#[pymethods]
impl Registry {
    /// An empty one. `labels` are on every series; `strict` asks for the rules of names;
    /// `series_limit` bounds each family.
    #[new]
    #[pyo3(signature = (labels = None, *, strict = true, series_limit = SERIES_LIMIT))]
    fn new(
        labels: Option<&Bound<'_, PyDict>>,
        strict: bool,
        series_limit: usize,
    ) -> PyResult<Self> {
        let rules = if strict { Rules::Strict } else { Rules::Format };
        let mut builder = argand_client::Registry::builder()
            .rules(rules)
            .series_limit(series_limit);
        for (name, value) in labels.into_iter().flatten() {
            builder = builder.label(
                name.str()?.to_cow()?.as_ref(),
                value.str()?.to_cow()?.as_ref(),
            );
        }
        builder.build().map(Self).map_err(metric_error)
    }

    /// A counter, or with labels a family of them.
    #[pyo3(signature = (name, help, labels = None))]
    fn counter(
        &self,
        python: Python<'_>,
        name: &str,
        help: &str,
        labels: Option<Vec<String>>,
    ) -> PyResult<Py<PyAny>> {
        match named(labels) {
            None => {
                let metric = self.0.counter(name, help).map_err(metric_error)?;
                Ok(Py::new(python, Counter(metric))?.into_any())
            }
            Some(labels) => {
                let series = Series::new(&self.0, name, help, labels, &[])?;
                Ok(Py::new(python, CounterFamily(series))?.into_any())
            }
        }
    }

    /// A gauge, or with labels a family of them.
    #[pyo3(signature = (name, help, labels = None))]
    fn gauge(
        &self,
        python: Python<'_>,
        name: &str,
        help: &str,
        labels: Option<Vec<String>>,
    ) -> PyResult<Py<PyAny>> {
        match named(labels) {
            None => {
                let metric = self.0.gauge(name, help).map_err(metric_error)?;
                Ok(Py::new(python, Gauge(metric))?.into_any())
            }
            Some(labels) => {
                let series = Series::new(&self.0, name, help, labels, &[])?;
                Ok(Py::new(python, GaugeFamily(series))?.into_any())
            }
        }
    }

    /// A histogram, or with labels a family of them; with the buckets for latencies when none are
    /// given.
    #[pyo3(signature = (name, help, labels = None, buckets = None))]
    fn histogram(
        &self,
        python: Python<'_>,
        name: &str,
        help: &str,
        labels: Option<Vec<String>>,
        buckets: Option<Vec<f64>>,
    ) -> PyResult<Py<PyAny>> {
        let buckets = buckets.as_deref().unwrap_or(&LATENCY_BUCKETS);
        match named(labels) {
            None => {
                let metric = self.0.histogram_with(name, help, buckets);
                Ok(Py::new(python, Histogram(metric.map_err(metric_error)?))?.into_any())
            }
            Some(labels) => {
                let series = Series::new(&self.0, name, help, labels, buckets)?;
                Ok(Py::new(python, HistogramFamily(series))?.into_any())
            }
        }
    }

    /// Adds the metrics of the process: processor time, memory, file descriptors.
    fn add_process(&self) -> PyResult<()> {
        #[cfg(target_os = "linux")]
        argand_client::process::register(&self.0).map_err(metric_error)?;
        Ok(())
    }

    /// The `Content-Type` and body of an answer to a request with this `Accept` header.
    #[pyo3(signature = (accept = None))]
    fn answer(&self, accept: Option<&str>) -> (&'static str, String) {
        serve::answer(&self.0, accept)
    }

    /// All metrics in the text format 0.0.4.
    fn text(&self) -> String {
        self.0.text(argand_client::Format::Text)
    }
}

/// Labels, of which there is at least one.
fn named(labels: Option<Vec<String>>) -> Option<Vec<String>> {
    labels.filter(|labels| !labels.is_empty())
}
