//! Mechanisms that ask at intervals: the loop around them all.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use contract::TargetGroup;
use model::Labels;
use tokio::time::{Instant, sleep, sleep_until};

use crate::ask::AskError;
use crate::mechanism::{Mechanism, Publisher, Running};
use crate::metrics::{Metrics, Refreshes};

/// Most targets of one section; more is a mistake in its filters.
const MAX_TARGETS: usize = 500_000;
/// How long a job waits for the first answer of one of its mechanisms.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// Shortest time between two questions.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// Whoever can tell all targets when asked.
pub(crate) trait Source: Send + 'static {
    /// The word for it in metrics and logs.
    const NAME: &'static str;

    /// All targets as of now.
    fn refresh(&mut self) -> impl Future<Output = Result<Vec<TargetGroup>, AskError>> + Send;
}

/// A source that is asked at intervals.
pub(crate) struct Polled<S> {
    pub(crate) source: S,
    pub(crate) interval: Duration,
    pub(crate) metrics: Arc<Metrics>,
}

impl<S: Source> Mechanism for Polled<S> {
    fn run(self: Box<Self>, publisher: Publisher) -> Running {
        Box::pin(self.poll(publisher))
    }
}

impl<S: Source> Polled<S> {
    async fn poll(mut self, publisher: Publisher) {
        let refreshes = Refreshes::new(&self.metrics, S::NAME, publisher.job());
        let mut answered = false;
        loop {
            let began = Instant::now();
            let asked = self.source.refresh();
            tokio::pin!(asked);
            let outcome = loop {
                tokio::select! {
                    outcome = &mut asked => break outcome,
                    // The job's other mechanisms need not wait for a slow server.
                    () = sleep_until(began + PATIENCE), if !answered => {
                        publisher.replace(Vec::new());
                        answered = true;
                    }
                }
            };
            refreshes.took(began.elapsed());
            match outcome.and_then(bounded) {
                Ok(groups) => {
                    publisher.replace(groups.into_iter().map(Arc::new).collect());
                    answered = true;
                }
                Err(error) => {
                    refreshes.failed();
                    let (job, mechanism) = (publisher.job(), S::NAME);
                    tracing::error!(job, mechanism, %error, "targets not refreshed; the last good answer stays");
                    if !answered {
                        publisher.replace(Vec::new());
                        answered = true;
                    }
                }
            }
            sleep(self.interval.max(MIN_INTERVAL)).await;
        }
    }
}

/// Refuses what is too much.
fn bounded(groups: Vec<TargetGroup>) -> Result<Vec<TargetGroup>, AskError> {
    let count: usize = groups.iter().map(|group| group.targets.len()).sum();
    if count > MAX_TARGETS {
        return Err(AskError::Other(format!(
            "{count} targets, more than {MAX_TARGETS}; narrow what is listed"
        )));
    }
    Ok(groups)
}

/// The only group of a source that knows no others.
pub(crate) fn one_group(source: &str, targets: Vec<Labels>) -> Vec<TargetGroup> {
    vec![TargetGroup {
        source: source.to_owned(),
        labels: Labels::empty(),
        targets,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_targets_are_refused() {
        let target = Labels::from_pairs([("__address__", "a:1")]);
        let groups = |count| one_group("x", vec![target.clone(); count]);
        assert!(bounded(groups(MAX_TARGETS)).is_ok());
        let error = bounded(groups(MAX_TARGETS + 1)).expect_err("too many");
        assert!(error.to_string().contains("more than 500000"), "{error}");
    }
}
