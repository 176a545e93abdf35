//! The native module `argand_client._native`: metrics, request tracking and pushing of the Rust
//! library, as classes of Python.
//!
//! In come Python values, out go the library's handles behind classes; a metric that cannot be
//! made is a `MetricError`, a push that failed a `PushError`. Nothing here knows a web framework:
//! the package's Python code does. While a push waits, other threads of Python run.

mod batch;
mod metrics;
mod registry;
mod requests;

use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

create_exception!(
    _native,
    MetricError,
    PyValueError,
    "A metric cannot be made: the message names the rule and the remedy."
);
create_exception!(
    _native,
    PushError,
    PyRuntimeError,
    "The gateway did not take the metrics."
);

/// The error of Python for one of the library.
fn metric_error(error: argand_client::Error) -> PyErr {
    MetricError::new_err(error.to_string())
}

/// The native module.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("MetricError", module.py().get_type::<MetricError>())?;
    module.add("PushError", module.py().get_type::<PushError>())?;
    module.add("LATENCY_BUCKETS", argand_client::LATENCY_BUCKETS)?;
    module.add_class::<registry::Registry>()?;
    module.add_class::<metrics::Counter>()?;
    module.add_class::<metrics::Gauge>()?;
    module.add_class::<metrics::Histogram>()?;
    module.add_class::<metrics::CounterFamily>()?;
    module.add_class::<metrics::GaugeFamily>()?;
    module.add_class::<metrics::HistogramFamily>()?;
    module.add_class::<requests::RequestMetrics>()?;
    module.add_class::<requests::Request>()?;
    module.add_class::<batch::BatchJob>()
}
