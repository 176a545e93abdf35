//! Slow queries, named in the program's own log.

use std::time::Duration;

use promql::{QueryObserver, QueryRecord};
use serde_json::Value;

use super::record;

/// Warns of queries that took at least so long, waiting included.
pub(crate) struct SlowQueries {
    threshold: Duration,
}

impl SlowQueries {
    /// What is slow.
    pub(crate) fn new(threshold: Duration) -> Self {
        Self { threshold }
    }
}

impl QueryObserver for SlowQueries {
    fn began(&self, _: usize, _: &str) {}

    fn left(&self, _: usize) {}

    fn ended(&self, query: &QueryRecord<'_>) {
        let stats = query.stats;
        let took = stats.queue_time + stats.prepare_time + stats.eval_time;
        if took < self.threshold {
            return;
        }
        let fields = record::fields(query);
        let field = |name: &str| fields.get(name).map(Value::to_string).unwrap_or_default();
        tracing::warn!(
            seconds = took.as_secs_f64(),
            params = field("params"),
            stats = field("stats"),
            error = field("error"),
            httpRequest = field("httpRequest"),
            "slow query"
        );
    }
}
