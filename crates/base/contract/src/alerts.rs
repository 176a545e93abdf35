//! Alerts on their way: from rules to routing, from routing to receivers.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use model::{Alert, Labels};
use thiserror::Error;

/// Whoever hears of alerts: routing in this process, or other Alertmanagers.
pub trait AlertSink: Send + Sync {
    /// Takes alerts, firing and ended ones. Never waits: what cannot be taken is dropped and
    /// counted by the sink, and is said again with the next evaluation.
    fn send(&self, alerts: &[Alert]);
}

/// Whether anything of a notification still fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationStatus {
    /// At least one alert fires.
    Firing,
    /// All have ended.
    Resolved,
}

impl NotificationStatus {
    /// The word that templates and bodies have.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationReason {
    /// The group is told of for the first time.
    First,
    /// Alerts have joined the group since.
    NewAlerts,
    /// Some alerts of the group have ended since.
    NewlyResolved,
    /// All alerts of the group have ended.
    AllResolved,
    /// Nothing changed, and the repeat interval is over.
    Repeat,
}

/// What a receiver is told: one group of alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// The receiver's name.
    pub receiver: String,
    /// The group's name: the route's path and the group's labels. The same for all notifications
    /// of one group, so that receivers that replace earlier messages can tell.
    pub group_key: String,
    /// The labels the group was made by.
    pub group_labels: Labels,
    /// The labels of the route.
    pub route_labels: Labels,
    /// The alerts, firing and ended ones together, by job, instance, then all labels: the order that
    /// upstream sends them in.
    pub alerts: Vec<Alert>,
    /// Why it is sent.
    pub reason: NotificationReason,
    /// The moment it is made for, in milliseconds since the epoch: what has ended then is told as
    /// resolved.
    pub now: i64,
    /// Until when an attempt makes sense: the group's next turn. In milliseconds since the epoch.
    pub deadline: i64,
    /// Names what is told to whom: the same in every attempt, one of the next process among them
    /// where this one dies before it could note the receiver's answer; another one for whatever is
    /// told later. A receiver that knows it need not act twice.
    pub request_key: String,
}

impl Notification {
    /// Whether anything still fires.
    pub fn status(&self) -> NotificationStatus {
        if self
            .alerts
            .iter()
            .all(|alert| alert.is_resolved_at(self.now))
        {
            NotificationStatus::Resolved
        } else {
            NotificationStatus::Firing
        }
    }
}

/// Why an attempt to notify failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct NotifyError {
    /// What went wrong, without secrets.
    pub message: String,
    /// Whether another attempt may succeed.
    pub may_retry: bool,
    /// How long the receiver asked to be left alone.
    pub retry_after: Option<Duration>,
}

/// An attempt that is under way.
pub type NotifyFuture<'a> = Pin<Box<dyn Future<Output = Result<(), NotifyError>> + Send + 'a>>;

/// One integration of a receiver, such as its second webhook: makes one attempt when asked.
/// Whoever asks decides on attempts after that.
pub trait Notify: Send + Sync {
    /// The kind, as metrics and the notification log name it: `slack`, `email`, ….
    fn kind(&self) -> &'static str;

    /// Which of its kind within the receiver, from 0.
    fn index(&self) -> usize;

    /// Whether it is also told that alerts have ended.
    fn sends_resolved(&self) -> bool;

    /// What has to be remembered of a group that was told of, beyond the life of this value: such
    /// as where the message is that the next one replaces. Asked after each success.
    fn memory(&self, _group_key: &str) -> Option<String> {
        None
    }

    /// What an earlier integration at this place had to remember of a group.
    fn recall(&self, _group_key: &str, _memory: &str) {}

    /// One attempt. Ends by itself within the receiver's own timeout.
    fn notify<'a>(&'a self, notification: &'a Notification) -> NotifyFuture<'a>;
}
