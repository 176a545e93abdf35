//! The end of a target: its series end too, unless somebody else goes on with them.

use std::time::Duration;

use tokio::sync::watch;

use crate::ingest::{Counts, Output, end_all};
use crate::scraper::Scraper;
use crate::series::SampleRules;

/// Marks the end of all series of a target that is gone, at the moment of its next scrape, `due`.
///
/// The markers are written more than an interval later. If by then the same series came from
/// elsewhere (the target was found again, or is scraped under another job), their samples are
/// later than the markers, which the store then refuses. When the server stops meanwhile nothing
/// is written: it may start again and find the target.
pub(crate) async fn end_later(
    scraper: &mut Scraper,
    due: i64,
    until_due: Duration,
    quit: &mut watch::Receiver<bool>,
) {
    let interval = scraper.target.interval;
    let wait = until_due + interval + interval / 10;
    tokio::select! {
        biased;
        _ = quit.wait_for(|quit| *quit) => return,
        () = tokio::time::sleep(wait) => {}
    }
    let mut scratch = scraper.shared.scratches.take();
    let rules = SampleRules {
        config: &scraper.job.config,
        limits: scraper.job.limits,
        target: &scraper.target.labels,
    };
    let mut output = Output {
        scratch: &mut scratch,
        rules: &rules,
        time: due,
        counts: Counts::default(),
    };
    end_all(&mut scraper.carried.cache.layout, &mut output);
    scraper.carried.report.end(due, &mut scratch.batch);
    if let Err(error) = scraper.shared.store.append(&scratch.batch) {
        let url = &scraper.target.url;
        tracing::warn!(%url, %error, "the end of a target's series was not stored");
    }
    scraper.shared.scratches.give_back(scratch);
}
