//! Documents of schema v2: objects of Kubernetes, in which panels are named elements and a layout
//! says where each one goes.
//!
//! Everything but the layout has a counterpart in classic documents, so it is put into their form
//! and read as they are; problems are told with the paths of the document all the same.

mod classic;
mod layout;

use serde_json::Value;

use super::json::get;
use super::panels::finished;
use super::problems::Problems;
use super::sources::Sources;
use crate::model::{Dashboard, Object};

/// Reads the `spec` of a document.
pub(super) fn dashboard(spec: &Value) -> Dashboard {
    let mut document = classic::document(spec);
    let mut dashboard = super::document::dashboard(&document);
    for problem in &mut dashboard.problems {
        for (theirs, ours) in [
            ("templating.list", "variables"),
            ("annotations.list", "annotations"),
        ] {
            if let Some(rest) = problem.path.strip_prefix(theirs) {
                problem.path = format!("{ours}{rest}");
            }
        }
    }
    let mut problems = Problems::of("");
    if let Value::Object(parts) = &mut document {
        // For those that show what others hold.
        let elements = get(spec, "elements").as_object();
        let elements = elements.into_iter().flat_map(Object::values);
        parts.insert("panels".to_owned(), elements.map(classic::panel).collect());
    }
    let sources = Sources::of(&document);
    let panels = layout::panels(spec, get(spec, "layout"), &sources, &mut problems);
    dashboard.panels = finished(panels);
    dashboard.problems.extend(problems.found());
    dashboard
}
