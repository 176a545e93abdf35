//! `--cluster.tls-config`: how nodes of a cluster speak TLS to each other. The file is upstream's:
//! each node is a server to some and a client of others, and says how for both.

use std::path::Path;

use crate::build::http::tls_of;
use crate::schema::{Section, table};
use crate::sections::{http, web};
use crate::web::server_tls;
use crate::{ConfigError, ServerTls, TlsConfig, load, read, yaml};

/// The file, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterTls {
    /// `tls_server_config`: towards nodes that connect to this one.
    pub server: ServerTls,
    /// `tls_client_config`: towards nodes that this one connects to.
    pub client: TlsConfig,
}

static CLUSTER: Section = Section::new(
    &[&[
        table("tls_server_config", &web::TLS),
        table("tls_client_config", &http::TLS),
    ]],
    &[],
);

/// Reads the file at a path.
pub fn load_cluster_tls(path: &Path) -> Result<ClusterTls, ConfigError> {
    parse(&load::read_file(path)?, path)
}

/// Checks the text of a file; paths in it are relative to the file's folder.
fn parse(text: &str, file: &Path) -> Result<ClusterTls, ConfigError> {
    let root = yaml::parse(text).map_err(|fault| fault.within(file))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let cluster = read::document(&CLUSTER, &root, folder).map_err(|fault| fault.within(file))?;
    let side = |key| {
        let missing = || cluster.fault(key, "is missing: a node is server and client");
        cluster.table(key).ok_or_else(|| missing().within(file))
    };
    Ok(ClusterTls {
        server: server_tls(side("tls_server_config")?),
        client: tls_of(side("tls_client_config")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClientAuth, SecretSource};
    use std::path::PathBuf;

    #[test]
    fn both_sides_are_read() {
        let text = "
tls_server_config:
  cert_file: node.crt
  key_file: node.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
tls_client_config:
  cert_file: node.crt
  key_file: node.key
  ca_file: ca.crt
  server_name: nodes
";
        let tls = parse(text, Path::new("/etc/cluster.yml")).unwrap();
        let file = |name: &str| Some(SecretSource::File(PathBuf::from("/etc").join(name)));
        assert_eq!(tls.server.client_auth, ClientAuth::RequireAndVerify);
        assert_eq!(tls.server.client_ca, file("ca.crt"));
        assert_eq!(tls.client.ca, file("ca.crt"));
        assert_eq!(tls.client.server_name, "nodes");
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, expected) in [
            ("", "tls_server_config"),
            (
                "tls_server_config: {cert_file: a, key_file: b}",
                "tls_client_config",
            ),
            (
                "tls_server_config: {cert_file: a, key_file: b}\ntls_client_config: {}\nmore: 1",
                "more",
            ),
        ] {
            let error = parse(text, Path::new("c.yml")).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
