//! Acknowledgements: somebody has taken an alert on, so that nobody is reminded of it.
//!
//! An acknowledged alert stays what it is: it is shown, its end is told of, and alerts that join its
//! group are told of together with it. Only repetitions stop, as soon as every alert of the group
//! that fires is acknowledged.
//!
//! Invariant: an acknowledgement is about one time that an alert fired. It is over when the alert
//! has ended, whatever the alert does afterwards, or when its own time is over. It is remembered
//! until the alert has ended: other nodes of a cluster that know of an earlier one must learn that
//! it is over.

use std::collections::BTreeMap;

use model::{Alert, Labels, Matcher};
use thiserror::Error;

use crate::alerts::Alerts;
use crate::codec::{self, Bytes};
use crate::notification_log::Target;
use crate::record::Record;
use crate::service::{Routing, RoutingError};
use crate::state::State;
use crate::views::fits;

/// Bytes of an acknowledgement's author and comment together.
const MAX_TEXT_BYTES: usize = 8 << 10;

/// That somebody has taken an alert on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// Until when it holds at most, in milliseconds since the epoch; until the alert ends where
    /// nothing is said.
    pub until: Option<i64>,
    /// Who.
    pub by: String,
    /// What he has to say.
    pub comment: String,
}

/// Which alerts are taken on. All conditions must hold, and there must be one.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged {
    /// The alert with this number.
    pub fingerprint: Option<u64>,
    /// Alerts that all of these fit.
    pub matchers: Vec<Matcher>,
}

/// Why alerts were not acknowledged, or not given back.
#[derive(Debug, Error)]
pub enum AcknowledgeError {
    /// No such alert fires, or nobody has taken it on.
    #[error("no such alert")]
    NotFound,
    /// Neither an alert nor matchers are given.
    #[error("neither a fingerprint nor matchers are given: that would be every alert")]
    Everything,
    /// The time is over already.
    #[error("the acknowledgement would end before it begins")]
    Over,
    /// Author and comment are too long.
    #[error("author and comment take {bytes} bytes together (limit: {limit} bytes)")]
    TooLong {
        /// What they take.
        bytes: usize,
        /// What they may.
        limit: usize,
    },
    /// The log could not be written.
    #[error(transparent)]
    Store(#[from] RoutingError),
}

impl Acknowledgement {
    /// Whether it holds for an alert as it is now.
    fn holds(&self, alert: &Alert, now: i64) -> bool {
        self.concerns(alert, now) && self.until.is_none_or(|until| now < until)
    }

    /// Whether it is about the time that an alert fires now.
    fn concerns(&self, alert: &Alert, now: i64) -> bool {
        alert.starts_at <= self.at && !alert.is_resolved_at(now)
    }

    fn bytes(&self) -> usize {
        self.by.len() + self.comment.len()
    }

    /// The order in which those of one alert replace each other.
    fn rank(&self) -> (i64, Option<i64>, &str, &str) {
        (self.at, self.until, &self.by, &self.comment)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        codec::put_signed(out, self.at);
        codec::put_signed(out, self.until.unwrap_or(i64::MAX));
        codec::put_text(out, &self.by);
        codec::put_text(out, &self.comment);
    }

    pub(crate) fn decode(bytes: &mut Bytes<'_>) -> Option<Self> {
        Some(Self {
            at: bytes.signed()?,
            until: Some(bytes.signed()?).filter(|until| *until != i64::MAX),
            by: bytes.text()?.to_owned(),
            comment: bytes.text()?.to_owned(),
        })
    }
}

/// The acknowledgements by the alert's number; at most one for each alert that is known.
#[derive(Default)]
pub(crate) struct Acknowledgements(BTreeMap<u64, Acknowledgement>);

impl Acknowledgements {
    /// Takes one from the log.
    pub(crate) fn restore(&mut self, fingerprint: u64, acknowledgement: Acknowledgement) {
        self.0.insert(fingerprint, acknowledgement);
    }

    /// Takes one of another node, where it is later than the one that is held and about an alert
    /// that is known; answers whether it was. Of two of one moment all nodes keep the same.
    pub(crate) fn merge(
        &mut self,
        fingerprint: u64,
        acknowledgement: &Acknowledgement,
        alerts: &Alerts,
        now: i64,
    ) -> bool {
        let known = alerts.get(fingerprint);
        let held = self.0.get(&fingerprint);
        let is_news = acknowledgement.bytes() <= MAX_TEXT_BYTES
            && known.is_some_and(|known| acknowledgement.concerns(&known.alert, now))
            && held.is_none_or(|held| acknowledgement.rank() > held.rank());
        if is_news {
            self.0.insert(fingerprint, acknowledgement.clone());
        }
        is_news
    }

    /// The moment of one that is made at `now`: later than the one it replaces, also where that was
    /// made by a node whose clock is ahead.
    fn moment_after(&self, fingerprint: u64, now: i64) -> i64 {
        let held = self.0.get(&fingerprint);
        held.map_or(now, |held| now.max(held.at.saturating_add(1)))
    }

    /// The one of an alert, where it holds.
    pub(crate) fn of(&self, fingerprint: u64, alert: &Alert, now: i64) -> Option<&Acknowledgement> {
        let found = self.0.get(&fingerprint)?;
        found.holds(alert, now).then_some(found)
    }

    /// Forgets those whose alerts have ended.
    pub(crate) fn collect(&mut self, alerts: &Alerts, now: i64) {
        self.0.retain(|fingerprint, acknowledgement| {
            let known = alerts.get(*fingerprint);
            known.is_some_and(|known| acknowledgement.concerns(&known.alert, now))
        });
    }

    /// All of them as records, for a checkpoint.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record> {
        let all = self.0.iter();
        all.map(|(fingerprint, one)| Record::Acknowledged(*fingerprint, one.clone()))
    }
}

impl State {
    /// Whether every one of these alerts is taken on, so that nobody need be reminded.
    pub(crate) fn all_acknowledged(&self, firing: &[u64], now: i64) -> bool {
        firing.iter().all(|fingerprint| {
            let known = self.alerts.get(*fingerprint);
            known.is_some_and(|known| {
                let found = self.acknowledged.of(*fingerprint, &known.alert, now);
                found.is_some()
            })
        })
    }

    /// What a target was told is not forgotten while nobody reminds it: it would be told anew.
    pub(crate) fn remember(&mut self, target: &Target, now: i64, repeat_interval: i64) {
        let left = self.told.expiry_of(target).unwrap_or(now);
        if left.saturating_sub(now) > repeat_interval {
            return;
        }
        let expires = now.saturating_add(repeat_interval.saturating_mul(2));
        if let Some(told) = self.told.extend(target, expires) {
            let record = Record::Notified(target.clone(), told.clone());
            self.keep(&[record]);
        }
    }

    fn acknowledge(
        &mut self,
        which: &Acknowledged,
        acknowledgement: &Acknowledgement,
        now: i64,
    ) -> Vec<u64> {
        let mut found: Vec<u64> = self
            .alerts
            .iter()
            .filter(|(fingerprint, known)| {
                which
                    .fingerprint
                    .is_none_or(|wanted| wanted == *fingerprint)
                    && !known.alert.is_resolved_at(now)
                    && fits(&which.matchers, &known.alert.labels)
            })
            .map(|(fingerprint, _)| fingerprint)
            .collect();
        found.sort_unstable();
        let records: Vec<Record> = found
            .iter()
            .map(|fingerprint| {
                let one = Acknowledgement {
                    at: self.acknowledged.moment_after(*fingerprint, now),
                    ..acknowledgement.clone()
                };
                Record::Acknowledged(*fingerprint, one)
            })
            .collect();
        self.take_on(records);
        found
    }

    fn take_on(&mut self, records: Vec<Record>) {
        self.keep(&records);
        self.tell(&records);
        for record in records {
            if let Record::Acknowledged(fingerprint, one) = record {
                self.acknowledged.restore(fingerprint, one);
            }
        }
    }

    /// Replaces an acknowledgement by one that is over.
    fn give_back(&mut self, fingerprint: u64, now: i64) -> bool {
        let known = self.alerts.get(fingerprint);
        let held = known.and_then(|known| self.acknowledged.of(fingerprint, &known.alert, now));
        let Some(held) = held else {
            return false;
        };
        let over = Acknowledgement {
            at: self.acknowledged.moment_after(fingerprint, now),
            until: Some(now),
            ..held.clone()
        };
        self.take_on(vec![Record::Acknowledged(fingerprint, over)]);
        true
    }
}

impl Routing {
    /// Takes alerts on that fire now, and answers their numbers. Who had done so before is
    /// replaced. When it returns, that is on the disk.
    ///
    /// # Errors
    /// Where no such alert fires, the request says nothing or too much, or the disk fails.
    pub async fn acknowledge(
        &self,
        which: &Acknowledged,
        until: Option<i64>,
        by: String,
        comment: String,
    ) -> Result<Vec<u64>, AcknowledgeError> {
        let now = self.now();
        if which.fingerprint.is_none() && which.matchers.is_empty() {
            return Err(AcknowledgeError::Everything);
        }
        if until.is_some_and(|until| until <= now) {
            return Err(AcknowledgeError::Over);
        }
        let acknowledgement = Acknowledgement {
            at: now,
            until,
            by,
            comment,
        };
        let (bytes, limit) = (acknowledgement.bytes(), MAX_TEXT_BYTES);
        if bytes > limit {
            return Err(AcknowledgeError::TooLong { bytes, limit });
        }
        let found = self
            .world
            .state
            .lock()
            .acknowledge(which, &acknowledgement, now);
        if found.is_empty() {
            return Err(AcknowledgeError::NotFound);
        }
        self.sync().await.map_err(RoutingError::from)?;
        Ok(found)
    }

    /// Gives an alert back: nobody has taken it on any more. When it returns, that is on the disk.
    ///
    /// # Errors
    /// Where nobody had, or the disk fails.
    pub async fn give_back(&self, fingerprint: u64) -> Result<(), AcknowledgeError> {
        let now = self.now();
        if !self.world.state.lock().give_back(fingerprint, now) {
            return Err(AcknowledgeError::NotFound);
        }
        self.sync().await.map_err(RoutingError::from)?;
        Ok(())
    }

    /// The acknowledgements that hold, by the alert's number, with its labels.
    pub fn acknowledgements(&self) -> Vec<(u64, Labels, Acknowledgement)> {
        let now = self.now();
        let state = self.world.state.lock();
        let all = state.acknowledged.0.keys();
        all.filter_map(|fingerprint| {
            let alert = &state.alerts.get(*fingerprint)?.alert;
            let found = state.acknowledged.of(*fingerprint, alert, now)?;
            Some((*fingerprint, alert.labels.clone(), found.clone()))
        })
        .collect()
    }
}
