//! What goes wrong on the way and in the answer: whether another attempt may help, how long a
//! server wants to be left alone, and that no error holds a secret.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Authority, Seen, firing, integration, json, resolved, server, text, told};
use contract::NotifyError;
use http::Response;
use http_body_util::Full;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

/// Every kind whose address can be given, with a secret in each place that has one.
const KINDS: [&str; 16] = [
    "webhook_configs:\n- url: URL/hook/s3cret-token",
    "slack_configs:\n- {api_url: URL/services/s3cret-token, channel: '#ops'}",
    "pagerduty_configs:\n- {routing_key: s3cret-token, url: URL}",
    "opsgenie_configs:\n- {api_key: s3cret-token, api_url: URL}",
    "victorops_configs:\n- {api_key: s3cret-token, api_url: URL, routing_key: r}",
    "telegram_configs:\n- {bot_token: s3cret-token, chat_id: 1, api_url: URL}",
    "discord_configs:\n- webhook_url: URL/s3cret-token",
    "webex_configs:\n- {api_url: URL, room_id: r, http_config: {authorization: {credentials: s3cret-token}}}",
    "msteams_configs:\n- webhook_url: URL/s3cret-token",
    "msteamsv2_configs:\n- webhook_url: URL/s3cret-token",
    "jira_configs:\n- {api_url: URL, project: p, issue_type: t, http_config: {basic_auth: {password: s3cret-token}}}",
    "incidentio_configs:\n- {url: URL, alert_source_token: s3cret-token}",
    "rocketchat_configs:\n- {api_url: URL, token: s3cret-token, token_id: s3cret-token}",
    "mattermost_configs:\n- {webhook_url: URL/s3cret-token, channel: ops}",
    "sns_configs:\n- {api_url: URL, topic_arn: t, sigv4: {region: r, access_key: a, secret_key: s3cret-token}}",
    "wechat_configs:\n- {api_url: URL, api_secret: s3cret-token, corp_id: c}",
];

/// Kinds that ask again after 429, and after 403.
const PATIENT: [&str; 4] = ["pagerduty", "opsgenie", "jira", "incidentio"];

fn kind_of(lines: &str) -> &str {
    lines.split("_configs").next().unwrap_or("")
}

async fn failure(lines: &str, url: &str) -> NotifyError {
    let kind = integration(&lines.replace("URL", url));
    let error = told(&kind, &firing(&["a"])).await.expect_err(lines);
    assert!(!error.message.contains("s3cret"), "{lines}: {error}");
    assert!(
        !error.message.is_empty() && error.message.len() < 4096,
        "{lines}: {error}"
    );
    error
}

/// An answer that repeats what it was asked, as servers in trouble do.
fn echo(status: u16, seen: &Seen) -> Response<Full<Bytes>> {
    let authorization = seen.header("authorization").replace("Bearer ", "");
    let body = String::from_utf8_lossy(&seen.body).into_owned();
    text(
        status,
        format!(
            "cannot {} {} for {authorization}: {body}",
            seen.method, seen.path
        ),
    )
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_again() {
    let server = server(|seen| {
        let mut answer = echo(503, seen);
        answer
            .headers_mut()
            .insert("retry-after", "7".parse().unwrap());
        answer
    })
    .await;
    for lines in KINDS {
        let error = failure(lines, &server.url()).await;
        assert!(error.may_retry, "{lines}: {error}");
        assert!(error.message.contains("503"), "{lines}: {error}");
        if kind_of(lines) != "wechat" {
            assert_eq!(error.retry_after, Some(Duration::from_secs(7)), "{lines}");
        }
    }
}

#[tokio::test]
async fn too_many_requests_mean_patience_where_the_vendor_says_so() {
    let server = server(|_| {
        let mut answer = text(429, "slow down");
        answer
            .headers_mut()
            .insert("retry-after", "30".parse().unwrap());
        answer
    })
    .await;
    for lines in KINDS {
        let error = failure(lines, &server.url()).await;
        let patient = PATIENT.contains(&kind_of(lines)) || kind_of(lines) == "telegram";
        if kind_of(lines) != "wechat" {
            assert_eq!(error.may_retry, patient, "{lines}: {error}");
            assert_eq!(error.retry_after, Some(Duration::from_secs(30)), "{lines}");
        }
    }
}

#[tokio::test]
async fn wrong_credentials_are_not_tried_again() {
    let server = server(|seen| echo(401, seen)).await;
    for lines in KINDS {
        let error = failure(lines, &server.url()).await;
        // Telegram is asked again whatever it says, as upstream does.
        assert_eq!(
            error.may_retry,
            kind_of(lines) == "telegram",
            "{lines}: {error}"
        );
    }
}

#[tokio::test]
async fn refused_connections_and_broken_tls() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = free.local_addr().expect("an address");
    drop(free);
    for lines in KINDS {
        let error = failure(lines, &format!("http://{address}")).await;
        assert!(
            error.may_retry && error.message.contains("connection refused"),
            "{error}"
        );
    }
    // A server that speaks no TLS, and one whose certificate nobody vouches for.
    let plain = server(|_| text(200, "ok")).await;
    let untrusted = common::everybody(|_| text(200, "ok")).await;
    for lines in KINDS {
        let error = failure(lines, &format!("https://{}", plain.address)).await;
        assert!(error.may_retry, "{lines}: {error}");
    }
    let proxied = format!(
        "webhook_configs:\n- {{url: 'https://vendor.test/s3cret', http_config: {{proxy_url: '{}'}}}}",
        untrusted.url()
    );
    let error = failure(&proxied, "").await;
    assert!(error.message.contains("certificate"), "{error}");
    // Trusted, but for another name.
    let authority = Authority::new();
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).expect("writes");
    let error = failure(
        &format!(
            "webhook_configs:\n- {{url: 'https://vendor.test/s3cret', http_config: {{proxy_url: '{}', tls_config: {{ca_file: '{}'}}}}}}",
            untrusted.url(),
            ca.display()
        ),
        "",
    )
    .await;
    assert!(error.message.contains("certificate"), "{error}");
}

#[tokio::test]
async fn silence_ends_with_the_time_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut some = [0; 16];
            let _ = stream.read(&mut some).await;
            open.push(stream);
        }
    });
    for (lines, word) in [
        (
            "webhook_configs:\n- {url: URL, timeout: 50ms}",
            "configured webhook timeout reached (50ms)",
        ),
        (
            "slack_configs:\n- {api_url: URL, timeout: 50ms}",
            "configured slack timeout reached (50ms)",
        ),
        (
            "pagerduty_configs:\n- {routing_key: k, url: URL, timeout: 50ms}",
            "configured pagerduty timeout reached (50ms)",
        ),
        (
            "incidentio_configs:\n- {url: URL, timeout: 50ms}",
            "configured incidentio timeout reached (50ms)",
        ),
    ] {
        let error = failure(lines, &url).await;
        assert!(error.may_retry && error.message.contains(word), "{error}");
    }
    let kind = integration(&format!("webhook_configs:\n- url: {url}"));
    let mut notification = firing(&["a"]);
    notification.deadline = notification.now + 50;
    let error = told(&kind, &notification)
        .await
        .expect_err("nobody answers");
    assert!(error.message.contains("next turn"), "{error}");
}

#[tokio::test]
async fn a_huge_answer_is_not_read_to_its_end() {
    let huge = || text(200, vec![b'x'; 4 << 20]);
    let successful = server(move |_| huge()).await;
    // Who needs nothing of the answer is content with its status; the others say what is wrong.
    for (lines, content) in [
        ("webhook_configs:\n- url: URL", true),
        ("discord_configs:\n- webhook_url: URL", true),
        ("slack_configs:\n- api_url: URL", false),
        (
            "rocketchat_configs:\n- {api_url: URL, token: t, token_id: i}",
            false,
        ),
        (
            "jira_configs:\n- {api_url: URL, project: p, issue_type: t}",
            false,
        ),
    ] {
        let kind = integration(&lines.replace("URL", &successful.url()));
        let outcome = told(&kind, &firing(&["a"])).await;
        assert_eq!(outcome.is_ok(), content, "{lines}: {outcome:?}");
        if let Err(error) = outcome {
            assert!(error.message.contains("body size limit"), "{error}");
        }
    }
    let failing = server(|_| text(500, vec![b'x'; 100_000])).await;
    for lines in KINDS {
        let error = failure(lines, &failing.url()).await;
        assert!(
            error.message.len() < 2000,
            "{lines}: {}",
            error.message.len()
        );
    }
}

#[tokio::test]
async fn answers_of_success_that_are_none() {
    for (lines, status, kind, body, retry, word) in [
        (
            "slack_configs:\n- {api_url: URL, channel: '#ops'}",
            200,
            "json",
            r#"{"ok":false,"error":"channel_not_found"}"#,
            false,
            "channel \"#ops\": error response from Slack: channel_not_found",
        ),
        (
            "slack_configs:\n- {api_url: URL, channel: '#ops'}",
            200,
            "text",
            "no_text",
            false,
            "received an error response from Slack: no_text",
        ),
        (
            "slack_configs:\n- {api_url: URL, channel: '#ops'}",
            200,
            "json",
            "[",
            true,
            "could not unmarshal JSON response",
        ),
        (
            "slack_configs:\n- {api_url: URL, channel: '#ops'}",
            404,
            "text",
            "channel_is_archived",
            false,
            "channel \"#ops\": unexpected status code 404: channel_is_archived",
        ),
        (
            "rocketchat_configs:\n- {api_url: URL, token: t, token_id: i, channel: c}",
            200,
            "json",
            r#"{"success":false,"error":"bad"}"#,
            false,
            "error response from Rocketchat: bad",
        ),
        (
            "telegram_configs:\n- {bot_token: t, chat_id: 1, api_url: URL}",
            400,
            "json",
            r#"{"ok":false,"description":"Bad Request: chat not found"}"#,
            true,
            "Bad Request: chat not found (400)",
        ),
        (
            "wechat_configs:\n- {api_url: URL, api_secret: s, corp_id: corp}",
            200,
            "json",
            r#"{"errcode":40013,"errmsg":"invalid corpid"}"#,
            false,
            "invalid APISecret for CorpID: corp",
        ),
        (
            "wechat_configs:\n- {api_url: URL, api_secret: s, corp_id: corp}",
            200,
            "json",
            r#"{"access_token":"t","errcode":42001,"errmsg":"expired"}"#,
            true,
            "expired",
        ),
        (
            "wechat_configs:\n- {api_url: URL, api_secret: s, corp_id: corp}",
            200,
            "json",
            r#"{"access_token":"t","errcode":81013,"errmsg":"no user"}"#,
            false,
            "no user",
        ),
        (
            "pagerduty_configs:\n- {routing_key: k, url: URL}",
            400,
            "json",
            r#"{"status":"invalid","message":"Event object is invalid","errors":["a","b"]}"#,
            false,
            "unexpected status code 400: Event object is invalid: a,b",
        ),
        (
            "pagerduty_configs:\n- {routing_key: k, url: URL}",
            403,
            "text",
            "",
            false,
            "unexpected status code 403",
        ),
        (
            "incidentio_configs:\n- {url: URL}",
            422,
            "json",
            r#"{"message":"m","error":"e","errors":["a","b"]}"#,
            false,
            "unexpected status code 422: m: e: a, b",
        ),
        (
            "sns_configs:\n- {api_url: URL, topic_arn: t, sigv4: {region: r, access_key: a, secret_key: k}}",
            403,
            "text",
            "<E><Error><Message>not &lt;you&gt;</Message></Error></E>",
            false,
            "unexpected status code 403: not <you>",
        ),
        (
            "webhook_configs:\n- url: URL",
            302,
            "text",
            "",
            false,
            "unexpected status code 302",
        ),
    ] {
        let server = server(move |_| {
            if kind == "json" {
                json(status, body)
            } else {
                text(status, body)
            }
        })
        .await;
        let error = failure(lines, &server.url()).await;
        assert!(error.message.contains(word), "{lines}: {error}");
        assert_eq!(error.may_retry, retry, "{lines}: {error}");
    }
}

#[tokio::test]
async fn telegram_says_how_long_it_wants_to_be_left_alone() {
    let server = server(|_| {
        json(
            429,
            r#"{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":12}}"#,
        )
    })
    .await;
    let error = failure(
        "telegram_configs:\n- {bot_token: t, chat_id: 1, api_url: URL}",
        &server.url(),
    )
    .await;
    assert_eq!(
        (error.may_retry, error.retry_after),
        (true, Some(Duration::from_secs(12)))
    );
}

#[tokio::test]
async fn older_pagerduty_keys_are_patient_with_403() {
    let vendor = common::everybody(|_| text(403, "")).await;
    let lines = format!(
        "pagerduty_configs:\n- {{service_key: k, http_config: {{proxy_url: '{}', tls_config: {{insecure_skip_verify: true}}}}}}",
        vendor.url()
    );
    assert!(failure(&lines, "").await.may_retry);
}

#[tokio::test]
async fn templates_and_files_that_are_wrong_are_not_tried_again() {
    let server = server(|_| text(200, "ok")).await;
    for (lines, word) in [
        (
            "slack_configs:\n- {api_url: URL, text: '{{ .Nope }}'}",
            "templating error",
        ),
        (
            "slack_configs:\n- {api_url: URL, title: '{{ template \"none\" . }}'}",
            "templating error",
        ),
        (
            "webhook_configs:\n- url: '{{ .CommonLabels.none }}'",
            "webhook URL is empty after templating",
        ),
        (
            "webhook_configs:\n- url_file: /nonexistent/url",
            "/nonexistent/url",
        ),
        (
            "pagerduty_configs:\n- {routing_key: '{{ .CommonLabels.none }}', url: URL}",
            "routing key cannot be empty",
        ),
        (
            "telegram_configs:\n- {bot_token: t, chat_id_file: /dev/null, api_url: URL}",
            "could not parse chat_id",
        ),
        (
            "jira_configs:\n- {api_url: URL/3, project: '{{ .Nope }}', issue_type: t}",
            "templating error",
        ),
        (
            "sns_configs:\n- {topic_arn: t, sigv4: {access_key: a, secret_key: k}}",
            "region not configured",
        ),
        (
            "mattermost_configs:\n- webhook_url_file: /dev/null",
            "webhook url missing",
        ),
    ] {
        let error = failure(lines, &server.url()).await;
        assert!(
            !error.may_retry && error.message.contains(word),
            "{lines}: {error}"
        );
        assert!(server.take().is_empty(), "{lines}");
    }
}

#[tokio::test]
async fn long_texts_are_cut_as_each_vendor_wants() {
    let server = server(|_| text(200, "ok")).await;
    let long = "é".repeat(200_000);
    for (lines, pointer, limit) in [
        (
            "slack_configs:\n- {api_url: URL, title: LONG}",
            "/attachments/0/title",
            1024,
        ),
        (
            "pagerduty_configs:\n- {routing_key: k, url: URL, description: LONG}",
            "/payload/summary",
            1024,
        ),
        (
            "opsgenie_configs:\n- {api_key: k, api_url: URL, message: LONG}",
            "/message",
            130,
        ),
        (
            "victorops_configs:\n- {api_key: k, api_url: URL, routing_key: r, state_message: LONG}",
            "/state_message",
            20_480,
        ),
        (
            "discord_configs:\n- {webhook_url: URL, title: LONG}",
            "/embeds/0/title",
            256,
        ),
        (
            "discord_configs:\n- {webhook_url: URL, message: LONG}",
            "/embeds/0/description",
            4096,
        ),
        (
            "discord_configs:\n- {webhook_url: URL, content: LONG}",
            "/content",
            2000,
        ),
        (
            "telegram_configs:\n- {bot_token: t, chat_id: 1, api_url: URL, parse_mode: '', message: LONG}",
            "/text",
            4096,
        ),
        (
            "mattermost_configs:\n- {webhook_url: URL, text: LONG, attachments: [{text: a}]}",
            "/text",
            16_383,
        ),
        // Two bytes a character, and three for the mark.
        (
            "webex_configs:\n- {api_url: URL, room_id: r, message: LONG, http_config: {authorization: {credentials: t}}}",
            "/markdown",
            7436 / 2 + 1,
        ),
    ] {
        let kind = integration(&lines.replace("URL", &server.url()).replace("LONG", &long));
        told(&kind, &firing(&["a"]))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let body = server.take().remove(0).json();
        let sent = body
            .pointer(pointer)
            .and_then(|text| text.as_str())
            .expect(pointer);
        assert_eq!(
            sent.chars().count(),
            limit,
            "{}",
            lines.split('\n').next().unwrap()
        );
        assert!(sent.ends_with('…'));
    }
    let html = format!(
        "telegram_configs:\n- {{bot_token: t, chat_id: 1, api_url: {}, message: {long}}}",
        server.url()
    );
    told(&integration(&html), &firing(&["a"]))
        .await
        .expect("is sent");
    let sent = server.take().remove(0).json()["text"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(sent.contains("longer than Telegram"), "{sent}");
}

#[tokio::test]
async fn events_that_are_too_large_go_with_less() {
    let server = server(|_| text(202, "{}")).await;
    let mut notification = firing(&["a", "b"]);
    for alert in &mut notification.alerts {
        alert.annotations = model::Labels::from_pairs([("text", "x".repeat(400_000))]);
    }
    let kind = integration(&format!(
        "pagerduty_configs:\n- {{routing_key: k, url: {}}}",
        server.url()
    ));
    told(&kind, &notification).await.expect("is sent");
    let seen = server.take().remove(0);
    assert!(seen.body.len() < 512_000, "{}", seen.body.len());
    let details = &seen.json()["payload"]["custom_details"];
    assert!(
        details["error"].as_str().unwrap().contains("512KB"),
        "{details}"
    );
    let kind = integration(&format!("incidentio_configs:\n- url: {}", server.url()));
    told(&kind, &notification).await.expect("is sent");
    assert_eq!(
        server.take().remove(0).json()["alerts"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn secrets_in_files_are_read_at_each_attempt() {
    let server = server(|_| text(200, "ok")).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("url");
    let kind = integration(&format!(
        "discord_configs:\n- webhook_url_file: {}",
        path.display()
    ));
    for name in ["first", "second"] {
        std::fs::write(&path, format!("{}/{name}\n", server.url())).expect("writes");
        told(&kind, &resolved(&["a"])).await.expect("is sent");
        assert_eq!(server.take().remove(0).path, format!("/{name}"));
    }
}
