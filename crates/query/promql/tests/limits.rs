//! What queries may spend, and what they say they cost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use contract::Gather;
use contract::memory::MemoryStore;
use model::{Labels, PointValue};
use promql::{Engine, EngineOptions, Features, QueryError, QueryOptions, QueryResult};

/// A sample every 15 s for ten minutes.
const SAMPLES: i64 = 41;
const INTERVAL: i64 = 15_000;
const END: i64 = (SAMPLES - 1) * INTERVAL;

/// `requests{instance, job}` and the buckets of a classic histogram, `wait_bucket{instance, le}`.
fn store() -> MemoryStore {
    let store = MemoryStore::new();
    let samples = |factor: f64| (0..SAMPLES).map(move |n| (n * INTERVAL, n as f64 * factor));
    for instance in 0..300 {
        let name = format!("instance-{instance}");
        let job = if instance % 2 == 0 { "even" } else { "odd" };
        let labels = [("__name__", "requests"), ("instance", &name), ("job", job)];
        store.load(Labels::from_pairs(labels), samples(f64::from(instance + 1)));
        for le in ["1", "+Inf"] {
            let labels = [("__name__", "wait_bucket"), ("instance", &name), ("le", le)];
            store.load(Labels::from_pairs(labels), samples(1.0));
        }
    }
    let one = Labels::from_pairs([("__name__", "one")]);
    store.load(one, samples(1.0));
    store
}

fn options() -> EngineOptions {
    EngineOptions {
        // The order in which memory is taken is the same each time.
        threads: 1,
        features: Features::ALL,
        per_step_stats: true,
        ..EngineOptions::default()
    }
}

fn range(engine: &Engine, query: &str, step: i64) -> Result<QueryResult, QueryError> {
    let options = QueryOptions {
        per_step_stats: true,
        ..QueryOptions::default()
    };
    engine.range(&store(), query, END - 60_000, END, step, &options)
}

/// The bytes that an engine's queries hold.
fn held(engine: &Engine) -> f64 {
    let mut families = Vec::new();
    engine.gather(&mut families);
    let family = families
        .iter()
        .find(|family| family.name == "argand_engine_memory_bytes")
        .unwrap();
    match family.points[0].value {
        PointValue::Number(bytes) => bytes,
        _ => panic!("a gauge"),
    }
}

/// One of each kind of operation.
const QUERIES: &[&str] = &[
    "requests",
    "-requests",
    "requests * 2",
    "requests > 1000",
    "rate(requests[1m])",
    "sum by (job) (requests)",
    "sum by (instance) (rate(requests[1m]))",
    "topk(3, requests)",
    "quantile by (job) (0.5, requests)",
    r#"count_values("value", requests)"#,
    "requests + ignoring(job) wait_bucket{le=\"1\"}",
    "requests * on (instance) group_left requests",
    "requests and requests",
    "requests or wait_bucket",
    "requests unless on (job) wait_bucket",
    "histogram_quantile(0.9, rate(wait_bucket[1m]))",
    r#"label_replace(requests, "copy", "$1$1$1$1", "instance", "(.*)")"#,
    "max_over_time(sum by (instance) (requests)[2m:10s])",
    "sort(requests)",
    "abs(requests)",
    "timestamp(requests)",
    "requests @ 300",
    "absent(requests)",
    "info(requests)",
];

#[test]
fn every_operation_is_bounded_and_gives_back_what_it_held() {
    let free = Engine::new(options());
    for query in QUERIES {
        let answer = range(&free, query, 1000).unwrap();
        let peak = answer.stats.peak_bytes;
        assert!(held(&free) > 0.0, "{query}: the answer itself counts");
        drop(answer);
        assert_eq!(held(&free), 0.0, "{query}");
        // A little more than it needs: what is asked for in advance is rounded up.
        for (limit, fits) in [(peak + (64 << 10), true), (peak / 2, false)] {
            let limited = Engine::new(EngineOptions {
                max_memory_per_query: limit,
                ..options()
            });
            let answer = range(&limited, query, 1000).map(|answer| answer.stats.peak_bytes);
            match answer {
                Ok(_) => assert!(fits, "{query}: {peak} bytes pass a limit of {limit}"),
                Err(QueryError::TooMuchMemory {
                    wanted,
                    limit: told,
                }) => {
                    assert!(!fits, "{query}: {wanted} of {limit}, but {peak} before");
                    assert!(wanted > limit && told == limit, "{query}");
                }
                Err(other) => panic!("{query}: {other}"),
            }
            assert_eq!(held(&limited), 0.0, "{query}");
        }
    }
}

#[test]
fn queries_share_what_they_may_hold() {
    let query = "requests";
    let peak = range(&Engine::new(options()), query, 1000)
        .unwrap()
        .stats
        .peak_bytes;
    // Room for one, and not for one beside what another has taken.
    let room = peak + peak / 4;
    let engine = Engine::new(EngineOptions {
        max_memory: room,
        ..options()
    });
    let first = range(&engine, query, 1000).unwrap();
    let error = range(&engine, query, 1000).map(|_| ()).unwrap_err();
    assert!(
        matches!(&error, QueryError::TooMuchMemoryOfAll { limit, .. } if *limit == room),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.contains("raise --query.max-memory"), "{text}");
    drop(first);
    range(&engine, query, 1000).unwrap();
}

#[test]
fn samples_are_counted_as_upstream_counts_them() {
    let engine = Engine::new(options());
    // Three steps, 30 s apart; what each looked at, and what of it was new.
    for (query, total, read) in [
        ("one", [1, 1, 1], [1, 1, 1]),
        ("1", [0, 0, 0], [0, 0, 0]),
        ("one + one", [2, 2, 2], [2, 2, 2]),
        ("sum_over_time(one[1m])", [4, 4, 4], [4, 2, 2]),
        ("sum_over_time(one[15s])", [1, 1, 1], [1, 1, 1]),
        ("absent_over_time(one[1m])", [4, 4, 4], [4, 2, 2]),
        ("one @ 300", [1, 1, 1], [1, 0, 0]),
        ("max_over_time(sum(one)[1m:15s])", [4, 4, 4], [4, 2, 2]),
        // Inner steps between the windows are computed and not seen.
        ("max_over_time(sum(one)[15s:5s])", [3, 3, 3], [3, 3, 3]),
        ("max_over_time(one[1m]) + one", [5, 5, 5], [5, 3, 3]),
    ] {
        let stats = range(&engine, query, 30_000).unwrap().stats;
        let steps = stats.steps.unwrap();
        assert_eq!(steps.total, total, "{query}");
        assert_eq!(steps.read, read, "{query}");
        assert_eq!(stats.total_samples, total.iter().sum::<u64>(), "{query}");
        assert_eq!(stats.samples_read, read.iter().sum::<u64>(), "{query}");
        assert_eq!((steps.first, steps.interval), (END - 60_000, 30_000));
    }
    let plain = QueryOptions::default();
    let answer = engine.range(&store(), "one", 0, END, 30_000, &plain);
    assert_eq!(answer.unwrap().stats.steps, None);
}
