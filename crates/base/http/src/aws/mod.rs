//! What AWS wants of a request: keys, from wherever this machine has them, and a signature.
//!
//! In comes a `sigv4` section; [`Keys`] finds who signs, asks again when keys are about to end, and
//! [`Signing`] makes the headers that a request needs. No key stands in an error or a `Debug` text.

mod keys;
mod local;
mod machine;
mod role;
mod sign;

use std::fmt;

use http::StatusCode;
use thiserror::Error;

use crate::HttpError;
pub use keys::Keys;
pub use role::element;
pub use sign::{Signed, Signing};

/// Keys to sign with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who signs.
    pub access_key: String,
    /// What only he and AWS know.
    pub secret_key: String,
    /// For keys that end by themselves.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// Why there are no keys.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AwsError {
    /// Neither the configuration nor the environment, a file or this machine has any.
    #[error(
        "no AWS credentials: give sigv4.access_key and sigv4.secret_key, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a shared credentials file, or run where a role is attached ({0})"
    )]
    None(String),
    /// A profile of the shared credentials file has none.
    #[error("{path}: profile {profile:?} has no aws_access_key_id and aws_secret_access_key")]
    Profile {
        /// The file.
        path: String,
        /// The profile's name.
        profile: String,
    },
    /// Somebody who gives keys away could not be asked, or his answer was no answer.
    #[error("{whom}: {error}")]
    Http {
        /// Who was asked.
        whom: &'static str,
        /// What went wrong.
        error: HttpError,
    },
    /// He refused.
    #[error("{whom}: HTTP status {status}: {message}")]
    Refused {
        /// Who was asked.
        whom: &'static str,
        /// The status of his answer.
        status: StatusCode,
        /// What he said.
        message: String,
    },
    /// His answer holds no keys.
    #[error("{0}: the answer holds no credentials")]
    Unreadable(&'static str),
    /// The name of a region, or an address in the environment, makes no URL.
    #[error("{0:?} makes no URL")]
    Url(String),
}

impl AwsError {
    /// Whether asking again may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Http { error, .. } => !matches!(error, HttpError::Secret(_)),
            Self::Refused { status, .. } => status.is_server_error() || status.as_u16() == 429,
            _ => false,
        }
    }
}

/// Values of the environment by name; those that are empty count as absent.
pub(crate) type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;
