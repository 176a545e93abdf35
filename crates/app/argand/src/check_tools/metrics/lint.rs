//! The rules of good metrics, as promtool's `check metrics` knows them.

use std::collections::BTreeSet;

use model::name::quoted;

use crate::tools::families::{Family, Kind};

/// The units that metrics should be in.
const BASE_UNITS: [&str; 10] = [
    "amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "seconds",
    "volts",
];
/// Other units, and what should stand in their place.
const OTHER_UNITS: [(&str, &str); 14] = [
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("bits", "bytes"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
];
/// What a unit may begin with to be a multiple of another.
const PREFIXES: [&str; 18] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mibi", "giga", "gibi", "tera", "tebi", "peta", "pebi",
];
/// Abbreviations of units.
const ABBREVIATIONS: [&str; 14] = [
    "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
];

/// Every metric with what is wrong with it, in order.
pub(super) fn problems(families: &[Family]) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    for family in families {
        let mut of_family: Vec<String> = Vec::new();
        let mut say = |is_wrong: bool, problem: &str| {
            if is_wrong {
                of_family.push(problem.to_owned());
            }
        };
        say(family.help.is_none(), "no help text");
        say(
            family.name.contains(':'),
            "metric names should not contain ':'",
        );
        say(
            has_part(&family.name.to_lowercase(), &ABBREVIATIONS),
            "metric names should not contain abbreviated units",
        );
        counters(family, &mut say);
        reserved(family, &mut say);
        cases(family, &mut say);
        for _ in 0..repeated(family) {
            say(true, "metric not unique");
        }
        if let Some((unit, base)) = unit(&family.name) {
            let (unit, base) = (quoted(unit), quoted(base));
            of_family.push(format!("use base unit {base} instead of {unit}"));
        }
        let word = family.kind.as_str();
        if family.kind != Kind::Untyped && has_part(&family.name.to_lowercase(), &[word]) {
            of_family.push(format!("metric name should not include type '{word}'"));
        }
        of_family.sort();
        let name = family.name.as_str();
        found.extend(of_family.into_iter().map(|problem| (name, problem)));
    }
    found
}

fn counters(family: &Family, say: &mut impl FnMut(bool, &str)) {
    let has_suffix = family.name.ends_with("_total");
    match family.kind {
        Kind::Counter => say(!has_suffix, "counter metrics should have \"_total\" suffix"),
        Kind::Untyped => {}
        _ => say(
            has_suffix,
            "non-counter metrics should not have \"_total\" suffix",
        ),
    }
}

/// Names that belong to the series of histograms and summaries.
fn reserved(family: &Family, say: &mut impl FnMut(bool, &str)) {
    if family.kind == Kind::Untyped {
        return;
    }
    let (histogram, summary) = (family.kind == Kind::Histogram, family.kind == Kind::Summary);
    let ends = |suffix: &str| family.name.ends_with(suffix);
    say(
        !histogram && ends("_bucket"),
        "non-histogram metrics should not have \"_bucket\" suffix",
    );
    let neither = !histogram && !summary;
    say(
        neither && ends("_count"),
        "non-histogram and non-summary metrics should not have \"_count\" suffix",
    );
    say(
        neither && ends("_sum"),
        "non-histogram and non-summary metrics should not have \"_sum\" suffix",
    );
    let labels = family.metrics.iter().flat_map(|metric| &metric.labels);
    for (name, _) in labels {
        say(
            !histogram && name == "le",
            "non-histogram metrics should not have \"le\" label",
        );
        say(
            !summary && name == "quantile",
            "non-summary metrics should not have \"quantile\" label",
        );
    }
}

fn cases(family: &Family, say: &mut impl FnMut(bool, &str)) {
    say(
        is_camel_case(&family.name),
        "metric names should be written in 'snake_case' not 'camelCase'",
    );
    let labels = family.metrics.iter().flat_map(|metric| &metric.labels);
    for (name, _) in labels {
        say(
            is_camel_case(name),
            "label names should be written in 'snake_case' not 'camelCase'",
        );
    }
}

fn is_camel_case(name: &str) -> bool {
    let next = name.bytes().skip(1);
    let mut pairs = name.bytes().zip(next);
    pairs.any(|(one, next)| one.is_ascii_lowercase() && next.is_ascii_uppercase())
}

/// Metrics behind which one of the same labels follows.
fn repeated(family: &Family) -> usize {
    let mut seen = BTreeSet::new();
    let metrics = family.metrics.iter().rev();
    metrics
        .filter(|metric| !seen.insert(&metric.labels))
        .count()
}

/// Whether one of the words is a part of a name behind the first.
fn has_part(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        let part = format!("_{word}");
        name.ends_with(&part) || name.contains(&format!("{part}_"))
    })
}

/// The first unit in a name that is not a base unit, and that which should be used; nothing where
/// the first unit is a base unit.
fn unit(name: &str) -> Option<(&str, &'static str)> {
    let (unit, base) = name.split('_').find_map(|part| {
        let plain = PREFIXES
            .iter()
            .filter_map(|prefix| part.strip_prefix(prefix));
        let base = std::iter::once(part).chain(plain).find_map(base_unit)?;
        Some((part, base))
    })?;
    (unit != base).then_some((unit, base))
}

fn base_unit(unit: &str) -> Option<&'static str> {
    let base = BASE_UNITS.iter().find(|known| **known == unit);
    let other = OTHER_UNITS.iter().find(|(known, _)| *known == unit);
    base.copied().or(other.map(|(_, base)| *base))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::families;

    fn check(text: &str, expected: &[&str]) {
        let families = families::read(text.as_bytes()).unwrap();
        let found: Vec<String> = problems(&families)
            .into_iter()
            .map(|(metric, problem)| format!("{metric} {problem}"))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_wrong_is_told_in_order() {
        check(
            "# HELP a_seconds b\n# TYPE a_seconds gauge\na_seconds 1\n",
            &[],
        );
        check("a 1\n", &["a no help text"]);
        check(
            "# HELP x_milliseconds_total h\n# TYPE x_milliseconds_total gauge\nx_milliseconds_total{le=\"1\",quantile=\"2\"} 1\nx_milliseconds_total{le=\"1\",quantile=\"2\"} 1\n",
            &[
                "x_milliseconds_total metric not unique",
                "x_milliseconds_total non-counter metrics should not have \"_total\" suffix",
                "x_milliseconds_total non-histogram metrics should not have \"le\" label",
                "x_milliseconds_total non-histogram metrics should not have \"le\" label",
                "x_milliseconds_total non-summary metrics should not have \"quantile\" label",
                "x_milliseconds_total non-summary metrics should not have \"quantile\" label",
                "x_milliseconds_total use base unit \"seconds\" instead of \"milliseconds\"",
            ],
        );
        check(
            "# HELP myGauge_gauge h\n# TYPE myGauge_gauge gauge\nmyGauge_gauge{aB=\"c\"} 1\n# HELP c:ms h\n# TYPE c:ms counter\nc:ms 1\n",
            &[
                "c:ms counter metrics should have \"_total\" suffix",
                "c:ms metric names should not contain ':'",
                "myGauge_gauge label names should be written in 'snake_case' not 'camelCase'",
                "myGauge_gauge metric name should not include type 'gauge'",
                "myGauge_gauge metric names should be written in 'snake_case' not 'camelCase'",
            ],
        );
    }
}
