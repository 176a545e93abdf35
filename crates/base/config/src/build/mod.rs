//! Tables that were read and completed, to the checked types that the other stages use.

pub(crate) mod config;
pub(crate) mod http;
mod scrape;
