//! Which role a request needs, where users have roles.

use config::Role;
use http::Method;

/// Requests that change nothing although they are no GET: questions in forms, and remote read.
const QUESTIONS: [&str; 13] = [
    "/api/v1/query",
    "/api/v1/query_range",
    "/api/v1/query_exemplars",
    "/api/v1/batch",
    "/api/v1/format_query",
    "/api/v1/parse_query",
    "/api/v1/series",
    "/api/v1/labels",
    "/api/v1/read",
    "/api/v1/explain",
    "/api/v1/search/metric_names",
    "/api/v1/search/label_names",
    "/api/v1/search/label_values",
];

/// Where samples, pushes, alerts and silences are given; also everything below.
const GIFTS: [&str; 9] = [
    "/api/v1/write",
    "/api/v1/otlp",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService",
    "/metrics/job",
    "/metrics/job@base64",
    "/api/v1/groups",
    "/api/v2/alerts",
    "/api/v1/alerting/acknowledgements",
    "/api/v2/silence",
];

/// The role that a request needs. `path` begins behind the prefix of all routes. Whatever is
/// neither a question nor known to give something is an order.
pub fn role_of(method: &Method, path: &str) -> Role {
    // The push gateway has paths of its own, wherever they begin.
    let path = path.strip_prefix("/pushgateway").unwrap_or(path);
    if path.starts_with("/-/reload")
        || path.starts_with("/-/quit")
        || is_below(path, "/api/v1/admin")
        || is_below(path, "/debug")
    {
        return Role::Admin;
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Role::Read;
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    if *method == Method::POST && QUESTIONS.contains(&path) {
        return Role::Read;
    }
    let path = path.strip_prefix("/alertmanager").unwrap_or(path);
    let gives = GIFTS.iter().any(|gift| is_below(path, gift));
    if gives || path == "/api/v2/silences" {
        return Role::Write;
    }
    Role::Admin
}

fn is_below(path: &str, top: &str) -> bool {
    path.strip_prefix(top)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_request_needs() {
        use Role::{Admin, Read, Write};
        let table = [
            ("GET", "/", Read),
            ("GET", "/api/v1/query", Read),
            ("POST", "/api/v1/query", Read),
            ("POST", "/api/v1/query_range", Read),
            ("POST", "/api/v1/read", Read),
            ("POST", "/api/v1/batch", Read),
            ("PUT", "/api/v1/batch", Admin),
            ("GET", "/api/v1/dashboards/x", Read),
            ("PUT", "/api/v1/dashboards/x", Admin),
            ("POST", "/api/v1/write", Write),
            ("POST", "/api/v1/otlp/v1/metrics", Write),
            (
                "POST",
                "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                Write,
            ),
            ("POST", "/api/v1/writer", Admin),
            ("PUT", "/metrics/job/batch", Write),
            ("DELETE", "/metrics/job@base64/YQ", Write),
            ("POST", "/pushgateway/metrics/job/batch", Write),
            ("GET", "/pushgateway/api/v1/metrics", Read),
            ("DELETE", "/pushgateway/api/v1/groups", Write),
            ("PUT", "/pushgateway/api/v1/admin/wipe", Admin),
            ("PUT", "/pushgateway//api/v1/admin/wipe", Admin),
            ("PUT", "/pushgateway/-/quit", Admin),
            ("POST", "/api/v2/alerts", Write),
            ("POST", "/alertmanager/api/v2/silences", Write),
            ("DELETE", "/api/v2/silence/1", Write),
            ("GET", "/api/v1/alerting/history/alerts", Read),
            ("GET", "/api/v1/alerting/routes", Read),
            ("POST", "/api/v1/alerting/acknowledgements", Write),
            ("DELETE", "/api/v1/alerting/acknowledgements/1", Write),
            ("POST", "/api/v1/alerting/history/alerts", Admin),
            ("GET", "/api/v2/silences", Read),
            ("POST", "/-/reload", Admin),
            ("GET", "/-/reload", Admin),
            ("PUT", "/-/quit", Admin),
            ("GET", "/-/healthy", Read),
            ("POST", "/api/v1/admin/tsdb/snapshot", Admin),
            ("GET", "/api/v1/admin/tsdb/snapshot", Admin),
            ("GET", "/debug/pprof/heap", Admin),
            ("POST", "/api/v1/search/metric_names", Read),
            ("DELETE", "/api/v1/series", Admin),
            ("PUT", "/api/v1/query", Admin),
            ("POST", "/anything", Admin),
        ];
        for (method, path, role) in table {
            let method: Method = method.parse().expect("a method");
            assert_eq!(role_of(&method, path), role, "{method} {path}");
        }
    }
}
