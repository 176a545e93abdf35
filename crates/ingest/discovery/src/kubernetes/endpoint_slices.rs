//! Role `endpointslice`: one target an address and port of each slice, and one for each other
//! port of the pods behind them.

use std::sync::Arc;

use config::KubernetesRole;
use contract::TargetGroup;
use kubernetes::{Changes, Resource};
use model::LabelsBuilder;

use super::Role;
use super::around::{Around, Scope};
use super::endpoints::{Seen, node_meant, pod_meant, set_backend};
use super::meta_labels::{join, sanitized, set, set_namespace, set_node, set_object};
use super::objects::{Endpoint, EndpointSlice, Service, SlicePort};
use crate::static_groups::ADDRESS;

/// The label that names a slice's service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

pub(super) struct EndpointSlices;

impl Role for EndpointSlices {
    type Object = EndpointSlice;
    const SOURCE: &'static str = "endpointslice";

    fn main(scope: &Scope<'_>) -> Vec<Changes<EndpointSlice>> {
        let all = Resource::all(
            "endpointslice",
            "apis/discovery.k8s.io/v1",
            "endpointslices",
        );
        scope.each(&all, Some(KubernetesRole::EndpointSlice))
    }

    fn around(scope: &Scope<'_>) -> Around {
        let around = Around::attached(scope, true);
        around.with_owners(scope).with_backends(scope)
    }

    fn build(slice: &EndpointSlice, around: &mut Around) -> TargetGroup {
        let meta = &slice.metadata;
        let mut labels = LabelsBuilder::new();
        set(
            &mut labels,
            "endpointslice_address_type",
            &slice.address_type,
        );
        set_object(&mut labels, "endpointslice", meta);
        let service = meta.labels.get(SERVICE_NAME);
        let service = service.and_then(|name| around.service(&meta.namespace, name));
        if let Some(service) = &service {
            set_object(&mut labels, "service", &service.metadata);
        }
        set_namespace(&mut labels, &meta.namespace, around);
        let mut targets = Vec::new();
        if !is_second_family(service, slice) {
            let mut seen = Seen::default();
            for endpoint in &slice.endpoints {
                for port in &slice.ports {
                    for address in &endpoint.addresses {
                        let target = target(address, endpoint, port, around, &mut seen);
                        targets.push(target.build());
                    }
                }
            }
            targets.extend(seen.others(around));
        }
        TargetGroup {
            labels: labels.build(),
            targets,
            ..TargetGroup::default()
        }
    }
}

/// Whether a service with addresses of two families has another one first: the slice of that one
/// names the same pods.
fn is_second_family(service: Option<Arc<Service>>, slice: &EndpointSlice) -> bool {
    let Some(service) = service else {
        return false;
    };
    let policy = service.spec.ip_family_policy.as_str();
    let dual = matches!(policy, "PreferDualStack" | "RequireDualStack");
    let first = service.spec.ip_families.first();
    dual && first.is_some_and(|first| *first != slice.address_type)
}

fn target(
    address: &str,
    endpoint: &Endpoint,
    port: &SlicePort,
    around: &mut Around,
    seen: &mut Seen,
) -> LabelsBuilder {
    let mut target = LabelsBuilder::new();
    match port.port {
        Some(number) => target.set(ADDRESS, &join(address, number)),
        None => target.set(ADDRESS, address),
    };
    let number = port.port.map(|number| number.to_string());
    let reference = endpoint.target_ref.as_ref();
    for (name, value) in [
        ("port_name", port.name.as_deref()),
        ("port_protocol", port.protocol.as_deref()),
        ("port", number.as_deref()),
        ("port_app_protocol", port.app_protocol.as_deref()),
        ("endpoint_conditions_ready", word(endpoint.conditions.ready)),
        (
            "endpoint_conditions_serving",
            word(endpoint.conditions.serving),
        ),
        (
            "endpoint_conditions_terminating",
            word(endpoint.conditions.terminating),
        ),
        ("endpoint_hostname", endpoint.hostname.as_deref()),
        ("endpoint_node_name", endpoint.node_name.as_deref()),
        ("endpoint_zone", endpoint.zone.as_deref()),
        (
            "address_target_kind",
            reference.map(|reference| &*reference.kind),
        ),
        (
            "address_target_name",
            reference.map(|reference| &*reference.name),
        ),
    ] {
        let name = format!("endpointslice_{name}");
        set(&mut target, &name, value.unwrap_or_default());
    }
    for (name, value) in endpoint.deprecated_topology.iter() {
        let name = sanitized(name);
        let prefix = "endpointslice_endpoint_topology";
        set(&mut target, &format!("{prefix}_{name}"), value);
        set(&mut target, &format!("{prefix}_present_{name}"), "true");
    }
    if let Some(node) = node_meant(reference).or(endpoint.node_name.as_ref()) {
        set_node(&mut target, node, around);
    }
    if let Some(pod) = pod_meant(reference, around) {
        set_backend(&mut target, &pod, port.port, None, around);
        seen.note(pod, port.port);
    }
    target
}

fn word(condition: Option<bool>) -> Option<&'static str> {
    condition.map(|holds| if holds { "true" } else { "false" })
}
