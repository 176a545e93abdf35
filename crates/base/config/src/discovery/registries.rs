//! Targets known to what runs them or to what they enter themselves in.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Asking;
use crate::Secret;

/// One entry of `consul_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsulDiscovery {
    /// `server`: `host:port`, or a URL of its own scheme.
    pub server: String,
    /// `scheme`.
    pub scheme: String,
    /// `path_prefix`.
    pub path_prefix: String,
    /// `token`; empty for none.
    pub token: Secret,
    /// `datacenter`; empty for that of the server.
    pub datacenter: String,
    /// `namespace`.
    pub namespace: String,
    /// `partition`.
    pub partition: String,
    /// `tag_separator`.
    pub tag_separator: String,
    /// `allow_stale`.
    pub allow_stale: bool,
    /// `services`; empty for all.
    pub services: Vec<String>,
    /// `tags` that services and their instances must have.
    pub tags: Vec<String>,
    /// `node_meta` that nodes must have.
    pub node_meta: BTreeMap<String, String>,
    /// `health_filter`: an expression over instances.
    pub health_filter: String,
    /// `filter`: an expression over services.
    pub filter: String,
    /// How it is asked; `username` and `password` of the section are in its `basic_auth`.
    pub asking: Asking,
}

/// One entry of `docker_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct DockerDiscovery {
    /// `host`: `unix:///path`, `tcp://host:port`, `http://…` or `https://…`.
    pub host: String,
    /// `filters`: values by name.
    pub filters: Vec<(String, Vec<String>)>,
    /// `host_networking_host`.
    pub host_networking_host: String,
    /// `match_first_network`.
    pub match_first_network: bool,
    /// How it is asked.
    pub asking: Asking,
}

/// `role` of `dockerswarm_sd_configs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwarmRole {
    /// `services`.
    Services,
    /// `tasks`.
    Tasks,
    /// `nodes`.
    Nodes,
}

/// One entry of `dockerswarm_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct SwarmDiscovery {
    /// `host`, as for [`DockerDiscovery`].
    pub host: String,
    /// `role`.
    pub role: SwarmRole,
    /// `filters`: values by name.
    pub filters: Vec<(String, Vec<String>)>,
    /// How it is asked.
    pub asking: Asking,
}

/// One entry of `nomad_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct NomadDiscovery {
    /// `server`: a URL.
    pub server: String,
    /// `region`.
    pub region: String,
    /// `namespace`.
    pub namespace: String,
    /// `allow_stale`.
    pub allow_stale: bool,
    /// `tag_separator`.
    pub tag_separator: String,
    /// How it is asked.
    pub asking: Asking,
}

/// One entry of `eureka_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct EurekaDiscovery {
    /// `server`: a URL.
    pub server: String,
    /// How it is asked.
    pub asking: Asking,
}

/// One entry of `kuma_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct KumaDiscovery {
    /// `server`: a URL.
    pub server: String,
    /// `client_id`; empty for the name of this machine.
    pub client_id: String,
    /// `fetch_timeout`: how long the server may wait for a change.
    pub fetch_timeout: Duration,
    /// How it is asked.
    pub asking: Asking,
}

/// One entry of `puppetdb_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct PuppetDbDiscovery {
    /// `url`.
    pub url: String,
    /// `query`.
    pub query: String,
    /// `include_parameters`.
    pub include_parameters: bool,
    /// How it is asked.
    pub asking: Asking,
}
