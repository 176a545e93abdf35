//! Where a section's targets are looked for.

use std::path::PathBuf;
use std::time::Duration;

use model::Labels;

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
    /// A mechanism whose section was checked but which is not active yet.
    Inactive {
        /// The section's name, such as `consul_sd_configs`.
        section: &'static str,
    },
}

/// One group of `static_configs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticGroup {
    /// `host:port` each.
    pub targets: Vec<String>,
    /// Labels of all of them.
    pub labels: Labels,
}

/// One entry of `file_sd_configs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiscovery {
    /// Patterns; only the last part of each may hold a `*`.
    pub files: Vec<PathBuf>,
    /// Time between two reads even where no change was noticed.
    pub refresh_interval: Duration,
}
