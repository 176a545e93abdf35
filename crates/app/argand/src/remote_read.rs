//! Remote read: what other servers ask of this one, and what this one asks of others.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use api::RemoteReadOptions;
use contract::{Clock, Select, StoreStatus, SystemClock};
use remote::read::RemoteRead;
use tokio::runtime::Handle;

use crate::flags::Flags;
use crate::options::{count, number, required};

/// Who answers other servers.
pub(crate) fn server(flags: &Flags) -> Result<Arc<api::RemoteRead>> {
    let samples = required(flags, "storage.remote.read-sample-limit", count)?;
    Ok(Arc::new(api::RemoteRead::new(RemoteReadOptions {
        samples: usize::try_from(samples).unwrap_or(usize::MAX),
        concurrency: number(flags, "storage.remote.read-concurrent-limit")?,
        frame: number(flags, "storage.remote.read-max-bytes-in-frame")?,
    })))
}

/// A store together with the servers that a configuration will name.
pub(crate) fn joined<S: Select + StoreStatus + 'static>(
    store: &Arc<S>,
    min_block: Duration,
) -> Arc<RemoteRead> {
    let local = Arc::clone(store) as Arc<dyn Select>;
    let status = Arc::clone(store);
    // Samples are scraped before they are in a block, and a server may have begun in its midst.
    let margin = i64::try_from(min_block.as_millis()).unwrap_or(i64::MAX);
    let margin = margin.saturating_mul(2);
    let start = move || first_block(&status.blocks()).saturating_add(margin);
    Arc::new(RemoteRead::new(local, Box::new(start), Handle::current()))
}

/// When the first block begins, in milliseconds since the epoch; now where there is none.
fn first_block(blocks: &[String]) -> i64 {
    let begins = |meta: &String| {
        let meta: serde_json::Value = serde_json::from_str(meta).ok()?;
        meta.get("minTime")?.as_i64()
    };
    let first = blocks.iter().filter_map(begins).min();
    first.unwrap_or_else(|| SystemClock.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_store_begins_with_its_first_block() {
        let blocks = [r#"{"minTime":7,"maxTime":9}"#, r#"{"minTime":-3}"#].map(str::to_owned);
        assert_eq!(first_block(&blocks), -3);
        let now = SystemClock.now();
        assert!(first_block(&[]) >= now && first_block(&["{}".to_owned()]) >= now);
    }
}
