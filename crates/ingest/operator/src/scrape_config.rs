//! `ScrapeConfig`: a section of its own, with whatever discovery it names.

use serde_json::Value;

use crate::convert::{fields_of, text};
use crate::jobs::Scope;
use crate::relabelings::set;

/// The section of an object.
pub(crate) fn sections(scope: &Scope<'_>, spec: &Value) -> Result<Vec<Value>, String> {
    let mut fields = spec.as_object().cloned().unwrap_or_default();
    for own in ["jobName", "scrapeClass", "relabelings"] {
        fields.remove(own);
    }
    let mut section = fields_of(&fields, scope.lookup)?;
    // Words that the object writes with a capital, and files do not.
    for mechanism in [
        "kubernetes_sd_configs",
        "dockerswarm_sd_configs",
        "hetzner_sd_configs",
    ] {
        let entries = section.get_mut(mechanism).and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten() {
            lower_role(entry);
            if let Some(selectors) = entry.get_mut("selectors").and_then(Value::as_array_mut) {
                selectors.iter_mut().for_each(lower_role);
            }
        }
    }
    scope.finish(&mut section);
    let job = format!("scrapeConfig/{}/{}", scope.namespace, scope.name);
    section.insert("job_name".to_owned(), job.into());
    let job_name = text(&spec["jobName"]);
    let steps = match job_name {
        "" => Vec::new(),
        name => vec![set("job", name)],
    };
    scope.relabel(&mut section, steps, &spec["relabelings"])?;
    Ok(vec![section.into()])
}

fn lower_role(entry: &mut Value) {
    if let Some(role) = entry.get_mut("role") {
        *role = text(role).to_lowercase().into();
    }
}
