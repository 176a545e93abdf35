//! Templates of notifications and rules: read and executed.

use std::sync::{Arc, LazyLock};

use contract::{
    Notification, NotificationReason, PreparedQuery, Query, QueryFault, QueryPoint, Reads,
};
use model::{Alert, Labels};
use template::alertmanager::{Data, Templates};
use template::prometheus::{RuleData, RuleOptions, RuleValue, expand};

static TEMPLATES: LazyLock<Templates> =
    LazyLock::new(|| Templates::load(&[]).expect("the default templates are right"));

static DATA: LazyLock<Data> = LazyLock::new(|| {
    let alert = |name| Alert {
        labels: Labels::from_pairs([("alertname", name), ("severity", "page")]),
        annotations: Labels::from_pairs([("summary", "a <b> & 'c'")]),
        starts_at: 1_600_000_000_000,
        ends_at: 1_700_000_000_000,
        updated_at: 0,
        generator_url: "http://h/graph?g0.expr=up".to_owned(),
    };
    let notification = Notification {
        receiver: "r".to_owned(),
        group_key: String::new(),
        request_key: String::new(),
        group_labels: Labels::from_pairs([("severity", "page")]),
        route_labels: Labels::empty(),
        alerts: vec![alert("A"), alert("B")],
        reason: NotificationReason::First,
        now: 1_650_000_000_000,
        deadline: 0,
    };
    Data::new(&notification, "http://h")
});

/// A field of a receiver, as text and as HTML.
pub(crate) fn notification(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = TEMPLATES.text(text, &DATA);
        let _ = TEMPLATES.html(text, &DATA);
    }
}

/// Answers every query with two series.
struct Engine;

impl Query for Engine {
    fn prepare(&self, _: &str) -> Result<Arc<dyn PreparedQuery>, QueryFault> {
        Ok(Arc::new(Engine))
    }
}

impl PreparedQuery for Engine {
    fn text(&self) -> &str {
        ""
    }

    fn reads(&self) -> Reads {
        Reads::Anything
    }

    fn at(&self, _: i64) -> Result<Vec<QueryPoint>, QueryFault> {
        let point = |instance, value| QueryPoint {
            labels: Labels::from_pairs([("instance", instance)]),
            value,
            histogram: None,
        };
        Ok(vec![point("a:1", 1.5), point("b:2", f64::NAN)])
    }
}

/// An annotation.
pub(crate) fn rule(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let data = RuleData {
        labels: Labels::from_pairs([("instance", "h:90")]),
        external_labels: Labels::empty(),
        external_url: "http://h".to_owned(),
        value: RuleValue::Float(1.5),
    };
    let _ = expand(text, "fuzz", &data, 0, &Engine, RuleOptions::default());
}
