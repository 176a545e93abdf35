//! `Probe`: a section that asks a prober about each of its targets.

use serde_json::{Map, Value, json};

use crate::convert::{put, text};
use crate::jobs::Scope;
use crate::relabelings::{copy, selected, set};

/// The section of an object.
pub(crate) fn sections(scope: &Scope<'_>, spec: &Value) -> Result<Vec<Value>, String> {
    let mut endpoint = spec.as_object().cloned().unwrap_or_default();
    for own in ["prober", "targets", "module", "jobName"] {
        endpoint.remove(own);
    }
    let prober = &spec["prober"];
    for (name, value) in prober.as_object().into_iter().flatten() {
        if name != "url" {
            endpoint.insert(name.clone(), value.clone());
        }
    }
    endpoint.entry("path").or_insert("/probe".into());
    let job = format!("probe/{}/{}", scope.namespace, scope.name);
    let mut section = scope.section(job, spec, &endpoint.into())?;
    let module = text(&spec["module"]);
    if !module.is_empty() {
        let params = section.entry("params").or_insert(json!({}));
        put(params, "module", json!([module]));
    }
    let mut steps = Vec::new();
    let job_name = text(&spec["jobName"]);
    if !job_name.is_empty() {
        steps.push(set("job", job_name));
    }
    let targets = &spec["targets"];
    let users = if targets["staticConfig"].is_object() {
        steps.extend(fixed(scope, &mut section, &targets["staticConfig"]));
        &targets["staticConfig"]["relabelingConfigs"]
    } else if targets["ingress"].is_object() {
        steps.extend(ingresses(scope, &mut section, &targets["ingress"]));
        &targets["ingress"]["relabelingConfigs"]
    } else {
        return Err("targets name neither staticConfig nor ingress".to_owned());
    };
    steps.extend([
        copy(&["__param_target"], "instance"),
        set("__address__", text(&prober["url"])),
    ]);
    scope.relabel(&mut section, steps, users)?;
    Ok(vec![section.into()])
}

fn fixed(scope: &Scope<'_>, section: &mut Map<String, Value>, config: &Value) -> Vec<Value> {
    let mut labels = config["labels"].as_object().cloned().unwrap_or_default();
    labels.insert("namespace".to_owned(), scope.namespace.into());
    let group = json!({"targets": config["static"], "labels": labels});
    section.insert("static_configs".to_owned(), json!([group]));
    vec![copy(&["__address__"], "__param_target")]
}

fn ingresses(scope: &Scope<'_>, section: &mut Map<String, Value>, config: &Value) -> Vec<Value> {
    section.insert(
        "kubernetes_sd_configs".to_owned(),
        scope.kubernetes("ingress", config),
    );
    let mut steps = selected(&config["selector"], "ingress");
    steps.push(json!({
        "source_labels": [
            "__address__", "__meta_kubernetes_ingress_scheme",
            "__meta_kubernetes_ingress_host", "__meta_kubernetes_ingress_path",
        ],
        "separator": ";", "regex": "(.+);(.+);(.+);(.+)", "replacement": "${2}://${3}${4}",
        "target_label": "__param_target", "action": "replace",
    }));
    steps.extend([
        copy(&["__meta_kubernetes_namespace"], "namespace"),
        copy(&["__meta_kubernetes_ingress_name"], "ingress"),
    ]);
    steps
}
