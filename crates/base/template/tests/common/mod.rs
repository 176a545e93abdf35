//! What tests of notifications have in common.

use contract::{Notification, NotificationReason};
use model::{Alert, Labels};

/// One alert that fires and one that has ended, with texts that need escaping.
pub(crate) fn notification() -> Notification {
    let alert = |instance, generator: &str, ends_at| Alert {
        labels: Labels::from_pairs([
            ("alertname", "DiskFull"),
            ("instance", instance),
            ("job", "n<o>de & 'co'"),
            ("severity", "critical"),
        ]),
        annotations: Labels::from_pairs([
            ("summary", "Disk \"/\" is full & slow"),
            ("runbook_url", "http://wiki/x?a=b c"),
        ]),
        starts_at: 1_600_000_000_000,
        ends_at,
        updated_at: 0,
        generator_url: generator.to_owned(),
    };
    let link = "http://prom/graph?g0.expr=up+%3D%3D+0&g0.tab=1";
    Notification {
        receiver: "team.x".to_owned(),
        group_key: String::new(),
        group_labels: Labels::from_pairs([("alertname", "DiskFull")]),
        route_labels: Labels::empty(),
        alerts: vec![
            alert("a:1", link, 1_700_000_000_000),
            alert("b:1", "javascript:alert(1)", 1_600_000_600_000),
        ],
        reason: NotificationReason::First,
        now: 1_600_000_700_000,
        deadline: 0,
        request_key: String::new(),
    }
}
