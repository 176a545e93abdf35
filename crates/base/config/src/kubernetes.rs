//! `kubernetes_sd_configs`: which objects of which API server are targets.

use std::path::PathBuf;

use url::Url;

use crate::HttpConfig;

/// One entry of `kubernetes_sd_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct KubernetesDiscovery {
    /// Which objects targets are made of.
    pub role: KubernetesRole,
    /// The server, and how it is asked.
    pub access: KubernetesAccess,
    /// `namespaces.names`; empty for all.
    pub namespaces: Vec<String>,
    /// `namespaces.own_namespace`: also the one of the pod that this process runs in.
    pub own_namespace: bool,
    /// `selectors`, one of a role at most.
    pub selectors: Vec<KubernetesSelector>,
    /// `attach_metadata`.
    pub attach: KubernetesAttach,
}

/// A kind of object that targets are made of, or that is looked up for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KubernetesRole {
    /// `node`
    Node,
    /// `pod`
    Pod,
    /// `service`
    Service,
    /// `endpoints`
    Endpoints,
    /// `endpointslice`
    EndpointSlice,
    /// `ingress`
    Ingress,
}

/// Where the API server is.
#[derive(Clone, PartialEq)]
pub enum KubernetesAccess {
    /// Where the pod's environment and service account say.
    InCluster,
    /// `kubeconfig_file`: the server and the user of its current context.
    Kubeconfig(PathBuf),
    /// `api_server`, with the settings of `http_config`.
    Server {
        /// Its URL.
        url: Url,
        /// The client's settings.
        http: Box<HttpConfig>,
    },
}

impl std::fmt::Debug for KubernetesAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InCluster => f.write_str("InCluster"),
            Self::Kubeconfig(file) => f.debug_tuple("Kubeconfig").field(file).finish(),
            // A URL may hold a password.
            Self::Server { url, http } => f
                .debug_struct("Server")
                .field("url", &url.host_str())
                .field("http", http)
                .finish(),
        }
    }
}

/// Which objects of a kind are listed at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesSelector {
    /// The kind.
    pub role: KubernetesRole,
    /// A label selector; empty for all.
    pub label: String,
    /// A field selector; empty for all.
    pub field: String,
}

/// Labels of other objects that targets get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KubernetesAttach {
    /// Those of the node.
    pub node: bool,
    /// Those of the namespace.
    pub namespace: bool,
    /// The name of the pod's deployment.
    pub deployment: bool,
    /// The name of the pod's job.
    pub job: bool,
    /// The name of the pod's cron job.
    pub cronjob: bool,
}
