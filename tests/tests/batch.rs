//! Many queries in one request: each answer is the one that the query gets alone.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use argand_tests::{Answer, Argand, Page, Target, get, post};
use serde_json::{Value, json};

const BATCH: &str = "/api/v1/batch";

struct Fixture {
    argand: Argand,
    _target: Target,
    /// The second at which all samples needed are there.
    now: i64,
}

fn fixture() -> Fixture {
    let page = "work_total{part=\"a\"} 1\nwork_total{part=\"b\"} 2\n";
    let target = Target::start(move |_| Page::text(page.to_owned())).unwrap();
    let configuration = format!(
        "scrape_configs:\n  - {{job_name: quick, scrape_interval: 1s, static_configs: [{{targets: ['{0}']}}]}}\n  - {{job_name: slow, scrape_interval: 7s, static_configs: [{{targets: ['{0}']}}]}}\n",
        target.address
    );
    let argand = Argand::start(&configuration, &[]).unwrap();
    argand.wait_for("work_total{job=\"quick\"}").unwrap();
    argand.wait_for("work_total{job=\"slow\"}").unwrap();
    let answer = get(&argand.url("/api/v1/query?query=time()")).unwrap();
    let answer: Value = serde_json::from_str(&answer.text).unwrap();
    // Nothing that is asked for changes any more.
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let now: f64 = answer["data"]["result"][1]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    Fixture {
        argand,
        _target: target,
        now: now as i64 + 1,
    }
}

impl Fixture {
    fn batch(&self, body: &Value) -> Answer {
        let body = body.to_string();
        post(&self.argand.url(BATCH), "application/json", body.as_bytes()).unwrap()
    }

    /// Queries that the server has evaluated so far.
    fn evaluated(&self) -> u64 {
        let page = get(&self.argand.url("/metrics")).unwrap().text;
        let name = "prometheus_engine_query_duration_seconds_count{slice=\"inner_eval\"} ";
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().parse().unwrap()
    }

    fn results(&self, queries: &[Value]) -> (String, Vec<Value>) {
        let answer = self.batch(&json!({"queries": queries}));
        assert_eq!(answer.status, 200, "{}", answer.text);
        let whole: Value = serde_json::from_str(&answer.text).unwrap();
        let results = whole["data"]["results"].as_array().unwrap().clone();
        (answer.text, results)
    }
}

/// The bytes of `data` in the answer to one query.
fn data(text: &str) -> &str {
    let inside = text
        .strip_prefix("{\"status\":\"success\",\"data\":")
        .unwrap();
    let inside = inside.strip_suffix('}').unwrap();
    inside
        .split(",\"warnings\":")
        .next()
        .unwrap()
        .split(",\"infos\":")
        .next()
        .unwrap()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn answers_are_those_of_single_queries() {
    let fixture = fixture();
    let (start, end) = (fixture.now - 60, fixture.now);
    let exprs = [
        "work_total",
        "sum by (job) (rate(work_total[$__rate_interval]))",
        "avg_over_time(work_total[${__range}])",
        "count(work_total) + $__interval_ms",
        "work_total",
        "rate(work_total)",
        "no_such_metric",
        "rate(work_total[1m]) > bool 1",
    ];
    let range = |(place, expr): (usize, &&str)| json!({"id": format!("r{place}"), "expr": expr, "start": start, "end": end, "max_points": 20});
    let instant = |(place, expr): (usize, &&str)| json!({"id": format!("i{place}"), "expr": expr, "kind": "instant", "start": start, "end": end});
    let ranges = exprs.iter().enumerate().map(range);
    let queries: Vec<Value> = ranges
        .chain(exprs.iter().enumerate().map(instant))
        .collect();
    let (text, results) = fixture.results(&queries);
    assert_eq!(results.len(), queries.len());
    for (query, result) in queries.iter().zip(&results) {
        assert_eq!(query["id"], result["id"]);
        let (expr, step) = (result["expr"].as_str().unwrap(), &result["step"]);
        assert!(!expr.contains('$'), "{expr}");
        let expr = encoded(expr);
        let path = match query["kind"].as_str() {
            Some(_) => format!("/api/v1/query?query={expr}&time={end}"),
            None => format!("/api/v1/query_range?query={expr}&start={start}&end={end}&step={step}"),
        };
        let alone = get(&fixture.argand.url(&path)).unwrap();
        if alone.status == 200 {
            assert_eq!(result["status"], "success", "{result}");
            assert!(text.contains(data(&alone.text)), "{path}: {}", alone.text);
            let alone: Value = serde_json::from_str(&alone.text).unwrap();
            for field in ["data", "warnings", "infos"] {
                assert_eq!(result.get(field), alone.get(field), "{path}");
            }
        } else {
            let alone: Value = serde_json::from_str(&alone.text).unwrap();
            for field in ["status", "errorType", "error"] {
                assert_eq!(result.get(field), alone.get(field), "{path}");
            }
        }
    }
}

#[test]
fn rate_intervals_follow_what_is_scraped() {
    let fixture = fixture();
    let (start, end) = (fixture.now - 60, fixture.now);
    let query = |expr: &str, more: Value| {
        let mut query = json!({"expr": expr, "start": start, "end": end, "max_points": 60});
        query
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        query
    };
    let rate = |selector: &str| format!("rate({selector}[$__rate_interval])");
    let cases = [
        (
            query(&rate("work_total{job=\"quick\"}"), json!({})),
            "rate(work_total{job=\"quick\"}[4s])",
            1.0,
        ),
        (
            query(&rate("work_total"), json!({})),
            "rate(work_total[28s])",
            1.0,
        ),
        (
            query(&rate("work_total{job=\"quick\"}"), json!({"step": "5s"})),
            "rate(work_total{job=\"quick\"}[6s])",
            5.0,
        ),
        (
            query(&rate("work_total"), json!({"min_step": "10s"})),
            "rate(work_total[40s])",
            10.0,
        ),
        (query("x[$__range]", json!({"step": 0.5})), "x[1m]", 0.5),
    ];
    let (_, results) = fixture.results(&cases.clone().map(|(query, _, _)| query));
    for ((query, expr, step), result) in cases.iter().zip(&results) {
        assert_eq!(result["expr"], *expr, "{query}");
        assert_eq!(result["step"].as_f64(), Some(*step), "{query}");
    }
}

#[test]
fn what_is_wrong_is_told_in_its_place_and_bounds_hold() {
    let fixture = fixture();
    let end = fixture.now;
    let (_, results) = fixture.results(&[
        json!({"id": "no start", "expr": "up", "end": end}),
        json!({"id": "turned", "expr": "up", "start": end, "end": end - 1}),
        json!({"id": "too many", "expr": "up", "start": end - 20_000, "end": end, "step": 1}),
        json!({"id": "right", "expr": "up", "start": end - 10, "end": end, "exemplars": true}),
    ]);
    for (result, error) in results
        .iter()
        .zip(["start", "end timestamp", "11,000 points"])
    {
        assert_eq!(result["errorType"], "bad_data", "{result}");
        assert!(
            result["error"].as_str().unwrap().contains(error),
            "{result}"
        );
    }
    assert_eq!(results[3]["status"], "success", "{}", results[3]);
    assert_eq!(results[3]["exemplars"], json!([]));

    let many =
        |count: usize| json!({"queries": vec![json!({"expr": "1", "start": 1, "end": 2}); count]});
    let before = fixture.evaluated();
    assert_eq!(fixture.batch(&many(500)).status, 200);
    // Rules there are none, and nobody else asks.
    assert_eq!(fixture.evaluated(), before + 1, "equal queries are one");
    let refused = fixture.batch(&many(501));
    assert_eq!(refused.status, 400, "{}", refused.text);
    let large = json!({"queries": [{"expr": "x".repeat(1 << 20)}]});
    assert_eq!(fixture.batch(&large).status, 413);
    for body in [
        json!([]),
        json!({"queries": [{"query": "up"}]}),
        json!({"queries": [], "timeout": "x"}),
    ] {
        assert_eq!(fixture.batch(&body).status, 400, "{body}");
    }
    let (_, none) = fixture.results(&[]);
    assert!(none.is_empty());
}
