//! What may be wrong with a web configuration beyond its text.

use config::ConfigError;
use http_client::SecretError;
use thiserror::Error;

/// Why the doors cannot be kept as the file says.
#[derive(Debug, Error)]
pub enum GuardError {
    /// The file is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A certificate or key is not to be had.
    #[error("tls_server_config: {0}")]
    Secret(#[from] SecretError),
    /// Certificates, keys or suites cannot be used.
    #[error("tls_server_config: {0}")]
    Tls(String),
}
