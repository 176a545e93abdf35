//! `global`, as far as receivers do not inherit it.

use std::time::Duration;

/// What holds for the whole file. What receivers take over from `global` is in the receivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// `resolve_timeout`: after this time an alert whose sender names no end, and which is not
    /// said again, counts as resolved.
    pub resolve_timeout: Duration,
}

/// `host:port` of a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmartHost {
    /// A name or an address, IPv6 without brackets; empty means this machine.
    pub host: String,
    /// A number or a service's name, as it was written.
    pub port: String,
}
