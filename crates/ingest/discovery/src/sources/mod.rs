//! The mechanisms that ask servers, a file a kind of server.

mod consul;
mod dns;
mod docker;
mod eureka;
mod http;
mod kuma;
mod nomad;
mod puppetdb;
mod swarm;

use std::sync::Arc;
use std::time::Duration;

use config::DiscoveryConfig;

use crate::file::FileMechanism;
use crate::mechanism::Mechanism;
use crate::metrics::Metrics;
use crate::poll::{Polled, Source};
use crate::static_groups::StaticMechanism;

/// What runs for a section.
pub(crate) fn mechanism(config: &DiscoveryConfig, metrics: &Arc<Metrics>) -> Box<dyn Mechanism> {
    let own = || Arc::clone(metrics);
    let polled = Polling { metrics };
    match config {
        DiscoveryConfig::Static(groups) => Box::new(StaticMechanism(groups.clone())),
        DiscoveryConfig::File(file) => Box::new(FileMechanism::new(file.clone(), own())),
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
        _ => Box::new(StaticMechanism(Vec::new())),
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
