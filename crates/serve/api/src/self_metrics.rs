//! `status/self_metrics`: the program's own metrics as JSON of upstream's form, which is that of
//! the protobuf exposition: whole counts are texts, and so are `NaN` and infinities.

use std::sync::Arc;

use axum::extract::State;
use model::{Family, FamilyKind, Pattern, Point, PointValue};

use crate::answer::{Answer, ApiError, ApiResult};
use crate::face::Face;
use crate::json::push_string;
use crate::own_metrics::families;
use crate::params::Params;

/// `/api/v1/status/self_metrics`
pub(crate) async fn answer(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let wanted = match params.get("metric_name_pattern") {
        "" => None,
        text => Some(Pattern::new(text).map_err(|error| {
            ApiError::bad_data(format!("invalid metric_name_pattern: {error}"))
        })?),
    };
    let mut families = families(&face);
    families.retain(|family| {
        wanted
            .as_ref()
            .is_none_or(|wanted| wanted.matches(&family.name))
    });
    families.sort_by(|one, other| one.name.cmp(&other.name));
    let mut text = Answer::begun(0);
    push_list(&mut text, &families, push_family);
    Ok(Answer::written(text))
}

fn push_list<T>(out: &mut String, items: &[T], mut push: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

fn push_family(out: &mut String, family: &Family) {
    out.push_str("{\"name\":");
    push_string(out, &family.name);
    out.push_str(",\"help\":");
    push_string(out, &family.help);
    let (kind, field) = match family.kind {
        FamilyKind::Counter => ("COUNTER", "counter"),
        FamilyKind::Gauge | FamilyKind::Info | FamilyKind::StateSet => ("GAUGE", "gauge"),
        FamilyKind::Histogram => ("HISTOGRAM", "histogram"),
        FamilyKind::GaugeHistogram => ("GAUGE_HISTOGRAM", "histogram"),
        FamilyKind::Summary => ("SUMMARY", "summary"),
        FamilyKind::Unknown => ("UNTYPED", "untyped"),
    };
    out.push_str(&format!(",\"type\":\"{kind}\",\"metric\":"));
    push_list(out, &family.points, |out, point| {
        push_point(out, field, point);
    });
    out.push('}');
}

fn push_point(out: &mut String, field: &str, point: &Point) {
    out.push('{');
    if !point.labels.is_empty() {
        let labels: Vec<(&str, &str)> = point.labels.iter().collect();
        out.push_str("\"label\":");
        push_list(out, &labels, |out, (name, value)| {
            out.push_str("{\"name\":");
            push_string(out, name);
            out.push_str(",\"value\":");
            push_string(out, value);
            out.push('}');
        });
        out.push(',');
    }
    out.push_str(&format!("\"{field}\":{{"));
    match &point.value {
        PointValue::Number(value) => {
            out.push_str("\"value\":");
            push_number(out, *value);
        }
        PointValue::Histogram {
            buckets,
            sum,
            count,
        } => push_buckets(out, buckets, *sum, *count),
        PointValue::NativeHistogram { buckets, native } => {
            push_buckets(out, buckets, native.sum, native.count);
        }
        PointValue::Summary {
            quantiles,
            sum,
            count,
        } => {
            push_totals(out, *count, *sum);
            out.push_str(",\"quantile\":");
            push_list(out, quantiles, |out, (quantile, value)| {
                out.push_str("{\"quantile\":");
                push_number(out, *quantile);
                out.push_str(",\"value\":");
                push_number(out, *value);
                out.push('}');
            });
        }
    }
    out.push_str("}}");
}

fn push_buckets(out: &mut String, buckets: &[(f64, u64)], sum: f64, count: u64) {
    push_totals(out, count, sum);
    out.push_str(",\"bucket\":");
    push_list(out, buckets, |out, (bound, count)| {
        out.push_str(&format!(
            "{{\"cumulativeCount\":\"{count}\",\"upperBound\":"
        ));
        push_number(out, *bound);
        out.push('}');
    });
}

fn push_totals(out: &mut String, count: u64, sum: f64) {
    out.push_str(&format!("\"sampleCount\":\"{count}\",\"sampleSum\":"));
    push_number(out, sum);
}

fn push_number(out: &mut String, value: f64) {
    if value.is_finite() {
        out.push_str(&value.to_string());
    } else if value.is_nan() {
        out.push_str("\"NaN\"");
    } else if value > 0.0 {
        out.push_str("\"Infinity\"");
    } else {
        out.push_str("\"-Infinity\"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_each_kind() {
        let check = |family: &Family, expected: &str| {
            let mut text = String::new();
            push_family(&mut text, family);
            serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
            assert_eq!(text, expected);
        };
        let gauge = Family::new("g", "G.", FamilyKind::Gauge).with([("a", "b")], f64::INFINITY);
        check(
            &gauge,
            r#"{"name":"g","help":"G.","type":"GAUGE","metric":[{"label":[{"name":"a","value":"b"}],"gauge":{"value":"Infinity"}}]}"#,
        );
        check(
            &Family::counter("c", "C.", 2.5),
            r#"{"name":"c","help":"C.","type":"COUNTER","metric":[{"counter":{"value":2.5}}]}"#,
        );
        let mut summary = Family::new("s", "S.", FamilyKind::Summary);
        summary.points.push(Point {
            labels: model::Labels::empty(),
            value: PointValue::Summary {
                quantiles: vec![(0.5, f64::NAN)],
                sum: 0.0,
                count: 0,
            },
        });
        check(
            &summary,
            r#"{"name":"s","help":"S.","type":"SUMMARY","metric":[{"summary":{"sampleCount":"0","sampleSum":0,"quantile":[{"quantile":0.5,"value":"NaN"}]}}]}"#,
        );
    }
}
