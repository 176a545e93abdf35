//! Bounds of buckets and quantiles, as one number has one text.
//!
//! Targets write `le="1"`, `le="1.0"` or `le="1e0"` in the text formats, as their libraries have
//! it. As Prometheus since version 3 the labels `le` of classic histograms and `quantile` of
//! summaries are stored as OpenMetrics writes numbers, `1.0`, so that series and queries of
//! different targets meet. Which families are histograms a body says in `# TYPE` lines; the last
//! one before a sample counts, whatever its name.

use memchr::memmem;
use model::{FamilyKind, LabelsBuilder};
use wire::exposition::write::canonical_bound;
use wire::exposition::{Entry, Format, Parser};

/// The label of a histogram's buckets.
const BUCKET: &str = "le";
/// The label of a summary's quantiles.
const QUANTILE: &str = "quantile";

/// What a line says of the type of the samples behind it.
const TYPE: &[u8] = b"TYPE";

/// Finds the type that holds at a place of a body, reading on from the place before. Only who asks
/// for a place costs anything.
pub(crate) struct Kinds<'b> {
    body: &'b [u8],
    format: Format,
    /// What has been looked through.
    until: usize,
    kind: FamilyKind,
}

impl<'b> Kinds<'b> {
    /// Of a body in one of the text formats.
    pub(crate) fn new(body: &'b [u8], format: Format) -> Self {
        Self {
            body,
            format,
            until: 0,
            kind: FamilyKind::Unknown,
        }
    }

    /// The type that was said last before a place, which is a line's beginning or end and not
    /// before the place asked for last.
    pub(crate) fn at(&mut self, place: usize) -> FamilyKind {
        let part = self.body.get(self.until..place).unwrap_or_default();
        for at in memmem::find_iter(part, TYPE) {
            if let Some(line) = type_line(part, at)
                && let Some(Ok(Entry::Type { kind, .. })) = Parser::new(line, self.format).next()
            {
                self.kind = kind;
            }
        }
        self.until = self.until.max(place);
        self.kind
    }
}

/// The line that has the word at a place, where it begins with nothing else.
fn type_line(body: &[u8], word: usize) -> Option<&[u8]> {
    let before = without_blanks(body.get(..word)?);
    let start = without_blanks(before.strip_suffix(b"#")?);
    if !start.is_empty() && !start.ends_with(b"\n") {
        return None;
    }
    let end = memchr::memchr(b'\n', body.get(word..)?)?;
    body.get(start.len()..=word + end)
}

/// The text without the blanks at its end.
fn without_blanks(mut text: &[u8]) -> &[u8] {
    while let Some((b' ' | b'\t', before)) = text.split_last() {
        text = before;
    }
    text
}

/// Whether a type matters to a series.
pub(crate) fn has_any(labels: &LabelsBuilder) -> bool {
    !labels.get(BUCKET).is_empty() || !labels.get(QUANTILE).is_empty()
}

/// Writes the bound of a series of a family of this type as all others.
pub(crate) fn unify(kind: FamilyKind, labels: &mut LabelsBuilder) {
    let name = match kind {
        FamilyKind::Histogram => BUCKET,
        FamilyKind::Summary => QUANTILE,
        _ => return,
    };
    let said = labels.get(name);
    if let Some(text) = canonical_bound(said).filter(|text| text != said) {
        labels.set(name, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_said_last_holds() {
        let body = b"a 1\n# TYPE h histogram\nh 1\n#  HELP s TYPE of a summary\n\
                     # TYPE s summary\ns{x=\"# TYPE h histogram\"} 2\n# TYPE s\n#\tTYPE g gauge\ng 1\n";
        let text = std::str::from_utf8(body).unwrap();
        let at = |line: &str| text.find(line).unwrap();
        let mut kinds = Kinds::new(body, Format::Text004);
        for (line, kind) in [
            ("a 1", FamilyKind::Unknown),
            ("h 1", FamilyKind::Histogram),
            ("#  HELP s", FamilyKind::Histogram),
            ("s{x", FamilyKind::Summary),
            ("# TYPE s\n", FamilyKind::Summary),
            ("g 1", FamilyKind::Gauge),
        ] {
            assert_eq!(kinds.at(at(line)), kind, "{line}");
        }
        assert_eq!(kinds.at(usize::MAX), FamilyKind::Gauge);
        assert_eq!(
            Kinds::new(body, Format::Text004).at(at("g 1")),
            FamilyKind::Gauge
        );
    }

    #[test]
    fn only_bounds_of_the_right_families_are_unified() {
        let (histogram, summary) = (FamilyKind::Histogram, FamilyKind::Summary);
        for (kind, name, said, stored) in [
            (histogram, "le", "1", "1.0"),
            (histogram, "le", "1e0", "1.0"),
            (histogram, "le", "0.50", "0.5"),
            (histogram, "le", "1000000", "1e+06"),
            (histogram, "le", "+Inf", "+Inf"),
            (histogram, "le", "inf", "+Inf"),
            (histogram, "le", "one", "one"),
            (histogram, "le", "1e999", "1e999"),
            (histogram, "quantile", "1", "1"),
            (summary, "quantile", "1", "1.0"),
            (summary, "quantile", "0.99", "0.99"),
            (summary, "le", "1", "1"),
            (FamilyKind::GaugeHistogram, "le", "1", "1"),
            (FamilyKind::Unknown, "le", "1", "1"),
        ] {
            let mut labels = LabelsBuilder::new();
            labels.set(name, said);
            unify(kind, &mut labels);
            assert_eq!(labels.get(name), stored, "{kind:?} {said}");
        }
    }
}
