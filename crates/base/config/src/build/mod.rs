//! Tables that were read and completed, to the checked types that the other stages use.

mod alerting;
pub(crate) mod config;
mod discovery;
pub(crate) mod http;
mod kubernetes;
mod otlp;
mod remote_read;
mod remote_write;
pub(crate) mod rules;
mod scrape;
pub(crate) mod statsd;
mod tracing;

use std::collections::BTreeMap;

use crate::table::Item;

/// A map of texts.
fn texts(map: &[(String, Item)]) -> BTreeMap<String, String> {
    let owned = |(name, item): &(String, Item)| (name.clone(), item.text().to_owned());
    map.iter().map(owned).collect()
}
