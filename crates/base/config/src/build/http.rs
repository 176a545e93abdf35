//! The HTTP client's settings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use url::Url;

use crate::error::Fault;
use crate::table::{Item, Table};
use crate::{
    Authorization, BasicAuth, HttpConfig, OAuth2, ProxyConfig, Secret, SecretSource, TlsConfig,
    TlsVersion,
};

/// The client of a section that has the fields of `http_config`.
pub(crate) fn http(section: &Table) -> Result<HttpConfig, Fault> {
    Ok(HttpConfig {
        basic_auth: section.table("basic_auth").map(|auth| BasicAuth {
            username: source(auth, "username", "username_file"),
            password: source(auth, "password", "password_file"),
        }),
        authorization: authorization(section),
        oauth2: section.table("oauth2").map(oauth2).transpose()?,
        tls: tls(section),
        proxy: proxy(section)?,
        headers: section.map("http_headers").iter().map(header).collect(),
        follow_redirects: section.bool("follow_redirects"),
        enable_http2: section.bool("enable_http2"),
    })
}

pub(crate) fn source(table: &Table, inline: &str, file: &str) -> Option<SecretSource> {
    if table.has(file) {
        Some(SecretSource::File(PathBuf::from(table.text(file))))
    } else if table.has(inline) {
        Some(SecretSource::Inline(Secret::new(table.text(inline))))
    } else {
        None
    }
}

fn authorization(section: &Table) -> Option<Authorization> {
    if let Some(auth) = section.table("authorization") {
        let scheme = auth.text("type").trim();
        return Some(Authorization {
            scheme: if scheme.is_empty() { "Bearer" } else { scheme }.to_owned(),
            credentials: source(auth, "credentials", "credentials_file"),
        });
    }
    source(section, "bearer_token", "bearer_token_file").map(|token| Authorization {
        scheme: "Bearer".to_owned(),
        credentials: Some(token),
    })
}

fn oauth2(auth: &Table) -> Result<OAuth2, Fault> {
    let token_url =
        url(auth, "token_url")?.ok_or_else(|| auth.fault("token_url", "must be given"))?;
    Ok(OAuth2 {
        client_id: auth.text("client_id").to_owned(),
        client_secret: source(auth, "client_secret", "client_secret_file"),
        scopes: auth.texts("scopes"),
        token_url,
        endpoint_params: auth
            .map("endpoint_params")
            .iter()
            .map(|(name, item)| (name.clone(), item.text().to_owned()))
            .collect(),
        tls: tls(auth),
        proxy: proxy(auth)?,
    })
}

pub(crate) fn tls(section: &Table) -> TlsConfig {
    section.table("tls_config").map(tls_of).unwrap_or_default()
}

/// The connecting side as a section of its own says it.
pub(crate) fn tls_of(tls: &Table) -> TlsConfig {
    let version = |key: &str| match tls.text(key) {
        "TLS10" => Some(TlsVersion::Tls10),
        "TLS11" => Some(TlsVersion::Tls11),
        "TLS12" => Some(TlsVersion::Tls12),
        "TLS13" => Some(TlsVersion::Tls13),
        _ => None,
    };
    TlsConfig {
        ca: source(tls, "ca", "ca_file"),
        cert: source(tls, "cert", "cert_file"),
        key: source(tls, "key", "key_file"),
        server_name: tls.text("server_name").to_owned(),
        insecure_skip_verify: tls.bool("insecure_skip_verify"),
        min_version: version("min_version"),
        max_version: version("max_version"),
    }
}

fn proxy(section: &Table) -> Result<ProxyConfig, Fault> {
    let secrets = |item: &Item| {
        item.list()
            .iter()
            .map(|secret| Secret::new(secret.text()))
            .collect()
    };
    Ok(ProxyConfig {
        url: url(section, "proxy_url")?,
        no_proxy: section.text("no_proxy").to_owned(),
        from_environment: section.bool("proxy_from_environment"),
        connect_headers: section
            .map("proxy_connect_header")
            .iter()
            .map(|(name, item)| (name.clone(), secrets(item)))
            .collect::<BTreeMap<_, Vec<Secret>>>(),
    })
}

pub(super) fn url(section: &Table, key: &str) -> Result<Option<Url>, Fault> {
    match section.text(key) {
        "" => Ok(None),
        text => Url::parse(text)
            .map(Some)
            .map_err(|error| section.fault(key, format!("not a valid URL: {error}"))),
    }
}

fn header((name, item): &(String, Item)) -> (String, Vec<SecretSource>) {
    let mut values = Vec::new();
    if let Some(header) = item.table() {
        let inline = header
            .texts("values")
            .into_iter()
            .chain(header.texts("secrets"));
        values.extend(inline.map(|value| SecretSource::Inline(Secret::new(value))));
        values.extend(
            header
                .texts("files")
                .into_iter()
                .map(|file| SecretSource::File(file.into())),
        );
    }
    (name.clone(), values)
}
