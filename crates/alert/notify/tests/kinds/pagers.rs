//! What is sent: whoever wakes people up.

use serde_json::{Value, json};

use crate::case::{Case, Expected, asked, check, ok};
use crate::common::{GROUP, json};
use crate::webhooks::webhook_body;

#[tokio::test]
async fn pagerduty() {
    let v2 = |action: &str, firing: Value, resolved: Value, counts: (i32, i32)| {
        json!({
            "routing_key": "rkey",
            "dedup_key": GROUP,
            "event_action": action,
            "payload": {
                "summary": "2 alerts",
                "source": "c",
                "severity": "error",
                "class": "k",
                "custom_details": {
                    "firing": firing, "resolved": resolved,
                    "num_firing": counts.0, "num_resolved": counts.1,
                    "nested": {"x": ["Down"]},
                },
            },
            "client": "c",
            "client_url": "http://c",
            "images": [{"src": "http://i", "alt": "a", "href": ""}],
            "links": [{"href": "http://l", "text": "t"}],
        })
    };
    check(Case {
        lines: "\
pagerduty_configs:
- routing_key: '{{ \"rkey\" }}'
  url: URL/v2/enqueue
  client: c
  client_url: http://c
  description: '{{ len .Alerts }} alerts'
  class: k
  details: {firing: f, resolved: r, nested: {x: ['{{ .GroupLabels.alertname }}']}}
  images: [{src: 'http://i', alt: a}, {alt: left out}]
  links: [{href: 'http://l', text: t}, {text: left out}]",
        vendor: false,
        answer: |_| json(202, "{}"),
        firing: vec![asked(
            "POST /v2/enqueue",
            v2("trigger", "f".into(), "r".into(), (2, 0)),
        )],
        resolved: vec![asked(
            "POST /v2/enqueue",
            v2("resolve", "f".into(), "r".into(), (0, 2)),
        )],
    })
    .await;
    let v1 = |kind: &str| {
        json!({
            "service_key": "skey",
            "incident_key": GROUP,
            "event_type": kind,
            "description": "d",
            "event_action": "",
            "payload": null,
            "details": {"firing": 1, "resolved": 2, "num_firing": 3, "num_resolved": 4},
        })
    };
    let mut trigger = v1("trigger");
    trigger["client"] = "c".into();
    trigger["client_url"] = "http://c".into();
    check(Case {
        lines: "\
pagerduty_configs:
- service_key: skey
  http_config: {proxy_url: URL, tls_config: {insecure_skip_verify: true}}
  client: c
  client_url: http://c
  description: d
  details: {firing: 1, resolved: '2', num_firing: 3, num_resolved: 4}",
        vendor: true,
        answer: |_| json(200, "{}"),
        firing: vec![
            asked("POST /generic/2010-04-15/create_event.json", trigger)
                .with("host", "events.pagerduty.com"),
        ],
        resolved: vec![asked(
            "POST /generic/2010-04-15/create_event.json",
            v1("resolve"),
        )],
    })
    .await;
}

#[tokio::test]
async fn opsgenie() {
    let close = format!("POST /api/v2/alerts/{GROUP}/close?identifierType=alias");
    let put = |what: &str| format!("PUT /api/v2/alerts/{GROUP}/{what}?identifierType=alias");
    check(Case {
        lines: "\
opsgenie_configs:
- api_key: '{{ \"key\" }}'
  api_url: URL/api
  message: '{{ .Status }}'
  description: d
  source: s
  details: {more: '{{ len .Alerts }}'}
  entity: e
  responders: [{name: 'a,b', type: teams}, {username: u, type: user}, {name: '{{ .CommonLabels.none }}', type: '{{ \"\" }}'}]
  actions: 'x,,y'
  tags: 't1,t2'
  note: n
  priority: P1
  update_alerts: true",
        vendor: false,
        answer: |_| json(202, "{}"),
        firing: vec![
            asked(
                "POST /api/v2/alerts",
                json!({
                    "alias": GROUP,
                    "message": "firing",
                    "description": "d",
                    "details": {"alertname": "Down", "more": "2"},
                    "source": "s",
                    "responders": [
                        {"name": "a", "type": "team"},
                        {"name": "b", "type": "team"},
                        {"username": "u", "type": "user"},
                    ],
                    "tags": ["t1", "t2"],
                    "note": "n",
                    "priority": "P1",
                    "entity": "e",
                    "actions": ["x", "y"],
                }),
            )
            .with("authorization", "GenieKey key"),
            asked(&put("message"), json!({"message": "firing"})).with("authorization", "GenieKey key"),
            asked(&put("description"), json!({"description": "d"})),
        ],
        resolved: vec![asked(&close, json!({"source": "s"})).with("authorization", "GenieKey key")],
    })
    .await;
}

#[tokio::test]
async fn victorops() {
    let body = |kind: &str| {
        json!({
            "message_type": kind,
            "entity_id": GROUP,
            "entity_display_name": "name",
            "state_message": "state",
            "monitoring_tool": "tool",
            "host": "Down",
        })
    };
    check(Case {
        lines: "\
victorops_configs:
- api_key: key
  api_url: URL/alert
  routing_key: '{{ .GroupLabels.alertname }}'
  message_type: page
  state_message: state
  entity_display_name: name
  monitoring_tool: tool
  custom_fields: {host: '{{ .CommonLabels.alertname }}'}",
        vendor: false,
        answer: ok,
        firing: vec![asked("POST /alert/key/Down", body("CRITICAL"))],
        resolved: vec![asked("POST /alert/key/Down", body("RECOVERY"))],
    })
    .await;
}

#[tokio::test]
async fn pushover() {
    let path = |priority: i32, html: &str| {
        format!(
            "POST /1/messages.json?device=&expire=3600&html=1&message={html}&priority={priority}\
             &retry=60&sound=&title=t&token=token&ttl=10&url=http%3A%2F%2Fu&url_title=&user=user"
        )
    };
    let plain = |line: &str| Expected {
        asked: line.to_owned(),
        headers: vec![
            ("content-type", "text/plain".to_owned()),
            ("host", "api.pushover.net".to_owned()),
        ],
        body: Value::Null,
    };
    check(Case {
        lines: "\
pushover_configs:
- token: token
  user_key: user
  http_config: {proxy_url: URL, tls_config: {insecure_skip_verify: true}}
  title: t
  message: '<b>{{ .Status }}</b>{{ \"<\" }}'
  url: http://u
  html: true
  ttl: 10s",
        vendor: true,
        answer: |_| json(200, r#"{"status":1}"#),
        firing: vec![plain(&path(2, "%3Cb%3Efiring%3C%2Fb%3E%26lt%3B"))],
        resolved: vec![plain(&path(0, "%3Cb%3Eresolved%3C%2Fb%3E%26lt%3B"))],
    })
    .await;
}

#[tokio::test]
async fn incidentio() {
    let body = |status: &str, reason: &str, ends_at: &str| {
        let mut body = webhook_body(status, reason, ends_at, &["a", "b"]);
        body["version"] = "1".into();
        body
    };
    check(Case {
        lines: "incidentio_configs:\n- {url: URL/v2/alert_events/1, alert_source_token: tok}",
        vendor: false,
        answer: |_| json(202, "{}"),
        firing: vec![
            asked(
                "POST /v2/alert_events/1",
                body("firing", "first notification", "0001-01-01T00:00:00Z"),
            )
            .with("authorization", "Bearer tok"),
        ],
        resolved: vec![asked(
            "POST /v2/alert_events/1",
            body("resolved", "all alerts resolved", "2024-01-02T03:04:35Z"),
        )],
    })
    .await;
}
