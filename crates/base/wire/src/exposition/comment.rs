//! Lines that begin with `#`: what a body says of its metrics.

use model::FamilyKind;

use super::labels::{metric_length, skip_blanks, split_quoted, unescape};
use super::{Entry, excerpt, expected};

/// What a family's line tells.
#[derive(Clone, Copy, PartialEq)]
enum Keyword {
    Help,
    Type,
    Unit,
}

/// A line of the Prometheus text forms, from its `#` to its end. What is no metadata is a comment.
pub(super) fn prometheus(line: &[u8]) -> Result<Entry<'_>, String> {
    let inside = line.get(1..).unwrap_or_default();
    let words = skip_blanks(inside);
    let (keyword, rest) = match words.split_at_checked(4) {
        Some((b"HELP", rest)) => (Keyword::Help, rest),
        Some((b"TYPE", rest)) => (Keyword::Type, rest),
        _ => return Ok(Entry::Comment),
    };
    let behind = skip_blanks(rest);
    if words.len() == inside.len() || behind.len() == rest.len() {
        return Ok(Entry::Comment);
    }
    let (metric, rest) = metric(behind)?;
    // One byte stands between the name and the text, whichever.
    let text = utf8_text(rest.get(1..).unwrap_or_default())?;
    entry(keyword, metric, text, false)
}

/// A line of OpenMetrics, from its `#` to its end; `# EOF` is not for here.
pub(super) fn open_metrics(line: &[u8]) -> Result<Entry<'_>, String> {
    let words = line.strip_prefix(b"# ");
    let (keyword, rest) = match words.and_then(|words| words.split_at_checked(5)) {
        Some((b"HELP ", rest)) => (Keyword::Help, rest),
        Some((b"TYPE ", rest)) => (Keyword::Type, rest),
        Some((b"UNIT ", rest)) => (Keyword::Unit, rest),
        _ => return Err(expected("HELP, TYPE, UNIT or EOF behind \"# \"", line)),
    };
    let (metric, rest) = metric(rest)?;
    let Some(text) = rest.strip_prefix(b" ") else {
        return Err(expected("a text behind the metric name", rest));
    };
    entry(keyword, metric, utf8_text(text)?, true)
}

fn entry<'a>(
    keyword: Keyword,
    metric: &'a str,
    text: &'a str,
    open_metrics: bool,
) -> Result<Entry<'a>, String> {
    match keyword {
        Keyword::Help => Ok(Entry::Help {
            metric,
            text: unescape(text, open_metrics),
        }),
        Keyword::Type => kind(text, open_metrics)
            .map(|kind| Entry::Type { metric, kind })
            .ok_or_else(|| format!("invalid metric type {}", excerpt(text.as_bytes()))),
        Keyword::Unit => {
            check_unit(metric, text)?;
            Ok(Entry::Unit { metric, unit: text })
        }
    }
}

/// A metric's name must end with its unit.
pub(super) fn check_unit(metric: &str, unit: &str) -> Result<(), String> {
    let stem = metric.strip_suffix(unit);
    if unit.is_empty() || stem.is_some_and(|stem| stem.ends_with('_')) {
        return Ok(());
    }
    let (unit, metric) = (excerpt(unit.as_bytes()), excerpt(metric.as_bytes()));
    Err(format!("unit {unit} not a suffix of metric {metric}"))
}

/// A family's name, in quotes or without, and what follows it. Escapes in quotes are kept, for
/// names with them do not occur.
fn metric(text: &[u8]) -> Result<(&str, &[u8]), String> {
    let (name, rest) = match text.strip_prefix(b"\"") {
        Some(inside) => split_quoted(inside).unwrap_or_default(),
        None => text.split_at(metric_length(text)),
    };
    match std::str::from_utf8(name) {
        Ok(name) if !name.is_empty() => Ok((name, rest)),
        _ => Err(expected("a metric name", text)),
    }
}

fn utf8_text(text: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(text)
        .map_err(|_| format!("help text {} is not a valid utf8 string", excerpt(text)))
}

fn kind(text: &str, open_metrics: bool) -> Option<FamilyKind> {
    Some(match text {
        "counter" => FamilyKind::Counter,
        "gauge" => FamilyKind::Gauge,
        "histogram" => FamilyKind::Histogram,
        "summary" => FamilyKind::Summary,
        "untyped" if !open_metrics => FamilyKind::Unknown,
        "unknown" if open_metrics => FamilyKind::Unknown,
        "info" if open_metrics => FamilyKind::Info,
        "stateset" if open_metrics => FamilyKind::StateSet,
        "gaugehistogram" if open_metrics => FamilyKind::GaugeHistogram,
        _ => return None,
    })
}
