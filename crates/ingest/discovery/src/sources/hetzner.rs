//! `hetzner_sd_configs`: servers of the cloud, or rented machines (Robot).
//!
//! Formats: <https://docs.hetzner.cloud/reference/cloud> and
//! <https://robot.hetzner.com/doc/webservice/en.html>.

use std::net::Ipv4Addr;

use config::{HetznerDiscovery, HetznerRole};
use contract::TargetGroup;
use model::Labels;
use serde_json::Value;

use crate::ask::{AskError, MAX_PAGES, Server, with_parameters};
use crate::fields::{Fields, Target, host_port, list, number, text, yes_or_no};
use crate::poll::{Source, one_group};

pub(super) const CLOUD_URL: &str = "https://api.hetzner.cloud/v1";
pub(super) const ROBOT_URL: &str = "https://robot-ws.your-server.de";
const PREFIX: &str = "__meta_hetzner_";
/// Entries of a page, the most that the cloud gives.
const PER_PAGE: &str = "50";
const CLOUD_SERVER: Fields = &[
    ("server_id", "/id"),
    ("server_name", "/name"),
    ("server_status", "/status"),
    ("public_ipv4", "/public_net/ipv4/ip"),
    ("public_ipv6_network", "/public_net/ipv6/ip"),
    ("hcloud_image_name", "/image/name"),
    ("hcloud_image_description", "/image/description"),
    ("hcloud_image_os_version", "/image/os_version"),
    ("hcloud_image_os_flavor", "/image/os_flavor"),
    ("hcloud_server_type", "/server_type/name"),
    ("hcloud_cpu_cores", "/server_type/cores"),
    ("hcloud_cpu_type", "/server_type/cpu_type"),
    ("hcloud_disk_size_gb", "/server_type/disk"),
];
/// Where a server stands, under today's names and those of before.
const LOCATION: Fields = &[
    ("hcloud_location", "/name"),
    ("hcloud_location_network_zone", "/network_zone"),
    ("hcloud_datacenter_location", "/name"),
    ("hcloud_datacenter_location_network_zone", "/network_zone"),
];
const ROBOT_SERVER: Fields = &[
    ("server_id", "/server_number"),
    ("server_name", "/server_name"),
    ("server_status", "/status"),
    ("public_ipv4", "/server_ip"),
    ("robot_product", "/product"),
];

pub(crate) struct HetznerSource {
    config: HetznerDiscovery,
    server: Server,
    url: String,
}

impl HetznerSource {
    pub(crate) fn new(config: &HetznerDiscovery, url: &str) -> Self {
        Self {
            config: config.clone(),
            server: Server::new(&config.asking),
            url: url.to_owned(),
        }
    }

    /// All entries of a list of the cloud.
    async fn listed(&self, what: &str, selector: &str) -> Result<Vec<Value>, AskError> {
        let url = format!("{}/{what}", self.url);
        let mut found = Vec::new();
        let mut page = 1;
        for _ in 0..MAX_PAGES {
            let parameters = [
                ("page", page.to_string()),
                ("per_page", PER_PAGE.to_owned()),
                ("label_selector", selector.to_owned()),
            ];
            let parameters = parameters
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            let answer = self.server.get(&with_parameters(&url, &parameters)).await?;
            found.extend_from_slice(list(&answer, &format!("/{what}")));
            match number(&answer, "/meta/pagination/next_page") {
                next if next > page => page = next,
                _ => return Ok(found),
            }
        }
        Err(AskError::Pages(url))
    }

    async fn cloud(&self) -> Result<Vec<Labels>, AskError> {
        let servers = self.listed("servers", &self.config.label_selector).await?;
        let networks = self.listed("networks", "").await?;
        let servers = servers.iter();
        Ok(servers
            .map(|server| cloud_server(server, &networks, self.config.asking.port))
            .collect())
    }

    async fn robot(&self) -> Result<Vec<Labels>, AskError> {
        let servers = self.server.get(&format!("{}/server", self.url)).await?;
        let servers = list(&servers, "")
            .iter()
            .filter_map(|entry| entry.get("server"));
        Ok(servers
            .map(|server| robot_server(server, self.config.asking.port))
            .collect())
    }
}

fn cloud_server(server: &Value, networks: &[Value], port: i64) -> Labels {
    let mut target = Target::new();
    let memory = server
        .pointer("/server_type/memory")
        .and_then(Value::as_f64);
    let memory = format!("{}", memory.unwrap_or(0.0).trunc());
    let location = server
        .get("location")
        .filter(|location| location.is_object());
    let location = location.or_else(|| server.pointer("/datacenter/location"));
    target
        .fields(PREFIX, server, CLOUD_SERVER)
        .fields(PREFIX, location.unwrap_or(&Value::Null), LOCATION)
        .map("__meta_hetzner_hcloud_label_", server, "/labels")
        .set("__meta_hetzner_role", "hcloud")
        .set("__meta_hetzner_hcloud_memory_size_gb", &memory);
    let labels = server.get("labels").and_then(Value::as_object);
    for name in labels.into_iter().flatten().map(|(name, _)| name) {
        target.named("__meta_hetzner_hcloud_labelpresent_", name, "true");
    }
    for own in list(server, "/private_net") {
        let known = networks
            .iter()
            .find(|n| n.get("id").is_some_and(|id| own.get("network") == Some(id)));
        if let Some(network) = known {
            let prefix = "__meta_hetzner_hcloud_private_ipv4_";
            target.named(prefix, &text(network, "/name"), &text(own, "/ip"));
        }
    }
    // A server without a public address is reached by its first private one.
    let address = match text(server, "/public_net/ipv4/ip") {
        public if public.is_empty() => text(server, "/private_net/0/ip"),
        public => public,
    };
    target.address(&host_port(&address, port)).labels()
}

fn robot_server(server: &Value, port: i64) -> Labels {
    let mut target = Target::new();
    let datacenter = text(server, "/dc").to_lowercase();
    target
        .fields(PREFIX, server, ROBOT_SERVER)
        .set("__meta_hetzner_role", "robot")
        .set("__meta_hetzner_datacenter", &datacenter)
        .set("__meta_hetzner_robot_datacenter", &datacenter)
        .set(
            "__meta_hetzner_robot_cancelled",
            yes_or_no(server, "/cancelled"),
        );
    let mut subnets = list(server, "/subnet").iter();
    let v6 = subnets.find(|subnet| text(subnet, "/ip").parse::<Ipv4Addr>().is_err());
    if let Some(v6) = v6 {
        let network = format!("{}/{}", text(v6, "/ip"), text(v6, "/mask"));
        target.set("__meta_hetzner_public_ipv6_network", &network);
    }
    let address = text(server, "/server_ip");
    target.address(&host_port(&address, port)).labels()
}

impl Source for HetznerSource {
    const NAME: &'static str = "hetzner";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let targets = match self.config.role {
            HetznerRole::Cloud => self.cloud().await?,
            HetznerRole::Robot => self.robot().await?,
        };
        Ok(one_group("hetzner", targets))
    }
}
