//! `http_config`, whose fields stand in place in every section that asks a server something.

use crate::error::Fault;
use crate::schema::{Field, Kind, Section, boolean, field, file, secret, table, text, texts};
use crate::table::Table;

/// The fields; a section that has them also runs [`check`].
pub(crate) const FIELDS: &[Field] = &[
    table("basic_auth", &BASIC_AUTH),
    table("authorization", &AUTHORIZATION),
    table("oauth2", &OAUTH2),
    secret("bearer_token"),
    file("bearer_token_file"),
    table("tls_config", &TLS),
    boolean("follow_redirects").or_true().shown(),
    boolean("enable_http2").or_true().shown(),
    PROXY_URL,
    NO_PROXY,
    PROXY_FROM_ENVIRONMENT,
    PROXY_CONNECT_HEADER,
    field("http_headers", Kind::NamedTables(&HEADER)),
];

const PROXY_URL: Field = field("proxy_url", Kind::Url);
const NO_PROXY: Field = text("no_proxy");
const PROXY_FROM_ENVIRONMENT: Field = boolean("proxy_from_environment");
const PROXY_CONNECT_HEADER: Field = field(
    "proxy_connect_header",
    Kind::Map(&Kind::List(&Kind::Secret)),
);

/// How a server is reached that has no other settings of a client.
const PROXY: &[Field] = &[
    PROXY_URL,
    NO_PROXY,
    PROXY_FROM_ENVIRONMENT,
    PROXY_CONNECT_HEADER,
];

static BASIC_AUTH: Section = Section::new(
    &[&[
        text("username"),
        file("username_file"),
        secret("password"),
        file("password_file"),
    ]],
    &[|auth| {
        auth.at_most_one(&["username", "username_file"])?;
        auth.at_most_one(&["password", "password_file"])
    }],
);

static AUTHORIZATION: Section = Section::new(
    &[&[
        text("type").or_text("Bearer"),
        secret("credentials"),
        file("credentials_file"),
    ]],
    &[|auth| {
        auth.at_most_one(&["credentials", "credentials_file"])?;
        if auth.text("type").trim().eq_ignore_ascii_case("basic") {
            return Err(auth.fault(
                "type",
                "authorization of type \"basic\" is written as basic_auth",
            ));
        }
        Ok(())
    }],
);

static OAUTH2: Section = Section::new(
    &[
        &[
            text("client_id"),
            secret("client_secret"),
            file("client_secret_file"),
            text("client_certificate_key_id"),
            secret("client_certificate_key"),
            file("client_certificate_key_file"),
            text("grant_type"),
            text("iss"),
            text("audience"),
            text("signature_algorithm"),
            field("claims", Kind::Map(&Kind::Text)),
            texts("scopes"),
            field("token_url", Kind::Url).required(),
            field("endpoint_params", Kind::Map(&Kind::Text)),
            table("tls_config", &TLS),
        ],
        PROXY,
    ],
    &[oauth2, proxy],
);

pub(crate) static TLS: Section = Section::new(
    &[&[
        text("ca"),
        text("cert"),
        secret("key"),
        file("ca_file"),
        file("cert_file"),
        file("key_file"),
        text("server_name"),
        boolean("insecure_skip_verify").shown(),
        field("min_version", TLS_VERSION),
        field("max_version", TLS_VERSION),
    ]],
    &[tls],
);

const TLS_VERSION: Kind = Kind::Choice(&["TLS10", "TLS11", "TLS12", "TLS13"]);

pub(crate) static HEADER: Section = Section::new(
    &[&[
        texts("values"),
        field("secrets", Kind::List(&Kind::Secret)),
        field("files", Kind::List(&Kind::File)),
    ]],
    &[],
);

/// Grants of OAuth 2.0 that are known.
const GRANTS: [&str; 3] = [
    "",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
];

fn oauth2(auth: &mut Table) -> Result<(), Fault> {
    auth.at_most_one(&["client_secret", "client_secret_file"])?;
    auth.at_most_one(&["client_certificate_key", "client_certificate_key_file"])?;
    if !GRANTS.contains(&auth.text("grant_type")) {
        return Err(auth.fault(
            "grant_type",
            format!("unknown grant type {:?}", auth.text("grant_type")),
        ));
    }
    if auth.text("grant_type").starts_with("urn:") {
        auth.require("client_certificate_key_file", " for this grant type")
            .or_else(|fault| {
                auth.require("client_certificate_key", "")
                    .map_err(|_| fault)
            })
    } else {
        auth.require("client_id", "")
    }
}

fn tls(tls: &mut Table) -> Result<(), Fault> {
    for (inline, file) in [
        ("ca", "ca_file"),
        ("cert", "cert_file"),
        ("key", "key_file"),
    ] {
        tls.at_most_one(&[inline, file])?;
    }
    let cert = tls.has("cert") || tls.has("cert_file");
    let key = tls.has("key") || tls.has("key_file");
    match (cert, key) {
        (true, false) => Err(tls.fault("key_file", "a client certificate needs key or key_file")),
        (false, true) => Err(tls.fault("cert_file", "a client key needs cert or cert_file")),
        _ if tls.has("min_version")
            && tls.has("max_version")
            && tls.text("max_version") < tls.text("min_version") =>
        {
            Err(tls.fault("max_version", "is older than min_version"))
        }
        _ => Ok(()),
    }
}

fn proxy(section: &mut Table) -> Result<(), Fault> {
    let environment = section.bool("proxy_from_environment");
    let url = section.has("proxy_url");
    for key in ["proxy_url", "no_proxy"] {
        if environment && section.has(key) {
            return Err(section.fault(key, "may not be given where proxy_from_environment is"));
        }
    }
    if section.has("no_proxy") && !url {
        return Err(section.fault("no_proxy", "needs proxy_url"));
    }
    if section.has("proxy_connect_header") && !url && !environment {
        return Err(section.fault(
            "proxy_connect_header",
            "needs proxy_url or proxy_from_environment",
        ));
    }
    Ok(())
}

/// The rules over [`FIELDS`].
pub(crate) fn check(section: &mut Table) -> Result<(), Fault> {
    section.at_most_one(&["bearer_token", "bearer_token_file"])?;
    let ways = [
        "basic_auth",
        "authorization",
        "oauth2",
        "bearer_token",
        "bearer_token_file",
    ];
    let mut given = ways.iter().filter(|key| match **key {
        "bearer_token" | "bearer_token_file" => section.has(key),
        _ => section.holds(key),
    });
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        return Err(section.fault(
            second,
            format!("at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file may be given, and {first} is given too"),
        ));
    }
    headers(section, "http_headers")?;
    proxy(section)
}

/// Headers that belong to the client itself, in lower case.
const RESERVED: [&str; 18] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "user-agent",
    "www-authenticate",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-prometheus-remote-read-version",
    "x-prometheus-remote-write-version",
    "x-prometheus-scrape-timeout-seconds",
];

/// Refuses headers that the client itself sets.
pub(crate) fn headers(section: &Table, key: &str) -> Result<(), Fault> {
    for (name, item) in section.map(key) {
        let lower = name.to_ascii_lowercase();
        if RESERVED.contains(&lower.as_str()) {
            let instead = if lower == "authorization" {
                "; use basic_auth, authorization or oauth2"
            } else {
                ""
            };
            let mut fault = section.fault(key, format!("header {name:?} may not be set{instead}"));
            fault.at = item.at;
            return Err(fault);
        }
    }
    Ok(())
}
