//! Role `pod`: one target a port of each container, and one without a port for a container that
//! declares none.

use config::KubernetesRole;
use contract::TargetGroup;
use kubernetes::{Changes, Resource};
use model::LabelsBuilder;

use super::Role;
use super::around::{Around, Scope};
use super::meta_labels::{set, set_address, set_namespace, set_node, set_object};
use super::objects::{Container, ContainerPort, Pod};
use crate::static_groups::ADDRESS;

pub(super) struct Pods;

impl Role for Pods {
    type Object = Pod;
    const SOURCE: &'static str = "pod";

    fn main(scope: &Scope<'_>) -> Vec<Changes<Pod>> {
        let all = Resource::all("pod", "api/v1", "pods");
        scope.each(&all, Some(KubernetesRole::Pod))
    }

    fn around(scope: &Scope<'_>) -> Around {
        Around::attached(scope, true).with_owners(scope)
    }

    fn build(pod: &Pod, around: &mut Around) -> TargetGroup {
        // A pod that is starting, or was evicted, has no address. One on a node that is not
        // listed was left out by the section's selector of nodes.
        if pod.status.pod_ip.is_empty() || !is_on_listed_node(pod, around) {
            return TargetGroup::default();
        }
        let mut labels = LabelsBuilder::new();
        set_pod(&mut labels, pod, around);
        set_namespace(&mut labels, &pod.metadata.namespace, around);
        set_node(&mut labels, &pod.spec.node_name, around);
        let mut targets = Vec::new();
        for (container, init) in containers(pod) {
            let mut target = LabelsBuilder::new();
            set(
                &mut target,
                "pod_container_id",
                container_id(pod, container, init),
            );
            if container.ports.is_empty() {
                target.set(ADDRESS, &pod.status.pod_ip);
                set_container(&mut target, container, init);
                targets.push(target.build());
                continue;
            }
            for port in &container.ports {
                let mut target = target.clone();
                set_port(&mut target, pod, container, port, init);
                targets.push(target.build());
            }
        }
        TargetGroup {
            labels: labels.build(),
            targets,
            ..TargetGroup::default()
        }
    }
}

fn is_on_listed_node(pod: &Pod, around: &mut Around) -> bool {
    let listed = around.nodes.as_ref();
    !listed.is_some_and(|nodes| nodes.watched.is_listed())
        || around.node(&pod.spec.node_name).is_some()
}

/// All containers, those that start the pod last, and whether a container is one of those.
pub(super) fn containers(pod: &Pod) -> impl Iterator<Item = (&Container, bool)> {
    let usual = pod.spec.containers.iter().map(|one| (one, false));
    let init = pod.spec.init_containers.iter().map(|one| (one, true));
    usual.chain(init)
}

fn container_id<'a>(pod: &'a Pod, container: &Container, init: bool) -> &'a str {
    let statuses = if init {
        &pod.status.init_container_statuses
    } else {
        &pod.status.container_statuses
    };
    let status = statuses.iter().find(|status| status.name == container.name);
    status.map_or("", |status| status.container_id.as_str())
}

/// A container, without a port.
fn set_container(target: &mut LabelsBuilder, container: &Container, init: bool) {
    set(target, "pod_container_name", &container.name);
    set(target, "pod_container_image", &container.image);
    set(
        target,
        "pod_container_init",
        if init { "true" } else { "false" },
    );
}

/// A container and one of its ports.
pub(super) fn set_container_port(
    target: &mut LabelsBuilder,
    container: &Container,
    port: &ContainerPort,
    init: bool,
) {
    set_container(target, container, init);
    set(target, "pod_container_port_name", &port.name);
    let number = port.container_port.to_string();
    set(target, "pod_container_port_number", &number);
    set(target, "pod_container_port_protocol", &port.protocol);
}

/// A target at a port of a pod.
pub(super) fn set_port(
    target: &mut LabelsBuilder,
    pod: &Pod,
    container: &Container,
    port: &ContainerPort,
    init: bool,
) {
    set_address(target, &pod.status.pod_ip, port.container_port);
    set_container_port(target, container, port, init);
}

/// What is known of a pod as a whole, and of who made it.
pub(super) fn set_pod(labels: &mut LabelsBuilder, pod: &Pod, around: &mut Around) {
    set(labels, "pod_ip", &pod.status.pod_ip);
    set(labels, "pod_ready", &ready(pod));
    set(labels, "pod_phase", &pod.status.phase);
    set(labels, "pod_node_name", &pod.spec.node_name);
    set(labels, "pod_host_ip", &pod.status.host_ip);
    set(labels, "pod_uid", &pod.metadata.uid);
    set_object(labels, "pod", &pod.metadata);
    let Some(owner) = pod.metadata.controller() else {
        return;
    };
    set(labels, "pod_controller_kind", &owner.kind);
    set(labels, "pod_controller_name", &owner.name);
    let namespace = &pod.metadata.namespace;
    match owner.kind.as_str() {
        "ReplicaSet" if around.attach.deployment => {
            let set_of = around.replica_set(namespace, &owner.name);
            let maker = set_of
                .as_ref()
                .and_then(|set_of| set_of.metadata.controller());
            if let Some(maker) = maker.filter(|maker| *maker.kind == *"Deployment") {
                set(labels, "pod_deployment_name", &maker.name);
            }
        }
        "Job" => {
            if around.attach.job {
                set(labels, "pod_job_name", &owner.name);
            }
            if around.attach.cronjob {
                let job = around.job(namespace, &owner.name);
                let maker = job.as_ref().and_then(|job| job.metadata.controller());
                if let Some(maker) = maker.filter(|maker| *maker.kind == *"CronJob") {
                    set(labels, "pod_cronjob_name", &maker.name);
                }
            }
        }
        _ => {}
    }
}

fn ready(pod: &Pod) -> String {
    let mut conditions = pod.status.conditions.iter();
    let found = conditions.find(|condition| *condition.r#type == *"Ready");
    found.map_or_else(
        || "unknown".to_owned(),
        |condition| condition.status.to_lowercase(),
    )
}
