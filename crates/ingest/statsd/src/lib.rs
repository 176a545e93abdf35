//! StatsD lines to metric families, as statsd_exporter makes them.
//!
//! ```text
//! datagram or connection > line > samples > mapping (cached by name) > series
//! ```
//! Lines come in over UDP, TCP and Unix datagrams ([`Listeners`]) or by [`Statsd::receive`]; a
//! mapping file ([`config::StatsdConfig`]) says which metric a name becomes; what is counted is
//! asked for through [`contract::Gather`], as any exporter's metrics are.
//!
//! Invariants: no bytes panic; a sample that cannot be taken is counted under a reason and changes
//! nothing; series, names kept with their mappings, connections and the bytes of a line are bounded
//! ([`Options`]). A name has one type: what comes under another one is counted as a conflict.
//!
//! Absent: the store, which a scrape of these families feeds; a flush interval, but for sets;
//! relaying.
//!
//! ```
//! use std::sync::Arc;
//! use contract::{Gather, SystemClock};
//! use statsd::{Options, Statsd};
//!
//! let clock = Arc::new(SystemClock);
//! let statsd = Statsd::new(Default::default(), Options::default(), clock);
//! statsd.receive(b"shop.orders:2|c\nshop.orders:1|c");
//! let mut families = Vec::new();
//! statsd.gather(&mut families);
//! let orders = families.iter().find(|family| family.name == "shop_orders");
//! assert!(orders.is_some_and(|family| family.points.len() == 1));
//! ```

mod cache;
mod counts;
mod globs;
mod intake;
mod line;
mod listen;
mod mapper;
mod members;
mod name;
mod native;
mod registry;
mod sketch;
mod tags;
mod taker;
mod template;
mod value;
mod window;

pub use intake::{Options, Statsd};
pub use listen::{Addresses, Listeners, StatsdError};
pub use tags::Dialects;

#[cfg(test)]
mod tests;
