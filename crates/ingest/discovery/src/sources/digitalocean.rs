//! `digitalocean_sd_configs`: droplets or databases.
//!
//! Format: <https://docs.digitalocean.com/reference/api/>.

use config::{DigitalOceanDiscovery, DigitalOceanRole};
use contract::TargetGroup;
use model::Labels;
use serde_json::Value;

use crate::ask::{AskError, MAX_PAGES, Server};
use crate::fields::{Target, enclosed, host_port, list, number, text, texts};
use crate::poll::{Source, one_group};

pub(super) const URL: &str = "https://api.digitalocean.com";
const PREFIX: &str = "__meta_digitalocean_";
const SEPARATOR: &str = ",";
/// Entries of a page.
const PER_PAGE: usize = 100;

pub(crate) struct DigitalOceanSource {
    config: DigitalOceanDiscovery,
    server: Server,
    url: String,
}

impl DigitalOceanSource {
    pub(crate) fn new(config: &DigitalOceanDiscovery, url: &str) -> Self {
        Self {
            config: config.clone(),
            server: Server::new(&config.asking),
            url: url.to_owned(),
        }
    }

    /// The targets of all entries of a list that comes in pages.
    async fn listed(
        &self,
        what: &str,
        target: impl Fn(&Value, i64) -> Option<Labels>,
    ) -> Result<Vec<Labels>, AskError> {
        let mut found = Vec::new();
        for page in 1..=MAX_PAGES {
            let url = format!("{}/v2/{what}?page={page}&per_page={PER_PAGE}", self.url);
            let answer = self.server.get(&url).await?;
            let entries = list(&answer, &format!("/{what}")).iter();
            found.extend(entries.filter_map(|entry| target(entry, self.config.asking.port)));
            if text(&answer, "/links/pages/next").is_empty() {
                return Ok(found);
            }
        }
        Err(AskError::Pages(format!("{}/v2/{what}", self.url)))
    }
}

/// The first address of a kind.
fn address(droplet: &Value, networks: &str, kind: &str) -> String {
    let mut networks = list(droplet, networks).iter();
    let found = networks.find(|network| text(network, "/type") == kind);
    found.map_or(String::new(), |found| {
        text(found, "/ip_address").into_owned()
    })
}

fn droplet(droplet: &Value, port: i64) -> Option<Labels> {
    if list(droplet, "/networks/v4").is_empty() {
        return None;
    }
    let public = address(droplet, "/networks/v4", "public");
    let mut target = Target::new();
    target
        .fields(
            PREFIX,
            droplet,
            &[
                ("droplet_id", "/id"),
                ("droplet_name", "/name"),
                ("image", "/image/slug"),
                ("image_name", "/image/name"),
                ("region", "/region/slug"),
                ("size", "/size_slug"),
                ("status", "/status"),
                ("vpc", "/vpc_uuid"),
            ],
        )
        .set(
            "__meta_digitalocean_private_ipv4",
            &address(droplet, "/networks/v4", "private"),
        )
        .set("__meta_digitalocean_public_ipv4", &public)
        .set(
            "__meta_digitalocean_public_ipv6",
            &address(droplet, "/networks/v6", "public"),
        )
        .set(
            "__meta_digitalocean_features",
            &enclosed(&texts(droplet, "/features"), SEPARATOR),
        )
        .set(
            "__meta_digitalocean_tags",
            &enclosed(&texts(droplet, "/tags"), SEPARATOR),
        )
        .address(&host_port(&public, port));
    Some(target.labels())
}

fn database(database: &Value, port: i64) -> Option<Labels> {
    let private = text(database, "/private_connection/host");
    let host = match private.is_empty() {
        true => text(database, "/connection/host"),
        false => private,
    };
    let mut target = Target::new();
    target
        .fields(
            PREFIX,
            database,
            &[
                ("db_id", "/id"),
                ("db_name", "/name"),
                ("db_engine", "/engine"),
                ("db_version", "/version"),
                ("db_status", "/status"),
                ("db_region", "/region"),
                ("db_size", "/size"),
                ("db_host", "/connection/host"),
                ("db_private_host", "/private_connection/host"),
            ],
        )
        .set(
            "__meta_digitalocean_db_num_nodes",
            &number(database, "/num_nodes").to_string(),
        );
    for tag in texts(database, "/tags") {
        target.set(&format!("__meta_digitalocean_db_tag_{tag}"), "true");
    }
    if !host.is_empty() {
        target.address(&host_port(&host, port));
    }
    Some(target.labels())
}

impl Source for DigitalOceanSource {
    const NAME: &'static str = "digitalocean";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        Ok(match self.config.role {
            DigitalOceanRole::Droplets => {
                one_group("DigitalOcean", self.listed("droplets", droplet).await?)
            }
            DigitalOceanRole::Databases => one_group(
                "DigitalOcean Databases",
                self.listed("databases", database).await?,
            ),
        })
    }
}
