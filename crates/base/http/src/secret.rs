//! Reading a secret at the moment of its use.

use std::path::PathBuf;

use config::SecretSource;
use thiserror::Error;

/// Secrets, certificates and keys are small; a larger file is a mistake in a path.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Why a secret, a certificate or a key is not to be had. Nothing of it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SecretError {
    /// Its file cannot be read.
    #[error("unable to read {what} {}: {cause}", path.display())]
    File {
        /// What the file is for, such as `password file`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// It is not what it should be.
    #[error("{what}: {cause}")]
    Malformed {
        /// What it is for.
        what: &'static str,
        /// What is wrong with it.
        cause: String,
    },
}

/// The text of a secret; of a file without the white space around it. `what` names the file in an
/// error.
pub fn read(source: &SecretSource, what: &'static str) -> Result<String, SecretError> {
    match source {
        SecretSource::Inline(secret) => Ok(secret.expose().to_owned()),
        SecretSource::File(path) => {
            let failed = |cause: String| SecretError::File {
                what,
                path: path.clone(),
                cause,
            };
            let size = std::fs::metadata(path)
                .map_err(|e| failed(e.to_string()))?
                .len();
            if size > MAX_FILE_BYTES {
                return Err(failed(format!("larger than {MAX_FILE_BYTES} bytes")));
            }
            let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
            Ok(text.trim().to_owned())
        }
    }
}

/// The same for a setting that may be absent, which reads as the empty text.
pub(crate) fn read_optional(
    source: Option<&SecretSource>,
    what: &'static str,
) -> Result<String, SecretError> {
    source.map_or_else(|| Ok(String::new()), |source| read(source, what))
}
