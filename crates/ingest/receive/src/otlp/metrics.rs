//! What the receiver says of itself.

use contract::Gather;
use model::Family;
use model::instrument::Counter;

use super::{Accepted, Otlp};
use crate::refuse::Refused;

#[derive(Default)]
pub(super) struct Metrics {
    samples: Counter,
    histograms: Counter,
    exemplars: Counter,
    lost: Counter,
    refused: Counter,
}

impl Metrics {
    pub(super) fn count(&self, outcome: &Result<Accepted, Refused>) {
        let written = match outcome {
            Ok(accepted) => {
                self.lost.add(accepted.lost as u64);
                if accepted.lost > 0 {
                    tracing::debug!(lost = accepted.lost, reason = %accepted.reason, "points of an OTLP request mean no series");
                }
                &accepted.written
            }
            Err(refused) => {
                self.refused.inc();
                tracing::debug!(reason = %refused.reason, "an OTLP request was refused");
                &refused.written
            }
        };
        self.samples.add(written.samples as u64);
        self.histograms.add(written.histograms as u64);
        self.exemplars.add(written.exemplars as u64);
    }
}

impl Gather for Otlp {
    fn gather(&self, families: &mut Vec<Family>) {
        let metrics = &self.metrics;
        for (name, help, counter) in [
            (
                "argand_otlp_received_samples_total",
                "Total number of samples stored from OTLP.",
                &metrics.samples,
            ),
            (
                "argand_otlp_received_histograms_total",
                "Total number of native histograms stored from OTLP.",
                &metrics.histograms,
            ),
            (
                "argand_otlp_received_exemplars_total",
                "Total number of exemplars received by OTLP.",
                &metrics.exemplars,
            ),
            (
                "argand_otlp_lost_points_total",
                "Total number of points that mean no series, in requests of which the rest was stored.",
                &metrics.lost,
            ),
            (
                "argand_otlp_refused_requests_total",
                "Total number of OTLP requests that were refused, in whole or in part.",
                &metrics.refused,
            ),
        ] {
            families.push(Family::counter(name, help, counter.get() as f64));
        }
    }
}
