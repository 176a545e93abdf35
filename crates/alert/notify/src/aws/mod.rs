//! What AWS wants of a request: credentials and a signature.

mod credentials;
mod sign;

pub(crate) use credentials::{Credentials, element, role, signed, static_or_shared};
use sign::{Signing, sign};
