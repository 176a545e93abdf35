//! Tables that were read and completed, to the checked types that the other stages use.

pub(crate) mod config;
mod http;
mod scrape;
