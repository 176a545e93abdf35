//! Role `node`: one target a node, at the port of its kubelet.

use config::KubernetesRole;
use contract::TargetGroup;
use kubernetes::{Changes, Resource};
use model::LabelsBuilder;

use super::Role;
use super::around::{Around, Scope};
use super::meta_labels::{sanitized, set, set_address, set_object};
use super::objects::Node;

/// Kinds of addresses, the best first.
const ADDRESSES: [&str; 6] = [
    "InternalIP",
    "InternalDNS",
    "ExternalIP",
    "ExternalDNS",
    "LegacyHostIP",
    "Hostname",
];

pub(super) struct Nodes;

impl Role for Nodes {
    type Object = Node;
    const SOURCE: &'static str = "node";

    fn main(scope: &Scope<'_>) -> Vec<Changes<Node>> {
        let all = Resource::all("node", "api/v1", "nodes");
        vec![scope.follow(all, Some(KubernetesRole::Node))]
    }

    fn around(_: &Scope<'_>) -> Around {
        Around::default()
    }

    fn build(node: &Node, _: &mut Around) -> TargetGroup {
        let Some(address) = address(node) else {
            tracing::warn!(node = %node.metadata.name, "this node has no address");
            return TargetGroup::default();
        };
        let mut labels = LabelsBuilder::new();
        set(&mut labels, "node_provider_id", &node.spec.provider_id);
        for condition in &node.status.conditions {
            let name = condition.r#type.to_lowercase();
            let name = format!("node_condition_{}", sanitized(&name));
            set(&mut labels, &name, &condition.status.to_lowercase());
        }
        set_object(&mut labels, "node", &node.metadata);
        let mut target = LabelsBuilder::new();
        let port = node.status.daemon_endpoints.kubelet_endpoint.port;
        set_address(&mut target, address, port);
        target.set("instance", &node.metadata.name);
        // Of several addresses of a kind the first counts.
        for address in node.status.addresses.iter().rev() {
            let name = format!("node_address_{}", sanitized(&address.r#type));
            set(&mut target, &name, &address.address);
        }
        TargetGroup {
            labels: labels.build(),
            targets: vec![target.build()],
            ..TargetGroup::default()
        }
    }
}

fn address(node: &Node) -> Option<&str> {
    let known = &node.status.addresses;
    ADDRESSES.iter().find_map(|kind| {
        let found = known.iter().find(|address| *address.r#type == **kind);
        found.map(|address| address.address.as_str())
    })
}
