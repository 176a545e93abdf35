//! What only Argand's Alertmanager answers: what happened, and who has taken which alert on.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use std::time::{Duration, Instant};

use anyhow::Result;
use argand_tests::alerting::{Alertmanager, Hook};
use argand_tests::{Argand, get, get_json, post};
use serde_json::{Value, json};

const CONFIG: &str = "
route:
  receiver: good
  group_by: [n]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1s
  routes: [{receiver: bad, matchers: [team=none]}]
receivers:
  - {name: good, webhook_configs: [{url: 'HOOK/good'}]}
  - {name: bad, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}
";

fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The value of an answer of Prometheus' form.
fn data(url: &str) -> Value {
    let answer = get_json(url).unwrap();
    assert_eq!(answer["status"], "success", "{url}: {answer}");
    answer["data"].clone()
}

fn entries(url: &str) -> Vec<Value> {
    data(url)["entries"].as_array().unwrap().clone()
}

fn ask_json(method: &str, url: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    let answer = match method {
        "POST" => post(url, "application/json", body.as_bytes()).unwrap(),
        _ => argand_tests::delete(url).unwrap(),
    };
    let value = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
    (answer.status, value)
}

#[test]
fn what_happened_can_be_asked_and_alerts_taken_on() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let hook = Hook::start()?;
    let config = CONFIG.replace("HOOK", &hook.url);
    let mut alertmanager = Alertmanager::argand(folder.path(), &config)?;
    let alert = |n: u32, team: &str, ended: bool| {
        let labels = json!({"alertname": "A", "n": n.to_string(), "team": team});
        let mut alert = json!({"labels": labels, "startsAt": format!("2026-01-01T00:00:0{n}Z")});
        if ended {
            alert["endsAt"] = json!("2026-01-01T00:01:00Z");
        }
        json!([alert])
    };
    for n in 1..=3 {
        alertmanager.post("alerts", &alert(n, "db", false))?;
    }
    alertmanager.post("alerts", &alert(4, "none", false))?;
    let base = format!("{}/api/v1/alerting", alertmanager.server.url);
    let notifications = format!("{base}/history/notifications");

    // Who was told, and who could not be.
    let sent = until("somebody is told", || {
        let sent = entries(&format!("{notifications}?receiver=good&outcome=sent"));
        (sent.len() >= 3).then_some(sent)
    });
    let first = sent.last().unwrap();
    assert_eq!(first["integration"], "webhook");
    assert_eq!(first["reason"], "first");
    assert_eq!(first["firing"], 1);
    let failed = until("somebody could not be told", || {
        entries(&format!("{notifications}?outcome=failed"))
            .first()
            .cloned()
    });
    assert_eq!(failed["receiver"], "bad");
    assert!(!failed["error"].as_str().unwrap().is_empty(), "{failed}");
    assert_eq!(
        entries(&format!("{notifications}?integration=slack")).len(),
        0
    );

    // Alerts that began, in pages, the latest first.
    let alerts = format!("{base}/history/alerts");
    let mut page = data(&format!("{alerts}?limit=3"));
    let of = |page: &Value| -> Vec<String> {
        let list = page["entries"].as_array().unwrap().iter();
        list.map(|event| event["labels"]["n"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(of(&page), ["4", "3", "2"]);
    let next = page["next"].as_str().unwrap().to_owned();
    page = data(&format!("{alerts}?limit=3&page={next}"));
    assert_eq!((of(&page), page.get("next")), (vec!["1".to_owned()], None));
    for (query, expected) in [
        ("filter=n%3D~%221%7C3%22", vec!["3", "1"]),
        ("end=2026-01-01T00:00:03Z", vec!["2", "1"]),
        ("start=2026-01-01T00:00:04Z", vec!["4"]),
        ("status=resolved", vec![]),
    ] {
        assert_eq!(of(&data(&format!("{alerts}?{query}"))), expected, "{query}");
    }
    for bad in ["status=x", "filter=%7B", "page=x", "start=x", "limit=x"] {
        assert_eq!(get(&format!("{alerts}?{bad}"))?.status, 400, "{bad}");
    }

    // One is taken on: nobody is reminded of it.
    let acknowledgements = format!("{base}/acknowledgements");
    let body = json!({"filter": ["n=\"1\""], "createdBy": "me", "comment": "at it"});
    let (status, answer) = ask_json("POST", &acknowledgements, &body);
    assert_eq!(status, 200, "{answer}");
    let fingerprint = answer["data"]["fingerprints"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = |alertmanager: &Alertmanager| {
        let url = format!("{}/api/v2/alerts?filter=n%3D1", alertmanager.server.url);
        let alert = get_json(&url).unwrap()[0].clone();
        alert["status"]["acknowledged"]["createdBy"].clone()
    };
    assert_eq!(shown(&alertmanager), "me");
    let heard = |n: &str| {
        let wanted = format!("A/{n}");
        let told = hook.told();
        told.iter().filter(|told| told.alerts() == wanted).count()
    };
    // A turn that had begun may still end.
    std::thread::sleep(Duration::from_millis(500));
    let (silent, loud) = (heard("1"), heard("2"));
    until("others are reminded", || {
        (heard("2") > loud + 1).then_some(())
    });
    assert_eq!(heard("1"), silent);

    // It outlives the process.
    alertmanager.server.kill();
    let alertmanager = Alertmanager::argand(folder.path(), &config)?;
    assert_eq!(shown(&alertmanager), "me");
    let base = format!("{}/api/v1/alerting", alertmanager.server.url);
    let acknowledgements = format!("{base}/acknowledgements");
    let listed = data(&acknowledgements);
    assert_eq!(listed[0]["fingerprint"], fingerprint.as_str());
    assert_eq!(listed[0]["labels"]["n"], "1");
    assert_eq!(entries(&format!("{base}/history/alerts")).len(), 4);

    // It is given back, once.
    let one = format!("{acknowledgements}/{fingerprint}");
    assert_eq!(ask_json("DELETE", &one, &Value::Null).0, 200);
    assert_eq!(ask_json("DELETE", &one, &Value::Null).0, 404);
    until("it is reminded of", || (heard("1") > silent).then_some(()));
    for (body, code) in [
        (json!({"comment": "all"}), 400),
        (json!({"filter": ["n=9"]}), 404),
        (json!({"fingerprint": "x"}), 400),
        (json!({"filter": ["{"]}), 400),
        (json!({"everything": true}), 400),
        (
            json!({"filter": ["n=1"], "endsAt": "2020-01-01T00:00:00Z"}),
            400,
        ),
    ] {
        let (status, answer) = ask_json("POST", &acknowledgements, &body);
        assert_eq!(status, code, "{body}: {answer}");
    }
    Ok(())
}

#[test]
fn the_server_of_rules_answers_too() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let hook = Hook::start()?;
    let file = folder.path().join("alertmanager.yml");
    std::fs::write(&file, CONFIG.replace("HOOK", &hook.url))?;
    let flag = format!("--alertmanager.config.file={}", file.display());
    let with = Argand::start_in(folder.path(), "{}", &[&flag])?;
    let path = "/api/v1/alerting/history/alerts";
    assert_eq!(entries(&with.url(path)), Vec::<Value>::new());
    assert_eq!(get(&with.url("/api/v1/alerting/no"))?.status, 404);
    drop(with);
    let without = Argand::start("{}", &[])?;
    assert_eq!(get(&without.url(path))?.status, 404);
    Ok(())
}
