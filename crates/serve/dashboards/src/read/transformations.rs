//! How answers are changed before they are drawn.

use serde_json::Value;

use super::json::{flag, get, list, object, some_text, text};
use super::problems::Problems;
use crate::model::{Matcher, Transformation};

/// Transformations of one panel, each a walk over all its rows.
const MAX_TRANSFORMATIONS: usize = 100;

/// Those that pages know.
const KNOWN: [&str; 24] = [
    "organize",
    "merge",
    "joinByField",
    "renameByRegex",
    "filterFieldsByName",
    "filterByName",
    "groupBy",
    "sortBy",
    "calculateField",
    "reduce",
    "labelsToFields",
    "filterByValue",
    "filterByRefId",
    "seriesToColumns",
    "seriesToRows",
    "timeSeriesTable",
    "extractFields",
    "limit",
    "convertFieldType",
    "configFromData",
    "filterFields",
    "concatenate",
    "partitionByValues",
    "prepareTimeSeries",
];

/// The transformations of a panel; those that are not known stay in the list, and are told.
pub(crate) fn transformations(panel: &Value, problems: &mut Problems) -> Vec<Transformation> {
    let given = list(panel, "transformations").iter().enumerate();
    let read = given.take(MAX_TRANSFORMATIONS).map(|(place, one)| {
        let id = text(one, "id");
        let disabled = flag(one, "disabled");
        if !disabled && !KNOWN.contains(&id.as_str()) {
            let told = format!("the transformation {id:?} is not available");
            problems.note(format!("transformations[{place}].id"), told);
        }
        let filter = get(one, "filter");
        Transformation {
            id,
            disabled,
            filter: some_text(filter, "id").map(|id| Matcher {
                id,
                options: get(filter, "options").clone(),
            }),
            options: object(one, "options"),
        }
    });
    read.collect()
}
