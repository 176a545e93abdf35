//! Role `service`: one target a port of each service, at its name in the cluster's DNS.

use config::KubernetesRole;
use contract::TargetGroup;
use kubernetes::{Changes, Resource};
use model::LabelsBuilder;

use super::Role;
use super::around::{Around, Scope};
use super::meta_labels::{set, set_address, set_namespace, set_object};
use super::objects::Service;

pub(super) struct Services;

impl Role for Services {
    type Object = Service;
    const SOURCE: &'static str = "svc";

    fn main(scope: &Scope<'_>) -> Vec<Changes<Service>> {
        let all = Resource::all("service", "api/v1", "services");
        scope.each(&all, Some(KubernetesRole::Service))
    }

    fn around(scope: &Scope<'_>) -> Around {
        Around::attached(scope, false)
    }

    fn build(service: &Service, around: &mut Around) -> TargetGroup {
        let (meta, spec) = (&service.metadata, &service.spec);
        let mut labels = LabelsBuilder::new();
        set_namespace(&mut labels, &meta.namespace, around);
        set_object(&mut labels, "service", meta);
        let host = format!("{}.{}.svc", meta.name, meta.namespace);
        let targets = spec.ports.iter().map(|port| {
            let mut target = LabelsBuilder::new();
            set_address(&mut target, &host, port.port);
            set(&mut target, "service_port_name", &port.name);
            set(&mut target, "service_port_number", &port.port.to_string());
            set(&mut target, "service_port_protocol", &port.protocol);
            set(&mut target, "service_type", &spec.r#type);
            match spec.r#type.as_str() {
                "ExternalName" => set(&mut target, "service_external_name", &spec.external_name),
                _ => set(&mut target, "service_cluster_ip", &spec.cluster_ip),
            }
            if *spec.r#type == *"LoadBalancer" {
                set(
                    &mut target,
                    "service_loadbalancer_ip",
                    &spec.load_balancer_ip,
                );
            }
            target.build()
        });
        TargetGroup {
            targets: targets.collect(),
            labels: labels.build(),
            ..TargetGroup::default()
        }
    }
}
