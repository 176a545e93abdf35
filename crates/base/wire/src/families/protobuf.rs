//! Delimited `io.prometheus.client.MetricFamily` messages.

use model::FamilyKind;
use prost::Message as _;

use super::{
    Families, FamiliesError, LabelPairs, Metric, MetricFamily, MetricValue, Overlay, Parts,
};
use crate::exposition::message;

/// Reads a body; the overlay's labels stand over its own.
///
/// # Errors
/// Where bytes are no message, and where a name or a value is missing.
pub fn read_protobuf(body: &[u8], overlay: &Overlay) -> Result<Families, FamiliesError> {
    let mut rest = body;
    let mut families: Vec<MetricFamily> = Vec::new();
    let mut has_times = false;
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let failed = |reason: String| FamiliesError::Protobuf {
            family: number,
            reason,
        };
        let read = message::MetricFamily::decode_length_delimited(&mut rest)
            .map_err(|error| failed(error.to_string()))?;
        has_times |= read.metric.iter().any(|metric| metric.timestamp_ms != 0);
        let family = family(read, overlay).map_err(failed)?;
        // Of a name that comes twice the last stands, as upstream has it.
        families.retain(|known| known.name != family.name);
        families.push(family);
    }
    Ok(Families::new(families, has_times))
}

fn family(read: message::MetricFamily, overlay: &Overlay) -> Result<MetricFamily, String> {
    let name = read.name.into_boxed_str();
    if !model::name::is_legacy_metric(&name) {
        return Err(format!(
            "invalid metric name {}",
            model::name::quoted(&name)
        ));
    }
    let kind = match message::MetricType::try_from(read.r#type) {
        Ok(message::MetricType::Counter) => FamilyKind::Counter,
        Ok(message::MetricType::Gauge) => FamilyKind::Gauge,
        Ok(message::MetricType::Summary) => FamilyKind::Summary,
        Ok(message::MetricType::Histogram) => FamilyKind::Histogram,
        Ok(message::MetricType::GaugeHistogram) => FamilyKind::GaugeHistogram,
        Ok(message::MetricType::Untyped) => FamilyKind::Unknown,
        Err(_) => return Err(format!("unknown type {}", read.r#type)),
    };
    let metrics = read.metric.iter();
    let metrics = metrics.map(|metric| self::metric(&name, kind, metric, overlay));
    Ok(MetricFamily {
        metrics: metrics.collect::<Result<_, _>>()?,
        help: Some(read.help.into_boxed_str()).filter(|help| !help.is_empty()),
        kind,
        name,
    })
}

fn metric(
    name: &str,
    kind: FamilyKind,
    read: &message::Metric,
    overlay: &Overlay,
) -> Result<Metric, String> {
    let mut said: Vec<(&str, &str)> = read
        .label
        .iter()
        .map(|pair| (pair.name.as_str(), pair.value.as_str()))
        .collect();
    said.sort_unstable_by_key(|(name, _)| *name);
    for (place, (label, _)) in said.iter().enumerate() {
        if !model::name::is_legacy_label(label) || *label == model::METRIC_NAME {
            let label = model::name::quoted(label);
            return Err(format!(
                "metric {name} has a label with an invalid name: {label}"
            ));
        }
        if said.get(place + 1).is_some_and(|(next, _)| next == label) {
            return Err(format!(
                "metric {name} has two or more labels with the same name: {label}"
            ));
        }
    }
    let missing = || format!("metric {name} is not a {}", kind.as_str());
    let number = |read: &Option<message::Number>| read.as_ref().map(|number| number.value);
    let value = match kind {
        FamilyKind::Counter => {
            let counter = read.counter.as_ref().ok_or_else(missing)?;
            MetricValue::Number(counter.value)
        }
        FamilyKind::Gauge => MetricValue::Number(number(&read.gauge).ok_or_else(missing)?),
        FamilyKind::Summary => {
            let summary = read.summary.as_ref().ok_or_else(missing)?;
            let parts = summary.quantile.iter().map(|q| (q.quantile, q.value));
            MetricValue::Summary(Box::new(Parts {
                parts: parts.collect(),
                sum: summary.sample_sum,
                count: summary.sample_count,
            }))
        }
        FamilyKind::Histogram | FamilyKind::GaugeHistogram => {
            let histogram = read.histogram.as_ref().ok_or_else(missing)?;
            let count = |count: u64, float: f64| match float {
                float if float > 0.0 => float as u64,
                _ => count,
            };
            let parts = histogram.bucket.iter().map(|bucket| {
                let held = count(bucket.cumulative_count, bucket.cumulative_count_float);
                (bucket.upper_bound, held)
            });
            MetricValue::Histogram(Box::new(Parts {
                parts: parts.collect(),
                sum: histogram.sample_sum,
                count: count(histogram.sample_count, histogram.sample_count_float),
            }))
        }
        _ => MetricValue::Number(number(&read.untyped).ok_or_else(missing)?),
    };
    Ok(Metric {
        labels: overlay.over(&said),
        value,
    })
}

/// Appends a family as a delimited message, from which [`read_protobuf`] reads it back.
pub fn write_protobuf(family: &MetricFamily, out: &mut Vec<u8>) {
    let kind = match family.kind {
        FamilyKind::Counter => message::MetricType::Counter,
        FamilyKind::Gauge => message::MetricType::Gauge,
        FamilyKind::Summary => message::MetricType::Summary,
        FamilyKind::Histogram => message::MetricType::Histogram,
        FamilyKind::GaugeHistogram => message::MetricType::GaugeHistogram,
        _ => message::MetricType::Untyped,
    };
    let written = message::MetricFamily {
        name: family.name.to_string(),
        help: family.help.as_deref().unwrap_or_default().to_owned(),
        r#type: kind.into(),
        metric: family.metrics.iter().map(|m| written(kind, m)).collect(),
        unit: String::new(),
    };
    out.extend(written.encode_length_delimited_to_vec());
}

fn written(kind: message::MetricType, metric: &Metric) -> message::Metric {
    let mut written = message::Metric {
        label: pairs(&metric.labels),
        ..message::Metric::default()
    };
    match &metric.value {
        MetricValue::Number(value) => match kind {
            message::MetricType::Counter => {
                written.counter = Some(message::Counter {
                    value: *value,
                    exemplar: None,
                });
            }
            message::MetricType::Gauge => written.gauge = Some(message::Number { value: *value }),
            _ => written.untyped = Some(message::Number { value: *value }),
        },
        MetricValue::Histogram(histogram) => {
            let bucket = histogram
                .parts
                .iter()
                .map(|(bound, count)| message::Bucket {
                    cumulative_count: *count,
                    upper_bound: *bound,
                    ..message::Bucket::default()
                });
            written.histogram = Some(message::Histogram {
                bucket: bucket.collect(),
                sample_sum: histogram.sum,
                sample_count: histogram.count,
                ..message::Histogram::default()
            });
        }
        MetricValue::Summary(summary) => {
            let quantile = summary.parts.iter().map(|(q, value)| message::Quantile {
                quantile: *q,
                value: *value,
            });
            written.summary = Some(message::Summary {
                quantile: quantile.collect(),
                sample_sum: summary.sum,
                sample_count: summary.count,
            });
        }
    }
    written
}

fn pairs(labels: &LabelPairs) -> Vec<message::LabelPair> {
    let pair = |(name, value): (&str, &str)| message::LabelPair {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    labels.iter().map(pair).collect()
}
