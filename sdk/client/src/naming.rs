//! The rules for names of metrics and labels, checked in constant expressions.
//!
//! In comes a name, out goes nothing or the rule that it breaks. Everything here is `const`, so
//! that the macros [`counter!`](crate::counter), [`gauge!`](crate::gauge) and
//! [`histogram!`](crate::histogram) find a wrong name when the program is built; names that are
//! made at run time go through the same functions.
//!
//! The rules are those that linters of the field apply: `snake_case`, base units as the last word,
//! `_total` on counters and on nothing else, no kind and no abbreviation in the name.

/// Longest name of a metric or label, in bytes: longer ones are of no use on a dashboard.
pub const MAX_NAME: usize = 128;

/// What a metric is; decides which suffixes its name needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only goes up, and begins at nought with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
}

/// Which rules the names of a registry must keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// All of them.
    #[default]
    Strict,
    /// Only what the formats themselves demand, for metrics whose names existing dashboards ask
    /// for: letters, digits and `_`, no suffix that the format gives a meaning of its own.
    Format,
}

/// The rule that a name breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Empty, or longer than [`MAX_NAME`].
    Length,
    /// Something other than letters, digits and `_`, or a digit at the start.
    Character,
    /// Capital letters.
    Case,
    /// `__`, or `_` at the start or end.
    Underscores,
    /// A counter that does not end in `_total`.
    NotTotal,
    /// `_total` on something that is no counter.
    Total,
    /// A suffix that the format gives to parts of histograms and counters.
    Suffix,
    /// A unit that is not the base unit of its quantity, such as milliseconds.
    Unit,
    /// An abbreviated unit.
    Abbreviation,
    /// A unit that is not the last word.
    UnitNotLast,
    /// The kind of the metric in its name.
    KindInName,
    /// A label that the format or the server uses itself.
    Reserved,
}

impl Fault {
    /// The rule, and what to do.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Length => "a name has between 1 and 128 bytes: shorten it",
            Self::Character => {
                "a name has letters, digits and `_` only and starts with a letter: write words with `_` between them"
            }
            Self::Case => "names are written in snake_case: use small letters",
            Self::Underscores => "words are parted by one `_`: remove the others",
            Self::NotTotal => "the name of a counter ends in `_total`: append it",
            Self::Total => "only counters end in `_total`: make it a counter, or drop the ending",
            Self::Suffix => {
                "`_sum`, `_count`, `_bucket` and `_created` are made by the format: choose another last word"
            }
            Self::Unit => {
                "values are in base units: use seconds, bytes, meters, grams, joules, celsius, volts, amperes or a ratio, and convert the values"
            }
            Self::Abbreviation => "units are written out: use `seconds`, `bytes`, `meters`",
            Self::UnitNotLast => "the unit is the last word, before `_total`: move it there",
            Self::KindInName => {
                "the kind is not part of the name: drop `counter`, `gauge` or `histogram`"
            }
            Self::Reserved => {
                "`le`, `quantile` and labels that start with `__` belong to the format and the server: choose another"
            }
        }
    }
}

/// Units that values are given in.
const BASE: [&str; 11] = [
    "seconds", "bytes", "ratio", "celsius", "meters", "metres", "grams", "joules", "volts",
    "amperes", "kelvin",
];

/// Units for which there is a base unit.
const FOREIGN: [&str; 17] = [
    "minutes",
    "hours",
    "days",
    "weeks",
    "kelvins",
    "fahrenheit",
    "rankine",
    "inches",
    "yards",
    "miles",
    "bits",
    "calories",
    "pounds",
    "ounces",
    "percent",
    "percents",
    "feet",
];

/// What makes another unit of a base unit.
const PREFIXES: [&str; 19] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mebi", "giga", "gibi", "tera", "tebi", "peta", "pebi", "exa",
];

/// Abbreviated units.
const ABBREVIATIONS: [&str; 15] = [
    "s", "ms", "us", "ns", "sec", "secs", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
];

/// Suffixes with a meaning of their own.
const SUFFIXES: [&str; 4] = ["sum", "count", "bucket", "created"];

/// Kinds, as they are written in names.
const KINDS: [&str; 4] = ["counter", "gauge", "histogram", "summary"];

/// Checks the name of a metric.
///
/// # Errors
/// The first rule that it breaks.
///
/// ```
/// use argand_client::naming::{Fault, Kind, Rules, check};
/// assert_eq!(check("orders_total", Kind::Counter, Rules::Strict), Ok(()));
/// assert_eq!(check("orders", Kind::Counter, Rules::Strict), Err(Fault::NotTotal));
/// assert_eq!(check("wait_ms", Kind::Gauge, Rules::Strict), Err(Fault::Abbreviation));
/// ```
pub const fn check(name: &str, kind: Kind, rules: Rules) -> Result<(), Fault> {
    if let Err(fault) = characters(name.as_bytes()) {
        return Err(fault);
    }
    if let Err(fault) = suffix(last_word(name.as_bytes()), kind) {
        return Err(fault);
    }
    match rules {
        Rules::Format => Ok(()),
        Rules::Strict => style(name.as_bytes()),
    }
}

/// Checks the name of a label.
///
/// # Errors
/// The first rule that it breaks.
pub const fn check_label(name: &str) -> Result<(), Fault> {
    let bytes = name.as_bytes();
    if let Err(fault) = characters(bytes) {
        return Err(fault);
    }
    if same(bytes, b"le") || same(bytes, b"quantile") || matches!(bytes, [b'_', b'_', ..]) {
        return Err(Fault::Reserved);
    }
    snake_case(bytes)
}

/// The base unit that a name ends in, which is what its values are in.
///
/// ```
/// assert_eq!(argand_client::naming::unit("sent_bytes_total"), Some("bytes"));
/// assert_eq!(argand_client::naming::unit("orders_total"), None);
/// ```
#[must_use]
pub fn unit(name: &str) -> Option<&'static str> {
    let stem = name.strip_suffix("_total").unwrap_or(name);
    let (_, last) = stem.rsplit_once('_')?;
    BASE.into_iter().find(|unit| *unit == last)
}

/// For the macros: stops the build when the name of a metric breaks a rule.
#[doc(hidden)]
#[expect(
    clippy::panic,
    reason = "evaluated when the program is built, never when it runs"
)]
pub const fn demand(name: &str, kind: Kind) {
    if let Err(fault) = check(name, kind, Rules::Strict) {
        panic!("{}", fault.advice());
    }
}

/// For the macros: stops the build when the name of a label breaks a rule.
#[doc(hidden)]
#[expect(
    clippy::panic,
    reason = "evaluated when the program is built, never when it runs"
)]
pub const fn demand_label(name: &str) {
    if let Err(fault) = check_label(name) {
        panic!("{}", fault.advice());
    }
}

/// Length and characters, which every format demands.
const fn characters(name: &[u8]) -> Result<(), Fault> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(Fault::Length);
    }
    if matches!(name, [b'0'..=b'9', ..]) {
        return Err(Fault::Character);
    }
    let mut rest = name;
    while let [byte, after @ ..] = rest {
        if !byte.is_ascii_alphanumeric() && *byte != b'_' {
            return Err(Fault::Character);
        }
        rest = after;
    }
    Ok(())
}

/// What the last word has to be, and may not be, for a kind.
const fn suffix(last: &[u8], kind: Kind) -> Result<(), Fault> {
    let total = same(last, b"total");
    match kind {
        Kind::Counter if !total => Err(Fault::NotTotal),
        Kind::Gauge | Kind::Histogram if total => Err(Fault::Total),
        _ if among(last, &SUFFIXES) => Err(Fault::Suffix),
        _ => Ok(()),
    }
}

/// The rules that only [`Rules::Strict`] asks for.
const fn style(name: &[u8]) -> Result<(), Fault> {
    if let Err(fault) = snake_case(name) {
        return Err(fault);
    }
    let mut unit_seen = false;
    let mut rest = name;
    while !rest.is_empty() {
        let (word, after) = first_word(rest);
        rest = after;
        if unit_seen && !same(word, b"total") {
            return Err(Fault::UnitNotLast);
        }
        if among(word, &BASE) {
            unit_seen = true;
        } else if among(word, &FOREIGN) || prefixed(word) {
            return Err(Fault::Unit);
        } else if among(word, &ABBREVIATIONS) {
            return Err(Fault::Abbreviation);
        } else if among(word, &KINDS) {
            return Err(Fault::KindInName);
        }
    }
    Ok(())
}

/// Small letters, and words parted by one `_`.
const fn snake_case(name: &[u8]) -> Result<(), Fault> {
    let mut rest = name;
    let mut before = b'_';
    while let [byte, after @ ..] = rest {
        if byte.is_ascii_uppercase() {
            return Err(Fault::Case);
        }
        if before == b'_' && *byte == b'_' {
            return Err(Fault::Underscores);
        }
        before = *byte;
        rest = after;
    }
    if before == b'_' {
        return Err(Fault::Underscores);
    }
    Ok(())
}

/// Whether a word is a unit of [`BASE`] or [`FOREIGN`] with a prefix before it.
const fn prefixed(word: &[u8]) -> bool {
    let mut prefixes: &[&str] = &PREFIXES;
    while let [prefix, rest @ ..] = prefixes {
        if let Some((start, unit)) = word.split_at_checked(prefix.len())
            && same(start, prefix.as_bytes())
            && (among(unit, &BASE) || among(unit, &FOREIGN))
        {
            return true;
        }
        prefixes = rest;
    }
    false
}

/// The bytes before the first `_`, and those after it.
const fn first_word(name: &[u8]) -> (&[u8], &[u8]) {
    let mut length = 0;
    let mut rest = name;
    while let [byte, after @ ..] = rest {
        if *byte == b'_' {
            return match name.split_at_checked(length) {
                Some((word, _)) => (word, after),
                None => (name, &[]),
            };
        }
        length += 1;
        rest = after;
    }
    (name, &[])
}

/// The bytes after the last `_`; empty where there is no `_`, for a suffix follows something.
const fn last_word(name: &[u8]) -> &[u8] {
    let (_, mut rest) = first_word(name);
    loop {
        let (_, after) = first_word(rest);
        if after.is_empty() {
            return rest;
        }
        rest = after;
    }
}

/// Whether a word is in a list.
const fn among(word: &[u8], list: &[&str]) -> bool {
    let mut list = list;
    while let [one, rest @ ..] = list {
        if same(word, one.as_bytes()) {
            return true;
        }
        list = rest;
    }
    false
}

/// Equality of bytes; `==` is not for constant expressions.
const fn same(mut left: &[u8], mut right: &[u8]) -> bool {
    loop {
        match (left, right) {
            ([], []) => return true,
            ([one, left_rest @ ..], [other, right_rest @ ..]) if *one == *other => {
                left = left_rest;
                right = right_rest;
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_the_rules_they_break() {
        use Kind::{Counter, Gauge, Histogram};
        for (name, kind, expected) in [
            ("orders_total", Counter, Ok(())),
            ("sent_bytes_total", Counter, Ok(())),
            ("request_duration_seconds", Histogram, Ok(())),
            ("quality_score", Gauge, Ok(())),
            ("throughput_qps", Gauge, Ok(())),
            ("cache_hit_ratio", Gauge, Ok(())),
            ("up", Gauge, Ok(())),
            ("total", Gauge, Ok(())),
            ("account", Gauge, Ok(())),
            ("", Gauge, Err(Fault::Length)),
            ("9lives", Gauge, Err(Fault::Character)),
            ("a-b", Gauge, Err(Fault::Character)),
            ("a:b", Gauge, Err(Fault::Character)),
            ("größe", Gauge, Err(Fault::Character)),
            ("ordersPlaced_total", Counter, Err(Fault::Case)),
            ("a__b", Gauge, Err(Fault::Underscores)),
            ("_a", Gauge, Err(Fault::Underscores)),
            ("a_", Gauge, Err(Fault::Underscores)),
            ("orders", Counter, Err(Fault::NotTotal)),
            ("total", Counter, Err(Fault::NotTotal)),
            ("orders_total", Gauge, Err(Fault::Total)),
            ("orders_total", Histogram, Err(Fault::Total)),
            ("order_count", Gauge, Err(Fault::Suffix)),
            ("order_sum", Gauge, Err(Fault::Suffix)),
            ("wait_milliseconds", Histogram, Err(Fault::Unit)),
            ("kilobytes_sent", Gauge, Err(Fault::Unit)),
            ("age_minutes", Gauge, Err(Fault::Unit)),
            ("load_percent", Gauge, Err(Fault::Unit)),
            ("wait_ms", Gauge, Err(Fault::Abbreviation)),
            ("size_mb", Gauge, Err(Fault::Abbreviation)),
            ("seconds_waited", Gauge, Err(Fault::UnitNotLast)),
            ("order_gauge", Gauge, Err(Fault::KindInName)),
        ] {
            assert_eq!(
                check(name, kind, Rules::Strict),
                expected,
                "{name} {kind:?}"
            );
        }
    }

    #[test]
    fn the_format_alone_demands_less() {
        for (name, kind, expected) in [
            ("wait_ms", Kind::Gauge, Ok(())),
            ("node_memory_MemTotal_bytes", Kind::Gauge, Ok(())),
            ("orders", Kind::Counter, Err(Fault::NotTotal)),
            ("order_count", Kind::Gauge, Err(Fault::Suffix)),
            ("a b", Kind::Gauge, Err(Fault::Character)),
        ] {
            assert_eq!(check(name, kind, Rules::Format), expected, "{name}");
        }
    }

    #[test]
    fn labels() {
        for (name, expected) in [
            ("route", Ok(())),
            ("grpc_code", Ok(())),
            ("le", Err(Fault::Reserved)),
            ("quantile", Err(Fault::Reserved)),
            ("__name__", Err(Fault::Reserved)),
            ("userId", Err(Fault::Case)),
            ("user-id", Err(Fault::Character)),
        ] {
            assert_eq!(check_label(name), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(name in ".{0,200}") {
            for kind in [Kind::Counter, Kind::Gauge, Kind::Histogram] {
                let strict = check(&name, kind, Rules::Strict);
                // What the strict rules let pass, the format's rules let pass too.
                if strict.is_ok() {
                    prop_assert_eq!(check(&name, kind, Rules::Format), Ok(()));
                }
            }
            let _ = (check_label(&name), unit(&name));
        }

        #[test]
        fn words_of_letters_make_good_counters(words in "[a-z]{9,12}(_[a-z]{9,12}){0,3}") {
            prop_assume!(!words.split('_').any(|word| {
                prefixed(word.as_bytes()) || among(word.as_bytes(), &KINDS)
                    || among(word.as_bytes(), &FOREIGN)
            }));
            prop_assert_eq!(check(&format!("{words}_total"), Kind::Counter, Rules::Strict), Ok(()));
        }
    }
}
