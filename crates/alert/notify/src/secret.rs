//! Secrets at the moment of their use.

use std::path::Path;

use config::SecretSource;
use contract::NotifyError;

use crate::error::lasting;

/// The text of a secret, of a file without the white space around it. `what` names it in errors.
pub(crate) fn read(source: &SecretSource, what: &'static str) -> Result<String, NotifyError> {
    http_client::read_secret(source, what).map_err(lasting)
}

/// The same for one that need not be there.
pub(crate) fn read_optional(
    source: Option<&SecretSource>,
    what: &'static str,
) -> Result<Option<String>, NotifyError> {
    source.map(|source| read(source, what)).transpose()
}

/// The text of a file that holds no secret, such as a chat's number.
pub(crate) fn file(path: &Path, what: &'static str) -> Result<String, NotifyError> {
    read(&SecretSource::File(path.to_owned()), what)
}
