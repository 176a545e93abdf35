//! Alertmanager's own templates say what comes out: `cases/alertmanager.json` holds fields of
//! receivers and what Alertmanager 0.33 made of them, as text or as HTML, with the notification
//! of these tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use common::notification;
use template::alertmanager::{Data, Templates};

#[test]
fn what_alertmanager_makes_of_them() {
    let cases = include_str!("cases/alertmanager.json");
    let cases: serde_json::Value = serde_json::from_str(cases).unwrap();
    let cases = cases.as_array().unwrap();
    let data = Data::new(&notification(), "http://am:9093");
    let templates = Templates::load(&[]).unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let field = |name: &str| case[name].as_str().unwrap_or("");
        let expected = match field("err") {
            "" => Ok(field("out").to_owned()),
            error => Err(error.to_owned()),
        };
        let (text, mode) = (field("text"), field("mode"));
        let written = match mode {
            "html" => templates.html(text, &data),
            _ => templates.text(text, &data),
        };
        let written = written.map_err(|error| error.to_string());
        if written != expected {
            wrong.push(format!(
                "{mode} {text}\n  ours     {written:?}\n  upstream {expected:?}"
            ));
        }
    }
    let (count, all) = (wrong.len(), cases.len());
    assert!(
        wrong.is_empty(),
        "{count} of {all} differ:\n{}",
        wrong.join("\n")
    );
}
