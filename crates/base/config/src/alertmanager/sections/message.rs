//! `pushover_configs`, `sns_configs`, `telegram_configs`, `webex_configs` and `wechat_configs`.

use super::{HTTP_CONFIG, KEEPS_RESOLVED, SENDS_RESOLVED, authorizes, one_of};
use crate::error::Fault;
use crate::schema::{
    Preset, Section, boolean, go_duration, int, secret, table, text, text_map, web_url,
};
use crate::sections::remote::SIGV4;
use crate::table::Table;

pub(super) static PUSHOVER: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        secret("user_key"),
        text("user_key_file"),
        secret("token"),
        text("token_file"),
        text("title").or_text(r#"{{ template "pushover.default.title" . }}"#),
        text("message").or_text(r#"{{ template "pushover.default.message" . }}"#),
        text("url").or_text(r#"{{ template "pushover.default.url" . }}"#),
        text("url_title"),
        text("device"),
        text("sound"),
        text("priority").or_text(r#"{{ if eq .Status "firing" }}2{{ else }}0{{ end }}"#),
        go_duration("retry").preset(Preset::Millis(60_000)),
        go_duration("expire").preset(Preset::Millis(3_600_000)),
        go_duration("ttl"),
        boolean("html"),
        boolean("monospace"),
    ]],
    &[|section| {
        one_of(section, "user_key", "user_key_file")?;
        one_of(section, "token", "token_file")?;
        section.at_most_one(&["html", "monospace"])
    }],
);

pub(super) static SNS: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        text("api_url"),
        table("sigv4", &SIGV4).fresh(),
        text("topic_arn"),
        text("phone_number"),
        text("target_arn"),
        text("subject").or_text(r#"{{ template "sns.default.subject" . }}"#),
        text("message").or_text(r#"{{ template "sns.default.message" . }}"#),
        text_map("attributes"),
        boolean("use_aws_http_client"),
    ]],
    &[sns],
);

/// One target, or all three: upstream's rule takes no other number.
fn sns(section: &mut Table) -> Result<(), Fault> {
    let targets = ["target_arn", "topic_arn", "phone_number"];
    match targets.iter().filter(|key| section.has(key)).count() {
        1 | 3 => Ok(()),
        _ => Err(section.fault(
            "topic_arn",
            "must provide either a Target ARN, Topic ARN, or Phone Number for SNS config",
        )),
    }
}

pub(super) static TELEGRAM: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        web_url("api_url").shown(),
        secret("bot_token"),
        text("bot_token_file"),
        int("chat_id"),
        text("chat_id_file"),
        int("message_thread_id"),
        text("message").or_text(r#"{{ template "telegram.default.message" . }}"#),
        boolean("disable_notifications"),
        text("parse_mode").or_text("HTML"),
    ]],
    &[telegram],
);

fn telegram(section: &mut Table) -> Result<(), Fault> {
    section.at_most_one(&["bot_token", "bot_token_file"])?;
    if !section.has("chat_id") && !section.has("chat_id_file") {
        return Err(section.fault(
            "chat_id",
            "missing chat_id or chat_id_file on telegram_config",
        ));
    }
    section.at_most_one(&["chat_id", "chat_id_file"])?;
    match section.text("parse_mode") {
        "" | "Markdown" | "MarkdownV2" | "HTML" => Ok(()),
        _ => Err(section.fault(
            "parse_mode",
            "unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string",
        )),
    }
}

pub(super) static WEBEX: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        web_url("api_url"),
        text("message").or_text(r#"{{ template "webex.default.message" . }}"#),
        text("room_id").shown(),
    ]],
    &[|section| {
        if !section.has("room_id") {
            return Err(section.fault("room_id", "missing room_id on webex_config"));
        }
        if !authorizes(section.table("http_config")) {
            return Err(section.fault(
                "http_config",
                "missing webex_configs.http_config.authorization",
            ));
        }
        Ok(())
    }],
);

pub(super) static WECHAT: Section = Section::new(
    &[&[
        KEEPS_RESOLVED,
        HTTP_CONFIG,
        secret("api_secret"),
        text("api_secret_file"),
        text("corp_id"),
        text("message").or_text(r#"{{ template "wechat.default.message" . }}"#),
        web_url("api_url"),
        text("to_user").or_text(r#"{{ template "wechat.default.to_user" . }}"#),
        text("to_party").or_text(r#"{{ template "wechat.default.to_party" . }}"#),
        text("to_tag").or_text(r#"{{ template "wechat.default.to_tag" . }}"#),
        text("agent_id").or_text(r#"{{ template "wechat.default.agent_id" . }}"#),
        text("message_type"),
    ]],
    &[|section| {
        section.at_most_one(&["api_secret", "api_secret_file"])?;
        match section.text("message_type") {
            "" | "text" | "markdown" => Ok(()),
            other => Err(section.fault(
                "message_type",
                format!(
                    "weChat message type {other:?} does not match valid options text, markdown"
                ),
            )),
        }
    }],
);
