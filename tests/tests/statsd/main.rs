//! StatsD: the cases of `tests/cases/statsd` as the original answers them, and Argand between a
//! real client and a query.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod client;
mod original;

use std::path::PathBuf;

/// A folder or file of the cases.
fn cases(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("cases")
        .join(name)
}
