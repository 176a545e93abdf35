//! The best of series that are computed one by one are those of series that all lie in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests may stop at the first surprise"
)]

use contract::memory::MemoryStore;
use model::Labels;
use promql::{Engine, EngineOptions, Features, Moments, QueryOptions};
use proptest::prelude::*;

const MINUTE: i64 = 60_000;
const MINUTES: i64 = 12;

/// Few different values, so that many are equal, and gaps.
fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        2 => Just(None),
        8 => (-3..4i32).prop_map(|number| Some(f64::from(number))),
        1 => Just(Some(f64::NAN)),
        1 => Just(Some(f64::INFINITY)),
        1 => Just(Some(-0.0)),
    ]
}

fn store(series: &[Vec<Option<f64>>]) -> MemoryStore {
    let store = MemoryStore::new();
    for (number, values) in series.iter().enumerate() {
        let (group, number) = ((number % 3).to_string(), number.to_string());
        let labels = [("__name__", "m"), ("group", &group), ("number", &number)];
        let samples = values.iter().enumerate();
        let samples = samples.filter_map(|(at, value)| Some((at as i64 * MINUTE, (*value)?)));
        store.load(Labels::from_pairs(labels), samples);
    }
    store
}

proptest! {
    #[test]
    fn one_by_one_and_all_at_once(
        series in prop::collection::vec(prop::collection::vec(value(), MINUTES as usize), 0..40),
        count in -1..9i32,
        op in prop::sample::select(vec!["topk", "bottomk"]),
        by in prop::sample::select(vec!["", "by (group)", "without (number)", "by (none)"]),
        range in any::<bool>(),
    ) {
        let (store, options) = (store(&series), QueryOptions::default());
        let engine = Engine::new(EngineOptions { features: Features::ALL, ..EngineOptions::default() });
        let moments = match range {
            true => Moments::every(0, MINUTES * MINUTE, MINUTE).unwrap(),
            false => Moments::at(5 * MINUTE),
        };
        let answer = |of: &str| {
            let query = engine.prepare(&format!("{op} {by} ({count}, {of})")).unwrap();
            let result = engine.evaluate(&store, &query, moments, &options).unwrap();
            // NaN is not equal to itself.
            format!("{:?}", result.value)
        };
        prop_assert_eq!(answer("last_over_time(m[1m])"), answer("last_over_time(m[1m]) or none"));
    }
}
