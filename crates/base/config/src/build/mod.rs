//! Tables that were read and completed, to the checked types that the other stages use.

mod alerting;
pub(crate) mod config;
pub(crate) mod http;
mod otlp;
mod remote_write;
pub(crate) mod rules;
mod scrape;
