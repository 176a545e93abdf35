//! What can be wrong with rules: their files, and one evaluation.

use config::ConfigError;
use contract::{AppendError, QueryFault};
use thiserror::Error;

/// Why rules were not taken; those in force go on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RulesError {
    /// Files are wrong; each fault names its place.
    #[error("{}", faults(.0))]
    Files(Vec<ConfigError>),
}

/// The first fault, and how many more there are: an answer to a reload is read by a person.
fn faults(faults: &[ConfigError]) -> String {
    match faults {
        [] => "a rule file is wrong".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more in the log)", rest.len()),
    }
}

/// Why an evaluation gave nothing. The words are upstream's, since they are shown beside the rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum RuleError {
    #[error(transparent)]
    Query(#[from] QueryFault),
    #[error("vector contains metrics with the same labelset after applying rule labels")]
    SameRecordedLabels,
    #[error("vector contains metrics with the same labelset after applying alert labels")]
    SameAlertLabels,
    #[error("exceeded limit of {limit} with {found} {what}")]
    Limit {
        limit: i64,
        found: usize,
        what: &'static str,
    },
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error("{0}")]
    Rejected(&'static str),
}

impl RuleError {
    /// Refuses more results than a group allows each of its rules.
    pub(crate) fn beyond(limit: i64, found: usize, what: &'static str) -> Result<(), Self> {
        match usize::try_from(limit) {
            Ok(most) if most > 0 && found > most => Err(Self::Limit { limit, found, what }),
            _ => Ok(()),
        }
    }

    /// Whether it only says that the program ends.
    pub(crate) fn is_the_end(&self) -> bool {
        matches!(
            self,
            Self::Query(QueryFault::Cancelled) | Self::Append(AppendError::Closed)
        )
    }
}
