//! What is sent: the webhook, and what all kinds share.

use serde_json::{Value, json};

use crate::case::{Case, alert_json, asked, check, fingerprint, ok};
use crate::common::{firing, integration, server, told};

pub(crate) fn webhook_body(status: &str, reason: &str, ends_at: &str, instances: &[&str]) -> Value {
    let alerts: Vec<Value> = instances
        .iter()
        .map(|instance| alert_json(instance, status, ends_at, &fingerprint(instance)))
        .collect();
    let one = instances.len() == 1;
    let mut common = json!({"alertname": "Down"});
    let mut annotations = json!({});
    if one {
        common["instance"] = instances[0].into();
        annotations["summary"] = format!("Down at {}", instances[0]).into();
    }
    json!({
        "receiver": "team\\.x",
        "status": status,
        "alerts": alerts,
        "notification_reason": reason,
        "groupLabels": {"alertname": "Down"},
        "commonLabels": common,
        "commonAnnotations": annotations,
        "routeLabels": {},
        "externalURL": "http://am.example.org:9093",
        "version": "4",
        "groupKey": "{}:{alertname=\"Down\"}",
        "truncatedAlerts": if one { 1 } else { 0 },
    })
}

#[tokio::test]
async fn webhook() {
    check(Case {
        lines: "webhook_configs:\n- url: URL/hook?team={{ .GroupLabels.alertname }}",
        vendor: false,
        answer: ok,
        firing: vec![
            asked(
                "POST /hook?team=Down",
                webhook_body(
                    "firing",
                    "first notification",
                    "0001-01-01T00:00:00Z",
                    &["a", "b"],
                ),
            )
            .with("idempotency-key", "the key"),
        ],
        resolved: vec![
            asked(
                "POST /hook?team=Down",
                webhook_body(
                    "resolved",
                    "all alerts resolved",
                    "2024-01-02T03:04:35Z",
                    &["a", "b"],
                ),
            )
            .with("idempotency-key", "the key"),
        ],
    })
    .await;
    check(Case {
        lines: "webhook_configs:\n- {url: URL, max_alerts: 1, http_config: {basic_auth: {username: me, password: pw}}}",
        vendor: false,
        answer: ok,
        firing: vec![
            asked(
                "POST /",
                webhook_body("firing", "first notification", "0001-01-01T00:00:00Z", &["a"]),
            )
            .with("authorization", "Basic bWU6cHc="),
        ],
        resolved: vec![asked("POST /", Value::Null)],
    })
    .await;
}

#[tokio::test]
async fn webhook_with_a_payload_of_its_own() {
    check(Case {
        lines: "\
webhook_configs:
- url: URL
  payload:
    text: '{{ .Status }}'
    count: '{{ len .Alerts }}'
    '{{ .GroupLabels.alertname }}': ['{{ .CommonLabels.alertname }} is down', true, 3]
    labels: '{{ .CommonLabels | toJson }}'",
        vendor: false,
        answer: ok,
        firing: vec![asked(
            "POST /",
            json!({"text": "firing", "count": 2, "Down": ["Down is down", true, 3], "labels": {"alertname": "Down"}}),
        )],
        resolved: vec![asked(
            "POST /",
            json!({"text": "resolved", "count": 2, "Down": ["Down is down", true, 3], "labels": {"alertname": "Down"}}),
        )],
    })
    .await;
}

#[tokio::test]
async fn kinds_are_numbered_within_themselves() {
    let all = crate::common::integrations(
        "webhook_configs:\n- {url: 'http://a'}\n- {url: 'http://b', send_resolved: false}\nslack_configs:\n- {api_url: 'http://c'}",
    );
    let named: Vec<_> = all
        .iter()
        .map(|one| (one.kind(), one.index(), one.sends_resolved()))
        .collect();
    assert_eq!(
        named,
        [
            ("webhook", 0, true),
            ("webhook", 1, false),
            ("slack", 0, false)
        ]
    );
}

#[tokio::test]
async fn labels_of_the_route_are_templates() {
    let hook = server(ok).await;
    let kind = integration(&format!("webhook_configs:\n- url: {}", hook.url()));
    let mut notification = firing(&["a"]);
    notification.route_labels =
        model::Labels::from_pairs([("team", "core"), ("what", "{{ .GroupLabels.alertname }}")]);
    told(&kind, &notification).await.expect("is sent");
    assert_eq!(
        hook.take()[0].json()["routeLabels"],
        json!({"team": "core", "what": "Down"})
    );
    notification.route_labels = model::Labels::from_pairs([("what", "{{ .Nope }}")]);
    let error = told(&kind, &notification).await.expect_err("no such field");
    assert!(
        !error.may_retry && error.message.contains("label \"what\" of the route"),
        "{error}"
    );
}
