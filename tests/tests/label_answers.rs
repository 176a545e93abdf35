//! Names and values of labels, asked again and again: what is at hand is what would be looked up.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use argand_tests::{Argand, Page, Target, get, post};

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn what_is_asked_again_is_answered_alike_until_the_labels_change() {
    let grown = Arc::new(AtomicBool::new(false));
    let is_grown = Arc::clone(&grown);
    let target = Target::start(move |_| {
        let more = if is_grown.load(Ordering::Relaxed) {
            "work{part=\"c\",kind=\"new\"} 1\n"
        } else {
            ""
        };
        Page::text(format!(
            "work{{part=\"a\"}} 1\nwork{{part=\"b\"}} 1\n{more}"
        ))
    })
    .unwrap();
    let configuration = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n  - job_name: load\n    static_configs: [{{targets: ['{}']}}]\n",
        target.address
    );
    let argand = Argand::start(&configuration, &[]).unwrap();
    argand.wait_for("work").unwrap();

    let values = "/api/v1/label/part/values";
    let check = |path: &str, data: &str, status: u16| {
        // Looked up, kept, at hand; a form always takes the usual way.
        for round in 0..3 {
            let answer = get(&argand.url(path)).unwrap();
            assert_eq!(answer.status, status, "{path} {round}");
            assert!(
                answer.text.contains(data),
                "{path} {round}: {}",
                answer.text
            );
        }
        if let Some(query) = path.strip_prefix("/api/v1/labels?") {
            let url = argand.url("/api/v1/labels");
            let answer = post(&url, FORM, query.as_bytes()).unwrap();
            assert_eq!(answer.text, get(&argand.url(path)).unwrap().text, "{path}");
        }
    };
    let all = |names: &str| format!("{{\"status\":\"success\",\"data\":[{names}]}}");
    check(values, &all("\"a\",\"b\""), 200);
    check(
        "/api/v1/labels?start=1",
        &all("\"__name__\",\"instance\",\"job\",\"part\""),
        200,
    );
    check(
        "/api/v1/label/part/values?limit=1",
        "[\"a\"],\"warnings\":[\"results truncated due to limit\"]",
        200,
    );
    check(
        "/api/v1/label/part/values?match[]=work{part='b'}",
        &all("\"b\""),
        200,
    );
    check("/api/v1/label/part/values?limit=x", "bad_data", 400);
    check("/api/v1/label/part/values?start=x", "bad_data", 400);
    check("/api/v1/label/part/values?start=1&end=2", &all(""), 200);
    check("/api/v1/label/nothing/values", &all(""), 200);

    // They are counted like all others.
    let metrics = get(&argand.url("/metrics")).unwrap().text;
    let counted = |handler: &str| {
        let name = format!("prometheus_http_requests_total{{code=\"200\",handler=\"{handler}\"}}");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.map(|count| count.trim().parse::<f64>().unwrap())
    };
    assert_eq!(counted("/api/v1/label/name/values"), Some(15.0));
    assert_eq!(counted("/api/v1/labels"), Some(5.0));

    grown.store(true, Ordering::Relaxed);
    argand.wait_for("work{part=\"c\"}").unwrap();
    check(values, &all("\"a\",\"b\",\"c\""), 200);
    check("/api/v1/labels?start=1", "\"kind\"", 200);
}
