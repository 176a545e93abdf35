//! Batch jobs.

use std::time::Duration;

use argand_client::batch::{BatchError, BatchJobMetrics};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::registry::Registry;
use crate::{PushError, metric_error};

/// The metrics of one job, for the package's own class.
#[pyclass(frozen, module = "argand_client")]
pub(crate) struct BatchJob(BatchJobMetrics);

#[pymethods]
impl BatchJob {
    /// Of a job, at a gateway; times are in seconds.
    #[new]
    #[pyo3(signature = (job, address, grouping, bearer_token, certificate_authority, timeout, deadline, registry))]
    #[expect(
        clippy::too_many_arguments,
        reason = "called in one place, which names them"
    )]
    fn new(
        job: &str,
        address: &str,
        grouping: Vec<(String, String)>,
        bearer_token: Option<&str>,
        certificate_authority: Option<&[u8]>,
        timeout: f64,
        deadline: f64,
        registry: &Registry,
    ) -> PyResult<Self> {
        let mut builder = BatchJobMetrics::builder(job, address)
            .attempt_timeout(seconds(timeout)?)
            .deadline(seconds(deadline)?)
            .registry(&registry.0);
        for (label, value) in &grouping {
            builder = builder.grouping(label, value);
        }
        if let Some(token) = bearer_token {
            builder = builder.bearer_token(token);
        }
        if let Some(pem) = certificate_authority {
            builder = builder.certificate_authority(pem);
        }
        builder.build().map(Self).map_err(|error| match error {
            BatchError::Metric(error) => metric_error(error),
            other => PyValueError::new_err(other.to_string()),
        })
    }

    /// The job took so many seconds.
    fn record_duration(&self, taken: f64) -> PyResult<()> {
        self.0.record_duration(seconds(taken)?);
        Ok(())
    }

    /// The job ended well, now.
    fn record_success(&self) {
        self.0.record_success();
    }

    /// The job met an error of this type.
    fn record_error(&self, error_type: &str) {
        self.0.record_error(error_type);
    }

    /// The job processed so many records of this type.
    fn record_records(&self, count: u64, record_type: &str) {
        self.0.record_records(record_type, count);
    }

    /// Replaces the group at the gateway.
    fn push(&self, python: Python<'_>) -> PyResult<()> {
        python.detach(|| self.0.push_blocking()).map_err(failed)
    }

    /// Replaces the metrics of the same names.
    fn push_add(&self, python: Python<'_>) -> PyResult<()> {
        python.detach(|| self.0.push_add_blocking()).map_err(failed)
    }

    /// Removes the group.
    fn delete(&self, python: Python<'_>) -> PyResult<()> {
        python.detach(|| self.0.delete_blocking()).map_err(failed)
    }
}

/// A length of time that is one.
fn seconds(value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|error| PyValueError::new_err(format!("{value} seconds: {error}")))
}

fn failed(error: BatchError) -> PyErr {
    PushError::new_err(error.to_string())
}
