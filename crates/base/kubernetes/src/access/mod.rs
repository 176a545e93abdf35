//! Who may ask which server.

mod kubeconfig;

use std::path::Path;

use config::{Authorization, HttpConfig, KubernetesAccess, SecretSource, TlsConfig};

use crate::KubernetesError;

/// Where a pod has its credentials.
pub const CLUSTER_FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A server, and how it is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// Its URL.
    pub server: String,
    /// The client's settings. Credentials in files are read again at each request, so that a
    /// token that was renewed needs nothing.
    pub http: HttpConfig,
}

impl Access {
    /// As a section says it. Reads a kubeconfig.
    ///
    /// # Errors
    /// Outside of a pod where nothing else is named; a kubeconfig that cannot be used.
    pub fn new(section: &KubernetesAccess) -> Result<Self, KubernetesError> {
        match section {
            KubernetesAccess::Server { url, http } => Ok(Self {
                server: url.to_string(),
                http: (**http).clone(),
            }),
            KubernetesAccess::Kubeconfig(file) => kubeconfig::read(file),
            KubernetesAccess::InCluster => {
                let variable = |name: &str| std::env::var(name).ok();
                Self::in_cluster(&variable, Path::new(CLUSTER_FOLDER))
            }
        }
    }

    /// As a pod finds it: the server in the environment, the credentials in a folder.
    fn in_cluster(
        variable: &dyn Fn(&str) -> Option<String>,
        folder: &Path,
    ) -> Result<Self, KubernetesError> {
        let given = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| KubernetesError::NotInCluster {
                missing: format!("{name} is not set"),
            })
        };
        let host = given("KUBERNETES_SERVICE_HOST")?;
        let port = given("KUBERNETES_SERVICE_PORT")?;
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host
        };
        let file = |name: &str| {
            let path = folder.join(name);
            if path.is_file() {
                return Ok(SecretSource::File(path));
            }
            Err(KubernetesError::NotInCluster {
                missing: format!("{} does not exist", path.display()),
            })
        };
        Ok(Self {
            server: format!("https://{host}:{port}"),
            http: HttpConfig {
                authorization: Some(Authorization {
                    scheme: "Bearer".to_owned(),
                    credentials: Some(file("token")?),
                }),
                tls: TlsConfig {
                    // Without it the system's authorities decide, as upstream has it.
                    ca: file("ca.crt").ok(),
                    ..TlsConfig::default()
                },
                ..HttpConfig::default()
            },
        })
    }

    /// The namespace of the pod that this process runs in.
    ///
    /// # Errors
    /// Outside of a pod.
    pub fn own_namespace() -> Result<String, KubernetesError> {
        own_namespace(Path::new(CLUSTER_FOLDER))
    }
}

fn own_namespace(folder: &Path) -> Result<String, KubernetesError> {
    let path = folder.join("namespace");
    let failed = |reason: String| KubernetesError::OwnNamespace {
        path: path.clone(),
        reason,
    };
    let name = std::fs::read_to_string(&path).map_err(|e| failed(e.to_string()))?;
    match name.trim() {
        "" => Err(failed("it is empty".to_owned())),
        name => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_finds_its_server() {
        let folder = tempfile::tempdir().unwrap();
        let environment = |host: &'static str| {
            move |name: &str| match name {
                "KUBERNETES_SERVICE_HOST" => Some(host.to_owned()),
                _ => Some("443".to_owned()),
            }
        };
        let refused = |found: Result<Access, KubernetesError>, word: &str| {
            let said = found.unwrap_err().to_string();
            assert!(said.contains(word), "{said}");
        };
        let at = folder.path();
        refused(Access::in_cluster(&|_| None, at), "KUBERNETES_SERVICE_HOST");
        refused(Access::in_cluster(&environment("a"), at), "token does not");
        std::fs::write(at.join("token"), "t").unwrap();
        std::fs::write(at.join("ca.crt"), "c").unwrap();
        let found = Access::in_cluster(&environment("fd00::1"), at).unwrap();
        assert_eq!(found.server, "https://[fd00::1]:443");
        let token = found.http.authorization.unwrap().credentials;
        assert_eq!(token, Some(SecretSource::File(at.join("token"))));
        assert_eq!(
            found.http.tls.ca,
            Some(SecretSource::File(at.join("ca.crt")))
        );
        assert!(own_namespace(at).is_err());
        std::fs::write(at.join("namespace"), "shop\n").unwrap();
        assert_eq!(own_namespace(at).unwrap(), "shop");
    }
}
