//! The notation of series: `name{label="value"} 1+2x3 _ stale 7 {{count:1 sum:2}}`.

use model::{FloatHistogram, Labels, METRIC_NAME, MatchOp};

use super::histogram;
use crate::ast::ExprKind;

/// Values that one line may expand to; upstream's longest have some thousands.
pub(super) const MAX_VALUES: usize = 1_000_000;

/// Splits a line into its series and its values.
pub(super) fn split(line: &str) -> (&str, &str) {
    let (mut quoted, mut escaped, mut depth) = (None, false, 0_usize);
    for (place, c) in line.char_indices() {
        match (quoted, c) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), _) if c == open => quoted = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quoted = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.saturating_sub(1),
            (None, c) if c.is_whitespace() && depth == 0 => {
                let rest = line.get(place..).unwrap_or("").trim_start();
                if rest.starts_with('{') && !rest.starts_with("{{") {
                    continue;
                }
                return (line.get(..place).unwrap_or(line), rest);
            }
            _ => {}
        }
    }
    (line, "")
}

/// The labels of a series.
pub(super) fn labels(text: &str) -> Result<Labels, String> {
    if text.trim() == "{}" {
        return Ok(Labels::empty());
    }
    let expr = crate::parse(text).or_else(|_| {
        // A set of empty labels is no selector; one that nothing has makes it one.
        let body = text.trim_end().strip_suffix('}').unwrap_or(text);
        crate::parse(&format!("{body},__name__!=\"\"}}"))
    });
    match expr.map_err(|e| e.to_string())?.kind {
        ExprKind::Vector(selector) => {
            let mut labels = Labels::empty().to_builder();
            for matcher in &selector.matchers {
                match matcher.op() {
                    MatchOp::Equal => labels.set(matcher.name(), matcher.value()),
                    _ if matcher.name() == METRIC_NAME => &mut labels,
                    _ => return Err(format!("{text}: only = in a series")),
                };
            }
            Ok(labels.build())
        }
        _ => Err(format!("{text}: not a series")),
    }
}

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Written {
    Number(f64),
    Histogram {
        histogram: FloatHistogram,
        /// The counter reset hint was written, too.
        hinted: bool,
    },
}

/// The values of a line; `None` where a step has none.
pub(super) fn values(text: &str) -> Result<Vec<Option<Written>>, String> {
    let mut values = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if rest.starts_with("{{") {
            rest = histogram::expand(rest, &mut values)?;
        } else {
            let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let mut numbers = Vec::new();
            expand(word, &mut numbers).ok_or_else(|| format!("value {word:?} cannot be read"))?;
            values.extend(numbers.into_iter().map(|value| value.map(Written::Number)));
            rest = behind;
        }
        if values.len() > MAX_VALUES {
            return Err(format!("more than {MAX_VALUES} values"));
        }
        rest = rest.trim_start();
    }
    Ok(values)
}

fn expand(word: &str, values: &mut Vec<Option<f64>>) -> Option<()> {
    let (body, times) = match word.rsplit_once('x') {
        Some((body, times)) => (body, Some(times.parse::<usize>().ok()?)),
        None => (word, None),
    };
    if body == "_" {
        values.extend(std::iter::repeat_n(
            None,
            times.unwrap_or(1).min(MAX_VALUES),
        ));
        return Some(());
    }
    let Some(times) = times else {
        values.push(Some(number(body)?));
        return Some(());
    };
    let (start, delta) = match sign_between(body) {
        Some(place) => {
            let (start, delta) = body.split_at(place);
            (number(start)?, number(delta)?)
        }
        None => (number(body)?, 0.0),
    };
    let mut value = start;
    for _ in 0..=times.min(MAX_VALUES) {
        values.push(Some(value));
        value += delta;
    }
    Some(())
}

/// Where the delta of `1e+3-2` begins: the last sign that is not the first character and does not
/// belong to an exponent.
fn sign_between(body: &str) -> Option<usize> {
    let bytes = body.as_bytes();
    (1..bytes.len()).rev().find(|place| {
        let here = bytes.get(*place);
        let before = place.checked_sub(1).and_then(|p| bytes.get(p));
        matches!(here, Some(b'+' | b'-')) && !matches!(before, Some(b'e' | b'E'))
    })
}

/// A number as it is written in scripts.
pub(super) fn number(text: &str) -> Option<f64> {
    if text == "stale" {
        return Some(model::stale_nan());
    }
    match crate::parse(text).ok()?.kind {
        ExprKind::Number { value, .. } => Some(value),
        ExprKind::Unary { negative, operand } => match operand.kind {
            ExprKind::Number { value, .. } => Some(if negative { -value } else { value }),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_forms_of_values() {
        for (text, expected) in [
            ("1 2", &[Some(1.0), Some(2.0)][..]),
            ("1+2x2", &[Some(1.0), Some(3.0), Some(5.0)]),
            ("-1-1x1", &[Some(-1.0), Some(-2.0)]),
            ("1e-2+1e+1x1", &[Some(0.01), Some(10.01)]),
            ("0x2", &[Some(0.0), Some(0.0), Some(0.0)]),
            ("_x2 7", &[None, None, Some(7.0)]),
            ("-Inf", &[Some(f64::NEG_INFINITY)]),
        ] {
            let expected: Vec<_> = expected.iter().map(|v| v.map(Written::Number)).collect();
            assert_eq!(values(text).unwrap(), expected, "{text}");
        }
        for text in ["x", "1x", "1+x2", "1+1xx2", "abc"] {
            assert!(values(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in ".{0,60}") {
            let (series, notation) = split(&line);
            let _ = labels(series);
            let _ = values(notation);
        }
    }
}
