//! Targets named in place, in files, by an HTTP server or by the DNS.

use std::path::PathBuf;
use std::time::Duration;

use model::Labels;

use super::Asking;

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

/// One entry of `http_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpDiscovery {
    /// `url` as it was written, for it is a label of every target.
    pub url: String,
    /// How it is asked.
    pub asking: Asking,
}

/// Kinds of DNS records that tell of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordType {
    /// Host and port.
    Srv,
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Mail server.
    Mx,
    /// Name server.
    Ns,
}

/// One entry of `dns_sd_configs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsDiscovery {
    /// `names` to look up.
    pub names: Vec<String>,
    /// `type`.
    pub kind: RecordType,
    /// `port`, for records that hold none.
    pub port: i64,
    /// `refresh_interval`.
    pub refresh_interval: Duration,
}
