//! Writing the text forms, and that of protobuf.

use model::{Family, FamilyKind, METRIC_NAME, Point, PointValue, name, number};

use super::protobuf::put;

/// Writes families in Prometheus' text form 0.0.4, sorted by name. Families without points are
/// left out.
pub fn text(families: &[Family], out: &mut String) {
    for family in sorted(families) {
        let kind = match family.kind {
            FamilyKind::Unknown => "untyped",
            FamilyKind::Info | FamilyKind::StateSet => "gauge",
            FamilyKind::GaugeHistogram => "histogram",
            kind => kind.as_str(),
        };
        head(out, &family.name, kind, &family.help, false);
        for point in &family.points {
            push_point(
                out,
                &family.name,
                ["_bucket", "_sum", "_count"],
                point,
                false,
            );
        }
    }
}

/// Writes families in OpenMetrics 1.0.0, sorted by name, with the closing line. Families without
/// points are left out.
pub fn open_metrics(families: &[Family], out: &mut String) {
    for family in sorted(families) {
        // The suffix is of the sample, not of the family. A name without it cannot be said to be
        // of its kind.
        let (suffix, without) = match family.kind {
            FamilyKind::Counter => ("_total", "unknown"),
            FamilyKind::Info => ("_info", "gauge"),
            _ => ("", ""),
        };
        let (stem, kind) = match family.name.strip_suffix(suffix) {
            Some(stem) => (stem, family.kind.as_str()),
            None => (family.name.as_str(), without),
        };
        head(out, stem, kind, &family.help, true);
        let suffixes = match family.kind {
            FamilyKind::GaugeHistogram => ["_bucket", "_gsum", "_gcount"],
            _ => ["_bucket", "_sum", "_count"],
        };
        for point in &family.points {
            push_point(out, &family.name, suffixes, point, true);
        }
    }
    out.push_str("# EOF\n");
}

/// Appends families as delimited messages of protobuf, sorted by name: the only form that knows
/// native histograms. Families without points are left out.
pub fn protobuf(families: &[Family], out: &mut Vec<u8>) {
    for family in sorted(families) {
        put(family, out);
    }
}

fn sorted(families: &[Family]) -> Vec<&Family> {
    let filled = families.iter().filter(|family| !family.points.is_empty());
    let mut sorted: Vec<&Family> = filled.collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    sorted
}

fn head(out: &mut String, name: &str, kind: &str, help: &str, quotes: bool) {
    for (keyword, text) in [("HELP", help), ("TYPE", kind)] {
        out.push_str("# ");
        out.push_str(keyword);
        out.push(' ');
        metric(out, name);
        out.push(' ');
        push_escaped(out, text, quotes);
        out.push('\n');
    }
}

fn push_point(
    out: &mut String,
    metric: &str,
    [bucket, sum, count]: [&str; 3],
    point: &Point,
    open_metrics: bool,
) {
    let mut line = |suffix: &str, bound: Option<(&str, f64)>, value: f64| {
        let mut written = String::new();
        match bound {
            Some((_, bound)) if open_metrics => push_bound(&mut written, bound),
            Some((_, bound)) => number::push_general(&mut written, bound),
            None => {}
        }
        let bound = bound.map(|(label, _)| (label, written.as_str()));
        let labels = point.labels.iter().filter(|(name, _)| *name != METRIC_NAME);
        push_series(out, metric, suffix, labels.chain(bound));
        out.push(' ');
        number::push_general(out, value);
        out.push('\n');
    };
    match &point.value {
        PointValue::Number(value) => line("", None, *value),
        PointValue::Histogram {
            buckets,
            sum: total,
            count: all,
        } => push_buckets(line, [bucket, sum, count], buckets, *total, *all),
        PointValue::NativeHistogram { buckets, native } => {
            let (total, all) = (native.sum, native.count);
            push_buckets(line, [bucket, sum, count], buckets, total, all);
        }
        PointValue::Summary {
            quantiles,
            sum: total,
            count: all,
        } => {
            for (quantile, value) in quantiles {
                line("", Some(("quantile", *quantile)), *value);
            }
            line(sum, None, *total);
            line(count, None, *all as f64);
        }
    }
}

/// The lines of a classic histogram.
fn push_buckets(
    mut line: impl FnMut(&str, Option<(&str, f64)>, f64),
    [bucket, sum, count]: [&str; 3],
    buckets: &[(f64, u64)],
    total: f64,
    all: u64,
) {
    for (bound, count) in buckets {
        line(bucket, Some(("le", *bound)), *count as f64);
    }
    line(bucket, Some(("le", f64::INFINITY)), all as f64);
    line(sum, None, total);
    line(count, None, all as f64);
}

/// Writes a metric's name: in quotes where it is beyond the classic alphabet.
pub fn metric(out: &mut String, metric: &str) {
    if name::is_legacy_metric(metric) {
        out.push_str(metric);
    } else {
        push_quoted(out, metric);
    }
}

/// Writes the text of a series, as it stands before its value.
pub fn series<'l>(
    out: &mut String,
    metric: &str,
    labels: impl Iterator<Item = (&'l str, &'l str)>,
) {
    push_series(out, metric, "", labels);
}

/// A bucket's bound or a quantile that is written in any way, as OpenMetrics writes it; `None` of a
/// text that is no number.
pub fn canonical_bound(said: &str) -> Option<String> {
    let mut text = String::new();
    push_bound(&mut text, super::number::value(said.as_bytes())?);
    Some(text)
}

/// A bucket's bound or a quantile as OpenMetrics writes it: a whole number has `.0`.
pub(crate) fn push_bound(out: &mut String, bound: f64) {
    let start = out.len();
    number::push_general(out, bound);
    let written = out.get(start..).unwrap_or_default();
    if bound.is_finite() && !written.contains(['.', 'e']) {
        out.push_str(".0");
    }
}

/// The text of a series; names beyond the classic alphabet are in quotes.
pub(crate) fn push_series<'l>(
    out: &mut String,
    metric: &str,
    suffix: &str,
    labels: impl Iterator<Item = (&'l str, &'l str)>,
) {
    let classic = name::is_legacy_metric(metric);
    if classic {
        out.push_str(metric);
        out.push_str(suffix);
    } else {
        out.push_str("{\"");
        push_escaped(out, metric, true);
        out.push_str(suffix);
        out.push('"');
    }
    let mut open = !classic;
    for (label, value) in labels {
        out.push(if open { ',' } else { '{' });
        open = true;
        if name::is_legacy_label(label) {
            out.push_str(label);
        } else {
            push_quoted(out, label);
        }
        out.push('=');
        push_quoted(out, value);
    }
    if open {
        out.push('}');
    }
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    push_escaped(out, text, true);
    out.push('"');
}

pub(crate) fn push_escaped(out: &mut String, text: &str, quotes: bool) {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '\n', '"']) {
        let (plain, behind) = rest.split_at(at);
        out.push_str(plain);
        let mut letters = behind.chars();
        match letters.next() {
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('"') if quotes => out.push_str("\\\""),
            other => out.extend(other),
        }
        rest = letters.as_str();
    }
    out.push_str(rest);
}
