//! The engine over a store in memory: values, order, limits, errors and notes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::memory::MemoryStore;
use contract::{Gather, Select, SelectError, Selection, SeriesList};
use model::{Columns, Labels};
use promql::{CancelToken, Engine, EngineOptions, QueryError, QueryOptions, QueryResult, Value};

fn options() -> EngineOptions {
    EngineOptions {
        threads: 1,
        ..EngineOptions::default()
    }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::from_pairs(pairs.iter().copied())
}

/// Counters `requests_total{job, instance}` every 15 s for 20 minutes.
fn store(instances: usize) -> MemoryStore {
    let store = MemoryStore::new();
    for instance in 0..instances {
        let name = instance.to_string();
        let job = if instance % 2 == 0 { "even" } else { "odd" };
        let pairs = [
            ("__name__", "requests_total"),
            ("instance", &name),
            ("job", job),
        ];
        let samples = (0..81).map(|n| (n * 15_000, n as f64 * 0.1 * (instance + 1) as f64));
        store.load(labels(&pairs), samples);
    }
    store
}

fn instant(store: &MemoryStore, query: &str) -> Result<QueryResult, QueryError> {
    Engine::new(options()).instant(store, query, 1_200_000, &QueryOptions::default())
}

/// The elements of an instant answer as text, in order.
fn elements(store: &MemoryStore, query: &str) -> Vec<String> {
    match instant(store, query).unwrap().value {
        Value::Vector(vector) => vector
            .iter()
            .map(|one| format!("{} {}", one.labels, one.value.as_float().unwrap()))
            .collect(),
        other => panic!("{query}: {other:?}"),
    }
}

#[test]
fn names_go_where_a_result_is_no_longer_a_sample() {
    let store = store(1);
    for (query, expected) in [
        (
            "requests_total",
            r#"{__name__="requests_total", instance="0", job="even"} 8"#,
        ),
        ("requests_total * 2", r#"{instance="0", job="even"} 16"#),
        (
            "requests_total > 2",
            r#"{__name__="requests_total", instance="0", job="even"} 8"#,
        ),
        ("requests_total > bool 2", r#"{instance="0", job="even"} 1"#),
        ("-requests_total", r#"{instance="0", job="even"} -8"#),
        (
            "count_over_time(requests_total[1m])",
            r#"{instance="0", job="even"} 4"#,
        ),
        (
            "last_over_time(requests_total[1m])",
            r#"{__name__="requests_total", instance="0", job="even"} 8"#,
        ),
        (
            "timestamp(requests_total)",
            r#"{instance="0", job="even"} 1200"#,
        ),
        ("sum by (job) (requests_total)", r#"{job="even"} 8"#),
        ("sum without (job) (requests_total)", r#"{instance="0"} 8"#),
    ] {
        assert_eq!(elements(&store, query), [expected], "{query}");
    }
}

#[test]
fn functions_give_upstreams_numbers() {
    let store = MemoryStore::new();
    let load = |pairs: &[(&str, &str)], values: &[f64]| {
        let samples = values.iter().enumerate();
        // The last sample stands at the query's time, the others a minute apart before it.
        let first = 1_200_000 - 60_000 * (values.len() as i64 - 1);
        store.load(
            labels(pairs),
            samples.map(|(n, value)| (first + 60_000 * n as i64, *value)),
        );
    };
    load(&[("__name__", "c_total")], &[10.0, 20.0, 5.0, 15.0]);
    load(&[("__name__", "gone")], &[1.0, model::stale_nan()]);
    load(&[("__name__", "huge"), ("n", "1")], &[1e308]);
    load(&[("__name__", "huge"), ("n", "2")], &[1e308]);
    load(&[("__name__", "odd"), ("n", "1")], &[1e100]);
    load(&[("__name__", "odd"), ("n", "2")], &[1.0]);
    load(&[("__name__", "odd"), ("n", "3")], &[-1e100]);
    for (le, count) in [("1", 10.0), ("2", 30.0), ("+Inf", 40.0)] {
        load(&[("__name__", "h_bucket"), ("le", le)], &[count]);
    }
    for (query, expected) in [
        // Left-open: the first of the four samples lies at the window's start.
        ("count_over_time(c_total[3m])", &["{} 3"][..]),
        // Gained 10 + 15 with the reset over 3 of the 4 minutes.
        ("increase(c_total[4m])", &["{} 33.33333333333333"]),
        ("rate(c_total[4m])", &["{} 0.13888888888888887"]),
        ("delta(c_total[3m1s])", &["{} 5.027777777777778"]),
        ("irate(c_total[4m])", &["{} 0.16666666666666666"]),
        ("idelta(c_total[4m])", &["{} 10"]),
        ("changes(c_total[4m])", &["{} 3"]),
        ("resets(c_total[4m])", &["{} 1"]),
        ("avg_over_time(c_total[4m])", &["{} 12.5"]),
        ("quantile_over_time(0.5, c_total[4m])", &["{} 12.5"]),
        ("stdvar_over_time(c_total[4m])", &["{} 31.25"]),
        ("max_over_time((c_total * 2)[4m:1m])", &["{} 40"]),
        ("gone", &[]),
        ("avg(huge) == bool 1e308", &["{} 1"]),
        ("sum(odd)", &["{} 1"]),
        ("histogram_quantile(0.5, h_bucket)", &["{} 1.5"]),
        ("histogram_fraction(1, 2, h_bucket)", &["{} 0.5"]),
        ("absent(nothing{a=\"b\"})", &["{a=\"b\"} 1"]),
        ("round(vector(7), 5)", &["{} 5"]),
        ("year(vector(0))", &["{} 1970"]),
    ] {
        assert_eq!(elements(&store, query), expected, "{query}");
    }
}

#[test]
fn sorting_and_topk_decide_the_order_of_an_instant_answer() {
    let store = store(4);
    for (query, instances) in [
        ("sort(requests_total)", "0123"),
        ("sort_desc(requests_total)", "3210"),
        ("topk(2, requests_total)", "32"),
        ("bottomk(2, requests_total)", "01"),
    ] {
        let Value::Vector(vector) = instant(&store, query).unwrap().value else {
            panic!()
        };
        let got: String = vector
            .iter()
            .map(|one| one.labels.get("instance").unwrap())
            .collect();
        assert_eq!(got, instances, "{query}");
    }
}

#[test]
fn failures_say_what_upstream_says() {
    let store = store(2);
    store.load(
        labels(&[("__name__", "other"), ("instance", "0"), ("job", "even")]),
        [(1_190_000, 1.0)],
    );
    for (query, expected) in [
        (
            "requests_total / on () requests_total",
            r#"found duplicate series for the match group {} on the right hand-side of the operation: [{__name__="requests_total", instance="1", job="odd"}, {__name__="requests_total", instance="0", job="even"}];many-to-many matching not allowed: matching labels must be unique on one side"#,
        ),
        (
            "requests_total / on () other",
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        ),
        (
            r#"abs({instance="0"})"#,
            "vector cannot contain metrics with the same labelset",
        ),
        (
            r#"rate({instance="0"}[50m])"#,
            "vector cannot contain metrics with the same labelset",
        ),
        (
            "sum_over_time(requests_total[50m] anchored)",
            "anchored modifier can only be used with: changes, delta, increase, rate, resets - not with sum_over_time",
        ),
    ] {
        let engine = Engine::new(EngineOptions {
            features: promql::Features::ALL,
            ..options()
        });
        // Two samples, so that rate has a result for the second metric too.
        store.load(
            labels(&[("__name__", "other"), ("instance", "0"), ("job", "even")]),
            [(1_200_000, 1.0)],
        );
        let error = engine
            .instant(&store, query, 1_200_000, &QueryOptions::default())
            .expect_err(query);
        assert_eq!(error.to_string(), expected, "{query}");
    }
}

#[test]
fn notes_carry_their_place() {
    let store = MemoryStore::new();
    store.load(
        labels(&[("__name__", "x")]),
        [(1_140_000, 1.0), (1_200_000, 2.0)],
    );
    let result = instant(&store, "rate(x[5m])").unwrap();
    assert_eq!(
        result.infos,
        [
            r#"PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "x" (1:6)"#
        ]
    );
    let result = instant(&store, "quantile(\n  2, x)").unwrap();
    assert_eq!(
        result.warnings,
        ["PromQL warning: quantile value should be between 0 and 1, got 2 (2:3)"]
    );
}

#[test]
fn a_query_stays_within_its_limits() {
    let store = store(10);
    let limited = Engine::new(EngineOptions {
        max_samples: 50,
        ..options()
    });
    let ask = |engine: &Engine, query: &str, options: &QueryOptions| {
        engine.range(&store, query, 0, 1_200_000, 60_000, options)
    };
    let plain = QueryOptions::default();
    assert_eq!(
        ask(&limited, "requests_total", &plain).unwrap_err(),
        QueryError::TooManySamples { limit: 50 }
    );
    let summed = ask(&limited, "sum(requests_total)", &plain).unwrap();
    assert!(
        summed.stats.peak_samples <= 50,
        "an aggregation does not hold its input"
    );
    assert_eq!(summed.stats.total_samples, 210);

    // Neither the steps of a query nor those of a subquery may take more memory than allowed.
    let many = limited.range(&store, "vector(1)", 0, i64::MAX, 1, &plain);
    assert_eq!(many.unwrap_err(), QueryError::TooManySamples { limit: 50 });
    assert_eq!(
        ask(&limited, "sum_over_time(vector(1)[1w:1ms])", &plain).unwrap_err(),
        QueryError::TooManySamples { limit: 50 }
    );

    let cancel = CancelToken::default();
    cancel.cancel();
    let canceled = QueryOptions {
        cancel,
        ..QueryOptions::default()
    };
    assert!(matches!(
        ask(&limited, "requests_total", &canceled),
        Err(QueryError::Canceled(_))
    ));
    let late = QueryOptions {
        timeout: Some(Duration::ZERO),
        ..QueryOptions::default()
    };
    assert!(matches!(
        ask(&limited, "requests_total", &late),
        Err(QueryError::Timeout(_))
    ));
}

/// A store that notes for which series it was told to get ready.
struct Preparing {
    store: MemoryStore,
    prepared: Arc<Mutex<Vec<usize>>>,
}

struct PreparingList {
    list: Box<dyn SeriesList>,
    prepared: Arc<Mutex<Vec<usize>>>,
}

impl Select for Preparing {
    fn select(&self, selection: &Selection<'_>) -> Result<Box<dyn SeriesList>, SelectError> {
        Ok(Box::new(PreparingList {
            list: self.store.select(selection)?,
            prepared: Arc::clone(&self.prepared),
        }))
    }

    fn label_names(&self, selection: &Selection<'_>) -> Result<Vec<String>, SelectError> {
        self.store.label_names(selection)
    }

    fn label_values(
        &self,
        name: &str,
        selection: &Selection<'_>,
    ) -> Result<Vec<String>, SelectError> {
        self.store.label_values(name, selection)
    }
}

impl SeriesList for PreparingList {
    fn len(&self) -> usize {
        self.list.len()
    }

    fn labels(&self, place: usize) -> Labels {
        self.list.labels(place)
    }

    fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        assert!(
            self.prepared.lock().unwrap().contains(&place),
            "series {place}"
        );
        self.list.read(place, into)
    }

    fn prepare(&self, places: Range<usize>) {
        self.prepared.lock().unwrap().extend(places);
    }
}

#[test]
fn a_store_is_told_which_series_come_next() {
    let prepared = Arc::default();
    let store = Preparing {
        store: store(100),
        prepared: Arc::clone(&prepared),
    };
    let engine = Engine::new(options());
    let plain = QueryOptions::default();
    for query in ["sum(rate(requests_total[5m]))", "requests_total"] {
        let answer = engine.range(&store, query, 0, 60_000, 15_000, &plain);
        answer.unwrap();
        assert!((0..100).eq(prepared.lock().unwrap().drain(..)), "{query}");
    }
}

#[test]
fn columns_of_many_steps_are_whole() {
    let store = store(3);
    // Of every millisecond of the last ten minutes.
    for (query, expected) in [
        (
            "count_over_time(requests_total{instance=\"0\"}[10m:1ms])",
            600_000.0,
        ),
        ("count_over_time(sum(requests_total)[10m:1ms])", 600_000.0),
        ("min_over_time(vector(time())[10m:1ms])", 600.001),
        (
            "sum_over_time(sum(timestamp(requests_total{instance=\"0\"}))[10m:1ms])",
            535_500_600.0,
        ),
        (
            "max_over_time(sum(requests_total)[10m:1ms]) - sum(requests_total)",
            0.0,
        ),
    ] {
        let answer = instant(&store, query).unwrap().value;
        let Value::Vector(vector) = answer else {
            panic!("{query}");
        };
        assert_eq!(vector[0].value.as_float(), Some(expected), "{query}");
    }
}

/// Series enough that several threads share them.
const SHARED: usize = 3_000;

#[test]
fn threads_do_not_change_a_bit() {
    let store = store(SHARED);
    for query in [
        "sum(rate(requests_total[5m]))",
        "avg by (job) (requests_total)",
        "requests_total",
    ] {
        let ask = |threads| {
            let engine = Engine::new(EngineOptions {
                threads,
                ..options()
            });
            let answer = engine.range(
                &store,
                query,
                0,
                1_200_000,
                15_000,
                &QueryOptions::default(),
            );
            answer.unwrap().value
        };
        assert_eq!(ask(1), ask(7), "{query}");
    }
}

#[test]
fn an_error_on_a_thread_ends_the_query() {
    let store = store(SHARED);
    let engine = Engine::new(EngineOptions {
        threads: 4,
        max_samples: 5_000,
        ..options()
    });
    let answer = engine.range(
        &store,
        "requests_total",
        0,
        1_200_000,
        15_000,
        &QueryOptions::default(),
    );
    assert!(matches!(
        answer,
        Err(QueryError::TooManySamples { limit: 5_000 })
    ));
}

#[test]
fn the_engine_counts_its_queries() {
    let store = store(1);
    let engine = Engine::new(options());
    engine
        .instant(
            &store,
            "requests_total",
            1_200_000,
            &QueryOptions::default(),
        )
        .unwrap();
    let mut families = Vec::new();
    engine.gather(&mut families);
    let find = |name: &str| families.iter().find(|family| family.name == name).unwrap();
    for (name, value) in [
        ("prometheus_engine_queries", 0.0),
        ("prometheus_engine_queries_concurrent_max", 20.0),
        ("prometheus_engine_query_samples_total", 1.0),
        ("prometheus_engine_query_samples_read_total", 1.0),
        ("argand_engine_queries_waiting", 0.0),
        ("argand_engine_memory_bytes", 0.0),
        ("argand_engine_queries_out_of_memory_total", 0.0),
    ] {
        let expected = model::PointValue::Number(value);
        assert_eq!(find(name).points[0].value, expected, "{name}");
    }
    for name in [
        "prometheus_engine_query_duration_seconds",
        "prometheus_engine_query_duration_histogram_seconds",
    ] {
        assert_eq!(find(name).points.len(), 4, "{name}");
    }
}

#[test]
fn two_metrics_that_lose_their_names_are_refused_wherever_they_go() {
    let store = store(2);
    let other = labels(&[
        ("__name__", "answers_total"),
        ("instance", "1"),
        ("job", "odd"),
    ]);
    store.load(other, (0..81).map(|n| (n * 15_000, n as f64)));
    for (query, fails) in [
        ("rate({job=\"odd\"}[5m])", true),
        ("sum(rate({job=\"odd\"}[5m]))", true),
        ("topk(1, rate({job=\"odd\"}[5m]))", true),
        ("sum(rate({job=\"even\"}[5m]))", false),
        ("sum(last_over_time({job=\"odd\"}[5m]))", false),
        ("topk(1, rate(answers_total[5m]))", false),
    ] {
        let message = instant(&store, query).err().map(|e| e.to_string());
        assert_eq!(message.is_some(), fails, "{query}: {message:?}");
        let same = "vector cannot contain metrics with the same labelset";
        assert!(message.is_none_or(|m| m.contains(same)), "{query}");
    }
}
