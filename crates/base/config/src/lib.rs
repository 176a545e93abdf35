//! Every file a user writes, turned into checked values.
//!
//! A value of this crate is complete (defaults filled in, globals inherited) and right; what is
//! wrong with a file is an error with file, line and column. No other crate reads YAML of users.

mod discovery;
mod http;
mod prometheus;
mod scrape;
mod secret;

pub use discovery::{DiscoveryConfig, FileDiscovery, StaticGroup};
pub use http::{
    Authorization, BasicAuth, HttpConfig, OAuth2, ProxyConfig, SecretSource, TlsConfig, TlsVersion,
};
pub use prometheus::{Config, GlobalConfig, Retention, StorageConfig};
pub use scrape::{NameEscaping, NameValidation, ScrapeConfig, ScrapeLimits, ScrapeProtocol};
pub use secret::Secret;
