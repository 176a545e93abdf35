//! Role `endpoints`: one target an address and port of a service's endpoints, and one for each
//! other port of the pods behind them.

use config::KubernetesRole;
use contract::TargetGroup;
use kubernetes::{Changes, Resource, Text};
use model::LabelsBuilder;
use std::sync::Arc;

use super::Role;
use super::around::{Around, Scope};
use super::meta_labels::{set, set_address, set_namespace, set_node, set_object};
use super::objects::{EndpointAddress, EndpointPort, Endpoints, Pod, Reference};
use super::pods::{containers, set_container_port, set_pod, set_port};

pub(super) struct AllEndpoints;

impl Role for AllEndpoints {
    type Object = Endpoints;
    const SOURCE: &'static str = "endpoints";

    fn main(scope: &Scope<'_>) -> Vec<Changes<Endpoints>> {
        let all = Resource::all("endpoints", "api/v1", "endpoints");
        scope.each(&all, Some(KubernetesRole::Endpoints))
    }

    fn around(scope: &Scope<'_>) -> Around {
        let around = Around::attached(scope, true);
        around.with_owners(scope).with_backends(scope)
    }

    fn build(endpoints: &Endpoints, around: &mut Around) -> TargetGroup {
        let meta = &endpoints.metadata;
        let mut labels = LabelsBuilder::new();
        if let Some(service) = around.service(&meta.namespace, &meta.name) {
            set_object(&mut labels, "service", &service.metadata);
        }
        set_object(&mut labels, "endpoints", meta);
        set_namespace(&mut labels, &meta.namespace, around);
        let mut seen = Seen::default();
        let mut targets = Vec::new();
        for subset in &endpoints.subsets {
            let ready = subset.addresses.iter().map(|address| (address, "true"));
            let others = &subset.not_ready_addresses;
            let others = others.iter().map(|address| (address, "false"));
            for port in &subset.ports {
                for (address, ready) in ready.clone().chain(others.clone()) {
                    let target = target(address, port, ready, around, &mut seen);
                    targets.push(target.build());
                }
            }
        }
        targets.extend(seen.others(around));
        TargetGroup {
            labels: labels.build(),
            targets,
            ..TargetGroup::default()
        }
    }
}

fn target(
    address: &EndpointAddress,
    port: &EndpointPort,
    ready: &str,
    around: &mut Around,
    seen: &mut Seen,
) -> LabelsBuilder {
    let mut target = LabelsBuilder::new();
    set_address(&mut target, &address.ip, port.port);
    set(&mut target, "endpoint_port_name", &port.name);
    set(&mut target, "endpoint_port_protocol", &port.protocol);
    set(&mut target, "endpoint_ready", ready);
    let reference = address.target_ref.as_ref();
    if let Some(reference) = reference {
        set(&mut target, "endpoint_address_target_kind", &reference.kind);
        set(&mut target, "endpoint_address_target_name", &reference.name);
    }
    if let Some(node) = &address.node_name {
        set(&mut target, "endpoint_node_name", node);
    }
    set(&mut target, "endpoint_hostname", &address.hostname);
    let node = address.node_name.as_ref().or_else(|| node_meant(reference));
    if let Some(node) = node {
        set_node(&mut target, node, around);
    }
    if let Some(pod) = pod_meant(reference, around) {
        set_backend(
            &mut target,
            &pod,
            Some(port.port),
            Some(&port.protocol),
            around,
        );
        seen.note(pod, Some(port.port));
    }
    target
}

/// The node that an address stands for.
pub(super) fn node_meant(reference: Option<&Reference>) -> Option<&Text> {
    let reference = reference?;
    (*reference.kind == *"Node").then_some(&reference.name)
}

/// The pod that an address stands for, where it is known.
pub(super) fn pod_meant(reference: Option<&Reference>, around: &mut Around) -> Option<Arc<Pod>> {
    let reference = reference.filter(|reference| *reference.kind == *"Pod")?;
    around.pod(&reference.namespace, &reference.name)
}

/// The pod behind an address, and its container whose port it is. `protocol` is said instead of
/// the container port's own where it is given.
pub(super) fn set_backend(
    target: &mut LabelsBuilder,
    pod: &Pod,
    port: Option<i64>,
    protocol: Option<&str>,
    around: &mut Around,
) {
    set_pod(target, pod, around);
    for (container, init) in containers(pod) {
        let mut ports = container.ports.iter();
        if let Some(found) = ports.find(|known| Some(known.container_port) == port) {
            set_container_port(target, container, found, init);
            if let Some(protocol) = protocol {
                set(target, "pod_container_port_protocol", protocol);
            }
        }
    }
}

/// Pods behind the addresses of one object, and the ports that have targets already.
#[derive(Default)]
pub(super) struct Seen(Vec<(Arc<Pod>, Vec<i64>)>);

impl Seen {
    pub(super) fn note(&mut self, pod: Arc<Pod>, port: Option<i64>) {
        let known = self
            .0
            .iter_mut()
            .find(|(known, _)| Arc::ptr_eq(known, &pod));
        match known {
            Some((_, ports)) => ports.extend(port),
            None => self.0.push((pod, port.into_iter().collect())),
        }
    }

    /// A target for each container port that has none.
    pub(super) fn others(self, around: &mut Around) -> Vec<model::Labels> {
        let mut targets = Vec::new();
        for (pod, known) in self.0 {
            if pod.status.pod_ip.is_empty() {
                continue;
            }
            for (container, init) in containers(&pod) {
                let ports = container.ports.iter();
                for port in ports.filter(|port| !known.contains(&port.container_port)) {
                    let mut target = LabelsBuilder::new();
                    set_port(&mut target, &pod, container, port, init);
                    set_pod(&mut target, &pod, around);
                    targets.push(target.build());
                }
            }
        }
        targets
    }
}
