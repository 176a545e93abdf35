//! `linode_sd_configs`: the instances of an account at Linode.
//!
//! Format: <https://techdocs.akamai.com/linode-api/reference/api>.

use std::collections::HashMap;

use config::LinodeDiscovery;
use contract::TargetGroup;
use http::header::{HeaderName, HeaderValue};
use model::Labels;
use serde_json::{Value, json};

use crate::ask::{AskError, MAX_PAGES, Server, get};
use crate::fields::{Fields, Target, enclosed, host_port, list, number, text, texts};
use crate::poll::{Source, one_group};

pub(super) const URL: &str = "https://api.linode.com/v4";
const PREFIX: &str = "__meta_linode_";
/// Narrows a list.
const FILTER: HeaderName = HeaderName::from_static("x-filter");
/// Entries of a page, the most that is given.
const PER_PAGE: usize = 500;
const FIELDS: Fields = &[
    ("instance_id", "/id"),
    ("instance_label", "/label"),
    ("image", "/image"),
    ("region", "/region"),
    ("type", "/type"),
    ("status", "/status"),
    ("group", "/group"),
    ("hypervisor", "/hypervisor"),
];
/// Counts: where nothing is said, 0.
const COUNTS: Fields = &[("gpus", "/specs/gpus"), ("specs_vcpus", "/specs/vcpus")];
/// Sizes that are told in MiB.
const SIZES: Fields = &[
    ("specs_disk_bytes", "/specs/disk"),
    ("specs_memory_bytes", "/specs/memory"),
    ("specs_transfer_bytes", "/specs/transfer"),
];

pub(crate) struct LinodeSource {
    config: LinodeDiscovery,
    server: Server,
    url: String,
}

impl LinodeSource {
    pub(crate) fn new(config: &LinodeDiscovery, url: &str) -> Self {
        Self {
            config: config.clone(),
            server: Server::new(&config.asking),
            url: url.to_owned(),
        }
    }

    /// All entries of a list that comes in pages.
    async fn listed(&self, what: &str) -> Result<Vec<Value>, AskError> {
        let mut found = Vec::new();
        for page in 1..=MAX_PAGES {
            let url = format!("{}/{what}?page={page}&page_size={PER_PAGE}", self.url);
            let mut request = get(&url)?;
            if !self.config.region.is_empty() {
                let filter = json!({"region": self.config.region}).to_string();
                let filter = HeaderValue::try_from(filter.as_str());
                let filter = filter.map_err(|_| AskError::Url(self.config.region.clone()))?;
                request.headers_mut().insert(FILTER, filter);
            }
            let answer = self.server.json(request).await?;
            found.extend_from_slice(list(&answer, "/data"));
            if usize::try_from(number(&answer, "/pages")).unwrap_or(0) <= page {
                return Ok(found);
            }
        }
        Err(AskError::Pages(format!("{}/{what}", self.url)))
    }

    fn target(&self, instance: &Value, known: &Known) -> Option<Labels> {
        let own = texts(instance, "/ipv4");
        if own.is_empty() {
            return None;
        }
        let separator = &self.config.tag_separator;
        let mut target = Target::new();
        target.fields(PREFIX, instance, FIELDS).set(
            "__meta_linode_tags",
            &enclosed(&texts(instance, "/tags"), separator),
        );
        for (name, pointer) in COUNTS {
            target.set(
                &format!("{PREFIX}{name}"),
                &number(instance, pointer).to_string(),
            );
        }
        for (name, pointer) in SIZES {
            let bytes = number(instance, pointer).saturating_mul(1 << 20);
            target.set(&format!("{PREFIX}{name}"), &bytes.to_string());
        }
        let backed_up = instance
            .pointer("/backups/enabled")
            .and_then(Value::as_bool);
        let backups = if backed_up == Some(true) {
            "enabled"
        } else {
            "disabled"
        };
        target.set("__meta_linode_backups", backups);
        // The first public and the first private address have labels; all others share one.
        let mut extra = Vec::new();
        for address in own
            .iter()
            .filter_map(|address| known.addresses.get(&**address))
        {
            let public = address.get("public").and_then(Value::as_bool) == Some(true);
            let kind = if public {
                "public_ipv4"
            } else {
                "private_ipv4"
            };
            let label = format!("{PREFIX}{kind}");
            if target.get(&label).is_empty() {
                set_address(&mut target, &label, address);
            } else {
                extra.push(text(address, "/address"));
            }
        }
        target.set("__meta_linode_extra_ips", &enclosed(&extra, separator));
        let v6 = text(instance, "/ipv6");
        let v6 = v6.split('/').next().unwrap_or("");
        if !v6.is_empty() {
            if let Some(address) = known.addresses.get(v6) {
                set_address(&mut target, "__meta_linode_public_ipv6", address);
            }
            let routed = known
                .ranges
                .iter()
                .filter(|range| text(range, "/route_target") == v6);
            let ranges = routed
                .map(|range| format!("{}/{}", text(range, "/range"), number(range, "/prefix")));
            let ranges: Vec<String> = ranges.collect();
            target.set("__meta_linode_ipv6_ranges", &enclosed(&ranges, separator));
        }
        let public = target.get("__meta_linode_public_ipv4").to_owned();
        target.address(&host_port(&public, self.config.asking.port));
        Some(target.labels())
    }
}

/// Sets an address and the name that stands for it.
fn set_address(target: &mut Target, label: &str, address: &Value) {
    target.set(label, &text(address, "/address"));
    let name = text(address, "/rdns");
    if name != "null" {
        target.set(&format!("{label}_rdns"), &name);
    }
}

/// What is known beside the instances.
struct Known {
    addresses: HashMap<String, Value>,
    ranges: Vec<Value>,
}

impl Source for LinodeSource {
    const NAME: &'static str = "linode";

    async fn refresh(&mut self) -> Result<Vec<TargetGroup>, AskError> {
        let instances = self.listed("linode/instances").await?;
        let addresses = self.listed("networking/ips").await?.into_iter();
        let addresses = addresses.map(|address| (text(&address, "/address").into_owned(), address));
        let known = Known {
            addresses: addresses.collect(),
            ranges: self.listed("networking/ipv6/ranges").await?,
        };
        let targets = instances
            .iter()
            .filter_map(|instance| self.target(instance, &known));
        Ok(one_group("Linode", targets.collect()))
    }
}
