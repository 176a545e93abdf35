//! Documented answers of the clouds whose address is not configured, replayed by a server on this
//! machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

mod clouds;
mod hosting;

use std::path::Path;

use config::DiscoveryConfig;

use super::fake::{Asked, Fake, Reply};
use crate::poll::Source;

/// The section as a user writes it.
fn configured(section: &str) -> DiscoveryConfig {
    let text = format!("scrape_configs: [{{job_name: job, {section}}}]");
    let config = config::parse(&text, Path::new("prometheus.yml"), &|_| None).unwrap();
    config.scrape_configs[0].discovery[0].clone()
}

fn serve(answer: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Fake {
    Fake::start(move |asked| {
        answer(asked).unwrap_or_else(|| Reply::of(404, "text/plain", asked.path.clone()))
    })
}

/// Every label but those that are wanted, line by line, must be absent.
async fn check(mut source: impl Source, want: &[&[(&str, &str)]]) {
    let groups = source.refresh().await.unwrap();
    let found: Vec<Vec<_>> = groups
        .iter()
        .flat_map(|group| &group.targets)
        .map(|target| target.iter().collect())
        .collect();
    let mut want: Vec<Vec<_>> = want.iter().map(|labels| labels.to_vec()).collect();
    want.iter_mut().for_each(|labels| labels.sort_unstable());
    assert_eq!(found, want);
}

fn bearer(asked: &Asked, body: &str) -> Option<Reply> {
    (asked.header("authorization") == "Bearer word").then(|| Reply::json(body))
}
