//! What all kinds have in common: their place in the receiver, and the time an attempt may take.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use contract::{Notification, Notify, NotifyError, NotifyFuture};

use crate::error::{passing, while_doing};
use crate::told::{Texts, Told};

/// An attempt takes no longer than this where neither the receiver nor the group's next turn says
/// so: longer than any vendor's own time limit.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(300);

/// One way of telling somebody.
pub(crate) trait Kind: Send + Sync + 'static {
    /// As metrics and the notification log name it.
    const NAME: &'static str;

    /// `send_resolved`.
    fn sends_resolved(&self) -> bool;

    /// The receiver's own time limit; zero where it has none.
    fn timeout(&self) -> Duration {
        Duration::ZERO
    }

    /// What has to be remembered of a group's message; see [`Notify::memory`].
    fn memory(&self, _group_key: &str) -> Option<String> {
        None
    }

    /// What was remembered; see [`Notify::recall`].
    fn recall(&self, _group_key: &str, _memory: &str) {}

    /// One attempt, without a time limit.
    fn attempt<'a>(
        &'a self,
        told: &'a Told<'a>,
    ) -> impl Future<Output = Result<(), NotifyError>> + Send + 'a;
}

/// A kind at its place in a receiver.
pub(crate) struct Integration<K> {
    pub(crate) kind: K,
    pub(crate) index: usize,
    pub(crate) texts: Arc<Texts>,
}

impl<K: Kind> Notify for Integration<K> {
    fn kind(&self) -> &'static str {
        K::NAME
    }

    fn index(&self) -> usize {
        self.index
    }

    fn sends_resolved(&self) -> bool {
        self.kind.sends_resolved()
    }

    fn memory(&self, group_key: &str) -> Option<String> {
        self.kind.memory(group_key)
    }

    fn recall(&self, group_key: &str, memory: &str) {
        self.kind.recall(group_key, memory);
    }

    fn notify<'a>(&'a self, notification: &'a Notification) -> NotifyFuture<'a> {
        Box::pin(async move {
            let own = self.kind.timeout();
            let limit = time_limit(own, notification);
            let notification = with_route_labels(&self.texts, notification)?;
            let told = Told::new(&self.texts, &notification);
            match tokio::time::timeout(limit, self.kind.attempt(&told)).await {
                Ok(outcome) => outcome,
                Err(_) if limit == own => Err(passing(format!(
                    "context deadline exceeded: configured {} timeout reached ({own:?})",
                    K::NAME
                ))),
                Err(_) => Err(passing(
                    "context deadline exceeded: the group's next turn has come",
                )),
            }
        })
    }
}

/// The notification with the labels of its route expanded: in the file their values are templates.
fn with_route_labels<'a>(
    texts: &Texts,
    notification: &'a Notification,
) -> Result<Cow<'a, Notification>, NotifyError> {
    let written = &notification.route_labels;
    if !written.iter().any(|(_, value)| value.contains("{{")) {
        return Ok(Cow::Borrowed(notification));
    }
    let told = Told::new(texts, notification);
    let mut labels = written.to_builder();
    for (name, value) in written.iter() {
        let value = told
            .text(value)
            .map_err(while_doing(&format!("label {name:?} of the route")))?;
        labels.set(name, &value);
    }
    let route_labels = labels.build();
    Ok(Cow::Owned(Notification {
        route_labels,
        ..notification.clone()
    }))
}

/// The least of the receiver's own limit and the time to the group's next turn.
fn time_limit(own: Duration, notification: &Notification) -> Duration {
    let turn = notification.deadline.saturating_sub(notification.now);
    let turn = u64::try_from(turn)
        .ok()
        .filter(|millis| *millis > 0)
        .map_or(LONGEST_ATTEMPT, Duration::from_millis);
    if own.is_zero() { turn } else { own.min(turn) }
}
