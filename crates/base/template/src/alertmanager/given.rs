//! Data that a tool gives, in the place of a notification's.

use model::Labels;

use super::Data;
use super::data::{AlertFields, GroupFields, alert, group, kv};
use crate::time::Time;

/// A group as somebody describes it: nothing in it is computed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenGroup {
    /// `.Receiver`
    pub receiver: String,
    /// `.Status`
    pub status: String,
    /// `.Alerts`
    pub alerts: Vec<GivenAlert>,
    /// `.NotificationReason`
    pub reason: String,
    /// `.GroupLabels`
    pub group_labels: Labels,
    /// `.CommonLabels`
    pub common_labels: Labels,
    /// `.CommonAnnotations`
    pub common_annotations: Labels,
    /// `.RouteLabels`
    pub route_labels: Labels,
    /// `.ExternalURL`
    pub external_url: String,
}

/// One of its alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenAlert {
    /// `.Status`
    pub status: String,
    /// `.Labels`
    pub labels: Labels,
    /// `.Annotations`
    pub annotations: Labels,
    /// `.StartsAt`, in milliseconds since the epoch; Go's zero moment where there is none.
    pub starts_at: Option<i64>,
    /// `.EndsAt`, likewise.
    pub ends_at: Option<i64>,
    /// `.GeneratorURL`
    pub generator_url: String,
    /// `.Fingerprint`
    pub fingerprint: String,
}

impl Data {
    /// The data of a group as it is given. `now` is in milliseconds since the epoch.
    pub fn given(given: &GivenGroup, now: i64) -> Self {
        let fields = GroupFields {
            receiver: given.receiver.clone(),
            status: &given.status,
            group_labels: kv(given.group_labels.iter()),
            common_labels: kv(given.common_labels.iter()),
            common_annotations: kv(given.common_annotations.iter()),
            external_url: &given.external_url,
            reason: &given.reason,
            route_labels: kv(given.route_labels.iter()),
        };
        let moment = |millis: Option<i64>| millis.map_or_else(Time::zero, Time::from_millis);
        let alerts = given.alerts.iter().map(|one| {
            alert(AlertFields {
                status: &one.status,
                labels: kv(one.labels.iter()),
                annotations: kv(one.annotations.iter()),
                starts_at: moment(one.starts_at),
                ends_at: moment(one.ends_at),
                generator_url: &one.generator_url,
                fingerprint: one.fingerprint.clone(),
            })
        });
        Self {
            dot: group(fields, alerts.collect()),
            now,
        }
    }
}
