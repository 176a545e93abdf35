//! What one target may cost.
//!
//! A section's own limits stand where the user set them. Where nothing is set upstream takes
//! anything; here a safe maximum stands instead, so that one broken target cannot exhaust the
//! server's memory. Each error names the setting that raises the limit.

use config::ScrapeLimits;
use model::{LabelsBuilder, METRIC_NAME};

use crate::error::ScrapeError;

/// Bytes of an answer where `body_size_limit` is not set. The largest honest expositions seen in
/// the field (kube-state-metrics of a big cluster, a federation of everything) are some tens of
/// megabytes.
pub const DEFAULT_BODY_BYTES: u64 = 256 * 1024 * 1024;
/// The layout of a scrape holds 32-bit offsets, so no `body_size_limit` goes beyond this.
pub const MAX_BODY_BYTES: u64 = u32::MAX as u64;
/// Series of one scrape where `sample_limit` is not set; each new one costs a few hundred bytes
/// while it is registered, so that this many stay well below a gigabyte.
pub const DEFAULT_SAMPLES: u64 = 1_000_000;
/// Bytes of one label name or value where their limits are not set. Every value is copied into
/// the index and into answers; a stack trace fits.
pub const DEFAULT_LABEL_BYTES: u64 = 1024 * 1024;
/// Dropped targets that a job keeps for the targets page where `keep_dropped_targets` is not set.
pub const DEFAULT_DROPPED_TARGETS: u64 = 10_000;
/// Metric families whose metadata a target keeps; the names and texts count against the body.
pub const MAX_METADATA: usize = 100_000;

/// The limits of a job with the defaults filled in; every one of them holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) body_bytes: u64,
    pub(crate) samples: u64,
    /// Labels of a series; `u64::MAX` where not set.
    pub(crate) labels: u64,
    pub(crate) name_bytes: u64,
    pub(crate) value_bytes: u64,
    pub(crate) dropped_targets: usize,
    /// Series of one target; new ones beyond it are refused, known ones go on.
    pub(crate) series: u64,
    /// Whether `sample_limit` is the user's own: then the rest is still counted for the report.
    pub(crate) counts_beyond: bool,
}

impl Limits {
    /// `series` is the server's own limit on the series of one target; 0 takes all.
    pub(crate) fn new(set: &ScrapeLimits, series: u64) -> Self {
        let or = |set: u64, default: u64| if set == 0 { default } else { set };
        let dropped = or(set.keep_dropped_targets, DEFAULT_DROPPED_TARGETS);
        Self {
            body_bytes: or(set.body_size, DEFAULT_BODY_BYTES).min(MAX_BODY_BYTES),
            samples: or(set.samples, DEFAULT_SAMPLES),
            labels: or(set.labels, u64::MAX),
            name_bytes: or(set.label_name_length, DEFAULT_LABEL_BYTES),
            value_bytes: or(set.label_value_length, DEFAULT_LABEL_BYTES),
            series: or(series, u64::MAX),
            dropped_targets: usize::try_from(dropped).unwrap_or(usize::MAX),
            counts_beyond: set.samples != 0,
        }
    }

    /// Checks a series as it will be stored.
    pub(crate) fn check_labels(&self, labels: &LabelsBuilder) -> Result<(), ScrapeError> {
        let metric = || shortened(labels.get(METRIC_NAME));
        let count = labels.iter().count() as u64;
        if count > self.labels {
            return Err(ScrapeError::LabelLimit(format!(
                "label_limit exceeded (metric: {}, number of labels: {count}, limit: {})",
                metric(),
                self.labels
            )));
        }
        for (name, value) in labels.iter() {
            if name.len() as u64 > self.name_bytes {
                return Err(ScrapeError::LabelLimit(format!(
                    "label_name_length_limit exceeded (metric: {}, label name: {}, length: {}, \
                     limit: {})",
                    metric(),
                    shortened(name),
                    name.len(),
                    self.name_bytes
                )));
            }
            if value.len() as u64 > self.value_bytes {
                return Err(ScrapeError::LabelLimit(format!(
                    "label_value_length_limit exceeded (metric: {}, label name: {}, value: {:?}, \
                     length: {}, limit: {})",
                    metric(),
                    shortened(name),
                    shortened(value),
                    value.len(),
                    self.value_bytes
                )));
            }
        }
        Ok(())
    }
}

/// The first characters of a text that may be too long to show.
fn shortened(text: &str) -> String {
    text.chars().take(50).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_limits_name_the_setting() {
        let limits = ScrapeLimits {
            labels: 3,
            label_name_length: 10,
            label_value_length: 5,
            ..ScrapeLimits::default()
        };
        let limits = Limits::new(&limits, 0);
        let check = |pairs: &[(&str, &str)], wanted: Option<&str>| {
            let mut builder = LabelsBuilder::new();
            for (name, value) in pairs {
                builder.set(name, value);
            }
            let found = limits.check_labels(&builder).err().map(|e| e.to_string());
            match wanted {
                None => assert_eq!(found, None),
                Some(start) => assert!(found.unwrap().starts_with(start)),
            }
        };
        check(&[("__name__", "up"), ("a", "1"), ("b", "2")], None);
        check(
            &[("__name__", "up"), ("a", "1"), ("b", "2"), ("c", "3")],
            Some("label_limit exceeded (metric: up, number of labels: 4, limit: 3)"),
        );
        check(&[("a_long_label", "1")], Some("label_name_length_limit"));
        check(&[("a", "123456")], Some("label_value_length_limit"));
    }
}
