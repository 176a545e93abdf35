//! What each kind sends: method, path, headers and body, as real servers see them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use common::{GROUP, Seen, everybody, firing, integration, json, resolved, server, text, told};
use serde_json::{Value, json};

/// What a kind sends for a group that fires and for one that has ended.
struct Case {
    /// The receiver's lines; `URL` is the server's, or the proxy's.
    lines: &'static str,
    /// Whether the vendor's own address is asked, through a proxy.
    vendor: bool,
    answer: fn(&Seen) -> http::Response<http_body_util::Full<bytes::Bytes>>,
    firing: Vec<Expected>,
    resolved: Vec<Expected>,
}

struct Expected {
    asked: String,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

fn asked(line: &str, body: Value) -> Expected {
    Expected {
        asked: line.to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body,
    }
}

impl Expected {
    fn with(mut self, name: &'static str, value: &str) -> Self {
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

async fn check(case: Case) {
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

fn ok(_: &Seen) -> http::Response<http_body_util::Full<bytes::Bytes>> {
    text(200, "ok")
}

fn alert_json(instance: &str, status: &str, ends_at: &str, fingerprint: &str) -> Value {
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

fn fingerprint(instance: &str) -> String {
    format!("{:016x}", common::alert("Down", instance, 0).fingerprint())
}

fn webhook_body(status: &str, reason: &str, ends_at: &str, instances: &[&str]) -> Value {
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
        firing: vec![asked(
            "POST /hook?team=Down",
            webhook_body(
                "firing",
                "first notification",
                "0001-01-01T00:00:00Z",
                &["a", "b"],
            ),
        )],
        resolved: vec![asked(
            "POST /hook?team=Down",
            webhook_body(
                "resolved",
                "all alerts resolved",
                "2024-01-02T03:04:35Z",
                &["a", "b"],
            ),
        )],
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
async fn slack() {
    let body = |title: &str| {
        json!({
            "channel": "#ops",
            "username": "bot",
            "attachments": [{
                "title": title,
                "title_link": "http://l",
                "text": "text",
                "fallback": "f",
                "callback_id": "",
                "footer": "",
                "color": "red",
                "fields": [{"title": "n", "value": "2", "short": true}, {"title": "m", "value": "x", "short": false}],
                "actions": [{"type": "button", "text": "go", "url": "http://u"}],
                "mrkdwn_in": ["fallback", "pretext", "text"],
            }],
        })
    };
    check(Case {
        lines: "\
slack_configs:
- api_url: URL/services/T/B/secret
  send_resolved: true
  channel: '#ops'
  username: bot
  title: '{{ .Status }}'
  title_link: http://l
  text: text
  fallback: f
  callback_id: ''
  color: red
  footer: ''
  pretext: ''
  icon_emoji: ''
  icon_url: ''
  short_fields: true
  fields: [{title: n, value: '{{ len .Alerts }}'}, {title: m, value: x, short: false}]
  actions: [{type: button, text: go, url: 'http://u', name: dropped}]",
        vendor: false,
        answer: ok,
        firing: vec![asked("POST /services/T/B/secret", body("firing"))],
        resolved: vec![asked("POST /services/T/B/secret", body("resolved"))],
    })
    .await;
}

#[tokio::test]
async fn slack_changes_a_message_by_an_apps_token() {
    check(Case {
        lines: "\
slack_configs:
- api_url: https://slack.com/api/chat.postMessage
  http_config: {authorization: {credentials: xoxb-1}, proxy_url: URL, tls_config: {insecure_skip_verify: true}}
  update_message: true
  channel: '#ops'",
        vendor: true,
        answer: |_| json(200, r#"{"ok": true, "channel": "C1", "ts": "1.5"}"#),
        firing: vec![asked("POST /api/chat.postMessage", Value::Null).with("authorization", "Bearer xoxb-1")],
        resolved: vec![asked("POST /api/chat.update", Value::Null).with("host", "slack.com")],
    })
    .await;
    check(Case {
        lines: "\
slack_configs:
- app_token: xoxb-2
  http_config: {proxy_url: URL, tls_config: {insecure_skip_verify: true}}
  channel: '#ops'",
        vendor: true,
        answer: |_| json(200, r#"{"ok": true}"#),
        firing: vec![
            asked("POST /api/chat.postMessage", Value::Null).with("authorization", "Bearer xoxb-2"),
        ],
        resolved: vec![asked("POST /api/chat.postMessage", Value::Null)],
    })
    .await;
}

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
async fn telegram() {
    let body = |status: &str| {
        json!({
            "chat_id": "-100",
            "text": format!("<b>{status}</b>&lt;"),
            "disable_web_page_preview": "true",
            "disable_notification": "true",
            "parse_mode": "HTML",
            "message_thread_id": "7",
        })
    };
    check(Case {
        lines: "\
telegram_configs:
- api_url: URL
  bot_token: '1:secret'
  chat_id: -100
  message_thread_id: 7
  disable_notifications: true
  message: '<b>{{ .Status }}</b>{{ \"<\" }}'",
        vendor: false,
        answer: |_| json(200, r#"{"ok":true,"result":{}}"#),
        firing: vec![asked("POST /bot1:secret/sendMessage", body("firing"))],
        resolved: vec![asked("POST /bot1:secret/sendMessage", body("resolved"))],
    })
    .await;
}

#[tokio::test]
async fn discord() {
    let body = |status: &str, color: u32| {
        json!({
            "content": "c",
            "embeds": [{"title": status, "description": "d", "color": color}],
            "username": "{{ no template }}",
            "avatar_url": "http://a",
        })
    };
    check(Case {
        lines: "\
discord_configs:
- webhook_url: URL/api/webhooks/1/secret
  content: c
  title: '{{ .Status }}'
  message: d
  username: '{{ no template }}'
  avatar_url: http://a",
        vendor: false,
        answer: |_| text(204, ""),
        firing: vec![asked(
            "POST /api/webhooks/1/secret",
            body("firing", 10_038_562),
        )],
        resolved: vec![asked(
            "POST /api/webhooks/1/secret",
            body("resolved", 3_066_993),
        )],
    })
    .await;
}

#[tokio::test]
async fn webex() {
    check(Case {
        lines: "\
webex_configs:
- api_url: URL/v1/messages
  room_id: room
  message: '{{ .Status }}'
  http_config: {authorization: {credentials: tok}}",
        vendor: false,
        answer: |_| json(200, "{}"),
        firing: vec![
            asked(
                "POST /v1/messages",
                json!({"markdown": "firing", "roomId": "room"}),
            )
            .with("authorization", "Bearer tok"),
        ],
        resolved: vec![asked(
            "POST /v1/messages",
            json!({"markdown": "resolved", "roomId": "room"}),
        )],
    })
    .await;
}

#[tokio::test]
async fn msteams() {
    let card = |status: &str, color: &str| {
        json!({
            "@context": "http://schema.org/extensions",
            "type": "MessageCard",
            "title": status,
            "summary": "s",
            "text": "t",
            "themeColor": color,
        })
    };
    check(Case {
        lines: "msteams_configs:\n- {webhook_url: URL/w, title: '{{ .Status }}', summary: s, text: t}",
        vendor: false,
        answer: ok,
        firing: vec![asked("POST /w", card("firing", "8C1A1A"))],
        resolved: vec![asked("POST /w", card("resolved", "2DC72D"))],
    })
    .await;
    let adaptive = |status: &str, color: &str| {
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.2",
                    "body": [
                        {"type": "TextBlock", "text": status, "weight": "Bolder", "size": "Medium", "wrap": true, "style": "heading", "color": color},
                        {"type": "TextBlock", "text": "t", "wrap": true},
                    ],
                    "msteams": {"width": "full"},
                },
            }],
        })
    };
    check(Case {
        lines: "msteamsv2_configs:\n- {webhook_url: URL/w, title: '{{ .Status }}', text: t}",
        vendor: false,
        answer: |_| text(202, ""),
        firing: vec![asked("POST /w", adaptive("firing", "Attention"))],
        resolved: vec![asked("POST /w", adaptive("resolved", "Good"))],
    })
    .await;
}

#[tokio::test]
async fn sns() {
    let form = |status: &str| {
        format!(
            "Action=Publish&Version=2010-03-31&Message={status}\
             &MessageAttributes.entry.1.Name=key&MessageAttributes.entry.1.Value.DataType=String\
             &MessageAttributes.entry.1.Value.StringValue=Down\
             &MessageDeduplicationId={GROUP}&MessageGroupId={GROUP}\
             &Subject=s&TopicArn=arn%3Aaws%3Asns%3Aus-east-2%3A1%3At.fifo"
        )
    };
    let service = server(|_| text(200, "<PublishResponse/>")).await;
    let kind = integration(
        &"\
sns_configs:
- api_url: URL
  sigv4: {region: us-east-2, access_key: AKID, secret_key: skey}
  topic_arn: 'arn:aws:sns:us-east-2:1:t.fifo'
  subject: s
  message: '{{ .Status }}'
  attributes: {key: '{{ .GroupLabels.alertname }}'}"
            .replace("URL", &service.url()),
    );
    told(&kind, &firing(&["a"])).await.expect("is published");
    let seen = service.take();
    assert_eq!(format!("{} {}", seen[0].method, seen[0].path), "POST /");
    assert_eq!(String::from_utf8_lossy(&seen[0].body), form("firing"));
    assert_eq!(
        seen[0].header("content-type"),
        "application/x-www-form-urlencoded"
    );
    let authorization = seen[0].header("authorization");
    assert!(
        authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/"),
        "{authorization}"
    );
    assert!(authorization.contains(
        "/us-east-2/sns/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature="
    ));
    assert!(seen[0].header("x-amz-date").ends_with('Z'));
}

#[tokio::test]
async fn sns_takes_on_a_role() {
    let answer = |seen: &Seen| {
        if String::from_utf8_lossy(&seen.body).starts_with("Action=AssumeRole") {
            return text(
                200,
                "<R><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>rk</SecretAccessKey><SessionToken>session</SessionToken></R>",
            );
        }
        text(200, "<PublishResponse/>")
    };
    let aws = everybody(answer).await;
    let kind = integration(
        &"\
sns_configs:
- sigv4: {region: eu-west-1, access_key: AKID, secret_key: skey, role_arn: 'arn:role'}
  phone_number: '+49123'
  subject: ''
  message: m
  http_config: {proxy_url: URL, tls_config: {insecure_skip_verify: true}}"
            .replace("URL", &aws.url()),
    );
    told(&kind, &firing(&["a"])).await.expect("is published");
    let seen = aws.take();
    assert_eq!(seen[0].header("host"), "sts.eu-west-1.amazonaws.com");
    assert!(seen[0].header("authorization").contains("Credential=AKID/"));
    assert_eq!(seen[1].header("host"), "sns.eu-west-1.amazonaws.com");
    assert!(seen[1].header("authorization").contains("Credential=ROLE/"));
    assert_eq!(seen[1].header("x-amz-security-token"), "session");
    assert_eq!(
        String::from_utf8_lossy(&seen[1].body),
        "Action=Publish&Version=2010-03-31&Message=m&PhoneNumber=%2B49123"
    );
}

#[tokio::test]
async fn wechat() {
    let service = server(|seen| {
        if seen.path.starts_with("/cgi-bin/gettoken") {
            json(200, r#"{"access_token":"tok-123"}"#)
        } else {
            json(200, r#"{"errcode":0,"errmsg":"ok"}"#)
        }
    })
    .await;
    let kind = integration(
        &"\
wechat_configs:
- api_url: URL/cgi-bin/
  api_secret: sec
  corp_id: corp
  message: '{{ .Status }}'
  to_user: u
  to_party: ''
  to_tag: ''
  agent_id: '1'
  message_type: markdown
  send_resolved: true"
            .replace("URL", &service.url()),
    );
    told(&kind, &firing(&["a"])).await.expect("is sent");
    told(&kind, &resolved(&["a"])).await.expect("is sent");
    let seen = service.take();
    let asked: Vec<String> = seen
        .iter()
        .map(|seen| format!("{} {}", seen.method, seen.path))
        .collect();
    let send = "POST /cgi-bin/message/send?access_token=tok-123";
    assert_eq!(
        asked,
        [
            "GET /cgi-bin/gettoken?corpid=corp&corpsecret=sec",
            send,
            send
        ]
    );
    assert_eq!(
        seen[1].json(),
        json!({
            "text": {"content": ""},
            "touser": "u",
            "agentid": "1",
            "safe": "0",
            "msgtype": "markdown",
            "markdown": {"content": "firing"},
        })
    );
}

#[tokio::test]
async fn rocketchat() {
    let body = |status: &str, color: &str| {
        json!({
            "channel": "#ops",
            "emoji": ":e:",
            "avatar": "http://a",
            "attachments": [{
                "title": status,
                "text": "t",
                "color": color,
                "fields": [{"short": false, "title": "f", "value": "v"}],
                "actions": [{"type": "button", "text": "go", "url": "http://u", "is_webview": false, "msg_in_chat_window": false}],
            }],
        })
    };
    check(Case {
        lines: "\
rocketchat_configs:
- api_url: URL
  token: tok
  token_id: id
  channel: '#ops'
  title: '{{ .Status }}'
  title_link: ''
  text: t
  emoji: ':e:'
  icon_url: http://a
  fields: [{title: f, value: v}]
  actions: [{type: other, text: go, url: 'http://u', iswebview: true}]",
        vendor: false,
        answer: |_| json(200, r#"{"success":true}"#),
        firing: vec![
            asked("POST /api/v1/chat.postMessage", body("firing", "red"))
                .with("x-auth-token", "tok")
                .with("x-user-id", "id"),
        ],
        resolved: vec![asked(
            "POST /api/v1/chat.postMessage",
            body("resolved", "green"),
        )],
    })
    .await;
}

#[tokio::test]
async fn mattermost() {
    let body = |status: &str| {
        json!({
            "channel": "ops",
            "username": "bot",
            "attachments": [{
                "fallback": "f",
                "color": "#f00",
                "text": status,
                "title": "t",
                "fields": [{"title": "a", "value": "b", "short": false}],
            }],
            "props": {"card": "c"},
            "priority": {"priority": "important", "requested_ack": true},
        })
    };
    check(Case {
        lines: "\
mattermost_configs:
- webhook_url: URL/hooks/secret
  channel: ops
  username: bot
  text: '{{ .Status }}'
  fallback: f
  color: '#f00'
  title: t
  title_link: ''
  fields: [{title: a, value: b, short: false}]
  props: {card: c}
  priority: {priority: Important, requested_ack: true, persistent_notifications: true}",
        vendor: false,
        answer: ok,
        firing: vec![asked("POST /hooks/secret", body("firing"))],
        resolved: vec![asked("POST /hooks/secret", body("resolved"))],
    })
    .await;
    let with_attachments = json!({
        "text": "above",
        "username": "bot",
        "attachments": [{"text": "one"}, {"text": "two", "pretext": "p"}],
    });
    check(Case {
        lines: "\
mattermost_configs:
- webhook_url: URL/hooks/secret
  username: bot
  text: above
  attachments: [{text: one}, {text: two, pretext: p}]",
        vendor: false,
        answer: ok,
        firing: vec![asked("POST /hooks/secret", with_attachments.clone())],
        resolved: vec![asked("POST /hooks/secret", with_attachments)],
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

/// A Jira with at most one issue, whose state the test chooses.
fn jira_answer(seen: &Seen, found: &str) -> http::Response<http_body_util::Full<bytes::Bytes>> {
    if seen.path.ends_with("/search") {
        json(200, found)
    } else if seen.path.ends_with("/transitions") {
        json(
            200,
            r#"{"transitions":[{"id":"11","name":"Close"},{"id":"12","name":"Reopen"}]}"#,
        )
    } else {
        json(200, "{}")
    }
}

const JIRA: &str = "\
jira_configs:
- api_url: URL/rest/api/2
  project: OPS
  issue_type: Bug
  summary: '{{ .Status }}'
  description: {template: d, enable_update: false}
  labels: [z, '{{ .GroupLabels.alertname }}']
  priority: High
  resolve_transition: Close
  reopen_transition: Reopen
  reopen_duration: 1h
  wont_fix_resolution: Won't
  fields: {custom: ['{{ len .Alerts }}', x]}
  http_config: {authorization: {credentials: tok}}";

fn jira_issue(status: &str) -> Value {
    json!({"fields": {
        "project": {"key": "OPS"},
        "issuetype": {"name": "Bug"},
        "summary": status,
        "description": "d",
        "labels": [format!("ALERT{{{GROUP}}}"), "Down", "z"],
        "priority": {"name": "High"},
        "custom": [2, "x"],
    }})
}

#[tokio::test]
async fn jira_makes_an_issue_for_what_fires_only() {
    let search = json!({
        "jql": format!("(resolution is EMPTY or resolution != \"Won't\") and (resolutiondate is EMPTY OR resolutiondate >= -60m) and project=\"OPS\" and labels=\"ALERT{{{GROUP}}}\" order by status ASC,resolutiondate DESC"),
        "maxResults": 2,
        "fields": ["status"],
    });
    let open_only = json!({
        "jql": format!("(resolution is EMPTY or resolution != \"Won't\") and statusCategory != Done and project=\"OPS\" and labels=\"ALERT{{{GROUP}}}\" order by status ASC,resolutiondate DESC"),
        "maxResults": 2,
        "fields": ["status"],
    });
    check(Case {
        lines: JIRA,
        vendor: false,
        answer: |seen| jira_answer(seen, r#"{"issues":[]}"#),
        firing: vec![
            asked("POST /rest/api/2/search", search)
                .with("authorization", "Bearer tok")
                .with("accept-language", "en"),
            asked("POST /rest/api/2/issue", jira_issue("firing")),
        ],
        resolved: vec![asked("POST /rest/api/2/search", open_only)],
    })
    .await;
}

#[tokio::test]
async fn jira_changes_closes_and_opens_an_issue() {
    let update = |status: &str| {
        let mut issue = jira_issue(status);
        issue["fields"]
            .as_object_mut()
            .expect("fields")
            .remove("description");
        issue
    };
    let transitions = "GET /rest/api/2/issue/OPS-1/transitions";
    let transition = "POST /rest/api/2/issue/OPS-1/transitions";
    check(Case {
        lines: JIRA,
        vendor: false,
        answer: |seen| {
            jira_answer(
                seen,
                r#"{"issues":[{"key":"OPS-1","fields":{"status":{"statusCategory":{"key":"new"}}}}]}"#,
            )
        },
        firing: vec![
            asked("POST /rest/api/2/search", Value::Null),
            asked("PUT /rest/api/2/issue/OPS-1", update("firing")),
        ],
        resolved: vec![
            asked("POST /rest/api/2/search", Value::Null),
            asked("PUT /rest/api/2/issue/OPS-1", update("resolved")),
            asked(transitions, Value::Null),
            asked(transition, json!({"transition": {"id": "11"}})),
        ],
    })
    .await;
    check(Case {
        lines: JIRA,
        vendor: false,
        answer: |seen| {
            jira_answer(
                seen,
                r#"{"issues":[{"key":"OPS-1","fields":{"status":{"statusCategory":{"key":"done"}}}}]}"#,
            )
        },
        firing: vec![
            asked("POST /rest/api/2/search", Value::Null),
            asked("PUT /rest/api/2/issue/OPS-1", Value::Null),
            asked(transitions, Value::Null),
            asked(transition, json!({"transition": {"id": "12"}})),
        ],
        resolved: vec![
            asked("POST /rest/api/2/search", Value::Null),
            asked("PUT /rest/api/2/issue/OPS-1", Value::Null),
        ],
    })
    .await;
}

#[tokio::test]
async fn kinds_are_numbered_within_themselves() {
    let all = common::integrations(
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
