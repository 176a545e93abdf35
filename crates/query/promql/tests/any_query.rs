//! Whatever is asked: an answer or an error, in bounded time, memory and stack.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::time::Duration;

use contract::memory::MemoryStore;
use model::Labels;
use promql::{Engine, EngineOptions, Features, QueryOptions, parse_with, prettify};
use proptest::prelude::*;

/// The stack of a thread that nobody gave another one.
const STACK: usize = 2 << 20;

fn engine() -> Engine {
    Engine::new(EngineOptions {
        max_samples: 20_000,
        timeout: Duration::from_secs(5),
        threads: 1,
        features: Features::ALL,
        ..EngineOptions::default()
    })
}

fn store() -> MemoryStore {
    let store = MemoryStore::new();
    for x in ["1", "2"] {
        let labels = Labels::from_pairs([("__name__", "a"), ("x", x)]);
        store.load(labels, (0..30).map(|n| (n * 15_000, (n % 7) as f64)));
    }
    store
}

/// Reads a text, writes it again in both forms, and answers it in both ways.
fn ask(engine: &Engine, store: &MemoryStore, text: &str) -> bool {
    let options = QueryOptions::default();
    let _ = engine.instant(store, text, 300_000, &options);
    let answered = engine.range(store, text, 0, 300_000, 60_000, &options);
    if let Ok(expr) = parse_with(text, &Features::ALL) {
        let written = expr.to_string();
        parse_with(&written, &Features::ALL).expect(&written);
        parse_with(&prettify(&expr), &Features::ALL).expect(&written);
    }
    answered.is_ok()
}

/// On a thread with the usual stack.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK);
    thread.spawn(work).unwrap().join().unwrap();
}

/// Beginnings, middles and ends that are repeated.
const NESTS: [(&str, &str, &str); 16] = [
    ("(", "a", ")"),
    ("-", "a", ""),
    ("+ -", "1", ""),
    ("a + ", "a", ""),
    ("", "a", " + a"),
    ("1 ^ ", "a", ""),
    ("a and ", "a", ""),
    ("", "a", " unless on (x) a"),
    ("abs(", "a", ")"),
    ("sum by (x) (", "a", ")"),
    ("topk(1, ", "a", ")"),
    ("scalar(vector(", "1", "))"),
    ("rate(", "a[1m]", "[1m:10s])"),
    ("(", "a", ")[1m:10s]"),
    ("a[", "1m", "]"),
    ("a offset (", "1m", ")"),
];

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    on_small_stack(|| {
        let (engine, store) = (engine(), store());
        for (open, inner, close) in NESTS {
            for depth in [1, 20, 99, 100, 101, 499, 500, 501, 5_000, 100_000] {
                let text = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
                let answered = ask(&engine, &store, &text);
                assert!(
                    depth < 501 || !answered,
                    "{depth} times {open}…{close} was answered"
                );
            }
        }
    });
}

#[test]
fn deep_durations_are_an_error_and_no_overflow() {
    on_small_stack(|| {
        let (engine, store) = (engine(), store());
        for (open, inner, close) in [
            ("(", "1m", ")"),
            ("-", "1m", ""),
            ("1m + ", "1m", ""),
            ("", "1m", " * 2"),
            ("2 ^ ", "2", ""),
            ("max_of(1m, ", "step()", ")"),
        ] {
            for depth in [1, 50, 100, 1_000, 100_000] {
                let length = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
                for text in [format!("a[{length}]"), format!("a offset ({length})")] {
                    ask(&engine, &store, &text);
                }
            }
        }
    });
}

#[test]
fn what_would_be_too_much_is_refused() {
    let (engine, store) = (engine(), store());
    for text in [
        "sum_over_time(a[290y:1s])",
        "sum_over_time(sum_over_time(sum_over_time(a[1d:1s])[1d:1s])[1d:1s])",
        "count_over_time(vector(1)[290y:1ms])",
        "absent_over_time(a[290y:1ms] offset 290y)",
        "sum_over_time((time() - a @ 1e10)[30d:1s] @ -1e10)",
    ] {
        let error = engine
            .instant(&store, text, 300_000, &QueryOptions::default())
            .expect_err(text);
        assert!(
            matches!(
                error,
                promql::QueryError::TooManySamples { .. } | promql::QueryError::Timeout(_)
            ),
            "{text}: {error}"
        );
    }
}

const WORDS: [&str; 60] = [
    "a",
    "{x=\"1\"}",
    "[5m]",
    "[1m:10s]",
    "[1h:]",
    "[step()*2]",
    " offset 1m",
    " offset -1m",
    " @ 100",
    " @ start()",
    " @ end()",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "==",
    "> bool ",
    " and ",
    " or ",
    " unless ",
    " atan2 ",
    " on(x)",
    " ignoring(y)",
    " group_left()",
    " fill(0)",
    "1",
    "0",
    "1e9",
    "NaN",
    "Inf",
    "\"x\"",
    "\"(.*)\"",
    "sum(",
    "avg by(x)(",
    "topk(2,",
    "quantile(0.5,",
    "count_values(\"v\",",
    "limit_ratio(0.5,",
    "rate(",
    "delta(",
    "sum_over_time(",
    "quantile_over_time(0.9,",
    "absent_over_time(",
    "histogram_quantile(0.9,",
    "label_replace(",
    "info(",
    "absent(",
    "scalar(",
    "vector(",
    "sort_by_label(",
    "timestamp(",
    "year(",
    "clamp(",
    "time()",
    " smoothed",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn words_in_any_order(words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 1..12)) {
        ask(&engine(), &store(), &words.concat());
    }

    #[test]
    fn any_text(text in "\\PC{0,60}") {
        ask(&engine(), &store(), &text);
    }
}
