//! `dockerswarm_sd_configs`: the services, tasks or nodes of a Docker swarm.
//!
//! Format: <https://docs.docker.com/reference/api/engine/>, `/services`, `/tasks` and `/nodes`.

use std::collections::HashMap;

use config::{SwarmDiscovery, SwarmRole};
use contract::TargetGroup;
use model::Labels;
use serde_json::Value;

use super::docker::{Engine, filters};
use crate::ask::AskError;
use crate::fields::{Fields, Target, host_port, list, number, text, yes_or_no};
use crate::poll::{Source, one_group};

const PREFIX: &str = "__meta_dockerswarm_";

/// Of a node, where nodes are listed and where tasks are.
const NODE: Fields = &[
    ("node_id", "/ID"),
    ("node_role", "/Spec/Role"),
    ("node_address", "/Status/Addr"),
    ("node_availability", "/Spec/Availability"),
    ("node_hostname", "/Description/Hostname"),
    (
        "node_platform_architecture",
        "/Description/Platform/Architecture",
    ),
    ("node_platform_os", "/Description/Platform/OS"),
    ("node_status", "/Status/State"),
];
/// Of a node, only where nodes are listed.
const LISTED_NODE: Fields = &[
    ("node_engine_version", "/Description/Engine/EngineVersion"),
    ("node_manager_address", "/ManagerStatus/Addr"),
    ("node_manager_reachability", "/ManagerStatus/Reachability"),
];
/// Of a service, where services are listed and where tasks are.
const SERVICE: Fields = &[("service_id", "/ID"), ("service_name", "/Spec/Name")];
/// Of a service, only where services are listed.
const LISTED_SERVICE: Fields = &[
    (
        "service_task_container_hostname",
        "/Spec/TaskTemplate/ContainerSpec/Hostname",
    ),
    (
        "service_task_container_image",
        "/Spec/TaskTemplate/ContainerSpec/Image",
    ),
    ("service_updating_status", "/UpdateStatus/State"),
];
/// Of a port of a task.
const MODE: Fields = &[("task_port_publish_mode", "/PublishMode")];
const TASK: Fields = &[
    ("task_id", "/ID"),
    ("task_desired_state", "/DesiredState"),
    ("task_state", "/Status/State"),
    ("task_container_id", "/Status/ContainerStatus/ContainerID"),
];

pub(crate) struct SwarmSource {
    config: SwarmDiscovery,
    engine: Engine,
    filters: String,
}

impl SwarmSource {
    pub(crate) fn new(config: &SwarmDiscovery) -> Self {
        Self {
            engine: Engine::new(&config.host, &config.asking),
            filters: filters(&config.filters),
            config: config.clone(),
        }
    }

    async fn nodes(&self) -> Result<Vec<Labels>, AskError> {
        let nodes = self.engine.list("/nodes", &self.filters).await?;
        let nodes = list(&nodes, "").iter().map(|node| {
            let mut target = node_labels(node);
            target.fields(PREFIX, node, LISTED_NODE);
            if let Some(manager) = node.get("ManagerStatus").filter(|m| m.is_object()) {
                let leader = yes_or_no(manager, "/Leader");
                target.set("__meta_dockerswarm_node_manager_leader", leader);
            }
            let address = host_port(&text(node, "/Status/Addr"), self.config.asking.port);
            target.address(&address).labels()
        });
        Ok(nodes.collect())
    }

    async fn services(&self) -> Result<Vec<Labels>, AskError> {
        let services = self.engine.list("/services", &self.filters).await?;
        let networks = self.engine.networks(PREFIX).await?;
        let mut found = Vec::new();
        for service in list(&services, "") {
            let mut common = service_labels(service);
            common.fields(PREFIX, service, LISTED_SERVICE);
            for address in list(service, "/Endpoint/VirtualIPs") {
                let mut target = common.clone();
                if let Some(labels) = networks.get(&*text(address, "/NetworkID")) {
                    target.overlay(labels);
                }
                let place = Place {
                    address: without_mask(&text(address, "/Addr")).to_owned(),
                    ports: tcp(list(service, "/Endpoint/Ports")),
                    labels: &[
                        ("service_endpoint_port_name", "/Name"),
                        ("service_endpoint_port_publish_mode", "/PublishMode"),
                    ],
                };
                place.targets(&target, self.config.asking.port, &mut found);
            }
        }
        Ok(found)
    }

    async fn tasks(&self) -> Result<Vec<Labels>, AskError> {
        let tasks = self.engine.list("/tasks", &self.filters).await?;
        let services = self.engine.list("/services", "").await?;
        let services = by_id(&services);
        let nodes = self.engine.list("/nodes", "").await?;
        let nodes = by_id(&nodes);
        let networks = self.engine.networks(PREFIX).await?;
        let mut found = Vec::new();
        for task in list(&tasks, "") {
            let mut common = Target::new();
            common.fields(PREFIX, task, TASK).map(
                "__meta_dockerswarm_container_label_",
                task,
                "/Spec/ContainerSpec/Labels",
            );
            common.set(
                "__meta_dockerswarm_task_slot",
                &number(task, "/Slot").to_string(),
            );
            let service = services.get(&*text(task, "/ServiceID"));
            if let Some(service) = service {
                common.overlay(&service_labels(service));
            }
            if let Some(node) = nodes.get(&*text(task, "/NodeID")) {
                common.overlay(&node_labels(node));
            }
            for port in tcp(list(task, "/Status/PortStatus/Ports")) {
                let mut target = common.clone();
                let node = common.get("__meta_dockerswarm_node_address");
                let address = host_port(node, number(port, "/PublishedPort"));
                target.fields(PREFIX, port, MODE).address(&address);
                found.push(target.labels());
            }
            let attached = list(task, "/NetworksAttachments").iter();
            for (network, address) in attached.flat_map(|network| {
                list(network, "/Addresses")
                    .iter()
                    .map(move |a| (network, a))
            }) {
                let mut target = common.clone();
                if let Some(labels) = networks.get(&*text(network, "/Network/ID")) {
                    target.overlay(labels);
                }
                let place = Place {
                    address: without_mask(address.as_str().unwrap_or("")).to_owned(),
                    ports: service.map_or(Vec::new(), |s| tcp(list(s, "/Endpoint/Ports"))),
                    labels: MODE,
                };
                place.targets(&target, self.config.asking.port, &mut found);
            }
        }
        Ok(found)
    }
}

/// An address with the ports that are open there.
struct Place<'a> {
    address: String,
    ports: Vec<&'a Value>,
    /// What a port says of itself.
    labels: Fields,
}

impl Place<'_> {
    /// A target a port, or one at the configured port where there are none.
    fn targets(&self, common: &Target, port: i64, found: &mut Vec<Labels>) {
        for port in &self.ports {
            let mut target = common.clone();
            let address = host_port(&self.address, number(port, "/PublishedPort"));
            target.fields(PREFIX, port, self.labels).address(&address);
            found.push(target.labels());
        }
        if self.ports.is_empty() {
            let mut target = common.clone();
            target.address(&host_port(&self.address, port));
            found.push(target.labels());
        }
    }
}

fn tcp(ports: &[Value]) -> Vec<&Value> {
    let tcp = |port: &&Value| text(port, "/Protocol") == "tcp";
    ports.iter().filter(tcp).collect()
}

/// `10.0.0.3` of `10.0.0.3/24`.
fn without_mask(address: &str) -> &str {
    address.split('/').next().unwrap_or("")
}

fn by_id(listed: &Value) -> HashMap<&str, &Value> {
    let entries = list(listed, "").iter();
    entries
        .filter_map(|entry| Some((entry.get("ID")?.as_str()?, entry)))
        .collect()
}

fn node_labels(node: &Value) -> Target {
    let mut target = Target::new();
    target
        .fields(PREFIX, node, NODE)
        .map("__meta_dockerswarm_node_label_", node, "/Spec/Labels");
    target
}

fn service_labels(service: &Value) -> Target {
    let mut target = Target::new();
    let mode = service.pointer("/Spec/Mode");
    let has = |kind| {
        mode.and_then(|mode| mode.get(kind))
            .is_some_and(Value::is_object)
    };
    let mode = match (has("Global"), has("Replicated")) {
        (true, _) => "global",
        (_, true) => "replicated",
        _ => "",
    };
    target
        .fields(PREFIX, service, SERVICE)
        .set("__meta_dockerswarm_service_mode", mode)
        .map("__meta_dockerswarm_service_label_", service, "/Spec/Labels");
    target
}

impl Source for SwarmSource {
    const NAME: &'static str = "dockerswarm";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let targets = match self.config.role {
            SwarmRole::Nodes => self.nodes().await?,
            SwarmRole::Services => self.services().await?,
            SwarmRole::Tasks => self.tasks().await?,
        };
        Ok(one_group("DockerSwarm", targets))
    }
}
