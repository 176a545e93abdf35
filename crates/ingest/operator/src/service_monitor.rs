//! `ServiceMonitor`: one section for each of its endpoints.

use serde_json::{Value, json};

use crate::convert::{list, text};
use crate::jobs::{Scope, port};
use crate::relabelings::{copy, copy_if_any, drop, keep, sanitized, selected, set, take};

/// The sections of an object.
pub(crate) fn sections(scope: &Scope<'_>, spec: &Value) -> Result<Vec<Value>, String> {
    let endpoints = list(&spec["endpoints"]).enumerate();
    endpoints
        .map(|(index, endpoint)| section(scope, spec, index, endpoint))
        .collect()
}

fn section(
    scope: &Scope<'_>,
    spec: &Value,
    index: usize,
    endpoint: &Value,
) -> Result<Value, String> {
    let slices = [
        &spec["serviceDiscoveryRole"],
        &scope.settings.spec["serviceDiscoveryRole"],
    ]
    .into_iter()
    .find_map(Value::as_str)
        == Some("EndpointSlice");
    let role = if slices { "endpointslice" } else { "endpoints" };
    let job = format!("serviceMonitor/{}/{}/{index}", scope.namespace, scope.name);
    let mut section = scope.section(job, spec, endpoint)?;
    section.insert(
        "kubernetes_sd_configs".to_owned(),
        scope.kubernetes(role, spec),
    );
    let mut steps = selected(&spec["selector"], "service");
    let of = if slices { "endpointslice" } else { "endpoint" };
    let [kind, name, port_name] = ["address_target_kind", "address_target_name", "port_name"]
        .map(|end| format!("__meta_kubernetes_{of}_{end}"));
    let (named, target) = (text(&endpoint["port"]), &endpoint["targetPort"]);
    if !named.is_empty() {
        steps.push(keep(&[&port_name], named));
    } else if !port(target).is_empty() {
        steps.push(keep(&[of_target_port(target)], &port(target)));
    }
    let target_of: [&str; 2] = [&kind, &name];
    steps.extend([
        take(&target_of, "Node;(.*)", "node"),
        take(&target_of, "Pod;(.*)", "pod"),
        copy(&["__meta_kubernetes_namespace"], "namespace"),
        copy(&["__meta_kubernetes_service_name"], "service"),
        copy(&["__meta_kubernetes_pod_name"], "pod"),
        copy(&["__meta_kubernetes_pod_container_name"], "container"),
    ]);
    if endpoint["filterRunning"].as_bool().unwrap_or(true) {
        steps.push(drop(&["__meta_kubernetes_pod_phase"], "(Failed|Succeeded)"));
    }
    for label in list(&spec["targetLabels"]).map(text) {
        let label = sanitized(label);
        let from = format!("__meta_kubernetes_service_label_{label}");
        steps.push(copy_if_any(&from, &label));
    }
    steps.extend(pod_labels(scope, spec));
    steps.push(json!({
        "source_labels": ["__meta_kubernetes_service_name"],
        "target_label": "job", "replacement": "${1}",
    }));
    let job_label = text(&spec["jobLabel"]);
    if !job_label.is_empty() {
        let from = format!("__meta_kubernetes_service_label_{}", sanitized(job_label));
        steps.push(copy_if_any(&from, "job"));
    }
    let endpoint_name = if named.is_empty() {
        port(target)
    } else {
        named.to_owned()
    };
    if !endpoint_name.is_empty() {
        steps.push(set("endpoint", &endpoint_name));
    }
    scope.relabel(&mut section, steps, &endpoint["relabelings"])?;
    Ok(section.into())
}

/// The discovered label that a container's port is known by.
pub(crate) fn of_target_port(target: &Value) -> &'static str {
    match target {
        Value::Number(_) => "__meta_kubernetes_pod_container_port_number",
        _ => "__meta_kubernetes_pod_container_port_name",
    }
}

/// Labels of pods that targets get, by this object and by the `Prometheus` object.
pub(crate) fn pod_labels(scope: &Scope<'_>, spec: &Value) -> Vec<Value> {
    let own = list(&spec["podTargetLabels"]);
    let of_all = list(&scope.settings.spec["podTargetLabels"]);
    own.chain(of_all)
        .map(|label| {
            let label = sanitized(text(label));
            copy_if_any(&format!("__meta_kubernetes_pod_label_{label}"), &label)
        })
        .collect()
}
