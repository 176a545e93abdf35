//! What is sent: chats.

use serde_json::{Value, json};

use crate::case::{Case, asked, check, ok};
use crate::common::{everybody, firing, integration, json, resolved, server, text, told};

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
async fn slack_changes_a_message_that_an_earlier_run_sent() {
    let slack = everybody(|_| json(200, r#"{"ok": true, "channel": "C1", "ts": "1.5"}"#)).await;
    let lines = "\
slack_configs:
- api_url: https://slack.com/api/chat.postMessage
  http_config: {authorization: {credentials: xoxb-1}, proxy_url: URL, tls_config: {insecure_skip_verify: true}}
  update_message: true
  channel: '#ops'"
        .replace("URL", &slack.url());
    let notification = firing(&["a"]);
    let key = &notification.group_key;
    let first = integration(&lines);
    assert_eq!(first.memory(key), None);
    told(&first, &notification).await.unwrap();
    let memory = first.memory(key).unwrap();
    let next = integration(&lines);
    next.recall(key, &memory);
    next.recall("another", "no memory");
    told(&next, &notification).await.unwrap();
    let seen = slack.take();
    let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(paths, ["/api/chat.postMessage", "/api/chat.update"]);
    assert_eq!(seen[1].json()["ts"], "1.5");
    assert_eq!(next.memory("another"), None);
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
