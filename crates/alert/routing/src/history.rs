//! What happened: alerts that began and ended, and notifications that were sent or not.

use std::collections::VecDeque;

use contract::NotificationReason;
use model::Labels;

use crate::codec::{self, Bytes};

/// An alert has begun or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// In milliseconds since the epoch.
    pub at: i64,
    /// Who it is.
    pub labels: Labels,
    /// Whether it began; else it ended.
    pub firing: bool,
}

/// An attempt to tell an integration of a group has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// The receiver's name.
    pub receiver: String,
    /// The integration's kind, such as `webhook`.
    pub kind: String,
    /// Which of its kind within the receiver.
    pub index: u64,
    /// The group's name.
    pub group_key: String,
    /// Why.
    pub reason: NotificationReason,
    /// How many alerts fired.
    pub firing: u64,
    /// How many had ended.
    pub resolved: u64,
    /// How many attempts were made.
    pub attempts: u64,
    /// What went wrong at last; empty where the receiver took it.
    pub error: String,
}

/// The last events and deliveries, as many as the limit says of each.
pub(crate) struct History {
    limit: usize,
    alerts: VecDeque<AlertEvent>,
    deliveries: VecDeque<Delivery>,
}

impl History {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            alerts: VecDeque::new(),
            deliveries: VecDeque::new(),
        }
    }

    pub(crate) fn alert(&mut self, event: AlertEvent) {
        push(&mut self.alerts, event, self.limit);
    }

    pub(crate) fn delivery(&mut self, delivery: Delivery) {
        push(&mut self.deliveries, delivery, self.limit);
    }

    /// Oldest first.
    pub(crate) fn alerts(&self) -> impl DoubleEndedIterator<Item = &AlertEvent> {
        self.alerts.iter()
    }

    /// Oldest first.
    pub(crate) fn deliveries(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.deliveries.iter()
    }
}

fn push<T>(list: &mut VecDeque<T>, entry: T, limit: usize) {
    while list.len() >= limit.max(1) {
        list.pop_front();
    }
    list.push_back(entry);
}

const REASONS: [NotificationReason; 5] = [
    NotificationReason::First,
    NotificationReason::NewAlerts,
    NotificationReason::NewlyResolved,
    NotificationReason::AllResolved,
    NotificationReason::Repeat,
];

impl AlertEvent {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        codec::put_signed(out, self.at);
        codec::put_labels(out, &self.labels);
        out.push(u8::from(self.firing));
    }

    pub(crate) fn decode(bytes: &mut Bytes<'_>) -> Option<Self> {
        Some(Self {
            at: bytes.signed()?,
            labels: bytes.labels()?,
            firing: bytes.byte()? == 1,
        })
    }
}

impl Delivery {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        codec::put_signed(out, self.at);
        for text in [&self.receiver, &self.kind, &self.group_key, &self.error] {
            codec::put_text(out, text);
        }
        let reason = REASONS.iter().position(|reason| *reason == self.reason);
        codec::put_number(out, reason.unwrap_or_default() as u64);
        for number in [self.index, self.firing, self.resolved, self.attempts] {
            codec::put_number(out, number);
        }
    }

    pub(crate) fn decode(bytes: &mut Bytes<'_>) -> Option<Self> {
        let at = bytes.signed()?;
        let mut text = || Some(bytes.text()?.to_owned());
        let (receiver, kind, group_key, error) = (text()?, text()?, text()?, text()?);
        let reason = usize::try_from(bytes.number()?).ok()?;
        Some(Self {
            at,
            receiver,
            kind,
            group_key,
            error,
            reason: *REASONS.get(reason)?,
            index: bytes.number()?,
            firing: bytes.number()?,
            resolved: bytes.number()?,
            attempts: bytes.number()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entries_go_first() {
        let mut history = History::new(2);
        for at in 0..5 {
            let labels = Labels::empty();
            history.alert(AlertEvent {
                at,
                labels,
                firing: true,
            });
        }
        let kept: Vec<i64> = history.alerts().map(|event| event.at).collect();
        assert_eq!(kept, [3, 4]);
    }
}
