//! What may be wrong with a web configuration beyond its text.

use std::path::PathBuf;

use config::ConfigError;
use thiserror::Error;

/// Why the doors cannot be kept as the file says.
#[derive(Debug, Error)]
pub enum GuardError {
    /// The file is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A certificate or key cannot be read.
    #[error("{what} {path}: {error}", path = path.display())]
    Unreadable {
        /// Which of them.
        what: &'static str,
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// Certificates, keys or suites cannot be used.
    #[error("tls_server_config: {0}")]
    Tls(String),
}
