//! Why a server's objects are not to be had.

use std::path::PathBuf;

use http_client::HttpError;
use thiserror::Error;

/// Why a server's objects are not to be had.
#[derive(Debug, Error)]
pub enum KubernetesError {
    /// No answer, or no usable one.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server refused; the reason is its own, such as which right is missing.
    #[error("{code}: {message}")]
    Refused {
        /// The HTTP status.
        code: u16,
        /// What the server says.
        message: String,
    },
    /// The answer holds something else than objects of that kind.
    #[error("not a valid answer: {0}")]
    Answer(#[from] serde_json::Error),
    /// One object is larger than any that a server takes.
    #[error("an object of more than {limit} bytes in a watch")]
    Line {
        /// The limit, in bytes.
        limit: usize,
    },
    /// This process runs in no pod, and no server is named.
    #[error(
        "{missing}, as inside a pod; outside of one, api_server or kubeconfig_file says where the server is"
    )]
    NotInCluster {
        /// What a pod has and this process has not.
        missing: String,
    },
    /// The pod's own namespace is not to be had.
    #[error("could not determine the pod's namespace: {path}: {reason}")]
    OwnNamespace {
        /// The file that says it.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A kubeconfig that cannot be used.
    #[error("{path}: {reason}")]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

impl KubernetesError {
    /// Whether the place where a list or a watch would go on is too old, and all has to be listed
    /// again.
    pub(crate) fn is_expired(&self) -> bool {
        matches!(self, Self::Refused { code: 410, .. })
    }

    /// Whether the server knows no such kind of object.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Refused { code: 404, .. })
    }
}
