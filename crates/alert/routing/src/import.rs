//! What another Alertmanager has left: its silences, and whom it told of what, so that nobody is
//! told again because it was replaced by this one.
//!
//! Such notifications number alerts otherwise (XXH64 over their labels). Which alert a number
//! means is known as soon as the alert comes; then its own number takes that one's place.

use std::collections::HashMap;
use std::path::Path;

use model::Labels;
use wal::WalError;

use crate::notification_log::{NotificationLog, Target, Told};
use crate::record::Record;
use crate::silence::Silence;
use crate::state::State;
use crate::uuid;

/// What another Alertmanager has left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Its silences; one without an id is given one.
    pub silences: Vec<Silence>,
    /// Whom it told of what last.
    pub notifications: Vec<ImportedNotification>,
}

/// Whom another Alertmanager told of a group last, and of what. Moments are in milliseconds since
/// the epoch; alerts are numbered by XXH64 over their labels in the order of names, each name and
/// value followed by the byte 0xff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedNotification {
    /// The group's name, which is the same in all Alertmanagers.
    pub group_key: String,
    /// The receiver's name.
    pub receiver: String,
    /// The integration's kind.
    pub kind: String,
    /// Which of its kind within the receiver.
    pub index: u64,
    /// Alerts that fired.
    pub firing: Vec<u64>,
    /// Alerts that had ended.
    pub resolved: Vec<u64>,
    /// When.
    pub at: i64,
    /// When this may be forgotten.
    pub expires_at: i64,
}

/// Whether a folder holds nothing of a routing stage yet.
///
/// # Errors
/// Where the folder is there and cannot be read.
pub fn is_fresh(folder: &Path) -> Result<bool, WalError> {
    if !folder.exists() {
        return Ok(true);
    }
    let written = |segment: &wal::Segment| segment.bytes > 0;
    Ok(wal::checkpoints(folder)?.is_empty() && !wal::segments(folder)?.iter().any(written))
}

/// Numbers of alerts that nobody here has given: the targets that were told of each.
#[derive(Default)]
pub(crate) struct Strangers(HashMap<u64, Vec<Target>>);

impl Strangers {
    /// Those among what was told until a moment, apart from alerts that are known by their own
    /// number.
    pub(crate) fn of(log: &NotificationLog, until: i64, known: impl Fn(u64) -> bool) -> Self {
        let mut strangers: HashMap<u64, Vec<Target>> = HashMap::new();
        for (target, told) in log.iter().filter(|(_, told)| told.at <= until) {
            let numbers = told.firing.iter().chain(&told.resolved);
            for number in numbers.filter(|number| !known(**number)) {
                strangers.entry(*number).or_default().push(target.clone());
            }
        }
        Self(strangers)
    }

    /// Who was told of an alert under its other number.
    fn take(&mut self, labels: &Labels) -> Option<(u64, Vec<Target>)> {
        if self.0.is_empty() {
            return None;
        }
        let number = foreign_number(labels);
        self.0.remove(&number).map(|targets| (number, targets))
    }
}

/// The number that upstream's notification log gives an alert.
fn foreign_number(labels: &Labels) -> u64 {
    let mut bytes = Vec::with_capacity(labels.size() + 2 * labels.len());
    for text in labels.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0xff);
    }
    twox_hash::XxHash64::oneshot(0, &bytes)
}

impl State {
    /// Takes over what another Alertmanager has left. It is in the log when this returns.
    pub(crate) fn import(&mut self, imported: Imported, now: i64) -> Result<(), WalError> {
        let silences = imported.silences.into_iter().map(|mut silence| {
            if silence.id.is_empty() {
                silence.id = uuid::random();
            }
            Record::Silence(silence)
        });
        let notifications = imported.notifications.into_iter().map(|told| {
            let sorted = |mut numbers: Vec<u64>| {
                numbers.sort_unstable();
                numbers
            };
            let target = Target {
                group_key: told.group_key,
                receiver: told.receiver,
                kind: told.kind,
                index: told.index,
            };
            let told = Told {
                firing: sorted(told.firing),
                resolved: sorted(told.resolved),
                at: told.at,
                expires: told.expires_at,
            };
            Record::Notified(target, told)
        });
        let mut records: Vec<Record> = silences.chain(notifications).collect();
        records.push(Record::Imported(now));
        self.append(&records)?;
        for record in records {
            match record {
                Record::Silence(silence) => self.silences.apply(silence),
                Record::Notified(target, told) => self.told.record(target, told),
                _ => {}
            }
        }
        self.silences.collect(now);
        self.told.collect(now);
        self.look_for_strangers(now);
        Ok(())
    }

    /// Finds the numbers that another Alertmanager gave, in what was told until a moment.
    pub(crate) fn look_for_strangers(&mut self, until: i64) {
        self.imported_at = until;
        let known = |number| self.alerts.get(number).is_some();
        self.strangers = Strangers::of(&self.told, until, known);
    }

    /// Gives a new alert its own number wherever it was told of under another.
    pub(crate) fn recognise(&mut self, fingerprint: u64, records: &mut Vec<Record>) {
        let Some(known) = self.alerts.get(fingerprint) else {
            return;
        };
        let Some((number, targets)) = self.strangers.take(&known.alert.labels) else {
            return;
        };
        for target in targets {
            if let Some(told) = self.told.rename(&target, number, fingerprint) {
                let renamed = [Record::Notified(target, told)];
                self.tell(&renamed);
                records.extend(renamed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_upstream() {
        // XXH64 of nothing, by the algorithm's published vectors.
        assert_eq!(foreign_number(&Labels::empty()), 0xef46_db37_51d8_e999);
        let labels = |value| Labels::from_pairs([("alertname", value)]);
        assert_ne!(foreign_number(&labels("A")), foreign_number(&labels("B")));
    }

    #[test]
    fn a_folder_is_fresh_until_something_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        assert!(is_fresh(&folder).unwrap());
        let journal = crate::journal::Journal::open(&folder, 0, |_| {}).unwrap();
        assert!(is_fresh(&folder).unwrap(), "nothing is written yet");
        journal.append(&[Record::Alive(1)]).unwrap();
        assert!(!is_fresh(&folder).unwrap());
    }
}
