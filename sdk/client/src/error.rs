//! What can be wrong with a metric when it is made. Nothing fails later: counting and observing
//! always succeed.

use crate::naming::Fault;

/// Why a metric could not be made or registered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The name breaks a rule.
    #[error("metric {name:?}: {}", fault.advice())]
    Name {
        /// The name given.
        name: String,
        /// The rule.
        fault: Fault,
    },
    /// The name of a label breaks a rule.
    #[error("metric {metric}: label {label:?}: {}", fault.advice())]
    Label {
        /// The metric.
        metric: String,
        /// The label given.
        label: String,
        /// The rule.
        fault: Fault,
    },
    /// Two labels of the same name, in the family or in the labels of the registry.
    #[error("metric {metric}: label {label:?} is there twice: leave one out")]
    LabelTwice {
        /// The metric.
        metric: String,
        /// The label.
        label: String,
    },
    /// The help text is missing, or has characters that the formats would escape.
    #[error(
        "metric {name}: its help is one line of text without quotes and backslashes: say what is measured"
    )]
    Help {
        /// The metric.
        name: String,
    },
    /// The name, or a series that it would have, belongs to another metric of the registry.
    #[error(
        "metric {name} is registered already: keep the first one's handle, or choose another name"
    )]
    Taken {
        /// The metric.
        name: String,
    },
    /// The upper bounds of a histogram's buckets.
    #[error(
        "metric {name}: upper bounds of buckets are between 1 and {max} finite numbers that rise",
        max = crate::MAX_BUCKETS
    )]
    Buckets {
        /// The metric.
        name: String,
    },
}
