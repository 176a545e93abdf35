//! Lines and mapping files together: the cases that the original answers too, what is refused
//! beyond them, life times, and no panic on any bytes.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use contract::{Clock, Gather};
use model::histogram::buckets::buckets;
use model::{Family, PointValue};
use proptest::prelude::*;
use wire::exposition::write;

use crate::{Options, Statsd};

/// A clock that the test sets.
#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn receiver(mapping: &str, options: Options) -> (Statsd, Arc<Hand>) {
    let hand = Arc::new(Hand::default());
    let config = config::parse_statsd(mapping, Path::new("mapping.yml")).unwrap();
    let clock = Arc::clone(&hand) as Arc<dyn Clock>;
    (Statsd::new(config, options, clock), hand)
}

fn families(statsd: &Statsd) -> Vec<Family> {
    let mut families = Vec::new();
    statsd.gather(&mut families);
    families
}

/// What is exposed, line by line: of StatsD's metrics, and of the receiver's own what is not zero.
fn exposed(statsd: &Statsd) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut text = String::new();
    write::text(&families(statsd), &mut text);
    let mut own = BTreeSet::new();
    let mut others = BTreeSet::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let name = if words[0] == "#" { words[2] } else { words[0] };
        if !name.starts_with("statsd_") {
            others.insert(line.to_owned());
        } else if words[0] != "#" && words[1] != "0" {
            own.insert(line.to_owned());
        }
    }
    (others, own)
}

fn check(mapping: &str, lines: &str, expected: &[&str]) {
    let (statsd, _) = receiver(mapping, Options::default());
    statsd.receive(lines.as_bytes());
    let (metrics, own) = exposed(&statsd);
    for line in expected {
        let found = metrics.contains(*line) || own.contains(*line);
        assert!(found, "{lines}: no {line} in {metrics:#?} {own:#?}");
    }
}

/// Native histograms, a line each.
fn native(statsd: &Statsd) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for family in families(statsd) {
        for point in &family.points {
            let PointValue::NativeHistogram { native, .. } = &point.value else {
                continue;
            };
            let positive: Vec<_> = buckets(&native.positive_spans, &native.positive).collect();
            let negative: Vec<_> = buckets(&native.negative_spans, &native.negative).collect();
            told.insert(format!(
                "{}{} schema {} zero {} count {} positive {positive:?} negative {negative:?}",
                family.name, point.labels, native.schema, native.zero_count, native.count
            ));
        }
    }
    told
}

/// The part of a case behind `--- name`.
fn part<'a>(case: &'a str, name: &str) -> &'a str {
    let (_, behind) = case.split_once(&format!("--- {name}\n")).unwrap();
    behind.split("--- ").next().unwrap()
}

#[test]
fn the_cases_that_the_original_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/cases/statsd");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let case = std::fs::read_to_string(&path).unwrap();
        let (statsd, _) = receiver(part(&case, "mapping"), Options::default());
        statsd.receive(part(&case, "lines").as_bytes());
        let (metrics, own) = exposed(&statsd);
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let expected = lines(part(&case, "metrics"));
        let differ: Vec<_> = metrics.symmetric_difference(&expected).collect();
        assert!(differ.is_empty(), "{}: {differ:#?}", path.display());
        if case.contains("--- native\n") {
            let expected = lines(part(&case, "native"));
            assert_eq!(native(&statsd), expected, "{}", path.display());
        }
        for line in lines(part(&case, "own")) {
            assert!(
                own.contains(&line),
                "{}: no {line} in {own:#?}",
                path.display()
            );
        }
        count += 1;
    }
    assert!(count >= 10, "{count} cases");
}

#[test]
fn what_would_harm_is_refused_and_counted() {
    let histograms = "defaults: {observer_type: histogram, histogram_options: {buckets: [1]}}";
    let error = |reason: &str, count: u64| {
        format!("statsd_exporter_events_error_total{{reason=\"{reason}\"}} {count}")
    };
    for (mapping, lines, reason) in [
        ("", "a:NaN|c", "not_finite"),
        ("", "a:1e308|c|@1e-300", "not_finite"),
        ("", "a:NaN|ms", "not_finite"),
        ("", "#a=b:1|c", "empty_metric_name"),
        ("", "a:1|c|#__name__:b", "reserved_label"),
        ("", "a:1|ms|#quantile:b", "reserved_label"),
        (histograms, "a:1|ms|#le:b", "reserved_label"),
    ] {
        check(mapping, lines, &[&error(reason, 1)]);
    }
    let long = format!("{}:1|c", "a".repeat(5000));
    check("", &long, &[&error("too_long", 1)]);
    let long = format!("a:1|c|#b:{}", "c".repeat(5000));
    check("", &long, &[&error("too_long", 1)]);
    let own = "statsd_exporter_lines_total:1|c";
    check(
        "",
        own,
        &[
            "statsd_exporter_events_conflict_total{metric_name=\"statsd_exporter_lines_total\",type=\"counter\"} 1",
        ],
    );
    // A label of another type's is none of a counter's.
    check("", "a:1|c|#le:b", &["a{le=\"b\"} 1"]);
}

#[test]
fn a_gauge_and_its_neighbours_live_side_by_side() {
    // The original takes these for conflicts, though nothing is written twice.
    check(
        "",
        "pool:1|g\npool_count:2|g\npool_sum:3|c",
        &["pool_count 2", "pool_sum 3"],
    );
    check("", "pool_count:2|g\npool:1|ms", &["pool_count 2"]);
}

#[test]
fn series_are_bounded_and_known_ones_go_on() {
    let options = Options {
        series: 2,
        cached_names: 1,
        ..Options::default()
    };
    let (statsd, _) = receiver("", options);
    statsd.receive(b"a:1|c\nb:1|c\nc:1|c\na:1|c\nb:1|c|#t:u\nb:1|c");
    let (metrics, own) = exposed(&statsd);
    assert!(
        metrics.contains("a 2") && metrics.contains("b 2"),
        "{metrics:#?}"
    );
    let refused = "statsd_exporter_events_error_total{reason=\"too_many_series\"} 2";
    assert!(own.contains(refused), "{own:#?}");
}

#[test]
fn sets_are_gauges_of_the_last_interval() {
    let options = Options {
        set_interval: Some(Duration::from_secs(10)),
        ..Options::default()
    };
    let mapping = "mappings: [{match: users.*, name: users, labels: {site: $1}}]";
    let (statsd, hand) = receiver(mapping, options);
    let lines = "users.a:ann|s\nusers.a:bob|s\nusers.a:ann|s\nplain:1|s|#t:u\nplain:5|g";
    statsd.receive(lines.as_bytes());
    hand.0.store(10_000, Ordering::Relaxed);
    let (metrics, own) = exposed(&statsd);
    for line in [
        "# TYPE users gauge",
        "users{site=\"a\"} 2",
        "plain{t=\"u\"} 1",
    ] {
        assert!(metrics.contains(line), "no {line} in {metrics:#?}");
    }
    let conflict = "statsd_exporter_events_conflict_total{metric_name=\"plain\",type=\"gauge\"} 1";
    assert!(own.contains(conflict), "{own:#?}");
    hand.0.store(20_000, Ordering::Relaxed);
    let (metrics, _) = exposed(&statsd);
    assert!(metrics.contains("users{site=\"a\"} 0"), "{metrics:#?}");
}

#[test]
fn series_end_without_samples() {
    let mapping = "
defaults: {ttl: 10s}
mappings:
- match: long.*
  name: long
  labels: {part: $1}
  ttl: 1m
";
    let (statsd, hand) = receiver(mapping, Options::default());
    let at = |seconds: i64, lines: &str| {
        hand.0.store(seconds * 1000, Ordering::Relaxed);
        statsd.expire();
        statsd.receive(lines.as_bytes());
        let (metrics, _) = exposed(&statsd);
        let samples = metrics.into_iter().filter(|line| !line.starts_with('#'));
        samples.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        at(0, "a:1|c\nlong.x:1|g\nlong.y:1|g"),
        "a 1 long{part=\"x\"} 1 long{part=\"y\"} 1"
    );
    assert_eq!(
        at(10, "long.x:2|g"),
        "a 1 long{part=\"x\"} 2 long{part=\"y\"} 1"
    );
    // A name without series is free for another type, and nobody takes its place for the old one.
    assert_eq!(at(11, "b:3|c"), "b 3 long{part=\"x\"} 2 long{part=\"y\"} 1");
    assert_eq!(
        at(12, "a:7|g"),
        "a 7 b 3 long{part=\"x\"} 2 long{part=\"y\"} 1"
    );
    assert_eq!(at(61, ""), "long{part=\"x\"} 2");
    assert_eq!(at(71, ""), "");
}

#[test]
fn another_mapping_file_is_followed_from_the_next_sample_on() {
    let (statsd, _) = receiver("", Options::default());
    statsd.receive(b"a.b:1|c");
    let text = "mappings: [{match: a.*, name: a, labels: {part: $1}}]";
    statsd.configure(config::parse_statsd(text, Path::new("m.yml")).unwrap());
    statsd.not_configured();
    statsd.receive(b"a.b:1|c");
    let (metrics, own) = exposed(&statsd);
    assert!(metrics.contains("a_b 1") && metrics.contains("a{part=\"b\"} 1"));
    for line in [
        "statsd_exporter_config_reloads_total{outcome=\"success\"} 1",
        "statsd_exporter_config_reloads_total{outcome=\"failure\"} 1",
        "statsd_exporter_loaded_mappings 1",
    ] {
        assert!(own.contains(line), "no {line} in {own:#?}");
    }
}

/// A file with most of what a mapping can say.
const MAPPING: &str = "
mappings:
- {match: a.*, name: $1, labels: {part: $1, whole: $0}}
- {match: a.b.*, name: x, observer_type: histogram, ttl: 1ms}
- {match: '(.*)b', match_type: regex, name: b$1, honor_labels: true, labels: {le: $1, t: u}}
- {match: c, name: c, scale: -1}
";

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (statsd, _) = receiver(MAPPING, Options::default());
        statsd.receive(&bytes);
        families(&statsd);
    }

    /// Lines of pieces that lines are made of; whatever is exposed can be read again.
    #[test]
    fn lines_of_all_pieces_do_no_harm(pieces in proptest::collection::vec(
        prop_oneof![
            Just("a"), Just("b"), Just("c"), Just("."), Just("a.b"), Just(":"), Just(":1|c"),
            Just(":2|ms"), Just(":-3|g"), Just("|"), Just("|#"), Just("#"), Just(","), Just("="),
            Just("["), Just("]"), Just("|@0.1"), Just("|@"), Just("\n"), Just("le"), Just("1e300"),
            Just("é"), Just("-"), Just("|c:x"), Just(":x|s"), Just("|T1"), Just("\""), Just("\\"),
        ], 0..40)) {
        let (statsd, hand) = receiver(MAPPING, Options { series: 5, cached_names: 2, set_interval: Some(Duration::from_millis(5)), ..Options::default() });
        statsd.receive(pieces.concat().as_bytes());
        hand.0.store(10, Ordering::Relaxed);
        statsd.expire();
        let mut text = String::new();
        write::text(&families(&statsd), &mut text);
        let format = wire::exposition::Format::Text004;
        let mut parser = wire::exposition::Parser::new(text.as_bytes(), format);
        while let Some(entry) = parser.next() {
            prop_assert!(entry.is_ok(), "{entry:?} in {text}");
        }
    }
}
