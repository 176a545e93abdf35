//! `tls_config` to a rustls configuration, and noticing that its files changed.

use std::sync::{Arc, OnceLock};

use config::{SecretSource, TlsConfig, TlsVersion};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

use crate::HttpError;
use crate::pem::{Stamp, certificates, private_key};
use crate::verify::AnyCertificate;

/// What a section's files look like now; nothing is looked at where everything is inline.
pub(crate) fn stamp(tls: &TlsConfig) -> Stamp {
    let sources = [&tls.ca, &tls.cert, &tls.key];
    Stamp::take(sources.into_iter().filter_map(|source| match source {
        Some(SecretSource::File(path)) => Some(path.as_path()),
        _ => None,
    }))
}

/// The name that the server's certificate must carry, where the section gives one.
pub fn server_name(tls: &TlsConfig) -> Result<Option<ServerName<'static>>, HttpError> {
    if tls.server_name.is_empty() {
        return Ok(None);
    }
    ServerName::try_from(tls.server_name.clone())
        .map(Some)
        .map_err(|_| HttpError::Tls(format!("{:?} is no server name", tls.server_name)))
}

/// The protocol versions between the two bounds; what is older than 1.2 is not spoken.
pub(crate) fn versions(
    tls: &TlsConfig,
) -> Result<Vec<&'static SupportedProtocolVersion>, HttpError> {
    let spoken = |version: TlsVersion| version.max(TlsVersion::Tls12);
    let oldest = tls.min_version.map_or(TlsVersion::Tls12, spoken);
    let newest = tls.max_version.map_or(TlsVersion::Tls13, spoken);
    if oldest > newest {
        return Err(HttpError::Tls("min_version is above max_version".into()));
    }
    let mut versions = Vec::new();
    if newest >= TlsVersion::Tls13 {
        versions.push(&rustls::version::TLS13);
    }
    if oldest <= TlsVersion::Tls12 {
        versions.push(&rustls::version::TLS12);
    }
    Ok(versions)
}

/// A configuration that trusts nobody: for connections that never come to speak TLS.
pub(crate) fn unused() -> Result<ClientConfig, HttpError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| HttpError::Tls(e.to_string()))?;
    Ok(builder
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// Whether a section can be used, as far as that is known without its files.
pub fn check(tls: &TlsConfig) -> Result<(), HttpError> {
    versions(tls)?;
    server_name(tls).map(|_| ())
}

/// The configuration of a section for a protocol other than HTTP: files are read now.
pub fn plain_client_config(tls: &TlsConfig) -> Result<ClientConfig, HttpError> {
    client_config(tls, &[])
}

/// Reads what the section names and builds the configuration. `alpn` as in TLS, preferred first.
pub(crate) fn client_config(tls: &TlsConfig, alpn: &[&[u8]]) -> Result<ClientConfig, HttpError> {
    let provider = provider();
    let failed = |e: rustls::Error| HttpError::Tls(e.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(tls)?)
        .map_err(failed)?;
    let builder = if tls.insecure_skip_verify {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
    } else {
        builder.with_root_certificates(roots(tls)?)
    };
    let mut config = match client_certificate(tls)? {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(failed)?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())))
}

/// The authorities to trust: those given, or else the system's, which are read once.
fn roots(tls: &TlsConfig) -> Result<Arc<RootCertStore>, HttpError> {
    static SYSTEM: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let Some(source) = &tls.ca else {
        return Ok(Arc::clone(SYSTEM.get_or_init(|| {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            Arc::new(store)
        })));
    };
    let mut store = RootCertStore::empty();
    for certificate in certificates(source, "CA certificate file")? {
        store
            .add(certificate)
            .map_err(|e| HttpError::Tls(format!("CA certificate: {e}")))?;
    }
    Ok(Arc::new(store))
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn client_certificate(tls: &TlsConfig) -> Result<Option<Identity>, HttpError> {
    let (cert, key) = match (&tls.cert, &tls.key) {
        (Some(cert), Some(key)) => (cert, key),
        (None, None) => return Ok(None),
        _ => return Err(HttpError::Tls("cert and key must be given together".into())),
    };
    let chain = certificates(cert, "client certificate file")?;
    let key = private_key(key, "client key file")?;
    Ok(Some((chain, key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_between_the_bounds() {
        use TlsVersion::{Tls10, Tls12, Tls13};
        let check = |min, max, count: Option<usize>| {
            let tls = TlsConfig {
                min_version: min,
                max_version: max,
                ..TlsConfig::default()
            };
            assert_eq!(
                versions(&tls).ok().map(|v| v.len()),
                count,
                "{min:?} {max:?}"
            );
        };
        check(None, None, Some(2));
        check(Some(Tls13), None, Some(1));
        check(Some(Tls10), Some(Tls12), Some(1));
        check(Some(Tls13), Some(Tls12), None);
        check(None, Some(Tls10), Some(1));
    }

    #[test]
    fn a_certificate_without_its_key_is_named() {
        let tls = TlsConfig {
            cert: Some(SecretSource::Inline(config::Secret::new("x"))),
            ..TlsConfig::default()
        };
        let error = client_config(&tls, &[]).expect_err("no key");
        assert!(error.to_string().contains("cert and key"), "{error}");
    }
}
