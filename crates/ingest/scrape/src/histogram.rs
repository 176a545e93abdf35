//! Native histograms: what a section takes of them.

use config::ScrapeConfig;
use contract::{PendingExemplar, PendingHistogram};
use model::{Exemplar, Histogram, HistogramValue, MAX_SCHEMA, MIN_SCHEMA};
use wire::exposition::{HistogramLine, Histograms};

use crate::error::ScrapeError;
use crate::ingest::Output;
use crate::layout::Entry;

/// What the parser is to tell.
pub(crate) fn wanted(config: &ScrapeConfig) -> Histograms {
    match (config.native_histograms, config.always_classic_histograms) {
        (false, _) => Histograms::Classic,
        (true, false) => Histograms::Native,
        (true, true) => Histograms::Both,
    }
}

/// A native histogram with its own words.
pub(crate) struct Reading {
    value: HistogramValue,
    time: Option<i64>,
    exemplars: Vec<Exemplar>,
}

impl Reading {
    /// Reads a line within the section's limits.
    pub(crate) fn of(line: &HistogramLine<'_>, config: &ScrapeConfig) -> Result<Self, ScrapeError> {
        let mut value = line.value.clone();
        match &mut value {
            HistogramValue::Integer(whole) => limit(whole, config)?,
            HistogramValue::Float(float) => limit(float, config)?,
        }
        Ok(Self {
            value,
            time: line.timestamp,
            exemplars: line.exemplars(),
        })
    }
}

impl Output<'_> {
    /// A histogram of a known series. Answers whether it went into the batch.
    pub(crate) fn push_histogram(&mut self, entry: &mut Entry, reading: Reading) -> bool {
        self.counts.scraped += 1;
        let Some(time) = self.take(entry, reading.time) else {
            return false;
        };
        let series = entry.id;
        self.scratch.batch.histograms.push(PendingHistogram {
            series,
            time,
            value: reading.value,
        });
        for exemplar in reading.exemplars {
            let exemplars = &mut self.scratch.batch.exemplars;
            exemplars.push(PendingExemplar { series, exemplar });
        }
        true
    }
}

/// Makes a histogram as coarse as the section wants it, and refuses one that is too large even so.
fn limit<C: Copy + std::ops::AddAssign>(
    histogram: &mut Histogram<C>,
    config: &ScrapeConfig,
) -> Result<(), ScrapeError> {
    if histogram.is_custom() {
        return Ok(());
    }
    let finest = finest_schema(config.native_histogram_min_bucket_factor);
    histogram.reduce_to(finest);
    let limit = config.native_histogram_bucket_limit;
    while limit > 0 && (histogram.positive.len() + histogram.negative.len()) as u64 > limit {
        if histogram.schema <= MIN_SCHEMA {
            return Err(ScrapeError::BucketLimit { limit });
        }
        histogram.reduce_to(histogram.schema - 1);
    }
    Ok(())
}

/// The finest schema whose buckets grow by at least the factor; 1 or less asks for nothing.
fn finest_schema(factor: f64) -> i32 {
    if factor.is_nan() || factor <= 1.0 {
        return MAX_SCHEMA;
    }
    // The factor of schema s is 2^(2^-s).
    let schema = -factor.log2().log2().floor();
    (schema as i32).clamp(MIN_SCHEMA, MAX_SCHEMA)
}

#[cfg(test)]
mod tests {
    use model::{IntegerHistogram, Span};

    use super::*;
    use crate::fixture::section;

    #[test]
    fn histograms_are_made_as_coarse_as_asked() {
        let check = |buckets: u32, most: u64, factor: f64, expected: Option<i32>| {
            let mut histogram = IntegerHistogram {
                schema: 3,
                positive_spans: vec![Span {
                    offset: 1,
                    length: buckets,
                }],
                positive: vec![1; buckets as usize],
                ..Histogram::default()
            };
            let mut config = section("job");
            config.native_histogram_bucket_limit = most;
            config.native_histogram_min_bucket_factor = factor;
            let outcome = limit(&mut histogram, &config);
            assert_eq!(outcome.ok().map(|()| histogram.schema), expected);
            let counted: u64 = histogram.positive.iter().sum();
            assert_eq!(counted, u64::from(buckets));
        };
        check(16, 0, 0.0, Some(3));
        check(16, 16, 1.0, Some(3));
        check(16, 15, 0.0, Some(2));
        check(16, 2, 0.0, Some(0));
        check(4096, 1, 0.0, None);
        // Schema 0 doubles, schema 1 grows by the root of 2.
        check(16, 0, 2.0, Some(0));
        check(16, 0, 1.9, Some(1));
        check(16, 0, 1e9, Some(-4));
    }
}
