//! The mechanisms that find a section's targets.

mod clouds;
mod registries;

use super::http::{http, tls};
use super::scrape::labels;
use crate::error::Fault;
use crate::sections::discovery::MECHANISMS;
use crate::table::Table;
use crate::{
    Asking, DiscoveryConfig, DnsDiscovery, FileDiscovery, HttpConfig, HttpDiscovery, RecordType,
    StaticGroup,
};

/// All mechanisms of a section, in the order of their keys.
pub(super) fn discovery(section: &Table) -> Result<Vec<DiscoveryConfig>, Fault> {
    let mut found = Vec::new();
    for mechanism in MECHANISMS
        .iter()
        .filter(|mechanism| section.has(mechanism.key))
    {
        let key = mechanism.key;
        if key == "static_configs" {
            let groups = section.tables(key).map(group).collect();
            found.push(DiscoveryConfig::Static(groups));
            continue;
        }
        for entry in section.tables(key) {
            found.push(one(key, entry)?);
        }
    }
    Ok(found)
}

/// One entry of a mechanism's list.
fn one(key: &'static str, entry: &Table) -> Result<DiscoveryConfig, Fault> {
    Ok(match key {
        "file_sd_configs" => DiscoveryConfig::File(FileDiscovery {
            files: entry.texts("files").into_iter().map(Into::into).collect(),
            refresh_interval: entry.duration("refresh_interval"),
        }),
        "http_sd_configs" => DiscoveryConfig::Http(Box::new(HttpDiscovery {
            url: entry.text("url").to_owned(),
            asking: asking(entry)?,
        })),
        "dns_sd_configs" => DiscoveryConfig::Dns(dns(entry)),
        "kubernetes_sd_configs" => {
            DiscoveryConfig::Kubernetes(Box::new(super::kubernetes::kubernetes(entry)?))
        }
        "consul_sd_configs" => DiscoveryConfig::Consul(Box::new(registries::consul(entry)?)),
        "docker_sd_configs" => DiscoveryConfig::Docker(Box::new(registries::docker(entry)?)),
        "dockerswarm_sd_configs" => DiscoveryConfig::Swarm(Box::new(registries::swarm(entry)?)),
        "nomad_sd_configs" => DiscoveryConfig::Nomad(Box::new(registries::nomad(entry)?)),
        "eureka_sd_configs" => DiscoveryConfig::Eureka(Box::new(registries::eureka(entry)?)),
        "kuma_sd_configs" => DiscoveryConfig::Kuma(Box::new(registries::kuma(entry)?)),
        "puppetdb_sd_configs" => DiscoveryConfig::PuppetDb(Box::new(registries::puppetdb(entry)?)),
        _ => clouds::one(key, entry)?.unwrap_or(DiscoveryConfig::Inactive { section: key }),
    })
}

/// How the server of an entry is asked. An entry without the fields of a client or a port has
/// the presets of the one and 0 for the other.
fn asking(entry: &Table) -> Result<Asking, Fault> {
    let http = if entry.knows("follow_redirects") {
        http(entry)?
    } else if entry.knows("tls_config") {
        HttpConfig {
            tls: tls(entry),
            ..HttpConfig::default()
        }
    } else {
        HttpConfig::default()
    };
    let port = if entry.knows("port") {
        entry.int("port")
    } else {
        0
    };
    Ok(Asking {
        http,
        refresh_interval: entry.duration("refresh_interval"),
        port,
    })
}

fn dns(entry: &Table) -> DnsDiscovery {
    DnsDiscovery {
        names: entry.texts("names"),
        kind: match entry.text("type") {
            "A" => RecordType::A,
            "AAAA" => RecordType::Aaaa,
            "MX" => RecordType::Mx,
            "NS" => RecordType::Ns,
            _ => RecordType::Srv,
        },
        port: entry.int("port"),
        refresh_interval: entry.duration("refresh_interval"),
    }
}

fn group(group: &Table) -> StaticGroup {
    StaticGroup {
        targets: group.texts("targets"),
        labels: labels(group.map("labels")),
    }
}

/// The values of each of an entry's `filters`.
fn filters(entry: &Table) -> Vec<(String, Vec<String>)> {
    let filters = entry.tables("filters");
    filters
        .map(|filter| (filter.text("name").to_owned(), filter.texts("values")))
        .collect()
}
