//! What a push gateway says of itself, beside the counts of requests, which who serves it keeps.

use contract::Gather;
use model::Family;
use model::instrument::Counter;

use crate::gateway::Pushgateway;

/// Counts over the life of the process.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) taken: Counter,
    pub(crate) refused: Counter,
    pub(crate) expired: Counter,
    pub(crate) not_stored: Counter,
}

impl Gather for Pushgateway {
    fn gather(&self, families: &mut Vec<Family>) {
        let held = self.held();
        let counts = self.counts();
        let count = |name: &str, help: &str, counter: &Counter| {
            Family::counter(name, help, counter.get() as f64)
        };
        families.extend([
            Family::gauge(
                "pushgateway_groups",
                "Groups of metrics that are held.",
                held.groups as f64,
            ),
            Family::gauge(
                "pushgateway_series",
                "Series of all groups.",
                held.series as f64,
            ),
            Family::gauge(
                "pushgateway_log_bytes",
                "Bytes of the log of pushes since its last checkpoint.",
                held.log_bytes as f64,
            ),
            Family::gauge(
                "pushgateway_log_checkpoint_bytes",
                "Bytes of the last checkpoint of the log of pushes.",
                held.checkpoint_bytes as f64,
            ),
            count(
                "pushgateway_pushes_total",
                "Pushes that were taken.",
                &counts.taken,
            ),
            count(
                "pushgateway_pushes_refused_total",
                "Pushes that contradicted what is held, or were too many.",
                &counts.refused,
            ),
            count(
                "pushgateway_groups_expired_total",
                "Groups that ended with their time to live.",
                &counts.expired,
            ),
            count(
                "pushgateway_samples_not_stored_total",
                "Samples of pushed metrics that the store of samples would not take.",
                &counts.not_stored,
            ),
        ]);
    }
}
