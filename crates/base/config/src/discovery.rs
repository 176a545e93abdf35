//! Where a section's targets are looked for.

mod clouds;
mod plain;
mod registries;

use std::time::Duration;

pub use clouds::{
    AwsDiscovery, AwsService, AzureDiscovery, AzureLogin, DigitalOceanDiscovery, DigitalOceanRole,
    GceDiscovery, HetznerDiscovery, HetznerRole, LinodeDiscovery, OpenStackDiscovery,
    OpenStackRole,
};
pub use plain::{DnsDiscovery, FileDiscovery, HttpDiscovery, RecordType, StaticGroup};
pub use registries::{
    ConsulDiscovery, DockerDiscovery, EurekaDiscovery, KumaDiscovery, NomadDiscovery,
    PuppetDbDiscovery, SwarmDiscovery, SwarmRole,
};

use crate::HttpConfig;

use crate::KubernetesDiscovery;

/// One way of finding targets.
#[derive(Clone, Debug, PartialEq)]
pub enum DiscoveryConfig {
    /// `static_configs`: all groups of one section.
    Static(Vec<StaticGroup>),
    /// One entry of `file_sd_configs`.
    File(FileDiscovery),
    /// One entry of `kubernetes_sd_configs`.
    Kubernetes(Box<KubernetesDiscovery>),
    /// One entry of `http_sd_configs`.
    Http(Box<HttpDiscovery>),
    /// One entry of `dns_sd_configs`.
    Dns(DnsDiscovery),
    /// One entry of `consul_sd_configs`.
    Consul(Box<ConsulDiscovery>),
    /// One entry of `docker_sd_configs`.
    Docker(Box<DockerDiscovery>),
    /// One entry of `dockerswarm_sd_configs`.
    Swarm(Box<SwarmDiscovery>),
    /// One entry of `nomad_sd_configs`.
    Nomad(Box<NomadDiscovery>),
    /// One entry of `eureka_sd_configs`.
    Eureka(Box<EurekaDiscovery>),
    /// One entry of `kuma_sd_configs`.
    Kuma(Box<KumaDiscovery>),
    /// One entry of `puppetdb_sd_configs`.
    PuppetDb(Box<PuppetDbDiscovery>),
    /// One entry of `ec2_sd_configs`, `ecs_sd_configs`, `lightsail_sd_configs`, or of
    /// `aws_sd_configs` with one of these roles.
    Aws(Box<AwsDiscovery>),
    /// One entry of `azure_sd_configs`.
    Azure(Box<AzureDiscovery>),
    /// One entry of `gce_sd_configs`.
    Gce(Box<GceDiscovery>),
    /// One entry of `digitalocean_sd_configs`.
    DigitalOcean(Box<DigitalOceanDiscovery>),
    /// One entry of `hetzner_sd_configs`.
    Hetzner(Box<HetznerDiscovery>),
    /// One entry of `linode_sd_configs`.
    Linode(Box<LinodeDiscovery>),
    /// One entry of `openstack_sd_configs`.
    OpenStack(Box<OpenStackDiscovery>),
    /// A mechanism whose section was checked but which is not active yet.
    Inactive {
        /// The section's name, such as `vultr_sd_configs`.
        section: &'static str,
    },
}

/// What sections share whose server is asked at intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    /// How the server is reached.
    pub http: HttpConfig,
    /// `refresh_interval`: time between two questions.
    pub refresh_interval: Duration,
    /// `port` of targets whose port the server does not tell; 0 where the section has none.
    pub port: i64,
}
