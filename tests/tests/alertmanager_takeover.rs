//! Argand's Alertmanager takes the place of the original, in its folder: silences hold, and nobody
//! is told again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use std::time::Duration;

use anyhow::Result;
use argand_tests::alerting::{Alertmanager, Hook, until};
use argand_tests::{get_json, installed};
use serde_json::{Value, json};

const CONFIG: &str = "
route: {receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: 'HOOK/hook'}]}]
";

fn alerts(numbers: &[&str]) -> Value {
    let one = |n: &&str| json!({"labels": {"alertname": "A", "n": n, "b": "ö"}});
    numbers.iter().map(one).collect()
}

#[test]
fn nobody_is_told_again_because_the_program_is_another() -> Result<()> {
    let Some(original) = installed("prometheus-alertmanager") else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let hook = Hook::start()?;
    let config = CONFIG.replace("HOOK", &hook.url);
    let told = || -> Vec<String> { hook.told().iter().map(|told| told.alerts()).collect() };

    let mut before = Alertmanager::original(&original, folder.path(), &config)?;
    let silence = json!({
        "matchers": [
            {"name": "n", "value": "silent|mute", "isRegex": true},
            {"name": "alertname", "value": "B", "isRegex": false, "isEqual": false},
        ],
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": "2100-01-01T00:00:00Z",
        "createdBy": "me",
        "comment": "work",
    });
    let made: Value = serde_json::from_str(&before.post("silences", &silence)?)?;
    let id = made["silenceID"].as_str().unwrap();
    let path = format!("/api/v2/silence/{id}");
    let shown = get_json(&format!("{}{path}", before.server.url))?;
    before.post("alerts", &alerts(&["1", "2"]))?;
    until("the original tells", || told() == ["A/1 A/2"]);
    // Time for its own note of that.
    std::thread::sleep(Duration::from_millis(500));
    before.server.signal("TERM")?;
    assert!(before.server.wait()?);

    // Also after a kill, and from the checkpoint that an end in order writes.
    for end in ["KILL", "TERM", "KILL"] {
        let mut after = Alertmanager::argand(folder.path(), &config)?;
        assert_eq!(
            get_json(&format!("{}{path}", after.server.url))?,
            shown,
            "the silence is the same"
        );
        // One by one: that the second comes later makes nothing new of it.
        for n in ["1", "silent", "2"] {
            after.post("alerts", &alerts(&[n]))?;
            std::thread::sleep(Duration::from_millis(1200));
        }
        assert_eq!(told(), ["A/1 A/2"]);
        after.server.signal(end)?;
        after.server.wait()?;
    }

    // What is new is told.
    let after = Alertmanager::argand(folder.path(), &config)?;
    after.post("alerts", &alerts(&["1", "2", "3"]))?;
    until("something new is told", || told().len() == 2);
    assert_eq!(told()[1], "A/1 A/2 A/3");
    Ok(())
}
