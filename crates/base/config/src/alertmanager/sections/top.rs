//! The file as a whole, `global` and `tracing`.

use super::route::{INHIBIT_RULE, MUTE_TIME_INTERVAL, ROUTE, TIME_INTERVAL};
use super::{HTTP, chat, incident, mail, message};
use crate::error::Fault;
use crate::schema::{
    Field, Kind, Preset, Section, boolean, duration, field, secret, secret_url, table, tables,
    text, text_map, web_url,
};
use crate::sections::http;
use crate::table::Table;

/// `alertmanager.yml`.
pub(in crate::alertmanager) static CONFIG: Section = Section::new(
    &[&[
        table("global", &GLOBAL).fresh(),
        table("route", &ROUTE),
        tables("inhibit_rules", &INHIBIT_RULE),
        tables("receivers", &RECEIVER),
        field("templates", Kind::List(&Kind::File)).shown(),
        tables("mute_time_intervals", &MUTE_TIME_INTERVAL),
        tables("time_intervals", &TIME_INTERVAL),
        table("tracing", &TRACING),
        field("event_recorder", Kind::Any),
    ]],
    &[],
);

/// The mail server that `email_configs` share.
const SMTP: &[Field] = &[
    text("smtp_from"),
    text("smtp_hello").or_text("localhost"),
    field("smtp_smarthost", Kind::Text),
    text("smtp_auth_username"),
    secret("smtp_auth_password"),
    text("smtp_auth_password_file"),
    secret("smtp_auth_secret"),
    text("smtp_auth_secret_file"),
    text("smtp_auth_identity"),
    boolean("smtp_require_tls").or_true().shown(),
    table("smtp_tls_config", &http::TLS),
    field("smtp_force_implicit_tls", Kind::Flag),
];

/// Where each vendor's service is, and its keys.
const VENDORS: &[Field] = &[
    web_url("jira_api_url"),
    secret_url("slack_api_url"),
    text("slack_api_url_file"),
    secret("slack_app_token"),
    text("slack_app_token_file"),
    web_url("slack_app_url").or_text("https://slack.com/api/chat.postMessage"),
    web_url("pagerduty_url").or_text("https://events.pagerduty.com/v2/enqueue"),
    web_url("opsgenie_api_url").or_text("https://api.opsgenie.com/"),
    secret("opsgenie_api_key"),
    text("opsgenie_api_key_file"),
    web_url("wechat_api_url").or_text("https://qyapi.weixin.qq.com/cgi-bin/"),
    secret("wechat_api_secret"),
    text("wechat_api_secret_file"),
    text("wechat_api_corp_id"),
    web_url("victorops_api_url")
        .or_text("https://alert.victorops.com/integrations/generic/20131114/alert/"),
    secret("victorops_api_key"),
    text("victorops_api_key_file"),
    web_url("telegram_api_url").or_text("https://api.telegram.org"),
    secret("telegram_bot_token"),
    text("telegram_bot_token_file"),
    web_url("webex_api_url").or_text("https://webexapis.com/v1/messages"),
    web_url("rocketchat_api_url").or_text("https://open.rocket.chat/"),
    secret("rocketchat_token"),
    text("rocketchat_token_file"),
    secret("rocketchat_token_id"),
    text("rocketchat_token_id_file"),
    secret_url("mattermost_webhook_url"),
    text("mattermost_webhook_url_file"),
];

static GLOBAL: Section = Section::new(
    &[
        &[
            duration("resolve_timeout").or_seconds(300).shown(),
            table("http_config", &HTTP).fresh(),
        ],
        SMTP,
        VENDORS,
    ],
    &[secrets_once, slack_once, |global| {
        mail::host_and_port(global, "smtp_smarthost")
    }],
);

/// Secrets of `global` that may also stand in a file.
const TWINS: [&str; 11] = [
    "slack_app_token",
    "slack_api_url",
    "opsgenie_api_key",
    "victorops_api_key",
    "telegram_bot_token",
    "smtp_auth_password",
    "smtp_auth_secret",
    "rocketchat_token",
    "rocketchat_token_id",
    "wechat_api_secret",
    "mattermost_webhook_url",
];

fn secrets_once(global: &mut Table) -> Result<(), Fault> {
    for key in TWINS {
        global.at_most_one(&[key, &format!("{key}_file")])?;
    }
    Ok(())
}

/// Either a token or a webhook; a webhook that is the address tokens are used at is a known way of
/// giving tokens in `http_config`.
fn slack_once(global: &mut Table) -> Result<(), Fault> {
    let token = global.has("slack_app_token") || global.has("slack_app_token_file");
    let webhook = global.has("slack_api_url") || global.has("slack_api_url_file");
    // A file that was shown has `<secret>` there.
    let posts = |url: &str| url == global.text("slack_app_url") || url == "<secret>";
    if token && webhook && !posts(global.text("slack_api_url")) {
        return Err(global.fault(
            "slack_app_token",
            "at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file may be given",
        ));
    }
    Ok(())
}

static RECEIVER: Section = Section::new(
    &[&[
        text("name"),
        text_map("labels"),
        tables("discord_configs", &chat::DISCORD),
        tables("email_configs", &mail::EMAIL),
        tables("incidentio_configs", &incident::INCIDENTIO),
        tables("pagerduty_configs", &incident::PAGERDUTY),
        tables("slack_configs", &chat::SLACK),
        tables("webhook_configs", &mail::WEBHOOK),
        tables("opsgenie_configs", &incident::OPSGENIE),
        tables("wechat_configs", &message::WECHAT),
        tables("pushover_configs", &message::PUSHOVER),
        tables("victorops_configs", &incident::VICTOROPS),
        tables("sns_configs", &message::SNS),
        tables("telegram_configs", &message::TELEGRAM),
        tables("webex_configs", &message::WEBEX),
        tables("msteams_configs", &chat::MSTEAMS),
        tables("msteamsv2_configs", &chat::MSTEAMS_V2),
        tables("jira_configs", &incident::JIRA),
        tables("rocketchat_configs", &chat::ROCKETCHAT),
        tables("mattermost_configs", &chat::MATTERMOST),
    ]],
    &[receiver],
);

fn receiver(receiver: &mut Table) -> Result<(), Fault> {
    let name = receiver.text("name");
    if name.is_empty() {
        return Err(receiver.fault("name", "missing name in receiver"));
    }
    match receiver.map("labels").iter().find(|(key, _)| key == "name") {
        Some((_, label)) if label.text() != name => Err(receiver.fault(
            "labels",
            format!(
                "receiver label \"name\" must match receiver name {name:?}, got {:?}",
                label.text()
            ),
        )),
        _ => Ok(()),
    }
}

static TRACING: Section = Section::new(
    &[&[
        field("client_type", Kind::Choice(&["grpc", "http"])).or_text("grpc"),
        text("endpoint").required(),
        field("sampling_fraction", Kind::Float).preset(Preset::Float(0.0)),
        boolean("insecure"),
        table("tls_config", &http::TLS),
        field("headers", Kind::NamedTables(&http::HEADER)),
        field("compression", Kind::Choice(&["", "gzip"])),
        duration("timeout"),
    ]],
    &[],
);
