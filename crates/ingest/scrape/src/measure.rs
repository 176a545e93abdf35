//! One target without network, clock and store: what reading its bodies costs. For the example
//! `scrape_cost`; nothing else needs it.

use config::ScrapeConfig;
use contract::Append;
use model::Labels;
use wire::exposition::Format;

use crate::error::ScrapeError;
use crate::ingest::{Cache, Counts, Output, read};
use crate::limits::Limits;
use crate::metadata::{Interner, Rows};
use crate::scratch::Scratch;
use crate::series::SampleRules;

/// A target whose bodies are given by hand.
pub struct Replay<'a> {
    config: &'a ScrapeConfig,
    target: Labels,
    cache: Cache,
    scratch: Scratch,
    shared: Interner,
    rows: Option<Rows>,
}

impl<'a> Replay<'a> {
    /// A target that has not been scraped yet.
    pub fn new(config: &'a ScrapeConfig, target: Labels) -> Self {
        Self {
            config,
            target,
            cache: Cache::default(),
            scratch: Scratch::default(),
            shared: Interner::default(),
            rows: None,
        }
    }

    /// Reads a body in the classic text format and appends what it says; how many samples.
    pub fn scrape(
        &mut self,
        body: &[u8],
        time: i64,
        store: &dyn Append,
    ) -> Result<usize, ScrapeError> {
        let rules = SampleRules {
            config: self.config,
            limits: Limits::new(&self.config.limits, 0),
            target: &self.target,
        };
        let mut output = Output {
            scratch: &mut self.scratch,
            rules: &rules,
            time,
            counts: Counts::default(),
        };
        read(&mut self.cache, body, Format::Text004, store, &mut output)?;
        self.rows = self.cache.metadata.end(&self.shared).or(self.rows.take());
        let appended = store.append(&self.scratch.batch)?;
        self.scratch.batch.clear();
        Ok(appended.stored)
    }

    /// Bytes that the cache of the series takes between two scrapes, metadata aside.
    pub fn cache_bytes(&self) -> usize {
        self.cache.layout.bytes()
    }
}
