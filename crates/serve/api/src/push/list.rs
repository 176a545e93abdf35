//! What is held: as a scrape sees it, as JSON, and the status.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::Gather as _;
use model::{Family, FamilyKind, number};
use push::{Group, exposition};
use serde_json::{Map, Value, json};
use wire::families::{LabelPairs, Metric, MetricFamily, MetricValue};

use super::PushFace;
use super::answer::error;
use crate::answer::json_response;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

impl PushFace {
    /// What is said beside the groups.
    fn own(&self) -> Vec<Family> {
        let mut own = Vec::new();
        let build = Family::new(
            "pushgateway_build_info",
            "What was built; the value is 1.",
            FamilyKind::Gauge,
        );
        own.push(build.with([("version", self.version)], 1.0));
        self.intake.counts.gather(&mut own);
        self.gateway.gather(&mut own);
        for gatherer in &self.gatherers {
            gatherer.gather(&mut own);
        }
        own
    }
}

impl contract::Gather for PushFace {
    /// What the gateway says of itself where it shares a process: without the groups.
    fn gather(&self, families: &mut Vec<Family>) {
        families.extend(self.own());
    }
}

/// `/metrics`
pub(super) async fn metrics(face: Arc<PushFace>) -> Response {
    let written = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        exposition(&face.gateway.groups(), &face.own(), &mut text);
        text
    });
    match written.await {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(_) => broken(),
    }
}

fn broken() -> Response {
    error(StatusCode::INTERNAL_SERVER_ERROR, "the request broke off")
}

/// `/api/v1/status`
pub(super) fn status(face: &PushFace) -> Response {
    let data = json!({
        "build_information": {"version": face.version},
        "flags": face.flags,
        "start_time": moment(face.started),
    });
    success(&data)
}

fn success(data: &Value) -> Response {
    let text = format!("{{\"status\":\"success\",\"data\":{data}}}");
    json_response(StatusCode::OK, escaped(&text))
}

/// Signs that a page could take for its own are escaped, as upstream does. They stand in texts
/// alone.
fn escaped(text: &str) -> String {
    let text = text.replace('<', "\\u003c").replace('>', "\\u003e");
    text.replace('&', "\\u0026")
}

/// `/api/v1/metrics`: an object a group: `labels`, `last_push_successful`, one key a family, and
/// `expires` where the group goes by itself.
pub(super) async fn groups(face: Arc<PushFace>) -> Response {
    let written = tokio::task::spawn_blocking(move || {
        let mut text = String::from("{\"status\":\"success\",\"data\":[");
        for (place, held) in face.gateway.groups().iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(&escaped(&group(held).to_string()));
        }
        text.push_str("]}");
        text
    });
    match written.await {
        Ok(text) => json_response(StatusCode::OK, text),
        Err(_) => broken(),
    }
}

fn group(group: &Group) -> Value {
    let mut object = Map::new();
    if let Some(end) = group.expires {
        object.insert("expires".to_owned(), moment(end).into());
    }
    for (family, time) in group.own() {
        object.insert(family.name.to_string(), self::family(&family, time));
    }
    for held in &group.families {
        let shown = family(&held.family, held.time);
        object.insert(held.family.name.to_string(), shown);
    }
    object.insert("labels".to_owned(), labels(&group.labels));
    object.insert("last_push_successful".to_owned(), group.is_well().into());
    Value::Object(object)
}

fn family(family: &MetricFamily, time: i64) -> Value {
    let kind = match family.kind {
        FamilyKind::Unknown => "UNTYPED".to_owned(),
        FamilyKind::GaugeHistogram => "GAUGE_HISTOGRAM".to_owned(),
        kind => kind.as_str().to_ascii_uppercase(),
    };
    let metrics: Vec<Value> = family.metrics.iter().map(metric).collect();
    let mut shown = json!({"time_stamp": moment(time), "type": kind, "metrics": metrics});
    if let (Some(shown), Some(help)) = (shown.as_object_mut(), &family.help)
        && !help.is_empty()
    {
        shown.insert("help".to_owned(), (&**help).into());
    }
    shown
}

fn metric(metric: &Metric) -> Value {
    let labels = labels(&metric.labels);
    match &metric.value {
        MetricValue::Number(value) => json!({"labels": labels, "value": text(*value)}),
        MetricValue::Histogram(histogram) => {
            let parts = histogram.parts.iter();
            let buckets: BTreeMap<String, String> = parts
                .map(|(bound, n)| (text(*bound), n.to_string()))
                .collect();
            let (count, sum) = (histogram.count.to_string(), text(histogram.sum));
            json!({"labels": labels, "buckets": buckets, "count": count, "sum": sum})
        }
        MetricValue::Summary(summary) => {
            let parts = summary.parts.iter();
            let quantiles: BTreeMap<String, String> = parts
                .map(|(quantile, v)| (text(*quantile), text(*v)))
                .collect();
            let (count, sum) = (summary.count.to_string(), text(summary.sum));
            json!({"labels": labels, "quantiles": quantiles, "count": count, "sum": sum})
        }
    }
}

fn labels(labels: &LabelPairs) -> Value {
    let pairs = labels.iter();
    Value::Object(
        pairs
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect(),
    )
}

fn text(value: f64) -> String {
    let mut out = String::new();
    number::push_general(&mut out, value);
    out
}

fn moment(millis: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    moment.to_string()
}
