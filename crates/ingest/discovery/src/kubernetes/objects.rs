//! Kubernetes' objects, as far as targets need them.

use kubernetes::{Meta, Object, Pairs, Text, or_default};
use serde::Deserialize;

macro_rules! objects {
    ($($kind:ident),*) => {$(
        impl Object for $kind {
            fn meta(&self) -> &Meta {
                &self.metadata
            }

            fn meta_mut(&mut self) -> &mut Meta {
                &mut self.metadata
            }
        }
    )*};
}

objects!(
    Node,
    Pod,
    Service,
    Endpoints,
    EndpointSlice,
    Ingress,
    Namespace,
    ReplicaSet,
    Job
);

/// A structure whose fields may be missing or `null`.
macro_rules! read {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, PartialEq, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub(super) struct $name {
            $(
                $(#[$attr])*
                #[serde(deserialize_with = "or_default")]
                pub(super) $field: $type,
            )*
        }
    )*};
}

read! {
    Node { metadata: Meta, spec: NodeSpec, status: NodeStatus, }
    NodeSpec { #[serde(rename = "providerID")] provider_id: Text, }
    NodeStatus {
        addresses: Vec<NodeAddress>,
        conditions: Vec<Condition>,
        daemon_endpoints: DaemonEndpoints,
    }
    NodeAddress { r#type: Text, address: Text, }
    Condition { r#type: Text, status: Text, }
    DaemonEndpoints { kubelet_endpoint: DaemonEndpoint, }
    DaemonEndpoint { #[serde(rename = "Port")] port: i64, }

    Pod { metadata: Meta, spec: PodSpec, status: PodStatus, }
    PodSpec { node_name: Text, containers: Vec<Container>, init_containers: Vec<Container>, }
    Container { name: Text, image: Text, ports: Vec<ContainerPort>, }
    ContainerPort { name: Text, container_port: i64, protocol: Text, }
    PodStatus {
        phase: Text,
        #[serde(rename = "podIP")] pod_ip: Text,
        #[serde(rename = "hostIP")] host_ip: Text,
        conditions: Vec<Condition>,
        container_statuses: Vec<ContainerStatus>,
        init_container_statuses: Vec<ContainerStatus>,
    }
    ContainerStatus { name: Text, #[serde(rename = "containerID")] container_id: Text, }

    Service { metadata: Meta, spec: ServiceSpec, }
    ServiceSpec {
        ports: Vec<ServicePort>,
        r#type: Text,
        external_name: Text,
        #[serde(rename = "clusterIP")] cluster_ip: Text,
        #[serde(rename = "loadBalancerIP")] load_balancer_ip: Text,
        ip_family_policy: Text,
        ip_families: Vec<Text>,
    }
    ServicePort { name: Text, port: i64, protocol: Text, }

    Endpoints { metadata: Meta, subsets: Vec<Subset>, }
    Subset {
        addresses: Vec<EndpointAddress>,
        not_ready_addresses: Vec<EndpointAddress>,
        ports: Vec<EndpointPort>,
    }
    EndpointAddress {
        ip: Text,
        hostname: Text,
        node_name: Option<Text>,
        target_ref: Option<Reference>,
    }
    EndpointPort { name: Text, port: i64, protocol: Text, }
    /// What an address stands for.
    Reference { kind: Text, namespace: Text, name: Text, }

    EndpointSlice {
        metadata: Meta,
        address_type: Text,
        endpoints: Vec<Endpoint>,
        ports: Vec<SlicePort>,
    }
    Endpoint {
        addresses: Vec<Text>,
        conditions: Conditions,
        hostname: Option<Text>,
        node_name: Option<Text>,
        zone: Option<Text>,
        target_ref: Option<Reference>,
        deprecated_topology: Pairs,
    }
    Conditions { ready: Option<bool>, serving: Option<bool>, terminating: Option<bool>, }
    SlicePort {
        name: Option<Text>,
        port: Option<i64>,
        protocol: Option<Text>,
        app_protocol: Option<Text>,
    }

    Ingress { metadata: Meta, spec: IngressSpec, }
    IngressSpec { ingress_class_name: Text, rules: Vec<IngressRule>, tls: Vec<IngressTls>, }
    IngressRule { host: Text, http: Option<IngressHttp>, }
    IngressHttp { paths: Vec<IngressPath>, }
    IngressPath { path: Text, }
    IngressTls { hosts: Vec<Text>, }

    Namespace { metadata: Meta, }
    ReplicaSet { metadata: Meta, }
    Job { metadata: Meta, }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_servers_leave_out_or_write_as_null_is_read() {
        // The bookmark of a real server.
        let pod: Pod = serde_json::from_str(
            r#"{"kind":"Pod","metadata":{"resourceVersion":"7","creationTimestamp":null},
                "spec":{"containers":null},"status":{}}"#,
        )
        .unwrap();
        assert_eq!(pod.metadata.resource_version, "7");
        let node: Node = serde_json::from_str(
            r#"{"metadata":{"name":"n"},"status":{"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}}"#,
        )
        .unwrap();
        assert_eq!(node.status.daemon_endpoints.kubelet_endpoint.port, 10250);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, text in "[\\[\\]{}:,\"a-z0-9]{0,40}") {
            let _ = serde_json::from_slice::<Pod>(&bytes);
            let _ = serde_json::from_str::<EndpointSlice>(&text);
        }
    }
}
