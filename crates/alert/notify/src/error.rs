//! Failures of an attempt, and whether another one may succeed.

use std::fmt::Display;

use contract::NotifyError;

/// A failure that another attempt would only repeat: a template, a key, a refusal.
pub(crate) fn lasting(message: impl Display) -> NotifyError {
    NotifyError {
        message: message.to_string(),
        may_retry: false,
        retry_after: None,
    }
}

/// A failure that may pass: no connection, a server in trouble.
pub(crate) fn passing(message: impl Display) -> NotifyError {
    NotifyError {
        message: message.to_string(),
        may_retry: true,
        retry_after: None,
    }
}

/// The same failure with what was being done in front of it.
pub(crate) fn while_doing(what: &str) -> impl FnOnce(NotifyError) -> NotifyError + '_ {
    move |error| NotifyError {
        message: format!("{what}: {}", error.message),
        ..error
    }
}
