//! What the receiver says of itself.

use contract::Gather;
use model::Family;
use model::instrument::Counter;

use super::RemoteWrite;
use crate::refuse::{Refused, Written};

#[derive(Default)]
pub(super) struct Metrics {
    samples: Counter,
    histograms: Counter,
    exemplars: Counter,
    refused: Counter,
    pub(super) invalid: Counter,
}

impl Metrics {
    pub(super) fn count(&self, outcome: &Result<Written, Refused>) {
        let written = match outcome {
            Ok(written) => written,
            Err(refused) => {
                self.refused.inc();
                tracing::debug!(reason = %refused.reason, "a write request was refused");
                &refused.written
            }
        };
        self.samples.add(written.samples as u64);
        self.histograms.add(written.histograms as u64);
        self.exemplars.add(written.exemplars as u64);
    }
}

impl Gather for RemoteWrite {
    fn gather(&self, families: &mut Vec<Family>) {
        let metrics = &self.metrics;
        for (name, help, counter) in [
            (
                "prometheus_api_remote_write_invalid_labels_samples_total",
                "Total number of received samples whose labels could not be stored.",
                &metrics.invalid,
            ),
            (
                "argand_remote_write_received_samples_total",
                "Total number of samples stored from remote write.",
                &metrics.samples,
            ),
            (
                "argand_remote_write_received_histograms_total",
                "Total number of native histograms stored from remote write.",
                &metrics.histograms,
            ),
            (
                "argand_remote_write_received_exemplars_total",
                "Total number of exemplars received by remote write.",
                &metrics.exemplars,
            ),
            (
                "argand_remote_write_refused_requests_total",
                "Total number of write requests that were refused, in whole or in part.",
                &metrics.refused,
            ),
        ] {
            families.push(Family::counter(name, help, counter.get() as f64));
        }
    }
}
