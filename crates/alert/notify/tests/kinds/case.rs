//! One kind, told of a group that fires and of one that has ended, and what a server must see.

use serde_json::{Value, json};

use crate::common::{self, Seen, everybody, firing, integration, resolved, server, text, told};

/// What a kind sends for a group that fires and for one that has ended.
pub(crate) struct Case {
    /// The receiver's lines; `URL` is the server's, or the proxy's.
    pub(crate) lines: &'static str,
    /// Whether the vendor's own address is asked, through a proxy.
    pub(crate) vendor: bool,
    pub(crate) answer: fn(&Seen) -> http::Response<http_body_util::Full<bytes::Bytes>>,
    pub(crate) firing: Vec<Expected>,
    pub(crate) resolved: Vec<Expected>,
}

pub(crate) struct Expected {
    pub(crate) asked: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

pub(crate) fn asked(line: &str, body: Value) -> Expected {
    Expected {
        asked: line.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body,
    }
}

impl Expected {
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn check(&self, seen: &Seen) {
        assert_eq!(format!("{} {}", seen.method, seen.path), self.asked);
        for (name, value) in &self.headers {
            assert_eq!(seen.header(name), value, "{name} of {}", self.asked);
        }
        assert!(seen.header("user-agent").starts_with("Argand/"));
        if !self.body.is_null() {
            assert_eq!(seen.json(), self.body, "{}", self.asked);
        }
    }
}

pub(crate) async fn check(case: Case) {
    let vendor = if case.vendor {
        everybody(case.answer).await
    } else {
        server(case.answer).await
    };
    let kind = integration(&case.lines.replace("URL", &vendor.url()));
    for (notification, expected) in [
        (firing(&["a", "b"]), &case.firing),
        (resolved(&["a", "b"]), &case.resolved),
    ] {
        told(&kind, &notification)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", kind.kind()));
        let seen = vendor.take();
        assert_eq!(seen.len(), expected.len(), "{}: {seen:#?}", kind.kind());
        for (seen, expected) in seen.iter().zip(expected) {
            expected.check(seen);
        }
    }
}

pub(crate) fn ok(_: &Seen) -> http::Response<http_body_util::Full<bytes::Bytes>> {
    text(200, "ok")
}

pub(crate) fn alert_json(instance: &str, status: &str, ends_at: &str, fingerprint: &str) -> Value {
    json!({
        "status": status,
        "labels": {"alertname": "Down", "instance": instance},
        "annotations": {"summary": format!("Down at {instance}")},
        "startsAt": "2024-01-02T03:04:05Z",
        "endsAt": ends_at,
        "generatorURL": "http://prom/graph",
        "fingerprint": fingerprint,
    })
}

pub(crate) fn fingerprint(instance: &str) -> String {
    format!("{:016x}", common::alert("Down", instance, 0).fingerprint())
}
