//! `load_with_nhcb`: classic histograms once more, as native ones with listed bounds.

use std::collections::BTreeMap;

use model::{CUSTOM_SCHEMA, FloatHistogram, Labels, METRIC_NAME, Span};

use crate::histogram::buckets::compact;

/// What is known of one histogram at one moment.
#[derive(Debug, Default)]
struct Parts {
    /// Bound and cumulative count.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
}

/// The classic histograms of a block by series and time.
#[derive(Debug, Default)]
pub(super) struct Converter(BTreeMap<Labels, BTreeMap<i64, Parts>>);

enum Part {
    Bucket(f64),
    Count,
    Sum,
}

impl Converter {
    /// Takes note of a series of numbers, if it is a part of a classic histogram.
    pub(super) fn add(&mut self, labels: &Labels, samples: impl Iterator<Item = (i64, f64)>) {
        let metric = labels.metric().unwrap_or_default();
        let bound = || {
            labels
                .get("le")?
                .parse::<f64>()
                .ok()
                .filter(|b| !b.is_nan())
        };
        let suffixes = [
            ("_bucket", bound().map(Part::Bucket)),
            ("_count", Some(Part::Count)),
            ("_sum", Some(Part::Sum)),
        ];
        let found = suffixes
            .into_iter()
            .find_map(|(suffix, part)| Some((metric.strip_suffix(suffix)?, part?)));
        let Some((base, part)) = found else {
            return;
        };
        let mut builder = labels.to_builder();
        builder.set(METRIC_NAME, base).remove("le");
        let moments = self.0.entry(builder.build()).or_default();
        for (time, value) in samples {
            let parts = moments.entry(time).or_default();
            match part {
                Part::Bucket(bound) => parts.buckets.push((bound, value)),
                Part::Count => parts.count = Some(value),
                Part::Sum => parts.sum = value,
            }
        }
    }

    /// The native histograms.
    pub(super) fn finish(self) -> impl Iterator<Item = (Labels, Vec<(i64, FloatHistogram)>)> {
        self.0.into_iter().map(|(labels, moments)| {
            let histograms = moments
                .into_iter()
                .map(|(time, parts)| (time, parts.convert()));
            (labels, histograms.collect())
        })
    }
}

impl Parts {
    fn convert(mut self) -> FloatHistogram {
        self.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.buckets.dedup_by(|a, b| a.0 == b.0);
        let highest = self.buckets.last().map_or(0.0, |(_, count)| *count);
        let count = self.count.unwrap_or(highest);
        if self
            .buckets
            .last()
            .is_none_or(|(bound, _)| *bound != f64::INFINITY)
        {
            self.buckets.push((f64::INFINITY, count));
        }
        let mut below = 0.0;
        let counts: Vec<f64> = self
            .buckets
            .iter()
            .map(|(_, cumulative)| cumulative - std::mem::replace(&mut below, *cumulative))
            .collect();
        let bounds = self.buckets.iter().map(|(bound, _)| *bound);
        let mut histogram = FloatHistogram {
            schema: CUSTOM_SCHEMA,
            count,
            sum: self.sum,
            custom: bounds.filter(|bound| bound.is_finite()).collect(),
            positive_spans: vec![Span {
                offset: 0,
                length: u32::try_from(counts.len()).unwrap_or(u32::MAX),
            }],
            positive: counts,
            ..FloatHistogram::default()
        };
        compact(&mut histogram);
        histogram
    }
}
