//! The lock on the doors: TLS of the listening side, passwords, tokens, roles, the rate of
//! requests, and headers of every answer, as `--web.config.file` says.
//!
//! A [`Guard`] keeps the file as it was read last and reads it anew when it, or a certificate it
//! names, has changed: nobody restarts anything to change a password or a certificate. A file that
//! has become wrong is logged and changes nothing; whoever could come in before still can, and
//! nobody else. Whether TLS is spoken at all is settled at the start.
//!
//! [`protect`] puts the guard before a router. What each request needs is the router's own
//! knowledge: a function from method and path to a [`Role`](config::Role).
//!
//! Passwords are bcrypt hashes, slow on purpose: they are compared on threads that may wait, a few
//! at a time, and a user's right answer is remembered, so that only the first request pays.
//! What is absent: sessions, sign-on of other services, and any state that outlives the process.

mod admission;
mod certificate;
mod error;
mod layer;
mod metrics;
mod password;
mod rate;
mod tls;
mod watch;

pub use admission::Caller;
pub use error::GuardError;
pub use layer::{Need, protect};
pub use tls::plain_server_config;
pub use watch::Guard;
