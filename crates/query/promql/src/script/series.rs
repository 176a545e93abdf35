//! The notation of series, for whoever tests with it outside of scripts.

use std::sync::Arc;

use model::{FloatHistogram, Labels, ResetHint};

use super::hints::Hints;
use super::notation::{self, Written};
use crate::SampleValue;

/// Empty buckets between two others that are written; nobody reads more.
const MAX_GAP: usize = 10_000;

/// The labels of a series as it is written: `name{label="value"}`.
///
/// # Errors
/// What is wrong with the text.
pub fn labels(text: &str) -> Result<Labels, String> {
    notation::labels(text).map_err(|reason| match crate::parse(text) {
        Ok(_) => reason,
        // What is wrong with the text as it was written.
        Err(error) => error.to_string(),
    })
}

/// The values of a series, one a step, as they are written: `1+2x3 _ stale {{count:1 sum:2}}`.
/// `None` where a step has none.
///
/// # Errors
/// What is wrong with the text.
pub fn values(text: &str) -> Result<Vec<Option<SampleValue>>, String> {
    let values = notation::values(text)?.into_iter().map(|value| {
        Some(match value? {
            Written::Number(number) => SampleValue::Float(number),
            Written::Histogram { histogram, .. } => SampleValue::Histogram(Arc::new(histogram)),
        })
    });
    Ok(values.collect())
}

/// Values as a store gives them back: with its own hints of counter resets.
pub fn stored(mut values: Vec<Option<SampleValue>>) -> Vec<Option<SampleValue>> {
    let mut hints = Hints::default();
    for value in values.iter_mut().flatten() {
        match value {
            SampleValue::Float(_) => hints.interrupt(),
            SampleValue::Histogram(histogram) => {
                *histogram = Arc::new(hints.next(histogram.as_ref().clone()));
            }
        }
    }
    values
}

/// A histogram in that notation: only what differs from nothing, without empty buckets at either
/// end.
pub fn histogram(histogram: &FloatHistogram) -> String {
    let mut parts = Vec::new();
    let mut part = |name: &str, value: f64| {
        if value != 0.0 {
            parts.push(format!("{name}:{value}"));
        }
    };
    part("schema", f64::from(histogram.schema));
    part("count", histogram.count);
    part("sum", histogram.sum);
    part("z_bucket", histogram.zero_count);
    part("z_bucket_w", histogram.zero_threshold);
    if !histogram.custom.is_empty() {
        parts.push(format!("custom_values:[{}]", spaced(&histogram.custom)));
    }
    match histogram.hint {
        ResetHint::Reset => parts.push("counter_reset_hint:reset".to_owned()),
        ResetHint::NotReset => parts.push("counter_reset_hint:not_reset".to_owned()),
        ResetHint::Gauge => parts.push("counter_reset_hint:gauge".to_owned()),
        ResetHint::Unknown => {}
    }
    let sides = [
        (
            "offset",
            "buckets",
            &histogram.positive_spans,
            &histogram.positive,
        ),
        (
            "n_offset",
            "n_buckets",
            &histogram.negative_spans,
            &histogram.negative,
        ),
    ];
    for (offset, buckets, spans, counts) in sides {
        let filled: Vec<(i32, f64)> = model::histogram::buckets::buckets(spans, counts)
            .filter(|(_, count)| *count != 0.0)
            .collect();
        let Some((first, _)) = filled.first() else {
            continue;
        };
        if *first != 0 {
            parts.push(format!("{offset}:{first}"));
        }
        let mut counts = Vec::new();
        let mut next = *first;
        for (place, count) in &filled {
            let gap = usize::try_from(place.saturating_sub(next)).unwrap_or(0);
            counts.extend(std::iter::repeat_n(0.0, gap.min(MAX_GAP)));
            counts.push(*count);
            next = place.saturating_add(1);
        }
        parts.push(format!("{buckets}:[{}]", spaced(&counts)));
    }
    format!("{{{{{}}}}}", parts.join(" "))
}

fn spaced(values: &[f64]) -> String {
    let values: Vec<String> = values.iter().map(f64::to_string).collect();
    values.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_are_written_as_they_are_read() {
        for text in [
            "{{}}",
            "{{schema:1 count:7 sum:3.5 z_bucket:1 z_bucket_w:0.001 offset:-2 buckets:[1 0 2] n_offset:3 n_buckets:[3]}}",
            "{{schema:-53 count:3 sum:9 custom_values:[5 10] counter_reset_hint:gauge buckets:[1 2]}}",
        ] {
            let values = values(text).unwrap();
            let [Some(SampleValue::Histogram(read))] = values.as_slice() else {
                panic!("{text}: one histogram, not {values:?}");
            };
            assert_eq!(histogram(read), text);
        }
    }

    #[test]
    fn a_store_says_itself_whether_counting_went_on() {
        let hints = |text: &str| {
            let values = stored(values(text).unwrap()).into_iter().flatten();
            let hints = values.filter_map(|value| match value {
                SampleValue::Histogram(histogram) => Some(histogram.hint),
                SampleValue::Float(_) => None,
            });
            hints.collect::<Vec<_>>()
        };
        assert_eq!(
            hints("{{count:1 sum:1 buckets:[1]}}x1 _ 5 {{count:1 sum:1 buckets:[1]}}"),
            [ResetHint::Unknown, ResetHint::NotReset, ResetHint::Unknown]
        );
    }

    #[test]
    fn what_is_wrong_with_a_series_is_told_of_the_text_as_it_was_written() {
        assert_eq!(
            labels("a{b=\"c\"}").unwrap().to_string(),
            "{__name__=\"a\", b=\"c\"}"
        );
        let error = labels("up{job=\"a\" 0+0x14").unwrap_err();
        assert!(error.starts_with("1:12: parse error: "), "{error}");
    }
}
