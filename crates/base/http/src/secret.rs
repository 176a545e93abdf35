//! Reading a secret at the moment of its use.

use config::SecretSource;

use crate::HttpError;

/// Secrets, certificates and keys are small; a larger file is a mistake in a path.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The text of a secret; of a file without the white space around it. `what` names the file in an
/// error.
pub fn read(source: &SecretSource, what: &'static str) -> Result<String, HttpError> {
    match source {
        SecretSource::Inline(secret) => Ok(secret.expose().to_owned()),
        SecretSource::File(path) => {
            let failed = |cause: String| HttpError::File {
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
) -> Result<String, HttpError> {
    source.map_or_else(|| Ok(String::new()), |source| read(source, what))
}
