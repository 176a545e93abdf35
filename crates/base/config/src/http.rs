//! `http_config`: how an HTTP client connects and says who it is.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use url::Url;

use crate::Secret;

/// A secret given in the file, or by a file of its own that is read anew at each use. Paths are
/// already relative to the configuration file's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Given in place.
    Inline(Secret),
    /// In a file; surrounding white space does not count.
    File(PathBuf),
}

/// `basic_auth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicAuth {
    /// `username` or `username_file`; `None` sends an empty name.
    pub username: Option<SecretSource>,
    /// `password` or `password_file`.
    pub password: Option<SecretSource>,
}

/// `authorization`, and `bearer_token` in the older form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The scheme, `Bearer` where nothing is said.
    pub scheme: String,
    /// `credentials` or `credentials_file`.
    pub credentials: Option<SecretSource>,
}

/// `oauth2`: client credentials. Its `Debug` shows no password of the URL.
#[derive(Clone, PartialEq)]
pub struct OAuth2 {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret` or `client_secret_file`.
    pub client_secret: Option<SecretSource>,
    /// `scopes`.
    pub scopes: Vec<String>,
    /// `token_url`.
    pub token_url: Url,
    /// `endpoint_params`.
    pub endpoint_params: BTreeMap<String, String>,
    /// TLS towards the token's server.
    pub tls: TlsConfig,
    /// Proxy towards the token's server.
    pub proxy: ProxyConfig,
}

/// A TLS protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// `TLS10`: accepted in files; treated as 1.2, the oldest that is spoken.
    Tls10,
    /// `TLS11`: as above.
    Tls11,
    /// `TLS12`.
    Tls12,
    /// `TLS13`.
    Tls13,
}

/// `tls_config`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// `ca` (PEM) or `ca_file`.
    pub ca: Option<SecretSource>,
    /// `cert` (PEM) or `cert_file`.
    pub cert: Option<SecretSource>,
    /// `key` (PEM) or `key_file`.
    pub key: Option<SecretSource>,
    /// `server_name`; empty for the host of the URL.
    pub server_name: String,
    /// `insecure_skip_verify`.
    pub insecure_skip_verify: bool,
    /// `min_version`.
    pub min_version: Option<TlsVersion>,
    /// `max_version`.
    pub max_version: Option<TlsVersion>,
}

/// Proxy settings. Its `Debug` shows no password of the URL.
#[derive(Clone, Default, PartialEq)]
pub struct ProxyConfig {
    /// `proxy_url`.
    pub url: Option<Url>,
    /// `no_proxy`.
    pub no_proxy: String,
    /// `proxy_from_environment`.
    pub from_environment: bool,
    /// `proxy_connect_header`.
    pub connect_headers: BTreeMap<String, Vec<Secret>>,
}

/// `http_config`, and the same fields where they stand in a scrape section.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpConfig {
    /// `basic_auth`.
    pub basic_auth: Option<BasicAuth>,
    /// `authorization`.
    pub authorization: Option<Authorization>,
    /// `oauth2`.
    pub oauth2: Option<OAuth2>,
    /// `tls_config`.
    pub tls: TlsConfig,
    /// `proxy_url` and its companions.
    pub proxy: ProxyConfig,
    /// `http_headers`: each value in place or from a file.
    pub headers: BTreeMap<String, Vec<SecretSource>>,
    /// `follow_redirects`, true where nothing is said.
    pub follow_redirects: bool,
    /// `enable_http2`, true where nothing is said.
    pub enable_http2: bool,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            basic_auth: None,
            authorization: None,
            oauth2: None,
            tls: TlsConfig::default(),
            proxy: ProxyConfig::default(),
            headers: BTreeMap::new(),
            follow_redirects: true,
            enable_http2: true,
        }
    }
}

/// A URL's server alone: a login before it may hold a password.
fn server(url: &Url) -> &str {
    url.host_str().unwrap_or("")
}

impl fmt::Debug for OAuth2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2")
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret)
            .field("scopes", &self.scopes)
            .field("token_url", &server(&self.token_url))
            .field("endpoint_params", &self.endpoint_params)
            .field("tls", &self.tls)
            .field("proxy", &self.proxy)
            .finish()
    }
}

impl fmt::Debug for ProxyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyConfig")
            .field("url", &self.url.as_ref().map(server))
            .field("no_proxy", &self.no_proxy)
            .field("from_environment", &self.from_environment)
            .field("connect_headers", &self.connect_headers)
            .finish()
    }
}
