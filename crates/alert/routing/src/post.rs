//! Alerts as clients post them: times may be missing, and names may be wrong.

use model::{Alert, Labels};

/// An alert as a client says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedAlert {
    /// Who it is.
    pub labels: Labels,
    /// What people read.
    pub annotations: Labels,
    /// Since when, in milliseconds since the epoch; the end, or now, where nothing is said.
    pub starts_at: Option<i64>,
    /// When it ended or will, in milliseconds since the epoch; after the resolve timeout where
    /// nothing is said.
    pub ends_at: Option<i64>,
    /// Where a person sees the expression behind it; may be empty.
    pub generator_url: String,
}

impl PostedAlert {
    /// The alert with all its times, and whether its end is only a timeout.
    pub(crate) fn complete(self, resolve_timeout: i64, now: i64) -> (Alert, bool) {
        let alert = Alert {
            labels: self.labels,
            annotations: self.annotations,
            starts_at: self.starts_at.or(self.ends_at).unwrap_or(now),
            ends_at: self.ends_at.unwrap_or(now.saturating_add(resolve_timeout)),
            updated_at: now,
            generator_url: self.generator_url,
        };
        (alert, self.ends_at.is_none())
    }
}

/// What is wrong with an alert, in upstream's words. It may take so many bytes.
pub(crate) fn check(alert: &Alert, limit: usize) -> Result<(), String> {
    let bytes = alert.labels.size() + alert.annotations.size() + alert.generator_url.len();
    if bytes > limit {
        return Err(format!(
            "alert exceeded maximum size: {bytes} bytes (limit: {limit} bytes)"
        ));
    }
    if alert.ends_at < alert.starts_at {
        return Err("start time must be before end time".to_owned());
    }
    if has_empty_name(&alert.labels) {
        return Err("invalid label set: invalid name \"\"".to_owned());
    }
    if alert.labels.is_empty() {
        return Err("at least one label pair required".to_owned());
    }
    if has_empty_name(&alert.annotations) {
        return Err("invalid annotations: invalid name \"\"".to_owned());
    }
    Ok(())
}

fn has_empty_name(labels: &Labels) -> bool {
    labels.iter().any(|(name, _)| name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_times_are_filled_in() {
        for (starts_at, ends_at, expected) in [
            (None, None, (100, 150, true)),
            (None, Some(70), (70, 70, false)),
            (Some(60), None, (60, 150, true)),
            (Some(60), Some(70), (60, 70, false)),
        ] {
            let posted = PostedAlert {
                labels: Labels::empty(),
                annotations: Labels::empty(),
                starts_at,
                ends_at,
                generator_url: String::new(),
            };
            let (alert, timeout) = posted.complete(50, 100);
            assert_eq!((alert.starts_at, alert.ends_at, timeout), expected);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = [("a", "b")].as_slice();
        for (labels, annotations, ends_at, error) in [
            (good, good, 10, None),
            (good, good, 9, Some("start time must be before end time")),
            (&[], good, 10, Some("at least one label pair required")),
            (
                &[("", "b")],
                good,
                10,
                Some("invalid label set: invalid name \"\""),
            ),
            (
                good,
                &[("", "b")],
                10,
                Some("invalid annotations: invalid name \"\""),
            ),
        ] {
            let alert = Alert {
                labels: Labels::from_pairs(labels.iter().copied()),
                annotations: Labels::from_pairs(annotations.iter().copied()),
                starts_at: 10,
                ends_at,
                updated_at: 0,
                generator_url: String::new(),
            };
            assert_eq!(check(&alert, 1000).err().as_deref(), error);
            assert!(check(&alert, 0).is_err() || annotations.is_empty() && labels.is_empty());
        }
    }
}
