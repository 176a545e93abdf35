//! Panels of older versions, in the words of today.

pub(crate) mod rows;

use serde_json::Value;

use crate::model::Panel;
use crate::read::problems::Problems;

/// Fills in what a panel of an older kind or version says in words of its own.
pub(crate) fn convert(_given: &Value, panel: &mut Panel, problems: &mut Problems) {
    if matches!(
        panel.given_kind.as_str(),
        "graph" | "singlestat" | "table-old"
    ) {
        problems.note("type", "settings of this older kind are not read");
    }
}
