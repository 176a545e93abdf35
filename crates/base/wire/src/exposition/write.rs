//! Writing the text forms.

use std::fmt::Write as _;

use model::{Family, FamilyKind, Labels, METRIC_NAME, PointValue, number};

/// Writes families in Prometheus' text form 0.0.4, sorted by name.
pub fn text(families: &[Family], out: &mut String) {
    for family in sorted(families) {
        let kind = match family.kind {
            FamilyKind::Unknown => "untyped",
            FamilyKind::Info | FamilyKind::StateSet => "gauge",
            FamilyKind::GaugeHistogram => "histogram",
            kind => kind.as_str(),
        };
        let _ = write!(out, "# HELP {} ", family.name);
        push_escaped(out, &family.help, false);
        let _ = writeln!(out, "\n# TYPE {} {kind}", family.name);
        points(family, out);
    }
}

/// Writes families in OpenMetrics 1.0, sorted by name, with the closing line.
pub fn open_metrics(families: &[Family], out: &mut String) {
    for family in sorted(families) {
        // A counter without the suffix cannot be said in OpenMetrics: its kind is left open.
        let (name, kind) = match (family.kind, family.name.strip_suffix("_total")) {
            (FamilyKind::Counter, Some(stem)) => (stem, "counter"),
            (FamilyKind::Counter, None) => (family.name.as_str(), "unknown"),
            (kind, _) => (family.name.as_str(), kind.as_str()),
        };
        let _ = write!(out, "# HELP {name} ");
        push_escaped(out, &family.help, true);
        let _ = writeln!(out, "\n# TYPE {name} {kind}");
        points(family, out);
    }
    out.push_str("# EOF\n");
}

fn sorted(families: &[Family]) -> Vec<&Family> {
    let mut sorted: Vec<&Family> = families
        .iter()
        .filter(|family| !family.points.is_empty())
        .collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    sorted
}

fn points(family: &Family, out: &mut String) {
    for point in &family.points {
        let line = |out: &mut String, suffix: &str, more: Option<(&str, f64)>, value: f64| {
            out.push_str(&family.name);
            out.push_str(suffix);
            push_labels(out, &point.labels, more);
            out.push(' ');
            number::push_general(out, value);
            out.push('\n');
        };
        match &point.value {
            PointValue::Number(value) => line(out, "", None, *value),
            PointValue::Histogram {
                buckets,
                sum,
                count,
            } => {
                for (bound, count) in buckets {
                    line(out, "_bucket", Some(("le", *bound)), *count as f64);
                }
                line(out, "_bucket", Some(("le", f64::INFINITY)), *count as f64);
                line(out, "_sum", None, *sum);
                line(out, "_count", None, *count as f64);
            }
            PointValue::Summary {
                quantiles,
                sum,
                count,
            } => {
                for (quantile, value) in quantiles {
                    line(out, "", Some(("quantile", *quantile)), *value);
                }
                line(out, "_sum", None, *sum);
                line(out, "_count", None, *count as f64);
            }
        }
    }
}

fn push_labels(out: &mut String, labels: &Labels, more: Option<(&str, f64)>) {
    let mut first = true;
    let mut push = |out: &mut String, name: &str, value: &dyn Fn(&mut String)| {
        out.push(if first { '{' } else { ',' });
        first = false;
        out.push_str(name);
        out.push_str("=\"");
        value(out);
        out.push('"');
    };
    for (name, value) in labels.iter().filter(|(name, _)| *name != METRIC_NAME) {
        push(out, name, &|out| push_escaped(out, value, true));
    }
    if let Some((name, bound)) = more {
        push(out, name, &|out| number::push_general(out, bound));
    }
    if !first {
        out.push('}');
    }
}

fn push_escaped(out: &mut String, text: &str, quotes: bool) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if quotes => out.push_str("\\\""),
            c => out.push(c),
        }
    }
}
