//! Pushes, refusals, deletions and restarts, as whoever serves a push gateway sees them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use contract::memory::MemoryStore;
use contract::{Append, Clock};
use model::{MatchOp, Matcher};
use push::{Form, Options, Push, Pushgateway, exposition, grouping};

/// A clock that stands until it is moved, in seconds.
#[derive(Default)]
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed) * 1000
    }
}

struct Bench {
    clock: Arc<Moved>,
    gateway: Pushgateway,
}

impl Bench {
    fn new(folder: Option<&Path>) -> Self {
        let clock = Arc::new(Moved(AtomicI64::new(1)));
        let options = Options::new(folder.map(Path::to_owned));
        let gateway = Pushgateway::open(options, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        Self { clock, gateway }
    }

    fn at(&self, seconds: i64) -> &Self {
        self.clock.0.store(seconds, Ordering::Relaxed);
        self
    }

    /// Pushes; `+` before the path adds, and else the push replaces.
    fn push(&self, path: &str, body: &str, lives: Option<u64>) -> Result<(), String> {
        let (replaces, path) = match path.strip_prefix('+') {
            Some(path) => (false, path),
            None => (true, path),
        };
        let push = Push {
            labels: &grouping(path).unwrap(),
            replaces,
            form: Form::Text,
            body: body.as_bytes(),
            lives: lives.map(Duration::from_secs),
        };
        self.gateway.push(&push).map_err(|error| error.to_string())
    }

    fn delete(&self, path: &str) -> bool {
        self.gateway.delete(&grouping(path).unwrap()).unwrap()
    }

    fn shown(&self) -> String {
        let mut out = String::new();
        exposition(&self.gateway.groups(), &[], &mut out);
        let lines = out.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// What is shown beside the times of pushes.
    fn held(&self) -> String {
        let shown = self.shown();
        let lines = shown.lines().filter(|line| !line.starts_with("push_"));
        lines.collect::<Vec<_>>().join("|")
    }
}

#[test]
fn a_push_replaces_the_group_or_adds_to_it() {
    let bench = Bench::new(None);
    bench.push("/a", "x 1\ny 2\n", None).unwrap();
    bench.push("/b", "x 3\n", None).unwrap();
    bench.at(7).push("+/a", "y 4\nz 5\n", None).unwrap();
    assert_eq!(
        bench.held(),
        "x{instance=\"\",job=\"a\"} 1|x{instance=\"\",job=\"b\"} 3|\
         y{instance=\"\",job=\"a\"} 4|z{instance=\"\",job=\"a\"} 5"
    );
    assert!(
        bench
            .shown()
            .contains("push_time_seconds{instance=\"\",job=\"a\"} 7\n")
    );
    bench.push("/a", "z 6\n", None).unwrap();
    assert_eq!(
        bench.held(),
        "x{instance=\"\",job=\"b\"} 3|z{instance=\"\",job=\"a\"} 6"
    );
    assert!(bench.delete("/a"));
    assert!(!bench.delete("/a"));
    assert_eq!(bench.held(), "x{instance=\"\",job=\"b\"} 3");
}

#[test]
fn what_contradicts_is_refused_and_noted() {
    let check = |before: &[(&str, &str)], path: &str, body: &str, expected: Option<&str>| {
        let bench = Bench::new(None);
        for (path, body) in before {
            bench.push(path, body, None).unwrap();
        }
        let held = bench.held();
        let found = bench.at(9).push(path, body, None);
        match expected {
            None => assert_eq!(found, Ok(()), "{path} {body}"),
            Some(said) => {
                let error = found.unwrap_err();
                assert!(error.contains(said), "{path} {body}: {error}");
                assert_eq!(bench.held(), held, "nothing changed");
            }
        }
    };
    let gauge = "# TYPE x gauge\nx 1\n";
    let counter = "# TYPE x counter\nx 1\n";
    check(&[("/a", gauge)], "/b", counter, Some("is not a Gauge"));
    check(&[("/a", gauge)], "/a", counter, None);
    check(&[("/a", gauge)], "+/a", counter, None);
    check(
        &[("/a", gauge), ("/b", gauge)],
        "/a",
        counter,
        Some("is not a Gauge"),
    );
    check(&[], "/a", "x 1\nx 2\n", Some("was collected before"));
    check(
        &[("/a", "x{instance=\"i\"} 1\n")],
        "/a/instance/i",
        "x 1\n",
        Some("was collected before"),
    );
    check(
        &[("/a/instance/i", "x 1\n")],
        "/a",
        "x 1\nx{instance=\"i\"} 1\n",
        Some("was collected before"),
    );
    check(
        &[("/a", "x 1\n")],
        "/a/instance/",
        "y 1\n",
        Some("\"push_time_seconds\" { "),
    );
    check(&[], "/a", "x 1 5\n", Some("must not have timestamps"));
    let histogram = "# TYPE h histogram\nh_count 1\n";
    check(
        &[("/a", histogram)],
        "/b",
        "h_sum 1\n",
        Some("previously collected histogram named \"h\""),
    );
    check(
        &[("/a", "h_bucket 1\n")],
        "/b",
        histogram,
        Some("previously collected metric named \"h_bucket\""),
    );
    check(&[("/a", "h_bucket 1\n")], "/a", histogram, None);
    check(
        &[("/a", "h_bucket 1\n")],
        "+/a",
        histogram,
        Some("\"h_bucket\""),
    );
    check(&[], "/a", "push_time_seconds 3\n", None);
}

#[test]
fn a_refused_push_is_noted_with_its_group() {
    let bench = Bench::new(None);
    bench.at(5).push("/a", "x 1 1\n", None).unwrap_err();
    assert_eq!(
        bench.shown(),
        "push_failure_time_seconds{instance=\"\",job=\"a\"} 5\n\
         push_time_seconds{instance=\"\",job=\"a\"} 0\n"
    );
    assert!(!bench.gateway.groups().first().unwrap().is_well());
}

#[test]
fn groups_go_with_their_time_or_by_matchers() {
    let bench = Bench::new(None);
    bench.push("/a/team/x", "x 1\n", Some(10)).unwrap();
    bench.push("/b/team/x", "x 1\n", None).unwrap();
    bench.push("/c/team/y", "x 1\n", Some(10)).unwrap();
    bench.at(5).push("/c/team/y", "x 2\n", None).unwrap();
    let tend = || bench.gateway.tend(Duration::from_secs(60)).unwrap();
    bench.at(10);
    tend();
    assert_eq!(bench.gateway.groups().len(), 3);
    bench.at(11);
    tend();
    // The later push of /c has no end.
    assert_eq!(bench.gateway.groups().len(), 2);
    let matchers = |op, value| vec![Matcher::new("team", op, value).unwrap()];
    let delete = |lists: &[Vec<Matcher>]| bench.gateway.delete_matching(lists).unwrap();
    assert_eq!(delete(&[matchers(MatchOp::Equal, "z")]), 0);
    assert_eq!(delete(&[matchers(MatchOp::Regex, "x|z")]), 1);
    assert_eq!(bench.held(), "x{instance=\"\",job=\"c\",team=\"y\"} 2");
    bench.gateway.wipe().unwrap();
    assert_eq!(bench.shown(), "");
}

#[test]
fn all_comes_back_from_the_log_and_from_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(Some(folder.path()));
    bench
        .push(
            "/a",
            "# HELP h text\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 2\n",
            None,
        )
        .unwrap();
    bench.at(2).push("+/a", "x{y=\"\"} 1\n", None).unwrap();
    bench.at(3).push("/a", "x 1 1\n", None).unwrap_err();
    bench.push("/b", "x 1\n", None).unwrap();
    bench.push("/c", "x 1\n", Some(100)).unwrap();
    bench.push("/d", "", None).unwrap();
    assert!(bench.delete("/b"));
    let shown = bench.shown();
    drop(bench);

    let again = Bench::new(Some(folder.path()));
    assert_eq!(again.shown(), shown);
    again.at(102);
    again.gateway.tend(Duration::from_secs(60)).unwrap();
    assert_eq!(again.gateway.groups().len(), 3);
    again.at(103);
    again.gateway.tend(Duration::from_secs(60)).unwrap();
    assert_eq!(again.gateway.groups().len(), 2);
    again.gateway.checkpoint().unwrap();
    again.push("/f", "w 1\n", None).unwrap();
    let shown = again.shown();
    drop(again);
    let last = Bench::new(Some(folder.path()));
    assert_eq!(last.shown(), shown);
    // Who is refused after a restart was refused before.
    last.push("/e", "# TYPE h gauge\nh 1\n", None).unwrap_err();
}

#[test]
fn what_would_be_too_much_is_refused() {
    let options = Options {
        most_groups: 2,
        most_series: 10,
        ..Options::new(None)
    };
    let clock: Arc<Moved> = Arc::default();
    let gateway = Pushgateway::open(options, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
    let bench = Bench { clock, gateway };
    // A group shows two series of its own.
    bench
        .push("/a", "x{a=\"1\"} 1\nx{a=\"2\"} 1\nx{a=\"3\"} 1\n", None)
        .unwrap();
    bench.push("/b", "x 1\n", None).unwrap();
    let error = bench.push("/c", "x 1\n", None).unwrap_err();
    assert!(error.contains("push.max-groups"), "{error}");
    let body = "x{a=\"1\"} 1\nx{a=\"2\"} 1\nx{a=\"3\"} 1\nx{a=\"4\"} 1\n";
    let error = bench.push("/b", body, None).unwrap_err();
    assert!(error.contains("push.max-series"), "{error}");
    bench.push("/a", "x 1\n", None).unwrap();
    bench.push("/b", body, None).unwrap();
}

#[test]
fn what_is_held_is_a_series_of_a_store_and_ends_with_its_group() {
    let bench = Bench::new(None);
    let store = Arc::new(MemoryStore::default());
    bench.gateway.feed(Arc::clone(&store) as Arc<dyn Append>);
    let check = |query: &str, expected: &[(i64, &str)]| {
        let found = samples(&store, query);
        let expected: Vec<(i64, String)> = expected
            .iter()
            .map(|(time, v)| (*time, (*v).to_owned()))
            .collect();
        assert_eq!(found, expected, "{query}");
    };
    bench.push("/a", "x 1\ny 1\n", None).unwrap();
    bench.at(11).gateway.tend(Duration::from_secs(10)).unwrap();
    bench
        .at(15)
        .push(
            "/a",
            "x 2\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\n",
            None,
        )
        .unwrap();
    bench.push("/a", "x 3\n", None).unwrap();
    check(
        "x",
        &[(1000, "1"), (11_000, "1"), (15_000, "2"), (15_001, "3")],
    );
    check("y", &[(1000, "1"), (11_000, "1"), (15_000, "end")]);
    check("h_count", &[(15_000, "0"), (15_001, "end")]);
    bench.delete("/a");
    bench.at(99).gateway.tend(Duration::from_secs(10)).unwrap();
    check(
        "x",
        &[
            (1000, "1"),
            (11_000, "1"),
            (15_000, "2"),
            (15_001, "3"),
            (15_002, "end"),
        ],
    );
}

/// The samples of the series of a name; of its end, "end".
fn samples(store: &MemoryStore, name: &str) -> Vec<(i64, String)> {
    let all = store.dump();
    let found = all.iter().find(|(labels, _)| labels.metric() == Some(name));
    let (labels, columns) = found.unwrap_or_else(|| panic!("{name} is there"));
    assert_eq!(labels.get("job"), Some("a"));
    let times = columns.times.iter().copied();
    let values = columns
        .values
        .iter()
        .map(|value| match model::is_stale(*value) {
            true => "end".to_owned(),
            false => value.to_string(),
        });
    times.zip(values).collect()
}
