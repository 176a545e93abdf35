//! What is counted of routes beside their requests: of `/metrics` itself and of `/federate`.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use model::instrument::{Counter, Gauge};
use model::{Family, FamilyKind};
use parking_lot::Mutex;

/// Codes that upstream shows from the beginning.
const CODES: [u16; 3] = [200, 500, 503];

/// Counts of one face.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Answers of `/metrics` by status.
    told: Mutex<BTreeMap<u16, u64>>,
    telling: Gauge,
    pub(crate) federation_failures: Counter,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            told: Mutex::new(CODES.map(|code| (code, 0)).into()),
            telling: Gauge::new(),
            federation_failures: Counter::new(),
        }
    }
}

impl Tally {
    /// An answer of `/metrics` begins.
    pub(crate) fn begin(&self) {
        self.telling.add(1.0);
    }

    /// It has ended.
    pub(crate) fn end(&self, status: StatusCode) {
        self.telling.add(-1.0);
        *self.told.lock().entry(status.as_u16()).or_default() += 1;
    }

    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        let mut told = Family::new(
            "promhttp_metric_handler_requests_total",
            "Total number of scrapes by HTTP status code.",
            FamilyKind::Counter,
        );
        for (code, count) in self.told.lock().iter() {
            told.push([("code", code.to_string())], *count as f64);
        }
        families.extend([
            told,
            Family::gauge(
                "promhttp_metric_handler_requests_in_flight",
                "Current number of scrapes being served.",
                self.telling.get(),
            ),
            Family::counter(
                "prometheus_web_federation_errors_total",
                "Total number of errors that occurred while sending federation responses.",
                self.federation_failures.get() as f64,
            ),
            // Nothing of what federation selects gives a warning.
            Family::counter(
                "prometheus_web_federation_warnings_total",
                "Total number of warnings that occurred while sending federation responses.",
                0.0,
            ),
        ]);
    }
}
