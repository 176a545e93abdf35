//! `/metrics` for the frameworks that services are built with.
//!
//! Each is a few lines round [`answer`], which is there for all others.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "hyper")]
pub mod hyper;

use crate::{Format, Registry};

/// The body of an answer and its `Content-Type`, for a request with this `Accept` header.
///
/// ```
/// use argand_client::{Registry, serve};
/// let (content_type, body) = serve::answer(&Registry::new(), Some("application/openmetrics-text"));
/// assert!(content_type.starts_with("application/openmetrics-text"));
/// assert_eq!(body, "# EOF\n");
/// ```
#[must_use]
pub fn answer(registry: &Registry, accept: Option<&str>) -> (&'static str, String) {
    let format = Format::accepted(accept);
    (format.content_type(), registry.text(format))
}
