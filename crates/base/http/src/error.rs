//! What can go wrong between a request and its answer, in a user's words.

use std::error::Error as StdError;
use std::io;

use http::{Method, StatusCode};
use thiserror::Error;

use crate::SecretError;

/// Why there is no answer, or no usable one. URLs in it carry no password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HttpError {
    /// A secret or a certificate is not to be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Certificates, keys or versions do not fit.
    #[error("TLS settings: {0}")]
    Tls(String),
    /// The proxy settings do not fit.
    #[error("proxy settings: {0}")]
    Proxy(String),
    /// A header cannot be sent; its value is not shown.
    #[error("header {0:?} holds characters that cannot be sent")]
    Header(String),
    /// No token was to be had.
    #[error("oauth2: token from {url}: {cause}")]
    Token {
        /// The token's server.
        url: String,
        /// What went wrong.
        cause: String,
    },
    /// The URL cannot be asked.
    #[error("URL {url:?}: {cause}")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        cause: String,
    },
    /// No answer came.
    #[error("{} {url:?}: {cause}", method_word(method))]
    Request {
        /// The method.
        method: Method,
        /// The URL.
        url: String,
        /// What went wrong, such as `connection refused`.
        cause: String,
    },
    /// More redirects than are followed.
    #[error("{} {url:?}: stopped after {limit} redirects", method_word(method))]
    Redirects {
        /// The method.
        method: Method,
        /// The URL that was asked first.
        url: String,
        /// How many are followed.
        limit: usize,
    },
    /// The time given by the caller is over.
    #[error("context deadline exceeded")]
    Deadline,
    /// The server answered that it could not.
    #[error("server returned HTTP status {0}")]
    Status(StatusCode),
    /// The body is larger than the caller takes.
    #[error("body size limit of {limit} bytes exceeded")]
    BodyLimit {
        /// The limit, in bytes after decompression.
        limit: u64,
    },
    /// The body broke off.
    #[error("reading the body: {0}")]
    Body(String),
    /// The body's compression cannot be undone.
    #[error("decompressing the body: {0}")]
    Encoding(String),
}

/// `Get`, as upstream writes methods in errors.
fn method_word(method: &Method) -> String {
    let name = method.as_str();
    name.chars()
        .enumerate()
        .map(|(place, c)| {
            if place == 0 {
                c
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// The innermost cause of an error, in the words of the field.
pub(crate) fn cause(error: &(dyn StdError + 'static)) -> String {
    let mut lookup = false;
    let mut current = error;
    loop {
        if let Some(words) = current.downcast_ref::<io::Error>().and_then(io_words) {
            return words.to_owned();
        }
        lookup |= current.to_string() == "dns error";
        match current.source() {
            Some(next) => current = next,
            None => break,
        }
    }
    if lookup {
        format!("host lookup: {current}")
    } else {
        current.to_string()
    }
}

fn io_words(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused",
        io::ErrorKind::ConnectionReset => "connection reset by peer",
        io::ErrorKind::ConnectionAborted => "connection aborted",
        io::ErrorKind::HostUnreachable => "no route to host",
        io::ErrorKind::NetworkUnreachable => "network is unreachable",
        io::ErrorKind::TimedOut => "connection timed out",
        io::ErrorKind::BrokenPipe => "broken pipe",
        io::ErrorKind::UnexpectedEof if error.get_ref().is_none() => "unexpected EOF",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_users_know_them() {
        let url = "http://a:1/metrics".to_owned();
        for (error, text) in [
            (
                HttpError::Request {
                    method: Method::GET,
                    url,
                    cause: cause(&io::Error::from(io::ErrorKind::ConnectionRefused)),
                },
                r#"Get "http://a:1/metrics": connection refused"#,
            ),
            (
                HttpError::Status(StatusCode::INTERNAL_SERVER_ERROR),
                "server returned HTTP status 500 Internal Server Error",
            ),
            (
                HttpError::BodyLimit { limit: 10_485_760 },
                "body size limit of 10485760 bytes exceeded",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
