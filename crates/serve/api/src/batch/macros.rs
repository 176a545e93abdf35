//! `$__interval` and its kin in queries of dashboards: what a page cannot know before the server
//! has chosen the step is filled in here.
//!
//! References have Grafana's three forms: `$name`, `${name}` (or `${name:format}`) and `[[name]]`.
//! Any other `$` stays as it is.

use model::duration;

/// What the macros of one query stand for, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Macros {
    /// `$__interval`: the step.
    pub(super) interval: i64,
    /// `$__rate_interval`: a range in which a rate has enough samples.
    pub(super) rate_interval: i64,
    /// `$__range`: the time that the dashboard shows.
    pub(super) range: i64,
}

impl Macros {
    /// Any values with which a query can be read before its own are known.
    pub(super) const STAND_IN: Self = Self {
        interval: 60_000,
        rate_interval: 60_000,
        range: 60_000,
    };

    fn value(&self, name: &str) -> Option<String> {
        Some(match name {
            "__interval" => duration::format(self.interval),
            "__interval_ms" => self.interval.to_string(),
            "__rate_interval" => duration::format(self.rate_interval),
            "__rate_interval_ms" => self.rate_interval.to_string(),
            "__range" => duration::format(self.range),
            "__range_s" => self.range.saturating_add(500).div_euclid(1000).to_string(),
            "__range_ms" => self.range.to_string(),
            _ => return None,
        })
    }
}

/// The text with all macros filled in.
pub(super) fn fill(text: &str, macros: &Macros) -> String {
    let mut filled = String::with_capacity(text.len());
    each(text, |piece| match piece {
        Piece::Text(text) => filled.push_str(text),
        Piece::Reference { name, written } => match macros.value(name) {
            Some(value) => filled.push_str(&value),
            None => filled.push_str(written),
        },
    });
    filled
}

/// Whether the text asks for `$__rate_interval`.
pub(super) fn asks_for_rate_interval(text: &str) -> bool {
    let mut asks = false;
    each(text, |piece| {
        if let Piece::Reference { name, .. } = piece {
            asks |= matches!(name, "__rate_interval" | "__rate_interval_ms");
        }
    });
    asks
}

enum Piece<'t> {
    /// Text between references.
    Text(&'t str),
    /// A reference to a variable, and the whole of it as it was written.
    Reference { name: &'t str, written: &'t str },
}

fn each<'t>(text: &'t str, mut take: impl FnMut(Piece<'t>)) {
    let mut rest = text;
    while let Some(start) = rest.find(['$', '[']) {
        let (before, from) = rest.split_at(start);
        take(Piece::Text(before));
        // A sign that begins no reference is one character of text.
        let (length, name) = reference(from).unwrap_or((1, ""));
        let (written, after) = from.split_at(length);
        take(match name {
            "" => Piece::Text(written),
            name => Piece::Reference { name, written },
        });
        rest = after;
    }
    take(Piece::Text(rest));
}

/// The length in bytes of the reference that a text begins with, and the name in it.
fn reference(text: &str) -> Option<(usize, &str)> {
    if let Some(inside) = text.strip_prefix("${") {
        let (inside, _) = inside.split_once('}')?;
        let name = inside.split([':', '.']).next().unwrap_or_default();
        return is_name(name).then_some((inside.len() + "${}".len(), name));
    }
    if let Some(inside) = text.strip_prefix("[[") {
        let (inside, _) = inside.split_once("]]")?;
        let name = inside.split(':').next().unwrap_or_default();
        return is_name(name).then_some((inside.len() + "[[]]".len(), name));
    }
    let inside = text.strip_prefix('$')?;
    let length = inside.find(|c| !is_word(c)).unwrap_or(inside.len());
    let name = inside.get(..length).filter(|name| !name.is_empty())?;
    Some((length + "$".len(), name))
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MACROS: Macros = Macros {
        interval: 15_000,
        rate_interval: 90_000,
        range: 21_600_499,
    };

    #[test]
    fn every_form_is_filled_and_nothing_else() {
        for (text, filled) in [
            ("rate(x[$__interval])", "rate(x[15s])"),
            ("rate(x[$__rate_interval])", "rate(x[1m30s])"),
            ("x[${__range}] offset $__interval", "x[6h499ms] offset 15s"),
            ("x / $__interval_ms * $__range_s", "x / 15000 * 21600"),
            ("$__rate_interval_ms + $__range_ms", "90000 + 21600499"),
            ("x[[[__interval]]]", "x[15s]"),
            ("x[${__interval:raw}]", "x[15s]"),
            (
                "x{a=\"$host\", b=~\"${c:regex}$\"}",
                "x{a=\"$host\", b=~\"${c:regex}$\"}",
            ),
            ("x[$__intervals]", "x[$__intervals]"),
            ("x[$__interval", "x[15s"),
            ("${", "${"),
            ("[[a", "[[a"),
            ("$$__interval", "$15s"),
            ("é$é", "é$é"),
        ] {
            assert_eq!(fill(text, &MACROS), filled, "{text}");
        }
        assert!(asks_for_rate_interval("rate(x[${__rate_interval}])"));
        assert!(!asks_for_rate_interval("rate(x[$__rate_intervals])"));
    }

    proptest! {
        #[test]
        fn what_is_no_macro_stays(text in "[a-z$\\[\\]{}:. é]{0,30}") {
            prop_assert_eq!(fill(&text, &MACROS), text);
        }
    }
}
