//! What notification templates are told: types, fields and methods as upstream's.

use std::collections::BTreeSet;

use contract::{Notification, NotificationReason};
use model::{Alert, Labels};

use crate::time::Time;
use crate::value::{Field, List, Map, Object, Shape, Signature, Type, Value};

/// A structure of named fields.
struct Record {
    type_name: &'static str,
    fields: Vec<Field>,
}

impl Object for Record {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Struct(&self.fields)
    }
}

fn field(name: &'static str, json: &'static str, value: Value) -> Field {
    Field { name, json, value }
}

/// Labels or annotations.
struct Kv(Map);

const KV_METHODS: &[Signature] = &[
    Signature::new("SortedPairs", &[]),
    Signature::new("Remove", &[Type::Texts]),
    Signature::new("Names", &[]),
    Signature::new("Values", &[]),
    Signature::new("String", &[]),
];

impl Kv {
    /// Names and values: `alertname` first, then by name.
    fn sorted(&self) -> Vec<(&str, &str)> {
        let all = || {
            self.0
                .iter()
                .filter_map(|(name, value)| Some((&**name, value.as_text()?)))
        };
        let first = all().filter(|(name, _)| *name == "alertname");
        first
            .chain(all().filter(|(name, _)| *name != "alertname"))
            .collect()
    }

    fn without(&self, names: &Value) -> Value {
        let names: BTreeSet<&str> = names
            .as_list()
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_text)
            .collect();
        let left = self.sorted();
        let left = left.into_iter().filter(|(name, _)| !names.contains(name));
        Value::object(Self(Map::texts(left)))
    }
}

impl Object for Kv {
    fn type_name(&self) -> &'static str {
        "template.KV"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Map(&self.0)
    }

    fn methods(&self) -> &'static [Signature] {
        KV_METHODS
    }

    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, String> {
        let sorted = self.sorted();
        Ok(match (method, arguments) {
            ("SortedPairs", _) => pairs(&sorted)?,
            ("Remove", [names]) => self.without(names),
            ("Names", _) => Value::texts(sorted.iter().map(|(name, _)| *name)),
            ("Values", _) => Value::texts(sorted.iter().map(|(_, value)| *value)),
            ("String", _) => Value::text(joined(&sorted)),
            _ => return Err(format!("there is no method {method}")),
        })
    }

    fn text(&self) -> Option<String> {
        Some(joined(&self.sorted()))
    }
}

/// `name=value, other=value`.
fn joined(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join(", ")
}

/// Labels in an order.
struct Pairs(List);

const PAIRS_METHODS: &[Signature] = &[
    Signature::new("Names", &[]),
    Signature::new("Values", &[]),
    Signature::new("String", &[]),
];

fn pairs(pairs: &[(&str, &str)]) -> Result<Value, String> {
    let pair = |(name, value): &(&str, &str)| {
        let fields = vec![
            field("Name", "Name", Value::text(*name)),
            field("Value", "Value", Value::text(*value)),
        ];
        Value::object(Record {
            type_name: "template.Pair",
            fields,
        })
    };
    Ok(Value::object(Pairs(List::new(
        pairs.iter().map(pair).collect(),
    )?)))
}

impl Pairs {
    fn column(&self, place: usize) -> impl Iterator<Item = String> {
        self.0.items().iter().filter_map(move |pair| {
            let Value::Object(pair) = pair else {
                return None;
            };
            match pair.shape() {
                Shape::Struct(fields) => Some(fields.get(place)?.value.as_text()?.to_owned()),
                _ => None,
            }
        })
    }

    fn joined(&self) -> String {
        let pairs: Vec<String> = self
            .column(0)
            .zip(self.column(1))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join(", ")
    }
}

impl Object for Pairs {
    fn type_name(&self) -> &'static str {
        "template.Pairs"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::List(&self.0)
    }

    fn methods(&self) -> &'static [Signature] {
        PAIRS_METHODS
    }

    fn call(&self, method: &str, _: &[Value]) -> Result<Value, String> {
        match method {
            "Names" => Ok(Value::texts(self.column(0))),
            "Values" => Ok(Value::texts(self.column(1))),
            "String" => Ok(Value::text(self.joined())),
            _ => Err(format!("there is no method {method}")),
        }
    }

    fn text(&self) -> Option<String> {
        Some(self.joined())
    }
}

/// The alerts of a group.
struct Alerts(List);

const ALERTS_METHODS: &[Signature] = &[
    Signature::new("Firing", &[]),
    Signature::new("Resolved", &[]),
];

impl Object for Alerts {
    fn type_name(&self) -> &'static str {
        "template.Alerts"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::List(&self.0)
    }

    fn methods(&self) -> &'static [Signature] {
        ALERTS_METHODS
    }

    fn call(&self, method: &str, _: &[Value]) -> Result<Value, String> {
        let wanted = match method {
            "Firing" => "firing",
            "Resolved" => "resolved",
            _ => return Err(format!("there is no method {method}")),
        };
        let of_status = |alert: &&Value| {
            let Value::Object(alert) = alert else {
                return false;
            };
            match alert.shape() {
                Shape::Struct([status, ..]) => status.value.as_text() == Some(wanted),
                _ => false,
            }
        };
        List::new(self.0.items().iter().filter(of_status).cloned().collect())
            .map(|alerts| Value::object(SomeAlerts(alerts)))
    }
}

/// Some alerts of a group, which have no methods.
struct SomeAlerts(List);

impl Object for SomeAlerts {
    fn type_name(&self) -> &'static str {
        "[]template.Alert"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::List(&self.0)
    }
}

/// Labels as templates see them.
pub(super) fn kv<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    Value::object(Kv(Map::texts(labels)))
}

/// What templates see of one alert.
pub(super) struct AlertFields<'a> {
    pub(super) status: &'a str,
    pub(super) labels: Value,
    pub(super) annotations: Value,
    pub(super) starts_at: Time,
    pub(super) ends_at: Time,
    pub(super) generator_url: &'a str,
    pub(super) fingerprint: String,
}

/// One alert as templates see it.
pub(super) fn alert(alert: AlertFields<'_>) -> Value {
    let fields = vec![
        field("Status", "status", Value::text(alert.status)),
        field("Labels", "labels", alert.labels),
        field("Annotations", "annotations", alert.annotations),
        field("StartsAt", "startsAt", Value::Time(alert.starts_at)),
        field("EndsAt", "endsAt", Value::Time(alert.ends_at)),
        field(
            "GeneratorURL",
            "generatorURL",
            Value::text(alert.generator_url),
        ),
        field("Fingerprint", "fingerprint", Value::text(alert.fingerprint)),
    ];
    Value::object(Record {
        type_name: "template.Alert",
        fields,
    })
}

/// What templates see of a group, but for its alerts.
pub(super) struct GroupFields<'a> {
    pub(super) receiver: String,
    pub(super) status: &'a str,
    pub(super) group_labels: Value,
    pub(super) common_labels: Value,
    pub(super) common_annotations: Value,
    pub(super) external_url: &'a str,
    pub(super) reason: &'a str,
    pub(super) route_labels: Value,
}

/// A group and its alerts as templates see them.
pub(super) fn group(group: GroupFields<'_>, alerts: Vec<Value>) -> Value {
    // Alerts hold labels only, so they are never too deep.
    let alerts = List::new(alerts).unwrap_or_else(|_| List::texts::<String>([]));
    let fields = vec![
        field("Receiver", "receiver", Value::text(group.receiver)),
        field("Status", "status", Value::text(group.status)),
        field("Alerts", "alerts", Value::object(Alerts(alerts))),
        field(
            "NotificationReason",
            "notification_reason",
            Value::text(group.reason),
        ),
        field("GroupLabels", "groupLabels", group.group_labels),
        field("CommonLabels", "commonLabels", group.common_labels),
        field(
            "CommonAnnotations",
            "commonAnnotations",
            group.common_annotations,
        ),
        field(
            "ExternalURL",
            "externalURL",
            Value::text(group.external_url),
        ),
        field("RouteLabels", "routeLabels", group.route_labels),
    ];
    Value::object(Record {
        type_name: "*template.Data",
        fields,
    })
}

/// The data of a notification.
pub(super) fn of(notification: &Notification, external_url: &str) -> Value {
    let alerts = &notification.alerts;
    let common = |of: fn(&Alert) -> &Labels| {
        let sets: Vec<&Labels> = alerts.iter().map(of).collect();
        kv(common(&sets))
    };
    let fields = GroupFields {
        receiver: quote_pattern(&notification.receiver),
        status: notification.status().as_str(),
        group_labels: kv(notification.group_labels.iter()),
        common_labels: common(|alert| &alert.labels),
        common_annotations: common(|alert| &alert.annotations),
        external_url,
        reason: reason(notification.reason),
        route_labels: kv(notification.route_labels.iter()),
    };
    let seen = alerts
        .iter()
        .map(|one| alert_of(one, notification.now))
        .collect();
    group(fields, seen)
}

fn alert_of(of: &Alert, now: i64) -> Value {
    let resolved = of.is_resolved_at(now);
    alert(AlertFields {
        status: if resolved { "resolved" } else { "firing" },
        labels: kv(of.labels.iter()),
        annotations: kv(of.annotations.iter()),
        starts_at: Time::from_millis(of.starts_at),
        // Of what fires nobody knows the end.
        ends_at: if resolved {
            Time::from_millis(of.ends_at)
        } else {
            Time::zero()
        },
        generator_url: &of.generator_url,
        fingerprint: format!("{:016x}", of.fingerprint()),
    })
}

/// The labels that all sets have.
fn common<'a>(sets: &[&'a Labels]) -> Vec<(&'a str, &'a str)> {
    let Some((first, others)) = sets.split_first() else {
        return Vec::new();
    };
    let everywhere =
        |(name, value): &(&str, &str)| others.iter().all(|set| set.get(name) == Some(*value));
    first.iter().filter(everywhere).collect()
}

/// The receiver's name goes into links as a pattern, so its signs are escaped.
fn quote_pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The words upstream has for the reasons.
fn reason(reason: NotificationReason) -> &'static str {
    match reason {
        NotificationReason::First => "first notification",
        NotificationReason::NewAlerts => "new alerts added",
        NotificationReason::NewlyResolved => "some alerts resolved",
        NotificationReason::AllResolved => "all alerts resolved",
        NotificationReason::Repeat => "repeat interval elapsed",
    }
}
