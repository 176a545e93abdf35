//! A real exporter, where one is installed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::process::{Child, Command, Stdio};

use common::{found, manager, samples, section, until};
use contract::{Health, Targets as _};
use std::time::Duration;

struct Exporter(Child);

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(address: &str) -> Option<Exporter> {
    let child = Command::new("prometheus-node-exporter")
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    child.ok().map(Exporter)
}

#[tokio::test]
async fn node_exporter_is_scraped_in_each_form() {
    let address = "127.0.0.1:21491";
    let Some(_exporter) = start(address) else {
        return;
    };
    let (manager, store) = manager();
    let slow = |job: &str| {
        let mut config = section(job);
        config.interval = Duration::from_millis(500);
        config.timeout = Duration::from_millis(500);
        config
    };
    let open_metrics = slow("open");
    let mut classic = slow("classic");
    classic.protocols = vec![config::ScrapeProtocol::PrometheusText004];
    classic.compression = false;
    manager.apply(&[open_metrics, classic]);
    found(&manager, "open", &[address]);
    found(&manager, "classic", &[address]);
    let up = |job: &str| manager.active(Some(job))[0].health == Health::Up;
    until("both are up", || up("open") && up("classic")).await;
    let said = || samples(&store, "node_load1", address).len();
    until("several scrapes", || said() >= 3).await;
    let (_, metadata) = manager.metadata(Some("node_load1")).remove(0);
    assert_eq!(metadata[0].kind, model::FamilyKind::Gauge);
    manager.shutdown().await;
    let series = store.dump().len();
    assert!(series > 500, "{series} series");
    let added = samples(&store, "scrape_series_added", address).values;
    assert!(added[1..].iter().all(|added| *added < 100.0), "{added:?}");
}
