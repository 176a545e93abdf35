//! The mechanisms that ask servers, a file a kind of server.

mod aws;
mod azure;
mod consul;
mod digitalocean;
mod dns;
mod docker;
mod eureka;
mod gce;
mod hetzner;
mod http;
mod kuma;
mod linode;
mod nomad;
mod openstack;
mod puppetdb;
mod swarm;

use std::sync::Arc;
use std::time::Duration;

use config::{AwsService, DiscoveryConfig, HetznerRole};
use kubernetes::Hub;

use crate::file::FileMechanism;
use crate::kubernetes::KubernetesMechanism;
use crate::mechanism::Mechanism;
use crate::metrics::Metrics;
use crate::poll::{Polled, Source};
use crate::static_groups::StaticMechanism;

/// What runs for a section.
pub(crate) fn mechanism(
    config: &DiscoveryConfig,
    metrics: &Arc<Metrics>,
    kubernetes: &Arc<Hub>,
) -> Box<dyn Mechanism> {
    let own = || Arc::clone(metrics);
    let polled = Polling { metrics };
    match config {
        DiscoveryConfig::Static(groups) => Box::new(StaticMechanism(groups.clone())),
        DiscoveryConfig::File(file) => Box::new(FileMechanism::new(file.clone(), own())),
        DiscoveryConfig::Kubernetes(c) => {
            let hub = Arc::clone(kubernetes);
            Box::new(KubernetesMechanism::new((**c).clone(), hub))
        }
        DiscoveryConfig::Http(c) => polled.by(c.asking.refresh_interval, http::HttpSource::new(c)),
        DiscoveryConfig::Dns(c) => {
            polled.by(c.refresh_interval, dns::DnsSource::new(c.clone(), own()))
        }
        DiscoveryConfig::Consul(c) => Box::new(consul::ConsulMechanism::new(c, own())),
        DiscoveryConfig::Docker(c) => {
            polled.by(c.asking.refresh_interval, docker::DockerSource::new(c))
        }
        DiscoveryConfig::Swarm(c) => {
            polled.by(c.asking.refresh_interval, swarm::SwarmSource::new(c))
        }
        DiscoveryConfig::Nomad(c) => {
            polled.by(c.asking.refresh_interval, nomad::NomadSource::new(c))
        }
        DiscoveryConfig::Eureka(c) => {
            polled.by(c.asking.refresh_interval, eureka::EurekaSource::new(c))
        }
        DiscoveryConfig::Kuma(c) => polled.by(c.asking.refresh_interval, kuma::KumaSource::new(c)),
        DiscoveryConfig::PuppetDb(c) => {
            polled.by(c.asking.refresh_interval, puppetdb::PuppetDbSource::new(c))
        }
        DiscoveryConfig::Aws(c) => {
            let every = c.asking.refresh_interval;
            match &c.service {
                AwsService::Ec2 { filters } => polled.by(every, aws::Ec2Source::new(c, filters)),
                AwsService::Ecs { clusters } => polled.by(every, aws::EcsSource::new(c, clusters)),
                AwsService::Lightsail => polled.by(every, aws::LightsailSource::new(c)),
            }
        }
        DiscoveryConfig::Azure(c) => {
            polled.by(c.asking.refresh_interval, azure::AzureSource::new(c, own()))
        }
        DiscoveryConfig::Gce(c) => {
            polled.by(c.asking.refresh_interval, gce::GceSource::new(c, gce::URL))
        }
        DiscoveryConfig::DigitalOcean(c) => {
            let source = digitalocean::DigitalOceanSource::new(c, digitalocean::URL);
            polled.by(c.asking.refresh_interval, source)
        }
        DiscoveryConfig::Hetzner(c) => {
            let url = match c.role {
                HetznerRole::Cloud => hetzner::CLOUD_URL,
                HetznerRole::Robot => hetzner::ROBOT_URL,
            };
            polled.by(
                c.asking.refresh_interval,
                hetzner::HetznerSource::new(c, url),
            )
        }
        DiscoveryConfig::Linode(c) => polled.by(
            c.asking.refresh_interval,
            linode::LinodeSource::new(c, linode::URL),
        ),
        DiscoveryConfig::OpenStack(c) => polled.by(
            c.asking.refresh_interval,
            openstack::OpenStackSource::new(c),
        ),
        DiscoveryConfig::Inactive { .. } => Box::new(StaticMechanism(Vec::new())),
    }
}

/// Puts sources into their loop.
struct Polling<'a> {
    metrics: &'a Arc<Metrics>,
}

impl Polling<'_> {
    fn by<S: Source>(&self, interval: Duration, source: S) -> Box<dyn Mechanism> {
        Box::new(Polled {
            source,
            interval,
            metrics: Arc::clone(self.metrics),
        })
    }
}

#[cfg(test)]
#[path = "../../tests/fake/mod.rs"]
#[allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]
mod fake;
#[cfg(test)]
mod replayed;
