//! Rules, routing and receivers in one process: an alert of a rule reaches the webhook without any
//! other server.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use argand_tests::alerting::Hook;
use argand_tests::{Argand, get, get_json, post};

const PROMETHEUS: &str = "
global: {scrape_interval: 200ms, evaluation_interval: 200ms, external_labels: {site: here}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: self
    static_configs: [{targets: [SELF]}]
";

const RULES: &str = "
groups:
  - name: g
    rules:
      - alert: Up
        expr: up == 1
        labels: {n: '1'}
        annotations: {summary: 'value {{ $value }}'}
";

const ALERTMANAGER: &str = "
route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s}
receivers: [{name: hook, webhook_configs: [{url: 'HOOK/hook'}]}]
";

fn until<T>(what: &str, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(found) = ask()? {
            return Ok(found);
        }
        if began.elapsed() > Duration::from_secs(60) {
            bail!("{what}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_alert_reaches_its_receiver_in_one_process() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let hook = Hook::start()?;
    let file = folder.path().join("alertmanager.yml");
    std::fs::write(&file, ALERTMANAGER.replace("HOOK", &hook.url))?;
    std::fs::write(folder.path().join("rules.yml"), RULES)?;
    let flag = format!("--alertmanager.config.file={}", file.display());
    let flags = [flag.as_str(), "--web.enable-lifecycle"];
    let argand = Argand::start_in(folder.path(), PROMETHEUS, &flags)?;
    let told = until("nobody is told", || Ok(hook.told().first().cloned()))?;
    assert_eq!(told.alerts(), "Up/1");
    let alert = &told.body["alerts"][0];
    assert_eq!(alert["labels"]["site"], "here");
    assert_eq!(alert["annotations"]["summary"], "value 1");
    for path in ["/api/v2/alerts", "/alertmanager/api/v2/alerts"] {
        let alerts = get_json(&argand.url(path))?;
        assert_eq!(alerts[0]["labels"]["alertname"], "Up", "{path}: {alerts}");
        assert_eq!(alerts[0]["receivers"][0]["name"], "hook");
    }
    let metrics = get(&argand.url("/metrics"))?.text;
    assert!(
        metrics.contains("alertmanager_alerts{state=\"active\"} 1\n"),
        "{metrics}"
    );

    // A bad file changes nothing, and is named.
    std::fs::write(&file, "route: {}\n")?;
    let refused = post(&argand.url("/-/reload"), "text/plain", b"")?;
    assert_eq!(refused.status, 500);
    assert!(
        refused.text.contains("alertmanager.yml"),
        "{}",
        refused.text
    );
    assert_eq!(
        get_json(&argand.url("/api/v2/receivers"))?[0]["name"],
        "hook"
    );
    Ok(())
}
