//! `--web.config.file`: how the listening side speaks TLS, and who may come in. Everything but
//! `user_roles` and `bearer_tokens` is upstream's.

use crate::error::Fault;
use crate::schema::{
    Field, Kind, Section, boolean, duration, field, file, int, secret, table, tables, text, texts,
};
use crate::table::Table;

/// The file.
pub(crate) static WEB: Section = Section::new(
    &[&[
        table("tls_server_config", &TLS),
        table("http_server_config", &HTTP).fresh(),
        field("basic_auth_users", Kind::Map(&Kind::Secret)),
        field("user_roles", Kind::Map(&ROLES)),
        tables("bearer_tokens", &TOKEN),
        table("rate_limit", &RATE),
    ]],
    &[users],
);

const ROLES: Kind = Kind::List(&Kind::Choice(&["read", "write", "admin"]));

static TOKEN: Section = Section::new(
    &[&[
        text("name").required(),
        secret("sha256").required(),
        field("roles", ROLES),
    ]],
    &[token],
);

static RATE: Section = Section::new(&[&[duration("interval"), int("burst")]], &[rate]);

pub(crate) static TLS: Section = Section::new(
    &[&[
        text("cert"),
        secret("key"),
        text("client_ca"),
        file("cert_file"),
        file("key_file"),
        file("client_ca_file"),
        field("client_auth_type", CLIENT_AUTH).or_text("NoClientCert"),
        texts("client_allowed_sans"),
        TLS_VERSION.or_text("TLS12"),
        field("max_version", VERSION).or_text("TLS13"),
        texts("cipher_suites"),
        boolean("prefer_server_cipher_suites").or_true(),
        texts("curve_preferences"),
    ]],
    &[tls, suites],
);

const VERSION: Kind = Kind::Choice(&["TLS10", "TLS11", "TLS12", "TLS13"]);
const TLS_VERSION: Field = field("min_version", VERSION);

const CLIENT_AUTH: Kind = Kind::Choice(&[
    "",
    "NoClientCert",
    "RequestClientCert",
    "RequireAnyClientCert",
    // An older word for the same.
    "RequireClientCert",
    "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert",
]);

static HTTP: Section = Section::new(
    &[&[boolean("http2").or_true(), table("headers", &HEADERS)]],
    &[],
);

static HEADERS: Section = Section::new(
    &[&[
        text("Content-Security-Policy"),
        text("Strict-Transport-Security"),
        text("X-Content-Type-Options"),
        text("X-Frame-Options"),
        text("X-XSS-Protection"),
    ]],
    &[headers],
);

/// Suites of TLS 1.2 and before that Go names and that may stand in a file.
const SUITES: [&str; 22] = [
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// Suites of TLS 1.3: they may stand in a file, and cannot be switched off.
const SUITES_13: [&str; 3] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];

const CURVES: [&str; 4] = ["CurveP256", "CurveP384", "CurveP521", "X25519"];

fn tls(tls: &mut Table) -> Result<(), Fault> {
    for (inline, file) in [
        ("cert", "cert_file"),
        ("key", "key_file"),
        ("client_ca", "client_ca_file"),
    ] {
        tls.at_most_one(&[inline, file])?;
    }
    for (inline, file) in [("cert", "cert_file"), ("key", "key_file")] {
        if !tls.has(inline) && !tls.has(file) {
            return Err(tls.fault_here(format!("missing one of {inline} or {file}")));
        }
    }
    let asks = !matches!(tls.text("client_auth_type"), "" | "NoClientCert");
    for key in ["client_ca", "client_ca_file"] {
        if tls.has(key) && !asks {
            return Err(tls.fault(
                key,
                "client CA's have been configured without a client_auth_type",
            ));
        }
    }
    let demands = matches!(
        tls.text("client_auth_type"),
        "RequireAnyClientCert" | "RequireClientCert" | "RequireAndVerifyClientCert"
    );
    if tls.has("client_allowed_sans") && !demands {
        return Err(tls.fault(
            "client_allowed_sans",
            "needs client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert: otherwise a client without a certificate comes in",
        ));
    }
    if tls.text("max_version") < tls.text("min_version") {
        return Err(tls.fault("max_version", "is older than min_version"));
    }
    Ok(())
}

fn suites(tls: &mut Table) -> Result<(), Fault> {
    for suite in tls.list("cipher_suites") {
        let name = suite.text();
        if !SUITES.contains(&name) && !SUITES_13.contains(&name) {
            let mut fault = tls.fault("cipher_suites", format!("unknown cipher: {name}"));
            fault.at = suite.at;
            return Err(fault);
        }
    }
    for curve in tls.list("curve_preferences") {
        let name = curve.text();
        if !CURVES.contains(&name) {
            let mut fault = tls.fault("curve_preferences", format!("unknown curve: {name}"));
            fault.at = curve.at;
            return Err(fault);
        }
    }
    Ok(())
}

fn headers(headers: &mut Table) -> Result<(), Fault> {
    const WORDS: [(&str, &[&str]); 2] = [
        ("X-Content-Type-Options", &["nosniff"]),
        ("X-Frame-Options", &["deny", "sameorigin"]),
    ];
    for (key, words) in WORDS {
        let value = headers.text(key).to_ascii_lowercase();
        if !value.is_empty() && !words.contains(&value.as_str()) {
            return Err(headers.fault(key, format!("expected one of {words:?}")));
        }
    }
    Ok(())
}

/// Hashes are checked for their form, so that a password written in plain is noticed; they are
/// in no message.
fn users(web: &mut Table) -> Result<(), Fault> {
    for (name, item) in web.map("basic_auth_users") {
        let wrong = |what: &str| {
            let mut fault = web.fault("basic_auth_users", format!("user {name:?}: {what}"));
            fault.at = item.at;
            fault
        };
        if name.is_empty() || name.contains(':') {
            return Err(wrong("a name must not be empty and has no colon"));
        }
        if !is_bcrypt(item.text()) {
            return Err(wrong(
                "the password must be a bcrypt hash, such as `htpasswd -nBC 10 NAME` prints",
            ));
        }
    }
    for (name, item) in web.map("user_roles") {
        if !web
            .map("basic_auth_users")
            .iter()
            .any(|(user, _)| user == name)
        {
            let mut fault = web.fault(
                "user_roles",
                format!("there is no user {name:?} in basic_auth_users"),
            );
            fault.at = item.at;
            return Err(fault);
        }
    }
    let mut names: Vec<_> = web
        .tables("bearer_tokens")
        .map(|t| t.text("name"))
        .collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair.first() == pair.last()) {
        Some(pair) => {
            let name = pair.first().copied().unwrap_or_default();
            Err(web.fault("bearer_tokens", format!("the name {name:?} is there twice")))
        }
        None => Ok(()),
    }
}

/// `$2b$10$` and 53 characters of salt and hash.
fn is_bcrypt(hash: &str) -> bool {
    let known = ["$2a$", "$2b$", "$2x$", "$2y$"];
    let rest = known.iter().find_map(|prefix| hash.strip_prefix(prefix));
    let Some((cost, rest)) = rest.and_then(|rest| rest.split_once('$')) else {
        return false;
    };
    let cost = cost.len() == 2 && matches!(cost.parse(), Ok(4u8..=31));
    let of_base64 = |c: u8| c.is_ascii_alphanumeric() || c == b'.' || c == b'/';
    cost && rest.len() == 53 && rest.bytes().all(of_base64)
}

fn token(token: &mut Table) -> Result<(), Fault> {
    let hash = token.text("sha256");
    if hash.len() != 64 || !hash.bytes().all(|c| c.is_ascii_hexdigit()) {
        return Err(token.fault(
            "sha256",
            "must be 64 hexadecimal digits, such as `printf %s TOKEN | sha256sum` prints",
        ));
    }
    Ok(())
}

fn rate(rate: &mut Table) -> Result<(), Fault> {
    if rate.int("burst") < 0 {
        return Err(rate.fault("burst", "must not be negative"));
    }
    Ok(())
}
