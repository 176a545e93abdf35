//! The same file, the same alert: what Debian's Alertmanager sends and what this crate sends, for
//! each kind that version knows. Methods, paths, credentials and bodies are equal.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may stop at the first surprise, and say what they left out"
)]

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{START, Seen, Server, everybody, json, server, text, told};
use contract::Notification;
use model::{Alert, Labels};
use serde_json::Value;
use template::alertmanager::Templates;

/// How long the original may take for one notification to all receivers.
const PATIENCE: Duration = Duration::from_secs(60);

const FILE: &str = r##"
global: {resolve_timeout: 1h}
route: {receiver: all, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers:
- name: all
  webhook_configs:
  - {url: WEB/webhook, http_config: {basic_auth: {username: me, password: pw}}}
  slack_configs:
  - api_url: WEB/slack
    send_resolved: true
    channel: '#ops-{{ .GroupLabels.alertname }}'
    username: bot
    color: '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}'
    title: '[{{ .Status | toUpper }}:{{ .Alerts.Firing | len }}] {{ .GroupLabels.SortedPairs.Values | join " " }} <&>'
    title_link: '{{ .ExternalURL }}'
    pretext: p
    text: '{{ range .Alerts }}{{ .Annotations.summary }} {{ .StartsAt.Unix }}{{ end }}'
    footer: f
    fallback: ''
    callback_id: c
    icon_emoji: ':fire:'
    icon_url: ''
    link_names: true
    fields: [{title: t, value: '{{ .CommonLabels.instance }}', short: true}, {title: u, value: v}]
    actions: [{type: button, text: t, name: n, value: v, style: danger, confirm: {text: sure, ok_text: yes!}}]
  pagerduty_configs:
  - routing_key: rkey
    url: WEB/pagerduty
    client: c
    client_url: http://c
    description: '{{ .CommonAnnotations.summary }}'
    severity: '{{ if .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}warning{{ end }}'
    class: k
    component: co
    group: g
    details: {firing: some of them, resolved: none of them, num_firing: few, num_resolved: nobody, more: '{{ .CommonLabels.instance }}-x'}
    images: [{src: 'http://i', alt: a, href: 'http://h'}]
    links: [{href: 'http://l', text: t}]
  opsgenie_configs:
  - api_key: key
    api_url: WEB/opsgenie
    message: '{{ .CommonAnnotations.summary }}'
    description: d
    source: s
    details: {a: b}
    entity: e
    responders: [{name: 'x,y', type: teams}, {id: i, type: user}]
    actions: 'a,b'
    tags: 't,'
    note: n
    priority: P3
    update_alerts: true
  victorops_configs:
  - {api_key: key, api_url: WEB/victorops, routing_key: r, message_type: INFO, state_message: s, entity_display_name: e, monitoring_tool: m, custom_fields: {f: '{{ .Status }}'}}
  telegram_configs:
  - {api_url: WEB/telegram, bot_token: tok, chat_id: -5, message: '<b>{{ .Status }}</b> {{ .CommonAnnotations.summary }} {{ "<" }}', disable_notifications: true}
  - {api_url: WEB/telegram2, bot_token: tok, chat_id: 5, message: '{{ .Status }}', parse_mode: ''}
  discord_configs:
  - {webhook_url: WEB/discord, title: '{{ .Status }}', message: m}
  webex_configs:
  - {api_url: WEB/webex, room_id: r, message: '**{{ .Status }}**', http_config: {authorization: {credentials: tok}}}
  sns_configs:
  - {api_url: WEB/, topic_arn: 'arn:t.fifo', subject: 's s', message: 'm {{ .Status }}', attributes: {k: v}, sigv4: {region: us-east-2, access_key: AKID, secret_key: skey}}
  wechat_configs:
  - {api_url: WEB/wechat/, api_secret: sec, corp_id: corp, message: '{{ .Status }}', to_user: u, to_party: p, to_tag: t, agent_id: a, send_resolved: true}
  pushover_configs:
  - {token: tok, user_key: user, title: '{{ .Status }}', message: '{{ .CommonAnnotations.summary }}', url: 'http://u/?a=b&c', url_title: ut, sound: so, retry: 90s, expire: 1h30m, http_config: {proxy_url: PROXY, tls_config: {insecure_skip_verify: true}}}
"##;

/// Requests of one notification: one for each integration.
const REQUESTS: usize = 12;

fn answer(seen: &Seen) -> http::Response<http_body_util::Full<bytes::Bytes>> {
    match seen.path.split(['?', '/']).nth(1).unwrap_or("") {
        "telegram" | "telegram2" => json(
            200,
            r#"{"ok":true,"result":{"message_id":1,"chat":{"id":5}}}"#,
        ),
        "wechat" if seen.path.contains("gettoken") => json(200, r#"{"access_token":"wtok"}"#),
        "wechat" => json(200, r#"{"errcode":0,"errmsg":"ok"}"#),
        "slack" => text(200, "ok"),
        "" => text(
            200,
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>",
        ),
        _ => json(202, "{}"),
    }
}

/// Ends the original with the test.
struct Original(Child);

impl Drop for Original {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct World {
    plain: Server,
    proxy: Server,
    file: String,
}

impl World {
    async fn new() -> Self {
        let plain = server(answer).await;
        let proxy = everybody(answer).await;
        let file = FILE
            .replace("WEB", &plain.url())
            .replace("PROXY", &proxy.url());
        Self { plain, proxy, file }
    }

    /// What was asked, by what was asked for; waits until there is as much as one notification
    /// makes, and one request more for a token where that is expected.
    async fn asked(&self, count: usize) -> Vec<Seen> {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while seen.len() < count && Instant::now() < end {
            seen.extend(self.plain.take());
            seen.extend(self.proxy.take());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        seen.sort_by_key(|seen| format!("{} {}", seen.method, seen.path));
        seen
    }
}

/// A port that nobody listens at just now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn start(folder: &Path, file: &str, port: u16) -> Original {
    let path = folder.join("am.yml");
    std::fs::write(&path, file).unwrap();
    let child = Command::new("prometheus-alertmanager")
        .arg(format!("--config.file={}", path.display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--web.external-url=http://am.example.org:9093")
        .arg("--cluster.listen-address=")
        .arg("--log.level=error")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let original = Original(child);
    let end = Instant::now() + PATIENCE;
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "the original does not listen");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    original
}

fn add(port: u16, more: &[&str]) {
    let output = Command::new("amtool")
        .arg(format!("--alertmanager.url=http://127.0.0.1:{port}"))
        .args(["alert", "add", "alertname=Down", "instance=a b"])
        .arg("--annotation=summary=a & <b>")
        .arg("--generator-url=http://prom/graph?g0.expr=up&g0.tab=1")
        .arg("--start=2024-01-02T03:04:05Z")
        .args(more)
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:?}");
}

fn ours(ends_at: i64) -> Notification {
    let mut notification = common::firing(&[]);
    notification.receiver = "all".to_owned();
    notification.alerts = vec![Alert {
        labels: Labels::from_pairs([("alertname", "Down"), ("instance", "a b")]),
        annotations: Labels::from_pairs([("summary", "a & <b>")]),
        starts_at: START,
        ends_at,
        updated_at: START,
        generator_url: "http://prom/graph?g0.expr=up&g0.tab=1".to_owned(),
    }];
    notification
}

/// A form's members without order.
fn form(text: &[u8]) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = form_urlencoded::parse(text).into_owned().collect();
    pairs.sort();
    pairs
}

/// The body as it is compared.
fn body(seen: &Seen) -> Value {
    if seen.header("content-type").contains("form-urlencoded") {
        return serde_json::to_value(form(&seen.body)).unwrap();
    }
    if seen.body.is_empty() {
        return Value::Null;
    }
    let mut body = seen.json();
    if let Some(members) = body.as_object_mut() {
        // What later versions tell of a notification.
        members.remove("notification_reason");
        members.remove("routeLabels");
    }
    body
}

fn compare(original: &[Seen], ours: &[Seen]) {
    let lines = |all: &[Seen]| -> Vec<String> {
        // Debian's version knows no device yet.
        let path = |seen: &Seen| seen.path.replace("device=&", "");
        let line = |seen: &Seen| format!("{} {}", seen.method, path(seen));
        all.iter().map(line).collect()
    };
    assert_eq!(lines(original), lines(ours));
    for (original, ours) in original.iter().zip(ours) {
        let line = format!("{} {}", original.method, original.path);
        assert_eq!(body(original), body(ours), "{line}");
        let media = |seen: &Seen| {
            let text = seen.header("content-type");
            text.split(';').next().unwrap_or("").to_owned()
        };
        assert_eq!(media(original), media(ours), "{line}");
        let authorization = |seen: &Seen| {
            // A signature holds the moment, and which headers are signed is the client's choice.
            let text = seen.header("authorization");
            text.split("/2").next().unwrap_or("").to_owned()
        };
        assert_eq!(authorization(original), authorization(ours), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_original_sends_the_same() {
    if Command::new("prometheus-alertmanager")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("prometheus-alertmanager is not installed: skipped");
        return;
    }
    let world = World::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let _original = start(folder.path(), &world.file, port).await;

    let config =
        config::alertmanager::parse(&world.file, Path::new("am.yml"), None).expect("loads");
    let templates = Templates::load(&[]).expect("the defaults");
    let integrations = notify_receivers::build(
        &config.receivers[0],
        &templates,
        "http://am.example.org:9093",
    )
    .expect("builds");

    // OpsGenie's alert is updated twice as it fires, and WeChat wants a token first.
    for (more, ends_at, count) in [
        (&[][..], i64::MAX, REQUESTS + 3),
        (
            &["--end=2024-01-02T03:04:35Z"][..],
            START + 30_000,
            REQUESTS,
        ),
    ] {
        add(port, more);
        let original = world.asked(count).await;
        let notification = ours(ends_at);
        for integration in &integrations {
            told(integration, &notification)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", integration.kind()));
        }
        compare(&original, &world.asked(count).await);
        eprintln!("{} requests as the original makes them", original.len());
    }
}
