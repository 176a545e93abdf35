//! `PodMonitor`: one section for each of its endpoints.

use serde_json::Value;

use crate::convert::{list, text};
use crate::jobs::{Scope, port};
use crate::relabelings::{copy, copy_if_any, drop, keep, sanitized, selected, set};
use crate::service_monitor::{of_target_port, pod_labels};

/// The sections of an object.
pub(crate) fn sections(scope: &Scope<'_>, spec: &Value) -> Result<Vec<Value>, String> {
    let endpoints = list(&spec["podMetricsEndpoints"]).enumerate();
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
    let (namespace, name) = (scope.namespace, scope.name);
    let job = format!("podMonitor/{namespace}/{name}/{index}");
    let mut section = scope.section(job, spec, endpoint)?;
    section.insert(
        "kubernetes_sd_configs".to_owned(),
        scope.kubernetes("pod", spec),
    );
    let mut steps = Vec::new();
    if endpoint["filterRunning"].as_bool().unwrap_or(true) {
        steps.push(drop(&["__meta_kubernetes_pod_phase"], "(Failed|Succeeded)"));
    }
    steps.extend(selected(&spec["selector"], "pod"));
    let named = text(&endpoint["port"]);
    let (number, target) = (&endpoint["portNumber"], &endpoint["targetPort"]);
    let endpoint_name = if !named.is_empty() {
        steps.push(keep(&["__meta_kubernetes_pod_container_port_name"], named));
        named.to_owned()
    } else if !port(number).is_empty() {
        steps.push(keep(
            &["__meta_kubernetes_pod_container_port_number"],
            &port(number),
        ));
        port(number)
    } else if !port(target).is_empty() {
        steps.push(keep(&[of_target_port(target)], &port(target)));
        port(target)
    } else {
        String::new()
    };
    steps.extend([
        copy(&["__meta_kubernetes_namespace"], "namespace"),
        copy(&["__meta_kubernetes_pod_container_name"], "container"),
        copy(&["__meta_kubernetes_pod_name"], "pod"),
    ]);
    steps.extend(pod_labels(scope, spec));
    steps.push(set("job", &format!("{namespace}/{name}")));
    let job_label = text(&spec["jobLabel"]);
    if !job_label.is_empty() {
        let from = format!("__meta_kubernetes_pod_label_{}", sanitized(job_label));
        steps.push(copy_if_any(&from, "job"));
    }
    if !endpoint_name.is_empty() {
        steps.push(set("endpoint", &endpoint_name));
    }
    scope.relabel(&mut section, steps, &endpoint["relabelings"])?;
    Ok(section.into())
}
