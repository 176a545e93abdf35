//! `/metrics`, and the built-in exporters under `/exporters/<name>`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::Gather;
use model::{Family, FamilyKind, Point, PointValue};
use wire::exposition::write;

use crate::face::Face;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const OPEN_METRICS: &str =
    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";

const PROTOBUF: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// `/metrics`
pub(crate) async fn own(State(face): State<Arc<Face>>, headers: HeaderMap) -> Response {
    face.tally.begin();
    let response = exposition(families(&face), &headers);
    face.tally.end(response.status());
    response
}

/// What all parts of the program say of themselves.
pub(crate) fn families(face: &Face) -> Vec<Family> {
    let mut families = Vec::new();
    let stages = face
        .services()
        .map_or(&[][..], |services| &services.gatherers);
    for gatherer in face.options.gatherers.iter().chain(stages) {
        gatherer.gather(&mut families);
    }
    face.requests.gather(&mut families);
    face.options.runtime.notices.gather(&mut families);
    face.tally.gather(&mut families);
    merged(families)
}

/// Every family once: two parts of one kind, such as discovery for scraping and for telling of
/// alerts, say the same family. Counts of the same labels are added up.
fn merged(families: Vec<Family>) -> Vec<Family> {
    let mut places = HashMap::with_capacity(families.len());
    let mut merged: Vec<Family> = Vec::with_capacity(families.len());
    for family in families {
        let known = places
            .get(&family.name)
            .and_then(|place: &usize| merged.get_mut(*place));
        let Some(known) = known else {
            places.insert(family.name.clone(), merged.len());
            merged.push(family);
            continue;
        };
        for point in family.points {
            let same = known.points.iter_mut().find(|p| p.labels == point.labels);
            match (same.map(|same| &mut same.value), point.value) {
                (None, value) => known.points.push(Point { value, ..point }),
                (Some(PointValue::Number(sum)), PointValue::Number(more))
                    if family.kind == FamilyKind::Counter =>
                {
                    *sum += more;
                }
                // What is so is so, however often it is said.
                (Some(_), _) => {}
            }
        }
    }
    merged
}

/// `/exporters/<name>`
pub(crate) async fn exporter(
    State(face): State<Arc<Face>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(exporter) = face.options.exporters.get(&name).map(Arc::clone) else {
        let known: Vec<&str> = face.options.exporters.keys().map(String::as_str).collect();
        let text = format!(
            "no exporter named {name:?}; there are: {}\n",
            known.join(", ")
        );
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    // Reading the kernel's files may block for a moment.
    match tokio::task::spawn_blocking(move || gathered(exporter.as_ref())).await {
        Ok(families) => exposition(families, &headers),
        Err(error) => {
            let text = format!("gathering {name}: {error}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

fn gathered(exporter: &dyn Gather) -> Vec<Family> {
    let mut families = Vec::new();
    exporter.gather(&mut families);
    families
}

/// An answer in the form that the client prefers.
pub(crate) fn exposition(families: Vec<Family>, headers: &HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    if families.iter().any(has_native) && accept.is_some_and(prefers_protobuf) {
        let mut body = Vec::new();
        write::protobuf(&families, &mut body);
        return ([(header::CONTENT_TYPE, PROTOBUF)], body).into_response();
    }
    let mut body = String::new();
    let form = if accept.is_some_and(prefers_open_metrics) {
        write::open_metrics(&families, &mut body);
        OPEN_METRICS
    } else {
        write::text(&families, &mut body);
        TEXT
    };
    ([(header::CONTENT_TYPE, form)], body).into_response()
}

/// Whether a family says what only protobuf can.
fn has_native(family: &Family) -> bool {
    let is_native = |point: &Point| matches!(point.value, PointValue::NativeHistogram { .. });
    family.points.iter().any(is_native)
}

/// Whether OpenMetrics is named with at least the weight of the plain text form.
fn prefers_open_metrics(accept: &str) -> bool {
    let open_metrics = weight(accept, "application/openmetrics-text");
    open_metrics > 0.0 && open_metrics >= weight(accept, "text/plain")
}

/// Whether protobuf is named with more weight than the text forms.
fn prefers_protobuf(accept: &str) -> bool {
    let text = weight(accept, "application/openmetrics-text").max(weight(accept, "text/plain"));
    weight(accept, "application/vnd.google.protobuf") > text
}

/// The greatest weight that a form is named with; 0 where it is not.
fn weight(accept: &str, form: &str) -> f64 {
    accept
        .split(',')
        .filter(|part| part.trim_start().starts_with(form))
        .map(|part| {
            part.split(';')
                .find_map(|field| field.trim().strip_prefix("q=")?.parse::<f64>().ok())
                .unwrap_or(1.0)
        })
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_that_two_parts_say_is_written_once() {
        let counter = |name: &str, value| {
            let family = Family::counter("a_total", "A.", 1.0);
            family.with([("name", name)], value)
        };
        let gauge = |value| Family::gauge("b", "B.", value);
        let families = vec![counter("x", 1.0), gauge(5.0), counter("y", 2.0), gauge(5.0)];
        let whole = Family::counter("a_total", "A.", 2.0);
        let whole = whole.with([("name", "x")], 1.0).with([("name", "y")], 2.0);
        assert_eq!(merged(families), [whole, gauge(5.0)]);
    }

    #[test]
    fn the_form_asked_for_with_more_weight() {
        for (accept, expected) in [
            ("*/*", false),
            ("text/plain;version=0.0.4", false),
            (
                "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
                true,
            ),
            (
                "application/openmetrics-text;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.5",
                false,
            ),
            ("application/openmetrics-text", true),
        ] {
            assert_eq!(prefers_open_metrics(accept), expected, "{accept}");
        }
    }

    #[test]
    fn protobuf_is_for_those_who_prefer_it() {
        let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
        for (accept, expected) in [
            (format!("{protobuf};q=0.6,text/plain;q=0.4,*/*;q=0.1"), true),
            (format!("text/plain;q=0.6,{protobuf};q=0.4"), false),
            (protobuf.to_owned(), true),
            ("*/*".to_owned(), false),
        ] {
            assert_eq!(prefers_protobuf(&accept), expected, "{accept}");
        }
    }
}
