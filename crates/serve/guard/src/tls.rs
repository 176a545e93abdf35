//! `tls_server_config` to a rustls configuration.

use std::sync::Arc;

use config::{ClientAuth, ServerTls, TlsVersion};
use http_client::{certificates, private_key};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring as suites};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion};

use crate::GuardError;
use crate::certificate::{AllowedNames, AnyClient};

/// The listening side of HTTP.
pub(crate) fn server_config(tls: &ServerTls, http2: bool) -> Result<ServerConfig, GuardError> {
    let mut config = plain_server_config(tls)?;
    if http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
}

/// The listening side of a protocol other than HTTP: reads what the section names. Versions older
/// than 1.2, and suites that are no longer thought safe, may be in the file and are not spoken.
pub fn plain_server_config(tls: &ServerTls) -> Result<ServerConfig, GuardError> {
    let failed = |error: rustls::Error| GuardError::Tls(error.to_string());
    let provider = Arc::new(provider(tls)?);
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(tls)?)
        .map_err(failed)?;
    let builder = match verifier(tls, provider)? {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let chain = certificates(&tls.cert, "the certificate")?;
    let key = private_key(&tls.key, "the key")?;
    let mut config = builder.with_single_cert(chain, key).map_err(failed)?;
    config.ignore_client_order = tls.prefer_server_order;
    Ok(config)
}

fn versions(tls: &ServerTls) -> Result<Vec<&'static SupportedProtocolVersion>, GuardError> {
    if tls.max_version < TlsVersion::Tls12 {
        let text = "max_version: TLS 1.2 is the oldest version that is spoken";
        return Err(GuardError::Tls(text.to_owned()));
    }
    let mut versions = Vec::new();
    if tls.max_version >= TlsVersion::Tls13 {
        versions.push(&rustls::version::TLS13);
    }
    if tls.min_version <= TlsVersion::Tls12 {
        versions.push(&rustls::version::TLS12);
    }
    Ok(versions)
}

/// The suites and curves of the file, as far as they are spoken, in its order. Those of TLS 1.3
/// always are.
fn provider(tls: &ServerTls) -> Result<CryptoProvider, GuardError> {
    let mut provider = suites::default_provider();
    if !tls.cipher_suites.is_empty() {
        let mut spoken: Vec<_> = provider
            .cipher_suites
            .iter()
            .copied()
            .filter(|suite| suite.tls13().is_some())
            .collect();
        spoken.extend(tls.cipher_suites.iter().filter_map(|name| suite(name)));
        let has_older = spoken.iter().any(|suite| suite.tls13().is_none());
        if !has_older && tls.max_version < TlsVersion::Tls13 {
            let text =
                "cipher_suites: none of them is spoken; those with ECDHE and GCM or CHACHA20 are";
            return Err(GuardError::Tls(text.to_owned()));
        }
        provider.cipher_suites = spoken;
    }
    if !tls.curves.is_empty() {
        provider.kx_groups = tls.curves.iter().filter_map(|name| curve(name)).collect();
        if provider.kx_groups.is_empty() {
            let text =
                "curve_preferences: none of them is spoken; X25519, CurveP256 and CurveP384 are";
            return Err(GuardError::Tls(text.to_owned()));
        }
    }
    Ok(provider)
}

fn suite(name: &str) -> Option<SupportedCipherSuite> {
    use suites::cipher_suite as known;
    Some(match name {
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" => known::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" => known::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" => {
            known::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
        }
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" => known::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" => known::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" => {
            known::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        }
        _ => return None,
    })
}

fn curve(name: &str) -> Option<&'static dyn SupportedKxGroup> {
    match name {
        "X25519" => Some(suites::kx_group::X25519),
        "CurveP256" => Some(suites::kx_group::SECP256R1),
        "CurveP384" => Some(suites::kx_group::SECP384R1),
        _ => None,
    }
}

/// Who looks at the certificates of clients; `None` where they are not asked for any.
fn verifier(
    tls: &ServerTls,
    provider: Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, GuardError> {
    let any =
        |mandatory| Arc::new(AnyClient::new(&provider, mandatory)) as Arc<dyn ClientCertVerifier>;
    let verifier = match tls.client_auth {
        ClientAuth::None => return Ok(None),
        ClientAuth::Request => any(false),
        ClientAuth::RequireAny => any(true),
        ClientAuth::VerifyIfGiven => signed(tls, &provider, false)?,
        ClientAuth::RequireAndVerify => signed(tls, &provider, true)?,
    };
    if tls.client_allowed_sans.is_empty() {
        return Ok(Some(verifier));
    }
    let names = AllowedNames::new(verifier, tls.client_allowed_sans.clone());
    Ok(Some(Arc::new(names)))
}

/// Certificates signed by the file's authority, or by one of the system's where it names none.
fn signed(
    tls: &ServerTls,
    provider: &Arc<CryptoProvider>,
    mandatory: bool,
) -> Result<Arc<dyn ClientCertVerifier>, GuardError> {
    let Some(source) = &tls.client_ca else {
        let text = "client_auth_type asks for certificates that are verified: client_ca_file must name who signs them";
        return Err(GuardError::Tls(text.to_owned()));
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(source, "client_ca")? {
        roots
            .add(certificate)
            .map_err(|error| GuardError::Tls(format!("client_ca: {error}")))?;
    }
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = if mandatory {
        builder
    } else {
        builder.allow_unauthenticated()
    };
    builder
        .build()
        .map(|verifier| verifier as Arc<dyn ClientCertVerifier>)
        .map_err(|error| GuardError::Tls(format!("client_ca: {error}")))
}
