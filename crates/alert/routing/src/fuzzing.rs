//! For fuzzing alone: what reads the bytes of the log and of other nodes.

use crate::acknowledgement::Acknowledgements;
use crate::alerts::Alerts;
use crate::codec::Bytes;
use crate::limits::Limits;
use crate::notification_log::NotificationLog;
use crate::record::Record;
use crate::silences::{SilenceRules, Silences};

/// Reads a record of any bytes; one that is understood must come back from what is written of it,
/// and can be merged where nodes share it.
pub fn record(bytes: &[u8]) {
    if let Some(record) = Record::decode(bytes) {
        assert_eq!(Record::decode(&record.encode()), Some(record.clone()));
        merge(&record);
    }
    let mut fields = Bytes(bytes);
    while fields.text().is_some() {}
}

fn merge(record: &Record) {
    match record {
        Record::Silence(silence) => {
            let mut silences = Silences::new(SilenceRules {
                retention: 0,
                refuse_everything: false,
                limits: Limits::default(),
            });
            silences.merge(silence, 0);
        }
        Record::Notified(target, told) => {
            NotificationLog::default().merge(target, told, 1, 0);
        }
        Record::Acknowledged(fingerprint, one) => {
            Acknowledgements::default().merge(*fingerprint, one, &Alerts::new(1, 0), 0);
        }
        _ => {}
    }
}
