//! `query_exemplars`: events behind the series that a query selects.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use contract::TimeRange;
use model::{Exemplar, Labels, number};

use crate::answer::{Answer, ApiError, ApiResult};
use crate::face::{Face, Services};
use crate::json;
use crate::params::Params;
use crate::targets::services;

/// `/api/v1/query_exemplars`
pub(crate) async fn exemplars(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let range = params.range()?;
    if range.end < range.start {
        return Err(ApiError::bad_data(
            "end timestamp must not be before start timestamp",
        ));
    }
    let text = params.get("query").to_owned();
    let work = tokio::task::spawn_blocking(move || data(services(&face)?, &text, range));
    let data = work
        .await
        .map_err(|error| ApiError::internal(format!("the lookup failed: {error}")))??;
    Ok(Answer::new(&data))
}

/// The data of an answer. Blocks.
pub(crate) fn data(services: &Services, text: &str, range: TimeRange) -> Result<String, ApiError> {
    Ok(written(&found(services, text, range)?))
}

type Found = BTreeMap<Labels, Vec<Exemplar>>;

/// The exemplars of every selector; those of a series that several select come once.
fn found(services: &Services, text: &str, range: TimeRange) -> Result<Found, ApiError> {
    let expr = promql::parse_with(text, services.engine.features())
        .map_err(|error| ApiError::bad_data(error.to_string()))?;
    let mut found = Found::new();
    for selector in promql::selectors(&expr) {
        found.extend(services.exemplars.exemplars(&selector.matchers, range));
    }
    Ok(found)
}

fn written(found: &Found) -> String {
    let mut data = String::from("[");
    for (place, (series, exemplars)) in found.iter().enumerate() {
        if place > 0 {
            data.push(',');
        }
        data.push_str("{\"seriesLabels\":");
        json::push_labels(&mut data, series);
        data.push_str(",\"exemplars\":[");
        for (place, exemplar) in exemplars.iter().enumerate() {
            if place > 0 {
                data.push(',');
            }
            data.push_str("{\"labels\":");
            json::push_labels(&mut data, &exemplar.labels);
            data.push_str(",\"value\":\"");
            number::push_api(&mut data, exemplar.value);
            data.push_str("\",\"timestamp\":");
            number::push_seconds(&mut data, exemplar.time.unwrap_or(0));
            data.push('}');
        }
        data.push_str("]}");
    }
    data.push(']');
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_upstreams() {
        let exemplar = Exemplar {
            labels: Labels::from_pairs([("trace_id", "a\"b")]),
            value: 0.5,
            time: Some(1_600_096_945_479),
        };
        let series = Labels::from_pairs([("__name__", "x_bucket"), ("le", "1")]);
        let found = Found::from([(series, vec![exemplar.clone(), exemplar])]);
        let one = r#"{"labels":{"trace_id":"a\"b"},"value":"0.5","timestamp":1600096945.479}"#;
        let expected = format!(
            r#"[{{"seriesLabels":{{"__name__":"x_bucket","le":"1"}},"exemplars":[{one},{one}]}}]"#
        );
        assert_eq!(written(&found), expected);
        assert_eq!(written(&Found::new()), "[]");
    }
}
