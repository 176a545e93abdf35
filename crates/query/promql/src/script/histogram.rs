//! The notation of histograms: `{{schema:0 sum:5 count:4 offset:-1 buckets:[1 2 1]}}`, and series
//! of them: `{{…}}x3`, `{{…}}+{{…}}x3`.

use model::{FloatHistogram, ResetHint, Span};

use super::notation::{MAX_VALUES, Written, number};
use crate::histogram::merge::{add, subtract};

/// Reads one histogram or a series of them from the start of a text; answers the rest.
pub(super) fn expand<'t>(
    text: &'t str,
    values: &mut Vec<Option<Written>>,
) -> Result<&'t str, String> {
    let (first, mut hinted, mut rest) = one(text)?;
    let mut step = None;
    for sign in ['+', '-'] {
        if let Some(behind) = rest.strip_prefix(sign).filter(|b| b.starts_with("{{")) {
            let (delta, delta_hinted, behind) = one(behind)?;
            step = Some((sign, delta));
            hinted = delta_hinted;
            rest = behind;
            break;
        }
    }
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (suffix, rest) = rest.split_at(end);
    let times = match suffix.strip_prefix('x') {
        Some(times) => times
            .parse::<usize>()
            .map_err(|e| format!("{suffix}: {e}"))?,
        None if suffix.is_empty() => 0,
        None => return Err(format!("{suffix:?} behind a histogram")),
    };
    let mut histogram = first;
    for place in 0..=times.min(MAX_VALUES) {
        if place > 0 {
            histogram = match &step {
                Some(('+', delta)) => add(&histogram, delta),
                Some((_, delta)) => subtract(&histogram, delta),
                None => Ok((histogram.clone(), Default::default())),
            }
            .map_err(|_| format!("{text}: bounds do not add up"))?
            .0;
        }
        values.push(Some(Written::Histogram {
            histogram: histogram.clone(),
            hinted,
        }));
    }
    Ok(rest)
}

/// One `{{…}}`: the histogram, whether its hint was written, and what stands behind it.
fn one(text: &str) -> Result<(FloatHistogram, bool, &str), String> {
    let inside = text.strip_prefix("{{").ok_or("no histogram")?;
    let (inside, rest) = inside.split_once("}}").ok_or("a histogram without end")?;
    let mut histogram = FloatHistogram::default();
    let (mut hinted, mut offset, mut negative_offset) = (false, 0, 0);
    let mut items = inside.trim();
    while !items.is_empty() {
        let (key, behind) = items
            .split_once(':')
            .ok_or_else(|| format!("{items}: no colon"))?;
        let behind = behind.trim_start();
        let end = match behind.strip_prefix('[') {
            Some(list) => list.find(']').map(|end| end + 2),
            None => behind.find(char::is_whitespace),
        };
        let (value, next) = behind
            .split_at_checked(end.unwrap_or(behind.len()))
            .unwrap_or((behind, ""));
        items = next.trim_start();
        let bad = || format!("{key}:{value} cannot be read");
        let float = || number(value).ok_or_else(bad);
        let integer = || value.parse::<i32>().map_err(|_| bad());
        match key.trim() {
            "schema" => histogram.schema = integer()?,
            "sum" => histogram.sum = float()?,
            "count" => histogram.count = float()?,
            "z_bucket" => histogram.zero_count = float()?,
            "z_bucket_w" => histogram.zero_threshold = float()?,
            "custom_values" => histogram.custom = list(value).ok_or_else(bad)?,
            "buckets" => histogram.positive = list(value).ok_or_else(bad)?,
            "n_buckets" => histogram.negative = list(value).ok_or_else(bad)?,
            "offset" => offset = integer()?,
            "n_offset" => negative_offset = integer()?,
            "counter_reset_hint" => {
                hinted = true;
                histogram.hint = hint(value).ok_or_else(bad)?;
            }
            _ => return Err(bad()),
        }
    }
    histogram.positive_spans = spans(offset, &histogram.positive);
    histogram.negative_spans = spans(negative_offset, &histogram.negative);
    Ok((histogram, hinted, rest))
}

fn spans(offset: i32, counts: &[f64]) -> Vec<Span> {
    match u32::try_from(counts.len()) {
        Ok(0) | Err(_) => Vec::new(),
        Ok(length) => vec![Span { offset, length }],
    }
}

fn list(text: &str) -> Option<Vec<f64>> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    inside.split_whitespace().map(number).collect()
}

fn hint(text: &str) -> Option<ResetHint> {
    Some(match text {
        "unknown" => ResetHint::Unknown,
        "reset" => ResetHint::Reset,
        "not_reset" => ResetHint::NotReset,
        "gauge" => ResetHint::Gauge,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<(f64, f64, usize)>, String> {
        let mut values = Vec::new();
        expand(text, &mut values)?;
        let counts = values.into_iter().map(|value| match value {
            Some(Written::Histogram { histogram, .. }) => {
                (histogram.count, histogram.sum, histogram.positive.len())
            }
            _ => (0.0, 0.0, 0),
        });
        Ok(counts.collect())
    }

    #[test]
    fn the_forms_of_histograms() {
        for (text, expected) in [
            ("{{}}", &[(0.0, 0.0, 0)][..]),
            (
                "{{ schema:1 sum:-1.5 count:2 buckets:[1 1] offset:-1 }} 7",
                &[(2.0, -1.5, 2)],
            ),
            (
                "{{count:1}}x2",
                &[(1.0, 0.0, 0), (1.0, 0.0, 0), (1.0, 0.0, 0)],
            ),
            (
                "{{count:1}}+{{count:2 sum:1}}x1",
                &[(1.0, 0.0, 0), (3.0, 1.0, 0)],
            ),
            ("{{count:9}}-{{count:2}}x1", &[(9.0, 0.0, 0), (7.0, 0.0, 0)]),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "{{",
            "{{count:}}",
            "{{what:1}}",
            "{{}}y",
            "{{buckets:[1 2}}",
            "{{schema:-53 custom_values:[1]}}+{{}}x1",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\{\\{[a-z_:\\[\\]0-9 {}+x-]{0,40}") {
            let _ = read(&text);
        }
    }
}
