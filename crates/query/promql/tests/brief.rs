//! Queries that threads which must not wait may evaluate themselves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use contract::memory::MemoryStore;
use model::Labels;
use promql::{Engine, EngineOptions, Features, HttpOrigin, Moments, Origin, QueryOptions};

const MINUTE: i64 = 60_000;
const END: i64 = 30 * MINUTE;

/// Two series named `few`, and a thousand named `many`.
fn store() -> MemoryStore {
    let store = MemoryStore::new();
    for (name, count) in [("few", 2), ("many", 1000)] {
        for number in 0..count {
            let number = number.to_string();
            let labels = Labels::from_pairs([("__name__", name), ("number", &number)]);
            store.load(labels, (0..=END / MINUTE).map(|n| (n * MINUTE, n as f64)));
        }
    }
    store
}

fn engine() -> Engine {
    Engine::new(EngineOptions {
        features: Features::ALL,
        ..EngineOptions::default()
    })
}

#[test]
fn what_is_known_to_be_brief_is_evaluated_at_once_and_the_same() {
    let (store, engine, options) = (store(), engine(), QueryOptions::default());
    let hour = Moments::every(0, END, MINUTE).unwrap();
    for (query, moments, expected) in [
        ("few", Moments::at(END), true),
        ("sum(rate(few[5m])) * 2", hour, true),
        ("few > on (number) max by (number) (few)", hour, true),
        ("1 + 1", hour, true),
        ("absent(none)", hour, true),
        ("many", Moments::at(END), false),
        ("rate(many[5m])", hour, false),
        ("few + many", hour, false),
        ("few offset 5m", hour, false),
        ("few @ start()", hour, false),
        ("max_over_time(few[10m:1m])", hour, false),
        ("info(few)", hour, false),
        (
            "label_replace(few, \"a\", \"b\", \"number\", \".*\")",
            hour,
            false,
        ),
    ] {
        let prepared = engine.prepare(query).unwrap();
        let brief = engine.briefly(&store, &prepared, moments, &options);
        assert_eq!(brief.is_some(), expected, "{query}");
        if let Some(brief) = brief {
            let usual = engine.evaluate(&store, &prepared, moments, &options);
            assert_eq!(brief.unwrap().value, usual.unwrap().value, "{query}");
        }
    }
}

#[test]
fn a_query_of_the_wrong_kind_is_refused_at_once() {
    let (store, engine, options) = (store(), engine(), QueryOptions::default());
    let prepared = engine.prepare("few[5m]").unwrap();
    let hour = Moments::every(0, END, MINUTE).unwrap();
    let error = engine.briefly(&store, &prepared, hour, &options).unwrap();
    assert!(error.unwrap_err().to_string().contains("range vector"));
    assert!(Moments::every(0, END, 0).is_none());
}

/// A store in which a query of the same origin is under way while another is asked.
struct Meanwhile<'m> {
    store: MemoryStore,
    within: &'m (dyn Fn() + Sync),
}

impl contract::Select for Meanwhile<'_> {
    fn select(
        &self,
        selection: &contract::Selection<'_>,
    ) -> Result<Box<dyn contract::SeriesList>, contract::SelectError> {
        (self.within)();
        self.store.select(selection)
    }

    fn label_names(
        &self,
        selection: &contract::Selection<'_>,
    ) -> Result<Vec<String>, contract::SelectError> {
        self.store.label_names(selection)
    }

    fn label_values(
        &self,
        name: &str,
        selection: &contract::Selection<'_>,
    ) -> Result<Vec<String>, contract::SelectError> {
        self.store.label_values(name, selection)
    }
}

#[test]
fn an_origin_with_queries_under_way_waits_in_line() {
    let engine = engine();
    let by = |address: &str| QueryOptions {
        origin: Origin::Http(HttpOrigin {
            client: address.to_owned(),
            ..HttpOrigin::default()
        }),
        ..QueryOptions::default()
    };
    let asked = std::sync::atomic::AtomicBool::new(false);
    let within = || {
        let prepared = engine.prepare("few").unwrap();
        for (address, expected) in [("10.0.0.1", false), ("10.0.0.2", true)] {
            let brief = engine.briefly(&store(), &prepared, Moments::at(END), &by(address));
            assert_eq!(brief.is_some(), expected, "{address}");
        }
        asked.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let meanwhile = Meanwhile {
        store: store(),
        within: &within,
    };
    let outcome = engine.instant(&meanwhile, "few", END, &by("10.0.0.1"));
    assert!(outcome.is_ok() && asked.into_inner());
}
