//! Families as the messages that [`super::ProtobufParser`] reads.

use model::histogram::Span;
use model::{Family, FamilyKind, IntegerHistogram, Point, PointValue};
use prost::Message;

use super::message::{
    Bucket, BucketSpan, Counter, Histogram, LabelPair, Metric, MetricFamily, MetricType, Number,
    Quantile, Summary,
};

/// Appends a family behind its length.
pub(in crate::exposition) fn put(family: &Family, out: &mut Vec<u8>) {
    let points = family.points.iter();
    let message = MetricFamily {
        name: family.name.clone(),
        help: family.help.clone(),
        r#type: kind(family.kind) as i32,
        metric: points.map(|point| metric(point, family.kind)).collect(),
        unit: String::new(),
    };
    out.extend_from_slice(&message.encode_length_delimited_to_vec());
}

fn kind(kind: FamilyKind) -> MetricType {
    match kind {
        FamilyKind::Counter => MetricType::Counter,
        FamilyKind::Gauge | FamilyKind::Info | FamilyKind::StateSet => MetricType::Gauge,
        FamilyKind::Summary => MetricType::Summary,
        FamilyKind::Histogram => MetricType::Histogram,
        FamilyKind::GaugeHistogram => MetricType::GaugeHistogram,
        FamilyKind::Unknown => MetricType::Untyped,
    }
}

fn metric(point: &Point, of: FamilyKind) -> Metric {
    let label = point.labels.iter().map(|(name, value)| LabelPair {
        name: name.to_owned(),
        value: value.to_owned(),
    });
    let mut metric = Metric {
        label: label.collect(),
        ..Metric::default()
    };
    match &point.value {
        PointValue::Number(value) => match kind(of) {
            MetricType::Counter => {
                metric.counter = Some(Counter {
                    value: *value,
                    exemplar: None,
                });
            }
            MetricType::Gauge => metric.gauge = Some(Number { value: *value }),
            _ => metric.untyped = Some(Number { value: *value }),
        },
        PointValue::Histogram {
            buckets,
            sum,
            count,
        } => metric.histogram = Some(classic(buckets, *sum, *count)),
        PointValue::NativeHistogram { buckets, native } => {
            let classic = classic(buckets, native.sum, native.count);
            metric.histogram = Some(with_native(classic, native));
        }
        PointValue::Summary {
            quantiles,
            sum,
            count,
        } => {
            let quantile = quantiles
                .iter()
                .map(|&(quantile, value)| Quantile { quantile, value });
            metric.summary = Some(Summary {
                sample_count: *count,
                sample_sum: *sum,
                quantile: quantile.collect(),
            });
        }
    }
    metric
}

fn classic(buckets: &[(f64, u64)], sum: f64, count: u64) -> Histogram {
    let bucket = |&(upper_bound, cumulative_count): &(f64, u64)| Bucket {
        cumulative_count,
        upper_bound,
        ..Bucket::default()
    };
    Histogram {
        sample_count: count,
        sample_sum: sum,
        bucket: buckets.iter().map(bucket).collect(),
        ..Histogram::default()
    }
}

fn with_native(classic: Histogram, native: &IntegerHistogram) -> Histogram {
    let mut positive_span = spans(&native.positive_spans);
    if positive_span.is_empty() && native.negative_spans.is_empty() {
        // A span without buckets tells a native histogram that has none yet.
        positive_span.push(BucketSpan::default());
    }
    Histogram {
        schema: native.schema,
        zero_threshold: native.zero_threshold,
        zero_count: native.zero_count,
        positive_span,
        positive_delta: differences(&native.positive),
        negative_span: spans(&native.negative_spans),
        negative_delta: differences(&native.negative),
        ..classic
    }
}

fn spans(spans: &[Span]) -> Vec<BucketSpan> {
    let span = |span: &Span| BucketSpan {
        offset: span.offset,
        length: span.length,
    };
    spans.iter().map(span).collect()
}

/// What each count has more than the one before.
fn differences(counts: &[u64]) -> Vec<i64> {
    let mut before = 0u64;
    let differ = |&count: &u64| {
        let differ = count.wrapping_sub(before) as i64;
        before = count;
        differ
    };
    counts.iter().map(differ).collect()
}

#[cfg(test)]
mod tests {
    use model::{HistogramValue, LabelsBuilder};

    use super::*;
    use crate::exposition::{Entry, Format, Histograms, Parser, parse_series, write};

    #[test]
    fn what_is_written_is_read() {
        let native = IntegerHistogram {
            schema: 2,
            zero_threshold: 0.5,
            zero_count: 1,
            count: 7,
            sum: 9.5,
            positive_spans: vec![
                Span {
                    offset: -1,
                    length: 2,
                },
                Span {
                    offset: 3,
                    length: 1,
                },
            ],
            positive: vec![1, 3, 1],
            negative_spans: vec![Span {
                offset: 4,
                length: 1,
            }],
            negative: vec![1],
            ..IntegerHistogram::default()
        };
        let mut histogram = Family::new("h", "H.", FamilyKind::Histogram);
        histogram.points.push(Point {
            labels: model::Labels::from_pairs([("a", "b")]),
            value: PointValue::NativeHistogram {
                buckets: vec![(1.0, 5)],
                native: Box::new(native.clone()),
            },
        });
        let mut summary = Family::new("s", "S.", FamilyKind::Summary);
        summary.points.push(Point {
            labels: model::Labels::empty(),
            value: PointValue::Summary {
                quantiles: vec![(0.5, 2.0)],
                sum: 3.0,
                count: 4,
            },
        });
        let families = [
            Family::counter("c", "C.", 2.0),
            Family::gauge("g", "G.", 3.0),
            histogram,
            summary,
            Family::new("none", "None.", FamilyKind::Gauge),
        ];
        let mut body = Vec::new();
        write::protobuf(&families, &mut body);
        let mut parser = Parser::with_histograms(&body, Format::Protobuf, Histograms::Both);
        let mut told = Vec::new();
        while let Some(entry) = parser.next() {
            match entry.expect("our own message") {
                Entry::Series(line) => {
                    let mut labels = LabelsBuilder::new();
                    parse_series(line.series, Format::Protobuf, &mut labels).expect("a series");
                    told.push(format!("{} {}", labels.build(), line.value));
                }
                Entry::Histogram(line) => {
                    let value = HistogramValue::Integer(Box::new(native.clone()));
                    assert_eq!(line.value, &value);
                    told.push("native".to_owned());
                }
                Entry::Type { metric, kind } => told.push(format!("{metric}: {}", kind.as_str())),
                _ => {}
            }
        }
        let expected = [
            "c: counter",
            "{__name__=\"c\"} 2",
            "g: gauge",
            "{__name__=\"g\"} 3",
            "h: histogram",
            "native",
            "{__name__=\"h_count\", a=\"b\"} 7",
            "{__name__=\"h_sum\", a=\"b\"} 9.5",
            "{__name__=\"h_bucket\", a=\"b\", le=\"1.0\"} 5",
            "{__name__=\"h_bucket\", a=\"b\", le=\"+Inf\"} 7",
            "s: summary",
            "{__name__=\"s_count\"} 4",
            "{__name__=\"s_sum\"} 3",
            "{__name__=\"s\", quantile=\"0.5\"} 2",
        ];
        assert_eq!(told, expected);
    }
}
