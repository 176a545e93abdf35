//! A query that has ended, in the words of upstream's query log.

use promql::{Origin, QueryRecord};
use serde_json::{Map, Value, json};

/// `params`, `stats`, `error` and who asked.
pub(super) fn fields(query: &QueryRecord<'_>) -> Map<String, Value> {
    let mut fields = Map::new();
    let params = json!({
        "query": query.query,
        "start": moment(query.start),
        "end": moment(query.end),
        "step": query.interval / 1000,
    });
    fields.insert("params".to_owned(), params);
    if let Some(error) = query.error {
        fields.insert("error".to_owned(), Value::String(error.to_string()));
    }
    let stats = api::stats_json(query.stats);
    let stats = serde_json::from_str(&stats).unwrap_or(Value::Null);
    fields.insert("stats".to_owned(), stats);
    match query.origin {
        Origin::Http(http) => {
            let mut request = json!({
                "clientIP": http.client,
                "method": http.method,
                "path": http.path,
            });
            if let (Some(request), Some(user)) = (request.as_object_mut(), &http.user) {
                request.insert("user".to_owned(), Value::String(user.clone()));
            }
            fields.insert("httpRequest".to_owned(), request);
        }
        Origin::Internal | Origin::Rules => {}
    }
    fields
}

/// RFC 3339 with milliseconds.
pub(super) fn moment(millis: i64) -> String {
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => format!("{time:.3}"),
        // Beyond the years that have a date.
        Err(_) => millis.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use promql::{HttpOrigin, QueryError, Stats};

    use super::*;

    #[test]
    fn fields_are_those_of_upstream() {
        let origin = Origin::Http(HttpOrigin {
            user: None,
            client: "127.0.0.1".to_owned(),
            method: "GET".to_owned(),
            path: "/api/v1/query_range".to_owned(),
            trace: None,
        });
        let error = QueryError::Execution("no".to_owned());
        let record = QueryRecord {
            query: "rate(up[5s])",
            start: 1_795_275_588_000,
            end: 1_795_275_592_602,
            interval: 1000,
            origin: &origin,
            error: Some(&error),
            stats: &Stats::default(),
        };
        let mut fields = fields(&record);
        let stats = fields.remove("stats").unwrap();
        assert_eq!(stats["samples"]["samplesRead"], 0);
        assert_eq!(
            Value::Object(fields),
            json!({
                "params": {
                    "query": "rate(up[5s])",
                    "start": "2026-11-21T15:39:48.000Z",
                    "end": "2026-11-21T15:39:52.602Z",
                    "step": 1,
                },
                "error": "no",
                "httpRequest": {
                    "clientIP": "127.0.0.1",
                    "method": "GET",
                    "path": "/api/v1/query_range",
                },
            })
        );
        assert_eq!(moment(i64::MAX), i64::MAX.to_string());
    }
}
