//! HTTP clients as `http_config` sections describe them.
//!
//! In comes a checked [`config::HttpConfig`], out goes a [`Client`] that proves who it is (basic
//! auth, a token, OAuth2), speaks TLS as told, takes the proxies named and follows redirects.
//! Whoever scrapes, discovers, notifies or ships samples uses this crate and no other client.
//!
//! Invariants:
//! - Secrets and certificates in files are read anew when they are needed, so that a rotated file
//!   needs no reload. No secret stands in an error, a log line or a `Debug` text.
//! - Credentials and configured headers go to the host of the URL that was asked for, and never
//!   to another host that it redirects to.
//! - A body is read up to a limit that the caller names, counted after decompression.
//! - Nothing here waits for ever by itself only: callers put a request with its body inside
//!   [`within`], which covers name lookup, connecting, sending and reading alike.
//!
//! What is absent: retries beyond one of a `GET` whose kept connection turned
//! out to be closed, cookies, caching.

mod auth;
pub mod aws;
mod body;
mod client;
mod error;
mod line;
mod oauth2;
mod pem;
mod proxy;
mod secret;
mod socket;
mod tls;
mod verify;

pub use body::Response;
pub use client::{Client, MAX_REDIRECTS, within};
pub use error::HttpError;
pub use line::{Head, Line};
pub use pem::{Stamp, certificates, private_key};
pub use secret::{SecretError, read as read_secret};
pub use socket::over_socket;
pub use tls::{
    check as check_tls, plain_client_config as tls_client_config, server_name as tls_server_name,
};
