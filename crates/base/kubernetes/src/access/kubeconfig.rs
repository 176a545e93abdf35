//! A kubeconfig: servers, users, and which of them belong together.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::{Authorization, BasicAuth, HttpConfig, ProxyConfig, Secret, SecretSource, TlsConfig};
use serde::Deserialize;

use super::Access;
use crate::KubernetesError;

/// Largest kubeconfig in bytes.
const MAX_BYTES: u64 = 4 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    current_context: String,
    #[serde(default)]
    contexts: Vec<Context>,
    #[serde(default)]
    clusters: Vec<Cluster>,
    #[serde(default)]
    users: Vec<User>,
}

#[derive(Deserialize)]
struct Context {
    name: String,
    context: ContextBody,
}

#[derive(Deserialize)]
struct ContextBody {
    #[serde(default)]
    cluster: String,
    #[serde(default)]
    user: String,
}

#[derive(Deserialize)]
struct Cluster {
    name: String,
    cluster: ClusterBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", default)]
#[derive(Default)]
struct ClusterBody {
    server: String,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    insecure_skip_tls_verify: bool,
    tls_server_name: String,
    proxy_url: Option<String>,
}

#[derive(Deserialize)]
struct User {
    name: String,
    #[serde(default)]
    user: Option<UserBody>,
}

#[derive(Clone, Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct UserBody {
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<String>,
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    username: Option<String>,
    password: Option<String>,
    exec: Option<serde_json::Value>,
    auth_provider: Option<serde_json::Value>,
}

/// Reads a kubeconfig and takes the server and the user of its current context.
pub(super) fn read(file: &Path) -> Result<Access, KubernetesError> {
    let failed = |reason: String| KubernetesError::Kubeconfig {
        path: file.to_owned(),
        reason,
    };
    let size = std::fs::metadata(file)
        .map_err(|e| failed(e.to_string()))?
        .len();
    if size > MAX_BYTES {
        return Err(failed(format!("larger than {MAX_BYTES} bytes")));
    }
    let text = std::fs::read_to_string(file).map_err(|e| failed(e.to_string()))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    parse(&text, folder).map_err(failed)
}

fn parse(text: &str, folder: &Path) -> Result<Access, String> {
    let file: File = serde_saphyr::from_str(text).map_err(|e| e.to_string())?;
    let current = &file.current_context;
    let contexts = &mut file.contexts.into_iter();
    let context = contexts
        .find(|context| context.name == *current)
        .ok_or_else(|| format!("current-context {current:?} is not among the contexts"))?
        .context;
    let name = &context.cluster;
    let cluster = file.clusters.into_iter().find(|one| one.name == *name);
    let cluster = cluster
        .ok_or_else(|| format!("cluster {name:?} of the context {current:?} is missing"))?
        .cluster;
    let name = &context.user;
    let user = file.users.into_iter().find(|one| one.name == *name);
    let user = match user {
        Some(user) => user.user.unwrap_or_default(),
        None if name.is_empty() => UserBody::default(),
        None => {
            return Err(format!(
                "user {name:?} of the context {current:?} is missing"
            ));
        }
    };
    if user.exec.is_some() || user.auth_provider.is_some() {
        return Err(format!(
            "user {name:?} gets its token from another program, which is not run here; \
             write the token to a file and name it as tokenFile, or use api_server with authorization"
        ));
    }
    Ok(Access {
        http: client(&cluster, user, folder)?,
        server: cluster.server,
    })
}

fn client(cluster: &ClusterBody, user: UserBody, folder: &Path) -> Result<HttpConfig, String> {
    let pem = |data: &Option<String>, file: &Option<PathBuf>, what: &str| match (data, file) {
        (Some(data), _) if !data.is_empty() => {
            let bytes = STANDARD.decode(data.trim()).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            let text = text.ok_or_else(|| format!("{what} is not base64 of a PEM file"))?;
            Ok(Some(SecretSource::Inline(Secret::new(&text))))
        }
        (_, Some(path)) => Ok(Some(SecretSource::File(folder.join(path)))),
        _ => Ok::<_, String>(None),
    };
    let inline = |text: String| SecretSource::Inline(Secret::new(&text));
    let credentials = match (user.token_file, user.token) {
        (Some(path), _) => Some(SecretSource::File(folder.join(path))),
        (None, Some(token)) => Some(inline(token)),
        (None, None) => None,
    };
    let proxy = match &cluster.proxy_url {
        Some(url) => Some(url::Url::parse(url).map_err(|e| format!("proxy-url: {e}"))?),
        None => None,
    };
    Ok(HttpConfig {
        basic_auth: user.username.map(|name| BasicAuth {
            username: Some(inline(name)),
            password: user.password.map(inline),
        }),
        authorization: credentials.map(|token| Authorization {
            scheme: "Bearer".to_owned(),
            credentials: Some(token),
        }),
        tls: TlsConfig {
            ca: pem(
                &cluster.certificate_authority_data,
                &cluster.certificate_authority,
                "certificate-authority-data",
            )?,
            cert: pem(
                &user.client_certificate_data,
                &user.client_certificate,
                "client-certificate-data",
            )?,
            key: pem(&user.client_key_data, &user.client_key, "client-key-data")?,
            server_name: cluster.tls_server_name.clone(),
            insecure_skip_verify: cluster.insecure_skip_tls_verify,
            ..TlsConfig::default()
        },
        proxy: ProxyConfig {
            from_environment: proxy.is_none(),
            url: proxy,
            ..ProxyConfig::default()
        },
        ..HttpConfig::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "
apiVersion: v1
kind: Config
current-context: here
contexts:
- {name: there, context: {cluster: x, user: y}}
- {name: here, context: {cluster: c, user: USER}}
clusters:
- name: c
  cluster: {server: 'https://k:6443', certificate-authority-data: Y2E=, tls-server-name: kube}
users:
- {name: tokened, user: {token: secret}}
- {name: filed, user: {tokenFile: run/token, client-certificate: c.pem, client-key-data: a2V5}}
- {name: named, user: {username: u, password: p}}
- {name: bare}
- {name: other, user: {exec: {command: aws}}}
- {name: bad, user: {client-key-data: '%%'}}
";

    #[test]
    fn the_current_context_counts() {
        let read = |user: &str| parse(&FILE.replace("USER", user), Path::new("/etc/k"));
        let file = |path: &str| Some(SecretSource::File(PathBuf::from(path)));
        let inline = |text: &str| Some(SecretSource::Inline(Secret::new(text)));
        let token = read("tokened").unwrap();
        assert_eq!(token.server, "https://k:6443");
        assert_eq!(token.http.tls.ca, inline("ca"));
        assert_eq!(token.http.tls.server_name, "kube");
        assert_eq!(
            token.http.authorization.unwrap().credentials,
            inline("secret")
        );
        let filed = read("filed").unwrap().http;
        assert_eq!(
            filed.authorization.unwrap().credentials,
            file("/etc/k/run/token")
        );
        assert_eq!(filed.tls.cert, file("/etc/k/c.pem"));
        assert_eq!(filed.tls.key, inline("key"));
        assert_eq!(
            read("named").unwrap().http.basic_auth.unwrap().username,
            inline("u")
        );
        assert!(read("bare").unwrap().http.authorization.is_none());
        for (user, word) in [
            ("other", "tokenFile"),
            ("bad", "client-key-data"),
            ("nobody", "\"nobody\""),
        ] {
            let said = read(user).unwrap_err();
            assert!(said.contains(word), "{said}");
        }
        assert!(parse("current-context: x", Path::new("")).is_err());
        assert!(parse("[", Path::new("")).is_err());
    }
}
