//! `docker_sd_configs`: the containers of a Docker engine.
//!
//! Format: <https://docs.docker.com/reference/api/engine/>, `/containers/json` and `/networks`.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use config::{Asking, DockerDiscovery};
use contract::TargetGroup;
use model::Labels;
use serde_json::Value;

use crate::ask::{AskError, Server, with_parameters};
use crate::fields::{Target, host_port, list, number, text, yes_or_no};
use crate::poll::{Source, one_group};

const PREFIX: &str = "__meta_docker_";

/// A Docker engine.
pub(super) struct Engine {
    server: Server,
    /// In front of the paths of its API.
    url: String,
}

impl Engine {
    /// The engine at a configured host.
    pub(super) fn new(host: &str, asking: &Asking) -> Self {
        if let Some(path) = host.strip_prefix("unix://") {
            return Self {
                server: Server::on_socket(asking, PathBuf::from(path)),
                url: "http://localhost".to_owned(),
            };
        }
        let url = match host.strip_prefix("tcp://") {
            Some(address) => format!("http://{address}"),
            None => host.to_owned(),
        };
        Self {
            server: Server::new(asking),
            url: url.trim_end_matches('/').to_owned(),
        }
    }

    /// What is listed at a path, narrowed by filters.
    pub(super) async fn list(&self, path: &str, filters: &str) -> Result<Value, AskError> {
        let url = with_parameters(&format!("{}{path}", self.url), &[("filters", filters)]);
        let listed = self.server.get(&url).await?;
        if listed.is_array() || listed.is_null() {
            return Ok(listed);
        }
        Err(AskError::Content {
            url: format!("{}{path}", self.url),
            reason: "the answer is no list".to_owned(),
        })
    }

    /// The labels of each network by its identifier, with a prefix before their names.
    pub(super) async fn networks(&self, prefix: &str) -> Result<HashMap<String, Target>, AskError> {
        let prefix = format!("{prefix}network_");
        let networks = self.list("/networks", "").await?;
        let networks = list(&networks, "").iter().map(|network| {
            let mut target = Target::new();
            target.fields(
                &prefix,
                network,
                &[("id", "/Id"), ("name", "/Name"), ("scope", "/Scope")],
            );
            for (name, pointer) in [("internal", "/Internal"), ("ingress", "/Ingress")] {
                target.set(&format!("{prefix}{name}"), yes_or_no(network, pointer));
            }
            target.map(&format!("{prefix}label_"), network, "/Labels");
            (text(network, "/Id").into_owned(), target)
        });
        Ok(networks.collect())
    }
}

/// Filters as the API takes them: `{"name": {"value": true}}`; nothing where there are none.
pub(super) fn filters(filters: &[(String, Vec<String>)]) -> String {
    let mut map: BTreeMap<&str, BTreeMap<&str, bool>> = BTreeMap::new();
    for (name, values) in filters {
        let entry = map.entry(name).or_default();
        entry.extend(values.iter().map(|value| (value.as_str(), true)));
    }
    if map.is_empty() {
        return String::new();
    }
    serde_json::json!(map).to_string()
}

pub(crate) struct DockerSource {
    config: DockerDiscovery,
    engine: Engine,
    filters: String,
}

impl DockerSource {
    pub(crate) fn new(config: &DockerDiscovery) -> Self {
        Self {
            engine: Engine::new(&config.host, &config.asking),
            filters: filters(&config.filters),
            config: config.clone(),
        }
    }

    /// The targets of a container: one a network and TCP port, or one a network.
    fn targets(
        &self,
        container: &Value,
        all: &HashMap<&str, &Value>,
        known: &HashMap<String, Target>,
        found: &mut Vec<Labels>,
    ) {
        let Some(name) = list(container, "/Names").first() else {
            return;
        };
        let mut common = Target::new();
        common
            .fields(
                PREFIX,
                container,
                &[
                    ("container_id", "/Id"),
                    ("container_network_mode", "/HostConfig/NetworkMode"),
                ],
            )
            .set("__meta_docker_container_name", name.as_str().unwrap_or(""))
            .map("__meta_docker_container_label_", container, "/Labels");
        let mut networks = networks_of(container, all);
        if self.config.match_first_network {
            networks.truncate(1);
        }
        for network in networks {
            let address = match text(network, "/IPAddress") {
                address if address.is_empty() => text(network, "/GlobalIPv6Address"),
                address => address,
            };
            let mut target = common.clone();
            target.set("__meta_docker_network_ip", &address);
            if let Some(labels) = known.get(&*text(network, "/NetworkID")) {
                target.overlay(labels);
            }
            let ports = list(container, "/Ports").iter();
            let mut ports = ports.filter(|port| text(port, "/Type") == "tcp").peekable();
            if ports.peek().is_none() {
                let address = match &*text(container, "/HostConfig/NetworkMode") {
                    "host" => self.config.host_networking_host.clone(),
                    _ => host_port(&address, self.config.asking.port),
                };
                found.push(target.address(&address).labels());
                continue;
            }
            for port in ports {
                let private = text(port, "/PrivatePort");
                let mut target = target.clone();
                target.set("__meta_docker_port_private", &private);
                if number(port, "/PublicPort") > 0 {
                    target.fields(
                        PREFIX,
                        port,
                        &[("port_public", "/PublicPort"), ("port_public_ip", "/IP")],
                    );
                }
                found.push(target.address(&host_port(&address, private)).labels());
            }
        }
    }
}

/// The networks of a container in the order of their names, or of the one whose network it
/// shares.
fn networks_of<'a>(container: &'a Value, all: &HashMap<&str, &'a Value>) -> Vec<&'a Value> {
    let mut current = container;
    // Whoever shares may share what is shared; no chain is longer than there are containers.
    for _ in 0..=all.len() {
        let networks = current.pointer("/NetworkSettings/Networks");
        let networks = networks.and_then(Value::as_object);
        if let Some(networks) = networks.filter(|networks| !networks.is_empty()) {
            let mut sorted: Vec<_> = networks.iter().collect();
            sorted.sort_by_key(|(name, _)| name.as_str());
            let networks = sorted.into_iter().map(|(_, network)| network);
            return networks.filter(|network| !network.is_null()).collect();
        }
        let mode = current.pointer("/HostConfig/NetworkMode");
        let shared = mode.and_then(Value::as_str);
        let shared = shared.and_then(|mode| mode.strip_prefix("container:"));
        match shared.and_then(|id| all.get(id)) {
            Some(next) => current = next,
            None => break,
        }
    }
    Vec::new()
}

impl Source for DockerSource {
    const NAME: &'static str = "docker";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let containers = self.engine.list("/containers/json", &self.filters).await?;
        let known = self.engine.networks(PREFIX).await?;
        let containers = list(&containers, "");
        let identified = containers.iter().filter_map(|container| {
            let id = container.pointer("/Id").and_then(Value::as_str)?;
            Some((id, container))
        });
        let all = identified.collect();
        let mut found = Vec::new();
        for container in containers {
            self.targets(container, &all, &known, &mut found);
        }
        Ok(one_group("Docker", found))
    }
}
