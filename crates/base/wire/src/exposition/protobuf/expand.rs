//! A family's metrics as samples with the text of their series.

use std::ops::Range;

use model::HistogramValue;

use super::message::{Exemplar, Histogram, Metric, MetricFamily, MetricType, Summary};
use super::{Histograms, native};
use crate::exposition::write::{push_bound, push_series};
use crate::exposition::{Entry, HistogramLine, RawExemplar, SeriesLine, excerpt};

/// The samples of one family; memory is kept from one family to the next.
#[derive(Default)]
pub(super) struct Samples {
    /// The series' texts, one behind the other.
    text: String,
    samples: Vec<Sample>,
}

struct Sample {
    series: Range<usize>,
    value: f64,
    timestamp: Option<i64>,
    exemplar: Option<Exemplar>,
    /// Stands instead of the value.
    native: Option<Box<Native>>,
}

struct Native {
    value: HistogramValue,
    exemplars: Vec<Exemplar>,
}

impl Samples {
    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.samples.clear();
    }

    /// The sample at a place; `None` where a native histogram stands.
    pub(super) fn line(&self, place: usize) -> Option<SeriesLine<'_>> {
        match self.entry(place)? {
            Entry::Series(line) => Some(line),
            _ => None,
        }
    }

    pub(super) fn entry(&self, place: usize) -> Option<Entry<'_>> {
        let sample = self.samples.get(place)?;
        let series = self.text.as_bytes().get(sample.series.clone())?;
        if let Some(native) = &sample.native {
            return Some(Entry::Histogram(HistogramLine {
                series,
                value: &native.value,
                timestamp: sample.timestamp,
                exemplars: &native.exemplars,
            }));
        }
        Some(Entry::Series(SeriesLine {
            series,
            value: sample.value,
            timestamp: sample.timestamp,
            exemplar: sample.exemplar.as_ref().map(RawExemplar::from),
        }))
    }

    /// Takes the samples of a family, and its exemplars with them.
    ///
    /// # Errors
    /// A native histogram that does not add up.
    pub(super) fn fill(
        &mut self,
        family: &mut MetricFamily,
        wanted: Histograms,
    ) -> Result<(), String> {
        self.clear();
        let kind = family.r#type();
        for metric in &mut family.metric {
            let (summary, histogram) = (metric.summary.take(), metric.histogram.take());
            let counter = metric.counter.take().unwrap_or_default();
            let number = |number: &Option<super::message::Number>| {
                number.as_ref().map_or(0.0, |number| number.value)
            };
            let (value, exemplar) = match kind {
                MetricType::Counter => (counter.value, counter.exemplar),
                MetricType::Gauge => (number(&metric.gauge), None),
                MetricType::Untyped => (number(&metric.untyped), None),
                MetricType::Summary => {
                    self.summary(&family.name, metric, &summary.unwrap_or_default());
                    continue;
                }
                MetricType::Histogram | MetricType::GaugeHistogram => {
                    let histogram = histogram.unwrap_or_default();
                    let is_gauge = kind == MetricType::GaugeHistogram;
                    self.either(&family.name, metric, histogram, wanted, is_gauge)?;
                    continue;
                }
            };
            self.push((&family.name, ""), metric, None, value, exemplar);
        }
        Ok(())
    }

    /// The native histogram, its classic buckets, or both.
    fn either(
        &mut self,
        name: &str,
        metric: &Metric,
        mut histogram: Histogram,
        wanted: Histograms,
        is_gauge: bool,
    ) -> Result<(), String> {
        let is_native = wanted != Histograms::Classic && native::is_native(&histogram);
        if is_native {
            let value = native::read(&histogram, is_gauge)
                .map_err(|reason| format!("histogram {}: {reason}", excerpt(name.as_bytes())))?;
            self.push((name, ""), metric, None, 0.0, None);
            let exemplars = std::mem::take(&mut histogram.exemplars);
            if let Some(sample) = self.samples.last_mut() {
                sample.native = Some(Box::new(Native { value, exemplars }));
            }
        }
        let has_classic = !histogram.bucket.is_empty();
        if !is_native || (wanted == Histograms::Both && has_classic) {
            self.histogram(name, metric, histogram);
        }
        Ok(())
    }

    fn summary(&mut self, name: &str, metric: &Metric, summary: &Summary) {
        self.push(
            (name, "_count"),
            metric,
            None,
            summary.sample_count as f64,
            None,
        );
        self.push((name, "_sum"), metric, None, summary.sample_sum, None);
        for quantile in &summary.quantile {
            let bound = Some(("quantile", quantile.quantile));
            self.push((name, ""), metric, bound, quantile.value, None);
        }
    }

    fn histogram(&mut self, name: &str, metric: &Metric, histogram: Histogram) {
        let either = |whole: u64, float: f64| if float > 0.0 { float } else { whole as f64 };
        let count = either(histogram.sample_count, histogram.sample_count_float);
        self.push((name, "_count"), metric, None, count, None);
        self.push((name, "_sum"), metric, None, histogram.sample_sum, None);
        let mut whole = false;
        for bucket in histogram.bucket {
            whole |= bucket.upper_bound == f64::INFINITY;
            let value = either(bucket.cumulative_count, bucket.cumulative_count_float);
            let bound = Some(("le", bucket.upper_bound));
            self.push((name, "_bucket"), metric, bound, value, bucket.exemplar);
        }
        // The last bucket may be left out: it counts all.
        if !whole {
            let bound = Some(("le", f64::INFINITY));
            self.push((name, "_bucket"), metric, bound, count, None);
        }
    }

    fn push(
        &mut self,
        (name, suffix): (&str, &str),
        metric: &Metric,
        bound: Option<(&str, f64)>,
        value: f64,
        exemplar: Option<Exemplar>,
    ) {
        let start = self.text.len();
        let labels = metric.label.iter();
        let labels = labels.map(|pair| (pair.name.as_str(), pair.value.as_str()));
        let mut written = String::new();
        if let Some((_, bound)) = bound {
            push_bound(&mut written, bound);
        }
        let bound = bound.map(|(label, _)| (label, written.as_str()));
        push_series(&mut self.text, name, suffix, labels.chain(bound));
        self.samples.push(Sample {
            series: start..self.text.len(),
            value,
            timestamp: Some(metric.timestamp_ms).filter(|time| *time != 0),
            exemplar,
            native: None,
        });
    }
}
