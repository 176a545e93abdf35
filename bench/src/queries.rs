//! The queries: what dashboards and people ask.

/// What is asked.
pub(crate) enum Ask {
    /// PromQL over the last so many hours, with a step in seconds.
    Range(&'static str, f64, u32),
    /// PromQL at the end of the data.
    Instant(&'static str),
    /// A path of the API over the last so many hours, with further parameters.
    Path(&'static str, f64, &'static [(&'static str, &'static str)]),
}

/// A query and its name in the report.
pub(crate) struct Query {
    pub(crate) name: &'static str,
    pub(crate) ask: Ask,
}

const fn query(name: &'static str, ask: Ask) -> Query {
    Query { name, ask }
}

/// All queries, in the order they are asked.
pub(crate) const QUERIES: [Query; 21] = [
    query(
        "single group-by, 1 h at 60 s",
        Ask::Range(
            "max by (mode) (max_over_time(node_cpu_seconds_total{tier=\"deep\"}[1m]))",
            1.0,
            60,
        ),
    ),
    query(
        "single group-by, 24 h at 5 min",
        Ask::Range(
            "max by (mode) (max_over_time(node_cpu_seconds_total{tier=\"deep\"}[5m]))",
            24.0,
            300,
        ),
    ),
    query(
        "double group-by, 1 h at 60 s, all targets",
        Ask::Range(
            "avg by (instance, mode) (avg_over_time(node_cpu_seconds_total[1m]))",
            1.0,
            60,
        ),
    ),
    query(
        "double group-by, 24 h at 1 h",
        Ask::Range(
            "avg by (instance, mode) (avg_over_time(node_cpu_seconds_total{tier=\"deep\"}[1h]))",
            24.0,
            3600,
        ),
    ),
    query(
        "sum by (rate[5m]), 6 h at 60 s",
        Ask::Range(
            "sum by (mode) (rate(node_cpu_seconds_total{tier=\"deep\"}[5m]))",
            6.0,
            60,
        ),
    ),
    query(
        "sum by (rate[5m]), 15 min at 15 s, all targets",
        Ask::Range("sum by (mode) (rate(node_cpu_seconds_total[5m]))", 0.25, 15),
    ),
    query(
        "rate without grouping, 1 h at 60 s",
        Ask::Range(
            "rate(node_network_receive_bytes_total{tier=\"deep\"}[5m])",
            1.0,
            60,
        ),
    ),
    query(
        "histogram_quantile(sum by (le) (rate)), 1 h at 60 s, all targets",
        Ask::Range(
            "histogram_quantile(0.99, sum by (le) (rate(api_request_duration_seconds_bucket[5m])))",
            1.0,
            60,
        ),
    ),
    query(
        "topk(10, rate), 15 min at 60 s, all targets",
        Ask::Range(
            "topk(10, rate(node_network_receive_bytes_total[5m]))",
            0.25,
            60,
        ),
    ),
    query(
        "join one to one, 15 min at 60 s, all targets",
        Ask::Range(
            "sum(node_filesystem_avail_bytes / on (instance, device, mountpoint) node_filesystem_size_bytes)",
            0.25,
            60,
        ),
    ),
    query(
        "join many to one, at the end, all targets",
        Ask::Instant(
            "sum(node_filesystem_avail_bytes * on (instance) group_left () node_memory_MemTotal_bytes)",
        ),
    ),
    query(
        "quantile_over_time[1h], 6 h at 60 s",
        Ask::Range(
            "quantile_over_time(0.95, node_memory_MemFree_bytes{tier=\"deep\"}[1h])",
            6.0,
            60,
        ),
    ),
    query(
        "last_over_time[6h] of all series",
        Ask::Instant("count(last_over_time({job=\"load\"}[6h]))"),
    ),
    query(
        "substring regex over instances",
        Ask::Instant("count({instance=~\".*7.*9.*\"})"),
    ),
    query(
        "negative matchers",
        Ask::Instant("count({job=\"load\",mode!=\"idle\",device!~\"eth.*|lo\"})"),
    ),
    query(
        "alternatives by regex",
        Ask::Instant("count by (mode) (node_cpu_seconds_total{mode=~\"user|system|iowait\"})"),
    ),
    query("count of all series", Ask::Instant("count({job=\"load\"})")),
    query(
        "count by metric name",
        Ask::Instant("count by (__name__) ({job=\"load\"})"),
    ),
    query("label names", Ask::Path("/api/v1/labels", 1.0, &[])),
    query(
        "values of instance",
        Ask::Path("/api/v1/label/instance/values", 1.0, &[]),
    ),
    query(
        "series of one metric",
        Ask::Path(
            "/api/v1/series",
            1.0,
            &[("match[]", "node_filesystem_avail_bytes")],
        ),
    ),
];
