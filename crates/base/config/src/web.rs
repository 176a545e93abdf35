//! `--web.config.file`: TLS of the listening side, and who may come in.
//!
//! The file is upstream's (exporter-toolkit's web configuration), with two keys more: `user_roles`
//! says which of `read`, `write` and `admin` a user of `basic_auth_users` has, and `bearer_tokens`
//! lists tokens by the SHA-256 of their text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::sections::web::WEB;
use crate::table::{Item, Table};
use crate::{ConfigError, Secret, SecretSource, TlsVersion, load, read, yaml};

/// What somebody may do. The order says nothing: writing does not include reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ask: queries, pages, states.
    Read,
    /// Give: samples, pushes, alerts, silences.
    Write,
    /// Order: reload, end, delete. Includes the others.
    Admin,
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// Every role.
    pub const ALL: Self = Self(0b111);
    /// [`Role::Read`] alone.
    pub const READ: Self = Self(0b001);

    fn with(self, role: Role) -> Self {
        match role {
            Role::Read => Self(self.0 | 0b001),
            Role::Write => Self(self.0 | 0b010),
            Role::Admin => Self::ALL,
        }
    }

    /// Whether a role is in it.
    pub fn include(self, role: Role) -> bool {
        self == self.with(role)
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> Self {
        roles.into_iter().fold(Self::default(), Self::with)
    }
}

/// Somebody with a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUser {
    /// The password's bcrypt hash.
    pub hash: Secret,
    /// All of them where the file has no `user_roles`; `read` for who is not named in it.
    pub roles: Roles,
}

/// Somebody with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebToken {
    /// Who it was given to, for logs.
    pub name: String,
    /// The SHA-256 of the token's text.
    pub sha256: [u8; 32],
    /// What its bearer may do; `read` where the file says nothing.
    pub roles: Roles,
}

/// Whether clients show certificates, and what of them is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// They are not asked.
    None,
    /// They are asked; whatever they show, or nothing, will do.
    Request,
    /// They must show one, whoever signed it.
    RequireAny,
    /// One that is shown must be signed by the authority.
    VerifyIfGiven,
    /// They must show one signed by the authority.
    RequireAndVerify,
}

/// `tls_server_config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTls {
    /// The certificate with those above it, PEM.
    pub cert: SecretSource,
    /// Its private key, PEM.
    pub key: SecretSource,
    /// Whether clients show certificates.
    pub client_auth: ClientAuth,
    /// Who signs those.
    pub client_ca: Option<SecretSource>,
    /// Names of which a client's certificate must have one; empty for any.
    pub client_allowed_sans: Vec<String>,
    /// The oldest version spoken.
    pub min_version: TlsVersion,
    /// The newest version spoken.
    pub max_version: TlsVersion,
    /// Suites of TLS 1.2 in Go's names; empty for the preset ones.
    pub cipher_suites: Vec<String>,
    /// Whether our order of suites counts, or the client's.
    pub prefer_server_order: bool,
    /// Curves in Go's names, in order; empty for the preset ones.
    pub curves: Vec<String>,
}

impl ServerTls {
    /// The files it names.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [Some(&self.cert), Some(&self.key), self.client_ca.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|source| match source {
                SecretSource::File(path) => Some(path.as_path()),
                SecretSource::Inline(_) => None,
            })
    }
}

/// Requests admitted: one an `interval`, and `burst` at once after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Time in which one more request is admitted.
    pub interval: Duration,
    /// Requests that may come at once.
    pub burst: u32,
}

/// The file, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebConfig {
    /// TLS, or plain HTTP.
    pub tls: Option<ServerTls>,
    /// Whether HTTP/2 is offered; it needs TLS.
    pub http2: bool,
    /// Headers of every answer, as the file writes their names.
    pub headers: Vec<(&'static str, String)>,
    /// Users by name.
    pub users: BTreeMap<String, WebUser>,
    /// Tokens.
    pub tokens: Vec<WebToken>,
    /// How many requests are admitted; `None` for all.
    pub rate_limit: Option<RateLimit>,
}

impl Default for WebConfig {
    /// Plain HTTP, open to all.
    fn default() -> Self {
        Self {
            tls: None,
            http2: true,
            headers: Vec::new(),
            users: BTreeMap::new(),
            tokens: Vec::new(),
            rate_limit: None,
        }
    }
}

impl WebConfig {
    /// Whether somebody must say who they are.
    pub fn has_users(&self) -> bool {
        !self.users.is_empty() || !self.tokens.is_empty()
    }
}

/// Reads the file at a path.
pub fn load_web(path: &Path) -> Result<WebConfig, ConfigError> {
    parse_web(&load::read_file(path)?, path)
}

/// Checks the text of a file; `file` names it in errors, and paths in it are relative to its
/// folder. An empty text is the default.
pub fn parse_web(text: &str, file: &Path) -> Result<WebConfig, ConfigError> {
    let root = yaml::parse(text).map_err(|fault| fault.within(file))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let web = read::document(&WEB, &root, folder).map_err(|fault| fault.within(file))?;
    Ok(build(&web))
}

fn build(web: &Table) -> WebConfig {
    let http = web.table("http_server_config");
    WebConfig {
        tls: web.table("tls_server_config").map(server_tls),
        http2: http.is_none_or(|http| http.bool("http2")),
        headers: http
            .and_then(|http| http.table("headers"))
            .map(headers)
            .unwrap_or_default(),
        users: users(web),
        tokens: web.tables("bearer_tokens").map(token).collect(),
        rate_limit: web.table("rate_limit").and_then(rate_limit),
    }
}

/// The listening side as a section says it.
pub(crate) fn server_tls(tls: &Table) -> ServerTls {
    ServerTls {
        cert: source(tls, "cert").unwrap_or(SecretSource::Inline(Secret::default())),
        key: source(tls, "key").unwrap_or(SecretSource::Inline(Secret::default())),
        client_auth: match tls.text("client_auth_type") {
            "RequestClientCert" => ClientAuth::Request,
            "RequireAnyClientCert" | "RequireClientCert" => ClientAuth::RequireAny,
            "VerifyClientCertIfGiven" => ClientAuth::VerifyIfGiven,
            "RequireAndVerifyClientCert" => ClientAuth::RequireAndVerify,
            _ => ClientAuth::None,
        },
        client_ca: source(tls, "client_ca"),
        client_allowed_sans: tls.texts("client_allowed_sans"),
        min_version: version(tls.text("min_version")).unwrap_or(TlsVersion::Tls12),
        max_version: version(tls.text("max_version")).unwrap_or(TlsVersion::Tls13),
        cipher_suites: tls.texts("cipher_suites"),
        prefer_server_order: tls.bool("prefer_server_cipher_suites"),
        curves: tls.texts("curve_preferences"),
    }
}

/// What a key or its twin with `_file` gives.
fn source(tls: &Table, key: &str) -> Option<SecretSource> {
    let file = format!("{key}_file");
    if tls.has(&file) {
        return Some(SecretSource::File(PathBuf::from(tls.text(&file))));
    }
    tls.has(key)
        .then(|| SecretSource::Inline(Secret::new(tls.text(key))))
}

fn version(word: &str) -> Option<TlsVersion> {
    match word {
        "TLS10" => Some(TlsVersion::Tls10),
        "TLS11" => Some(TlsVersion::Tls11),
        "TLS12" => Some(TlsVersion::Tls12),
        "TLS13" => Some(TlsVersion::Tls13),
        _ => None,
    }
}

fn headers(headers: &Table) -> Vec<(&'static str, String)> {
    let given = headers.slots().map(|(field, _)| field.key);
    given
        .map(|key| (key, headers.text(key).to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn users(web: &Table) -> BTreeMap<String, WebUser> {
    let roles = web.map("user_roles");
    let of = |name: &str| match roles.iter().find(|(user, _)| user == name) {
        Some((_, item)) => roles_of(item.list()),
        None if roles.is_empty() => Roles::ALL,
        None => Roles::READ,
    };
    let user = |(name, item): &(String, Item)| {
        let user = WebUser {
            hash: Secret::new(item.text()),
            roles: of(name),
        };
        (name.clone(), user)
    };
    web.map("basic_auth_users").iter().map(user).collect()
}

fn roles_of(words: &[Item]) -> Roles {
    let role = |word: &Item| match word.text() {
        "write" => Role::Write,
        "admin" => Role::Admin,
        _ => Role::Read,
    };
    words.iter().map(role).collect()
}

fn token(token: &Table) -> WebToken {
    let mut sha256 = [0; 32];
    let digits = token.text("sha256").as_bytes();
    for (byte, pair) in sha256.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| pair.get(at).and_then(|c| char::from(*c).to_digit(16));
        *byte = (digit(0).unwrap_or(0) * 16 + digit(1).unwrap_or(0)) as u8;
    }
    WebToken {
        name: token.text("name").to_owned(),
        sha256,
        roles: match token.list("roles") {
            [] => Roles::READ,
            words => roles_of(words),
        },
    }
}

fn rate_limit(rate: &Table) -> Option<RateLimit> {
    let interval = rate.duration("interval");
    (!interval.is_zero()).then(|| RateLimit {
        interval,
        burst: u32::try_from(rate.int("burst")).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

    fn parse(text: &str) -> Result<WebConfig, String> {
        parse_web(text, Path::new("conf/web.yml")).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_the_default() {
        assert_eq!(parse(""), Ok(WebConfig::default()));
        assert!(!WebConfig::default().has_users());
    }

    #[test]
    fn everything_at_once() {
        let text = format!(
            "tls_server_config: {{cert_file: a.crt, key: KEY, client_auth_type: RequireAndVerifyClientCert, client_ca_file: /ca, client_allowed_sans: [x], min_version: TLS13}}\n\
             http_server_config: {{http2: false, headers: {{X-Frame-Options: deny}}}}\n\
             basic_auth_users: {{ann: {HASH}, bob: {HASH}}}\n\
             user_roles: {{ann: [admin]}}\n\
             bearer_tokens: [{{name: ci, sha256: {}, roles: [write]}}]\n\
             rate_limit: {{interval: 1s, burst: 5}}\n",
            "0f".repeat(32)
        );
        let web = parse(&text).expect("a good file");
        let tls = web.tls.as_ref().expect("TLS");
        assert_eq!(
            tls.files().collect::<Vec<_>>(),
            [Path::new("conf/a.crt"), Path::new("/ca")]
        );
        assert_eq!(tls.client_auth, ClientAuth::RequireAndVerify);
        assert_eq!(tls.min_version, TlsVersion::Tls13);
        assert_eq!(web.headers, [("X-Frame-Options", "deny".to_owned())]);
        assert!(!web.http2);
        let roles = |name: &str| web.users.get(name).map(|user| user.roles);
        assert_eq!(roles("ann"), Some(Roles::ALL));
        assert_eq!(roles("bob"), Some(Roles::READ));
        let token = web.tokens.first().expect("a token");
        assert_eq!(token.sha256, [15; 32]);
        assert!(token.roles.include(Role::Write));
        assert!(!token.roles.include(Role::Read));
        let limit = web.rate_limit.expect("a limit");
        assert_eq!((limit.interval, limit.burst), (Duration::from_secs(1), 5));
        assert!(!format!("{web:?}").contains(HASH), "secrets are not shown");
    }

    #[test]
    fn faults_are_named() {
        let check = |text: &str, word: &str| {
            let error = parse(text).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
            assert!(error.starts_with("conf/web.yml:"), "{error}");
        };
        check(
            "tls_server_config: {cert_file: a}",
            "missing one of key or key_file",
        );
        check(
            "tls_server_config: {key_file: a}",
            "missing one of cert or cert_file",
        );
        check(
            "tls_server_config: {cert_file: a, key_file: b, cert: c}",
            "cert_file",
        );
        check(
            "tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}",
            "without a client_auth_type",
        );
        check(
            "tls_server_config: {cert_file: a, key_file: b, client_allowed_sans: [c]}",
            "RequireAndVerifyClientCert",
        );
        check(
            "tls_server_config: {cert_file: a, key_file: b, client_auth_type: Maybe}",
            "client_auth_type",
        );
        check(
            "tls_server_config: {cert_file: a, key_file: b, cipher_suites: [ROT13]}",
            "unknown cipher: ROT13",
        );
        check(
            "tls_server_config: {cert_file: a, key_file: b, curve_preferences: [Round]}",
            "unknown curve: Round",
        );
        check(
            "tls_server_config: {cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12}",
            "older",
        );
        check("http_server_config: {headers: {Server: x}}", "Server");
        check(
            "http_server_config: {headers: {X-Frame-Options: x}}",
            "sameorigin",
        );
        check("basic_auth_users: {ann: hunter2}", "bcrypt");
        check("user_roles: {ann: [read]}", "no user \"ann\"");
        check("bearer_tokens: [{name: a, sha256: abc}]", "64 hexadecimal");
        check("nonsense: 1", "nonsense");
        let error = parse("basic_auth_users: {ann: hunter2}").expect_err("plain");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
