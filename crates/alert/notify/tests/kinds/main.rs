//! What each kind sends: method, path, headers and body, as real servers see them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

#[path = "../common/mod.rs"]
mod common;

mod case;
mod chats;
mod cloud;
mod issues;
mod pagers;
mod webhooks;
