//! Recording rules: a result gets the rule's name and labels.

use std::collections::{BTreeMap, HashSet};

use contract::QueryPoint;
use model::{Labels, METRIC_NAME};

use crate::error::RuleError;

/// A label set with other labels set over it; one that is set to nothing goes.
pub(crate) fn with_labels<'a>(
    base: &'a Labels,
    over: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Labels {
    // Of a name given twice the last value stands, and empty ones are left out.
    Labels::from_pairs(base.iter().chain(over))
}

/// The pairs of a map of labels.
pub(crate) fn pairs(labels: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    let labels = labels.iter();
    labels.map(|(name, value)| (name.as_str(), value.as_str()))
}

/// What is stored of a result. `limit` is the group's.
pub(crate) fn recorded(
    metric: &str,
    labels: &BTreeMap<String, String>,
    mut points: Vec<QueryPoint>,
    limit: i64,
) -> Result<Vec<QueryPoint>, RuleError> {
    for point in &mut points {
        let over = std::iter::once((METRIC_NAME, metric)).chain(pairs(labels));
        point.labels = with_labels(&point.labels, over);
    }
    let mut seen = HashSet::with_capacity(points.len());
    if !points.iter().all(|point| seen.insert(&point.labels)) {
        return Err(RuleError::SameRecordedLabels);
    }
    RuleError::beyond(limit, points.len(), "series")?;
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(labels: &[(&str, &str)], value: f64) -> QueryPoint {
        QueryPoint {
            labels: Labels::from_pairs(labels.iter().copied()),
            value,
            histogram: None,
        }
    }

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn name_and_labels_are_set_over_the_result() {
        let found = vec![point(
            &[("__name__", "up"), ("job", "a"), ("zone", "z")],
            1.0,
        )];
        let over = labels(&[("job", "b"), ("zone", ""), ("team", "t")]);
        let recorded = recorded("job:up", &over, found, 0).unwrap();
        assert_eq!(
            recorded,
            [point(
                &[("__name__", "job:up"), ("job", "b"), ("team", "t")],
                1.0
            )]
        );
    }

    #[test]
    fn series_that_become_the_same_are_an_error() {
        let found = vec![point(&[("job", "a")], 1.0), point(&[("job", "b")], 2.0)];
        let over = labels(&[("job", "")]);
        assert_eq!(
            recorded("x", &over, found, 0),
            Err(RuleError::SameRecordedLabels)
        );
    }

    #[test]
    fn the_limit_counts_series() {
        let found = || vec![point(&[("job", "a")], 1.0), point(&[("job", "b")], 2.0)];
        for limit in [-1, 0, 2, 3] {
            assert!(recorded("x", &labels(&[]), found(), limit).is_ok());
        }
        let error = recorded("x", &labels(&[]), found(), 1).unwrap_err();
        assert_eq!(error.to_string(), "exceeded limit of 1 with 2 series");
    }
}
