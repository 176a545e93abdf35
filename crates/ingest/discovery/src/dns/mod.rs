//! A small DNS client: what `dns_sd_configs` needs, and no more.
//!
//! In come a name and a type, out come the answer's records. Servers and search domains are those
//! of `resolv.conf`, read anew at every question. Absent: caches, recursion, DNSSEC.

mod message;
mod resolver;

pub(crate) use message::Record;
pub(crate) use resolver::Resolver;
