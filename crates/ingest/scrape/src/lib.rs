//! Scraping: targets to samples.
//!
//! A [`Manager`] is told the jobs ([`Manager::apply`]) and their targets
//! ([`contract::TargetSink`]). Each target has a loop that asks it once an interval and hands
//! what it says to a [`contract::Append`], one batch a scrape, with `up` and its companions in the
//! same batch.
//!
//! ```text
//! groups > target (relabelling) > scrape_loop > scraper > ingest (layout | rebuild) > Append
//! ```
//!
//! Invariants:
//! - A scrape is stored as a whole or not at all; one that fails leaves `up` at 0 and an error
//!   with the line that caused it.
//! - A series that a target stops saying is marked as ended at the scrape that misses it, and
//!   once.
//! - A broken target costs at most its limits ([`limits`]) and disturbs no other.
//! - A line that was on the same place of the scrape before costs no hash and no allocation.
//!
//! What is absent: finding targets, storing, native histograms.

mod accept;
mod bounds;
mod error;
#[cfg(test)]
mod fixture;
mod histogram;
mod ingest;
mod job;
mod layout;
pub mod limits;
mod manager;
#[doc(hidden)]
pub mod measure;
mod metadata;
mod metrics;
mod pool;
mod rebuild;
mod report;
mod resolve;
mod runs;
mod scrape_loop;
mod scraper;
mod scratch;
mod series;
mod staleness;
mod target;

pub use error::ScrapeError;
pub use manager::{Manager, Options};
pub use resolve::{Resolved, resolve};
