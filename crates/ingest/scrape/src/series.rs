//! From a line's series to the labels that are stored.

use config::{NameValidation, ScrapeConfig};
use memchr::memmem;
use model::{FamilyKind, Labels, LabelsBuilder, METRIC_NAME, name};
use wire::exposition::{Format, parse_series};

use crate::bounds;
use crate::error::ScrapeError;
use crate::limits::Limits;

/// What happens to the samples of one target.
pub(crate) struct SampleRules<'a> {
    pub(crate) config: &'a ScrapeConfig,
    pub(crate) limits: Limits,
    /// The target's own labels.
    pub(crate) target: &'a Labels,
}

impl SampleRules<'_> {
    /// The labels of a series as they are stored; `None` where metric relabelling drops it. `kind`
    /// is the type of its family, asked for where it matters.
    pub(crate) fn labels(
        &self,
        series: &[u8],
        format: Format,
        line: usize,
        kind: impl FnOnce() -> FamilyKind,
    ) -> Result<Option<Labels>, ScrapeError> {
        let wrong = |reason: String| ScrapeError::Series { line, reason };
        let mut labels = LabelsBuilder::new();
        parse_series(series, format, &mut labels).map_err(|e| wrong(e.reason))?;
        if bounds::has_any(&labels) {
            bounds::unify(kind(), &mut labels);
        }
        if self.config.honor_labels {
            self.keep_exposed(series, &mut labels);
        } else {
            self.rename_exposed(&mut labels);
        }
        if !relabel::apply(&self.config.metric_relabel, &mut labels) || labels.is_empty() {
            return Ok(None);
        }
        if labels.get(METRIC_NAME).is_empty() {
            let reason = "missing metric name (__name__ label)";
            return Err(wrong(reason.to_owned()));
        }
        if self.config.name_validation == NameValidation::Legacy && !legacy(&labels) {
            let reason = format!("invalid metric name or label names: {}", labels.build());
            return Err(wrong(reason));
        }
        self.limits.check_labels(&labels)?;
        Ok(Some(labels.build()))
    }

    /// `honor_labels`: what the target says stands, even where it says "empty".
    fn keep_exposed(&self, series: &[u8], labels: &mut LabelsBuilder) {
        for (name, value) in self.target.iter() {
            if labels.get(name).is_empty() && !said_empty(series, name) {
                labels.set(name, value);
            }
        }
    }

    /// Otherwise the target's labels stand, and what it says under their names is kept under
    /// `exported_…`, with as many prefixes as it takes to be alone.
    fn rename_exposed(&self, labels: &mut LabelsBuilder) {
        let mut displaced = Vec::new();
        for (name, value) in self.target.iter() {
            let exposed = labels.get(name);
            if !exposed.is_empty() {
                displaced.push((name, exposed.to_owned()));
            }
            labels.set(name, value);
        }
        displaced.sort_by_key(|(name, _)| name.len());
        for (name, value) in displaced {
            let mut renamed = format!("exported_{name}");
            while !labels.get(&renamed).is_empty() {
                renamed.insert_str(0, "exported_");
            }
            labels.set(&renamed, &value);
        }
    }
}

/// Whether the line gives the label an empty value, which a label set cannot hold. A quote inside
/// a value is escaped, so that `name=""` can only be a label.
fn said_empty(series: &[u8], name: &str) -> bool {
    if memmem::find(series, b"=\"\"").is_none() {
        return false;
    }
    let wanted = format!("{name}=\"\"");
    memmem::find_iter(series, wanted.as_bytes()).any(|at| {
        let before = at.checked_sub(1).and_then(|place| series.get(place));
        matches!(before, Some(b'{' | b',' | b' ' | b'\t'))
    })
}

fn legacy(labels: &LabelsBuilder) -> bool {
    name::is_legacy_metric(labels.get(METRIC_NAME))
        && labels.iter().all(|(name, _)| name::is_legacy_label(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_label_is_told_from_an_absent_one() {
        for (series, name, wanted) in [
            (r#"m{instance=""}"#, "instance", true),
            (r#"m{a="b", instance="",c="d"}"#, "instance", true),
            (r#"m{xinstance=""}"#, "instance", false),
            (r#"m{instance="x",b=""}"#, "instance", false),
            (r#"m{a=",instance=\"\""}"#, "instance", false),
        ] {
            assert_eq!(said_empty(series.as_bytes(), name), wanted, "{series}");
        }
    }
}
