//! Queries as rules and templates ask them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::sync::Arc;

use contract::memory::MemoryStore;
use contract::{Query, QueryFault, Reads};
use model::Labels;
use promql::{CancelToken, Engine, EngineOptions, Features, RuleQueries};

fn queries(cancel: &CancelToken) -> RuleQueries {
    let store = MemoryStore::new();
    for (job, value) in [("a", 1.0), ("b", 2.0)] {
        let labels = Labels::from_pairs([("__name__", "up"), ("job", job)]);
        store.load(labels, [(1000, value)]);
    }
    let engine = Engine::new(EngineOptions {
        features: Features::ALL,
        ..EngineOptions::default()
    });
    RuleQueries::new(Arc::new(engine), Arc::new(store), cancel.clone())
}

/// The points of an answer as text, sorted.
fn ask(query: &str) -> Result<Vec<String>, QueryFault> {
    let prepared = queries(&CancelToken::default()).prepare(query)?;
    let points = prepared.at(1500)?;
    let texts = points.iter().map(|p| format!("{} {}", p.labels, p.value));
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    Ok(texts)
}

#[test]
fn vectors_and_numbers_are_answers() {
    assert_eq!(ask("up > 1").unwrap(), [r#"{__name__="up", job="b"} 2"#]);
    assert_eq!(ask("sum(up)").unwrap(), ["{} 3"]);
    assert_eq!(ask("1 + 1").unwrap(), ["{} 2"]);
    assert_eq!(ask("absent(up)").unwrap(), [""; 0]);
    for query in ["up[1m]", "\"text\""] {
        let why = "rule result is not a vector or scalar".to_owned();
        assert_eq!(ask(query), Err(QueryFault::Failed(why)), "{query}");
    }
}

#[test]
fn faults_keep_their_kind() {
    let malformed = ask("sum(").unwrap_err();
    assert!(matches!(&malformed, QueryFault::Malformed(text) if text.contains("parse error")));
    let failed = ask("up / ignoring(job) up").unwrap_err();
    assert!(matches!(failed, QueryFault::Failed(_)), "{failed:?}");
    let cancel = CancelToken::default();
    let prepared = queries(&cancel).prepare("up").unwrap();
    assert_eq!(prepared.at(1500).unwrap().len(), 2);
    cancel.cancel();
    assert_eq!(prepared.at(1500), Err(QueryFault::Cancelled));
}

#[test]
fn what_is_read_and_the_canonical_text() {
    let metrics = |names: &[&str]| Reads::Metrics(names.iter().map(|n| (*n).to_owned()).collect());
    for (query, text, reads) in [
        ("1", "1", metrics(&[])),
        ("sum(b)by(x)", "sum by (x) (b)", metrics(&["b"])),
        (
            "rate(b[1m])>a  and a",
            "rate(b[1m]) > a and a",
            metrics(&["a", "b"]),
        ),
        (
            "topk(scalar(n), max_over_time(rate(c[5m])[1h:]))",
            "topk(scalar(n), max_over_time(rate(c[5m])[1h:]))",
            metrics(&["c", "n"]),
        ),
        (r#"{__name__="a"}"#, r#"{__name__="a"}"#, metrics(&["a"])),
        (
            r#"{__name__=~"a|b"}"#,
            r#"{__name__=~"a|b"}"#,
            Reads::Anything,
        ),
        (r#"a + {job="x"}"#, r#"a + {job="x"}"#, Reads::Anything),
        ("info(a)", "info(a)", metrics(&["a", "target_info"])),
        (
            r#"info(a, {x="y"})"#,
            r#"info(a, {x="y"})"#,
            metrics(&["a", "target_info"]),
        ),
        (
            r#"info(a, {__name__="build_info"})"#,
            r#"info(a, {__name__="build_info"})"#,
            metrics(&["a", "build_info"]),
        ),
        (
            r#"info(a, {__name__!="build_info"})"#,
            r#"info(a, {__name__!="build_info"})"#,
            Reads::Anything,
        ),
    ] {
        let prepared = queries(&CancelToken::default()).prepare(query).unwrap();
        assert_eq!(prepared.text(), text, "{query}");
        assert_eq!(prepared.reads(), reads, "{query}");
    }
}
