//! From the instances of a service to its targets.

use contract::TargetGroup;
use model::{Labels, LabelsBuilder};
use serde_json::Value;

use crate::fields::{Target, enclosed, host_port, list, number, text, texts};

const PREFIX: &str = "__meta_consul_";

/// The group of a service.
pub(super) fn group(
    name: &str,
    datacenter: &str,
    separator: &str,
    instances: &Value,
) -> TargetGroup {
    let mut labels = LabelsBuilder::new();
    labels.set("__meta_consul_service", name);
    labels.set("__meta_consul_dc", datacenter);
    let instances = list(instances, "").iter();
    TargetGroup {
        source: name.to_owned(),
        labels: labels.build(),
        targets: instances
            .map(|instance| target(instance, separator))
            .collect(),
    }
}

fn target(instance: &Value, separator: &str) -> Labels {
    let port = number(instance, "/Service/Port");
    let host = match text(instance, "/Service/Address") {
        own if own.is_empty() => text(instance, "/Node/Address"),
        own => own,
    };
    let mut tags = enclosed(&texts(instance, "/Service/Tags"), separator);
    if tags.is_empty() {
        tags = separator.repeat(2);
    }
    let mut target = Target::new();
    target
        .fields(
            PREFIX,
            instance,
            &[
                ("address", "/Node/Address"),
                ("node", "/Node/Node"),
                ("namespace", "/Service/Namespace"),
                ("partition", "/Service/Partition"),
                ("service_address", "/Service/Address"),
                ("service_id", "/Service/ID"),
            ],
        )
        .set("__meta_consul_tags", &tags)
        .set("__meta_consul_service_port", &port.to_string())
        .set("__meta_consul_health", health(list(instance, "/Checks")))
        .map("__meta_consul_metadata_", instance, "/Node/Meta")
        .map("__meta_consul_service_metadata_", instance, "/Service/Meta")
        .map(
            "__meta_consul_tagged_address_",
            instance,
            "/Node/TaggedAddresses",
        )
        .address(&host_port(&host, port));
    target.labels()
}

/// The worst of an instance's checks; maintenance is worse than all of them.
fn health(checks: &[Value]) -> &'static str {
    let ranked = checks.iter().map(|check| {
        let id = text(check, "/CheckID");
        if id == "_node_maintenance" || id.starts_with("_service_maintenance:") {
            return (4, "maintenance");
        }
        match &*text(check, "/Status") {
            "passing" => (0, "passing"),
            "warning" => (1, "warning"),
            "critical" => (2, "critical"),
            _ => (3, ""),
        }
    });
    ranked.max().map_or("passing", |(_, word)| word)
}
