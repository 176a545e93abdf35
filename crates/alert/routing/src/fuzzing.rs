//! What reads bytes of other nodes, for fuzz targets.

use crate::acknowledgement::Acknowledgements;
use crate::alerts::Alerts;
use crate::limits::Limits;
use crate::notification_log::NotificationLog;
use crate::record::Record;
use crate::silences::{SilenceRules, Silences};

/// A target's name and the target.
pub type Target = (&'static str, fn(&[u8]));

/// All targets of this crate.
pub const TARGETS: [Target; 1] = [("routing_record", record)];

/// One record, merged where it is of the kinds that nodes share.
fn record(bytes: &[u8]) {
    match Record::decode(bytes) {
        Some(Record::Silence(silence)) => {
            let mut silences = Silences::new(SilenceRules {
                retention: 0,
                refuse_everything: false,
                limits: Limits::default(),
            });
            silences.merge(&silence, 0);
        }
        Some(Record::Notified(target, told)) => {
            NotificationLog::default().merge(&target, &told, 1, 0);
        }
        Some(Record::Acknowledged(fingerprint, one)) => {
            Acknowledgements::default().merge(fingerprint, &one, &Alerts::new(1, 0), 0);
        }
        _ => {}
    }
}
