//! What is selected: a file with a `Prometheus` object.

use std::path::{Path, PathBuf};

use config::KubernetesAccess;
use serde_json::Value;
use thiserror::Error;

use crate::convert::text;
use crate::objects::Kind;

/// Why a file says nothing usable.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no `Prometheus` object.
    #[error("{path}: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
}

/// Largest file in bytes: it holds one object.
const MAX_BYTES: u64 = 2 << 20;

/// A `Prometheus` object, and the server whose objects it selects from.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its namespace: objects are looked for there where no selector of namespaces is given.
    pub(crate) namespace: String,
    pub(crate) spec: Value,
    pub(crate) access: KubernetesAccess,
}

impl Settings {
    /// Reads a file. `kubeconfig` says where the server is; without one this process is in a pod.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds something else than a `Prometheus` object.
    pub fn load(path: &Path, kubeconfig: Option<PathBuf>) -> Result<Self, SettingsError> {
        let io = |source| SettingsError::Io {
            path: path.to_owned(),
            source,
        };
        let content = |reason: String| SettingsError::Content {
            path: path.to_owned(),
            reason,
        };
        if std::fs::metadata(path).map_err(io)?.len() > MAX_BYTES {
            return Err(content(format!("larger than {MAX_BYTES} bytes")));
        }
        let file = std::fs::read_to_string(path).map_err(io)?;
        Self::parse(&file, kubeconfig).map_err(content)
    }

    fn parse(file: &str, kubeconfig: Option<PathBuf>) -> Result<Self, String> {
        let object: Value = serde_saphyr::from_str(file).map_err(|e| e.to_string())?;
        let kind = text(&object["kind"]);
        if kind != "Prometheus" && kind != "PrometheusAgent" {
            return Err(format!(
                "kind is {kind:?}; an object of the kind Prometheus is needed, such as \
                 `kubectl get prometheus NAME -o yaml` gives"
            ));
        }
        if !object["spec"].is_object() {
            return Err("spec is missing".to_owned());
        }
        let namespace = match text(&object["metadata"]["namespace"]) {
            "" => "default",
            namespace => namespace,
        };
        Ok(Self {
            namespace: namespace.to_owned(),
            spec: object["spec"].clone(),
            access: kubeconfig.map_or(KubernetesAccess::InCluster, KubernetesAccess::Kubeconfig),
        })
    }

    /// Which labels a kind's objects must have.
    pub(crate) fn selector(&self, kind: Kind) -> &Value {
        &self.spec[format!("{}Selector", kind.selector())]
    }

    /// Which labels their namespaces must have; `null` for this object's own namespace.
    pub(crate) fn namespaces(&self, kind: Kind) -> &Value {
        &self.spec[format!("{}NamespaceSelector", kind.selector())]
    }

    /// A text of the object; empty where it says nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        text(&self.spec[name])
    }

    /// Whether the object says yes.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.spec[name].as_bool().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prometheus_object_is_needed() {
        let read = |file: &str| Settings::parse(file, None);
        let found = read(
            "{kind: Prometheus, metadata: {namespace: m}, spec: {serviceMonitorSelector: {}}}",
        );
        let found = found.unwrap();
        assert_eq!(found.namespace, "m");
        assert!(found.selector(Kind::ServiceMonitor).is_object());
        assert!(found.selector(Kind::PodMonitor).is_null());
        assert_eq!(found.access, KubernetesAccess::InCluster);
        for (file, word) in [
            ("{kind: Pod, spec: {}}", "kind is \"Pod\""),
            ("kind: Prometheus", "spec"),
            ("[", "line"),
        ] {
            let said = read(file).unwrap_err();
            assert!(said.contains(word), "{said}");
        }
    }
}
