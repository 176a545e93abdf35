//! The records of the log: everything that must outlive the process.
//!
//! A record is a byte that says its kind, and its fields (see `codec`):
//!
//! | kind | fields |
//! |---|---|
//! | 1 alert | labels, annotations, start, end, update, timeout, in history, generator's URL |
//! | 2 alert said again | fingerprint, end, update |
//! | 3 silence | id, matchers (operator, name, value), start, end, update, creator, comment, ends with its alerts |
//! | 4 notification | group key, receiver, kind, index, firing and resolved fingerprints, time, expiry |
//! | 5 alive | time |
//! | 6 event of an alert | time, labels, began |
//! | 7 delivery | time, receiver, kind, group key, error, reason, index, firing, resolved, attempts |
//! | 16 acknowledgement | fingerprint, time, end (the greatest number for none), author, comment |
//! | 18 taken over | time: what was told until then may number alerts as upstream does |
//! | 19 memory | as a notification's target, text |
//!
//! Records of an unknown kind are passed over with a word in the log, so that an older program can
//! read what a newer one wrote.

use model::Alert;

use crate::acknowledgement::Acknowledgement;
use crate::alerts::Known;
use crate::codec::{self, Bytes};
use crate::history::{AlertEvent, Delivery};
use crate::notification_log::{self, Target, Told};
use crate::silence::Silence;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// An alert as it is now.
    Alert(Known),
    /// An alert was said again and only its end has moved.
    Again {
        fingerprint: u64,
        ends_at: i64,
        updated_at: i64,
    },
    Silence(Silence),
    Notified(Target, Told),
    /// The process lived at this moment.
    Alive(i64),
    Event(AlertEvent),
    Delivery(Delivery),
    /// Somebody took an alert on.
    Acknowledged(u64, Acknowledgement),
    /// What another Alertmanager had left was taken over at this moment.
    Imported(i64),
    /// What an integration has to remember of a group's message.
    Memory(Target, String),
}

impl Record {
    /// Whether all nodes of a cluster hold it; alerts come to each node from whoever has them.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(
            self,
            Self::Silence(_) | Self::Notified(..) | Self::Acknowledged(..) | Self::Memory(..)
        )
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Alert(known) => {
                out.push(1);
                encode_alert(&mut out, known);
            }
            Self::Again {
                fingerprint,
                ends_at,
                updated_at,
            } => {
                out.push(2);
                out.extend_from_slice(&fingerprint.to_le_bytes());
                codec::put_signed(&mut out, *ends_at);
                codec::put_signed(&mut out, *updated_at);
            }
            Self::Silence(silence) => put_silence(&mut out, silence),
            Self::Notified(target, told) => put_notified(&mut out, target, told),
            Self::Alive(at) => {
                out.push(5);
                codec::put_signed(&mut out, *at);
            }
            Self::Event(event) => {
                out.push(6);
                event.encode(&mut out);
            }
            Self::Delivery(delivery) => {
                out.push(7);
                delivery.encode(&mut out);
            }
            Self::Acknowledged(fingerprint, acknowledgement) => {
                out.push(16);
                out.extend_from_slice(&fingerprint.to_le_bytes());
                acknowledgement.encode(&mut out);
            }
            Self::Imported(at) => {
                out.push(18);
                codec::put_signed(&mut out, *at);
            }
            Self::Memory(target, memory) => {
                out.push(19);
                notification_log::encode_target(&mut out, target);
                codec::put_text(&mut out, memory);
            }
        }
        out
    }

    /// `None` where the bytes are no record that is known.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        Some(match bytes.byte()? {
            1 => Self::Alert(decode_alert(&mut bytes)?),
            2 => Self::Again {
                fingerprint: bytes.fingerprint()?,
                ends_at: bytes.signed()?,
                updated_at: bytes.signed()?,
            },
            3 => Self::Silence(Silence::decode(&mut bytes)?),
            4 => {
                let (target, told) = notification_log::decode(&mut bytes)?;
                Self::Notified(target, told)
            }
            5 => Self::Alive(bytes.signed()?),
            6 => Self::Event(AlertEvent::decode(&mut bytes)?),
            7 => Self::Delivery(Delivery::decode(&mut bytes)?),
            16 => Self::Acknowledged(bytes.fingerprint()?, Acknowledgement::decode(&mut bytes)?),
            18 => Self::Imported(bytes.signed()?),
            19 => {
                let target = notification_log::decode_target(&mut bytes)?;
                Self::Memory(target, bytes.text()?.to_owned())
            }
            _ => return None,
        })
    }
}

/// Appends the record of a silence.
pub(crate) fn put_silence(out: &mut Vec<u8>, silence: &Silence) {
    out.push(3);
    silence.encode(out);
}

/// Appends the record of a notification.
pub(crate) fn put_notified(out: &mut Vec<u8>, target: &Target, told: &Told) {
    out.push(4);
    notification_log::encode(out, target, told);
}

fn encode_alert(out: &mut Vec<u8>, known: &Known) {
    codec::put_labels(out, &known.alert.labels);
    codec::put_labels(out, &known.alert.annotations);
    for moment in [
        known.alert.starts_at,
        known.alert.ends_at,
        known.alert.updated_at,
    ] {
        codec::put_signed(out, moment);
    }
    out.push(u8::from(known.timeout));
    out.push(u8::from(known.in_history));
    codec::put_text(out, &known.alert.generator_url);
}

fn decode_alert(bytes: &mut Bytes<'_>) -> Option<Known> {
    let (labels, annotations) = (bytes.labels()?, bytes.labels()?);
    let (starts_at, ends_at, updated_at) = (bytes.signed()?, bytes.signed()?, bytes.signed()?);
    let (timeout, in_history) = (bytes.byte()? == 1, bytes.byte()? == 1);
    Some(Known {
        alert: Alert {
            labels,
            annotations,
            starts_at,
            ends_at,
            updated_at,
            generator_url: bytes.text()?.to_owned(),
        },
        timeout,
        in_history,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::NotificationReason;
    use model::{Labels, MatchOp, Matcher};
    use proptest::prelude::*;

    fn samples() -> Vec<Record> {
        let labels = Labels::from_pairs([("alertname", "A"), ("ä", "\n")]);
        let alert = Alert {
            labels: labels.clone(),
            annotations: Labels::from_pairs([("summary", "s")]),
            starts_at: -1,
            ends_at: i64::MAX,
            updated_at: i64::MIN,
            generator_url: "http://x".to_owned(),
        };
        let target = Target {
            group_key: "{}:{}".to_owned(),
            receiver: "r".to_owned(),
            kind: "webhook".to_owned(),
            index: 3,
        };
        let told = Told {
            firing: vec![1, 2],
            resolved: vec![u64::MAX],
            at: 4,
            expires: 5,
        };
        vec![
            Record::Alert(Known {
                alert,
                timeout: true,
                in_history: false,
            }),
            Record::Again {
                fingerprint: u64::MAX,
                ends_at: 1,
                updated_at: 2,
            },
            Record::Silence(Silence {
                id: "id".to_owned(),
                matchers: vec![
                    Matcher::equal("a", "b"),
                    Matcher::new("c", MatchOp::NotRegex, "d|e").unwrap(),
                ],
                starts_at: 1,
                ends_at: 2,
                updated_at: 3,
                created_by: "me".to_owned(),
                comment: "why".to_owned(),
                ends_with_alerts: true,
            }),
            Record::Notified(target.clone(), told),
            Record::Alive(77),
            Record::Event(AlertEvent {
                at: 9,
                labels,
                firing: true,
            }),
            Record::Delivery(Delivery {
                at: 1,
                receiver: "r".to_owned(),
                kind: "email".to_owned(),
                index: 2,
                group_key: "g".to_owned(),
                reason: NotificationReason::Repeat,
                firing: 3,
                resolved: 4,
                attempts: 5,
                error: "no".to_owned(),
            }),
            Record::Acknowledged(
                9,
                Acknowledgement {
                    at: 1,
                    until: None,
                    by: "me".to_owned(),
                    comment: "mine".to_owned(),
                },
            ),
            Record::Imported(-5),
            Record::Memory(target.clone(), "where".to_owned()),
        ]
    }

    #[test]
    fn records_come_back() {
        for record in samples() {
            assert_eq!(Record::decode(&record.encode()), Some(record));
        }
    }

    #[test]
    fn cut_records_are_none() {
        for record in samples() {
            let bytes = record.encode();
            for length in 0..bytes.len() {
                assert_eq!(
                    Record::decode(&bytes[..length]),
                    None,
                    "{record:?} cut at {length}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_stop_the_reader(kind in 0u8..20, bytes: Vec<u8>) {
            let mut record = vec![kind];
            record.extend(bytes);
            let _ = Record::decode(&record);
        }
    }
}
