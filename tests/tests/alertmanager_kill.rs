//! Argand's Alertmanager is killed and started again: silences, alerts and what was told are still
//! known, and nobody is told twice.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use std::time::Duration;

use anyhow::Result;
use argand_tests::alerting::{Alertmanager, Hook, until};
use argand_tests::get_json;
use serde_json::json;

const CONFIG: &str = "
route: {receiver: hook, group_by: [n], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: 'HOOK/hook'}]}]
";

#[test]
fn a_kill_loses_nothing_and_tells_nobody_twice() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let hook = Hook::start()?;
    let config = CONFIG.replace("HOOK", &hook.url);
    let mut silences = Vec::new();
    for round in 0..4 {
        let mut alertmanager = Alertmanager::argand(folder.path(), &config)?;
        let labels = json!({"alertname": "A", "n": round.to_string()});
        alertmanager.post("alerts", &json!([{"labels": labels}]))?;
        let silence = json!({
            "matchers": [{"name": "n", "value": format!("silent {round}"), "isRegex": false}],
            "startsAt": "2020-01-01T00:00:00Z",
            "endsAt": "2100-01-01T00:00:00Z",
            "createdBy": "me",
            "comment": "work",
        });
        let made: serde_json::Value =
            serde_json::from_str(&alertmanager.post("silences", &silence)?)?;
        silences.push(made["silenceID"].as_str().unwrap().to_owned());
        // A new group waits for nothing but its turn.
        until("the alert is told of", || hook.told().len() == round + 1);
        // Time for the record of that, and for what must not come.
        std::thread::sleep(Duration::from_millis(1500));
        alertmanager.server.kill();
    }
    let alertmanager = Alertmanager::argand(folder.path(), &config)?;
    let url = |path: &str| format!("{}/api/v2/{path}", alertmanager.server.url);
    for id in &silences {
        assert_eq!(
            get_json(&url(&format!("silence/{id}")))?["status"]["state"],
            "active"
        );
    }
    assert_eq!(get_json(&url("alerts"))?.as_array().unwrap().len(), 4);
    std::thread::sleep(Duration::from_millis(2500));
    let told: Vec<String> = hook.told().iter().map(|told| told.alerts()).collect();
    assert_eq!(told, ["A/0", "A/1", "A/2", "A/3"]);
    Ok(())
}
