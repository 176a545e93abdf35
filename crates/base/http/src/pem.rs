//! Certificates and keys in files, and noticing that they changed: for both ends of a connection.

use std::path::Path;
use std::time::SystemTime;

use config::SecretSource;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::secret::{self, SecretError};

/// What files looked like when they were read: changed (time, bytes) of each. Equal stamps mean
/// that nothing has to be read again; a file that is not there has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp(Vec<Option<(SystemTime, u64)>>);

impl Stamp {
    /// Looks at the files now: one system call each.
    pub fn take<'a>(files: impl IntoIterator<Item = &'a Path>) -> Self {
        let stamp = |file: &Path| {
            let metadata = std::fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        Self(files.into_iter().map(stamp).collect())
    }
}

/// The certificates of a source, of which there must be one. `what` names it in an error.
pub fn certificates(
    source: &SecretSource,
    what: &'static str,
) -> Result<Vec<CertificateDer<'static>>, SecretError> {
    let pem = secret::read(source, what)?;
    let malformed = |cause| SecretError::Malformed { what, cause };
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| malformed(error.to_string()))?;
    if found.is_empty() {
        return Err(malformed("no certificate in it".to_owned()));
    }
    Ok(found)
}

/// The private key of a source.
pub fn private_key(
    source: &SecretSource,
    what: &'static str,
) -> Result<PrivateKeyDer<'static>, SecretError> {
    let pem = secret::read(source, what)?;
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| SecretError::Malformed {
        what,
        cause: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_has_another_stamp() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.pem");
        let stamp = || Stamp::take([file.as_path()]);
        let absent = stamp();
        std::fs::write(&file, "a").expect("written");
        let first = stamp();
        assert_ne!(absent, first);
        assert_eq!(first, stamp());
        std::fs::write(&file, "ab").expect("written");
        assert_ne!(first, stamp());
    }

    #[test]
    fn what_is_no_certificate_is_named() {
        let inline = |text: &str| SecretSource::Inline(config::Secret::new(text));
        let error = certificates(&inline("x"), "the certificate").expect_err("none");
        assert_eq!(error.to_string(), "the certificate: no certificate in it");
        let error = private_key(&inline("x"), "the key").expect_err("none");
        assert!(error.to_string().starts_with("the key: "), "{error}");
    }
}
