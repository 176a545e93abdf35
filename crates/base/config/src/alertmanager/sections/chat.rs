//! `slack_configs`, `discord_configs`, `msteams_configs`, `msteamsv2_configs`,
//! `rocketchat_configs` and `mattermost_configs`.

use super::{HTTP_CONFIG, KEEPS_RESOLVED, MESSAGE_FIELD, SENDS_RESOLVED, one_of};
use crate::error::Fault;
use crate::schema::{
    Field, Section, boolean, go_duration, secret, secret_url, table, tables, text, texts, web_url,
};
use crate::table::{Table, Value};

/// The only address at which a message can be changed.
const SLACK_POST: &str = "https://slack.com/api/chat.postMessage";

pub(super) static SLACK: Section = Section::new(
    &[&[
        KEEPS_RESOLVED,
        HTTP_CONFIG,
        secret_url("api_url"),
        text("api_url_file"),
        secret("app_token"),
        text("app_token_file"),
        web_url("app_url"),
        text("channel"),
        text("username").or_text(r#"{{ template "slack.default.username" . }}"#),
        text("color").or_text(r#"{{ template "slack.default.color" . }}"#),
        text("title").or_text(r#"{{ template "slack.default.title" . }}"#),
        text("title_link").or_text(r#"{{ template "slack.default.titlelink" . }}"#),
        text("pretext").or_text(r#"{{ template "slack.default.pretext" . }}"#),
        text("text").or_text(r#"{{ template "slack.default.text" . }}"#),
        text("message_text"),
        tables("fields", &MESSAGE_FIELD),
        boolean("short_fields").shown(),
        text("footer").or_text(r#"{{ template "slack.default.footer" . }}"#),
        text("fallback").or_text(r#"{{ template "slack.default.fallback" . }}"#),
        text("callback_id").or_text(r#"{{ template "slack.default.callbackid" . }}"#),
        text("icon_emoji").or_text(r#"{{ template "slack.default.iconemoji" . }}"#),
        text("icon_url").or_text(r#"{{ template "slack.default.iconurl" . }}"#),
        text("image_url"),
        text("thumb_url"),
        boolean("link_names").shown(),
        texts("mrkdwn_in"),
        tables("actions", &SLACK_ACTION),
        boolean("update_message").shown(),
        go_duration("timeout").shown(),
    ]],
    &[slack],
);

fn slack(slack: &mut Table) -> Result<(), Fault> {
    slack.at_most_one(&["api_url", "api_url_file"])?;
    slack.at_most_one(&["app_token", "app_token_file"])?;
    let webhook = slack.has("api_url") || slack.has("api_url_file");
    let token = slack.has("app_token") || slack.has("app_token_file");
    if webhook && token {
        return Err(slack.fault(
            "app_token",
            "at most one of api_url/api_url_file & app_token/app_token_file may be given",
        ));
    }
    if slack.bool("update_message") && slack.text("api_url") != SLACK_POST {
        return Err(slack.fault(
            "update_message",
            format!("update_message can only be used with bot tokens. api_url must be set to {SLACK_POST}"),
        ));
    }
    Ok(())
}

static SLACK_ACTION: Section = Section::new(
    &[&[
        text("type").required(),
        text("text").required(),
        text("url"),
        text("style"),
        text("name"),
        text("value"),
        table("confirm", &SLACK_CONFIRMATION),
    ]],
    &[|action| {
        if action.has("url") {
            // A link sends no message.
            for key in ["name", "value", "confirm"] {
                action.set(key, Value::Null);
            }
            return Ok(());
        }
        if action.has("name") {
            return Ok(());
        }
        Err(action.fault("name", "missing name or url in Slack action configuration"))
    }],
);

static SLACK_CONFIRMATION: Section = Section::new(
    &[&[
        text("text").required(),
        text("title"),
        text("ok_text"),
        text("dismiss_text"),
    ]],
    &[],
);

const WEBHOOK_URL: Field = secret_url("webhook_url");
const WEBHOOK_URL_FILE: Field = text("webhook_url_file");

fn webhook_url(section: &mut Table) -> Result<(), Fault> {
    one_of(section, "webhook_url", "webhook_url_file")
}

pub(super) static DISCORD: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        WEBHOOK_URL,
        WEBHOOK_URL_FILE,
        text("content"),
        text("title").or_text(r#"{{ template "discord.default.title" . }}"#),
        text("message").or_text(r#"{{ template "discord.default.message" . }}"#),
        text("username"),
        text("avatar_url"),
    ]],
    &[webhook_url],
);

pub(super) static MSTEAMS: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        WEBHOOK_URL,
        WEBHOOK_URL_FILE,
        text("title").or_text(r#"{{ template "msteams.default.title" . }}"#),
        text("summary").or_text(r#"{{ template "msteams.default.summary" . }}"#),
        text("text").or_text(r#"{{ template "msteams.default.text" . }}"#),
    ]],
    &[webhook_url],
);

pub(super) static MSTEAMS_V2: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        WEBHOOK_URL,
        WEBHOOK_URL_FILE,
        text("title").or_text(r#"{{ template "msteamsv2.default.title" . }}"#),
        text("text").or_text(r#"{{ template "msteamsv2.default.text" . }}"#),
    ]],
    &[webhook_url],
);

pub(super) static ROCKETCHAT: Section = Section::new(
    &[&[
        KEEPS_RESOLVED,
        HTTP_CONFIG,
        web_url("api_url"),
        secret("token_id"),
        text("token_id_file"),
        secret("token"),
        text("token_file"),
        text("channel"),
        text("color").or_text(r#"{{ if eq .Status "firing" }}red{{ else }}green{{ end }}"#),
        text("title").or_text(r#"{{ template "rocketchat.default.title" . }}"#),
        text("title_link").or_text(r#"{{ template "rocketchat.default.titlelink" . }}"#),
        text("text").or_text(r#"{{ template "rocketchat.default.text" . }}"#),
        tables("fields", &ROCKETCHAT_FIELD),
        boolean("short_fields").shown(),
        text("emoji").or_text(r#"{{ template "rocketchat.default.emoji" . }}"#),
        text("icon_url").or_text(r#"{{ template "rocketchat.default.iconurl" . }}"#),
        text("image_url"),
        text("thumb_url"),
        boolean("link_names").shown(),
        tables("actions", &ROCKETCHAT_ACTION),
    ]],
    &[|section| {
        section.at_most_one(&["token", "token_file"])?;
        section.at_most_one(&["token_id", "token_id_file"])
    }],
);

static ROCKETCHAT_FIELD: Section = Section::new(
    &[&[
        crate::schema::field("short", crate::schema::Kind::Flag),
        text("title"),
        text("value"),
    ]],
    &[],
);

static ROCKETCHAT_ACTION: Section = Section::new(
    &[&[
        text("type"),
        text("text"),
        text("url"),
        text("imageurl"),
        boolean("iswebview"),
        text("webviewheightratio"),
        text("msg"),
        boolean("msginchatwindow"),
        text("msgprocessingtype"),
    ]],
    &[],
);

/// What an attachment of Mattermost's and the section itself have in common.
const ATTACHMENT: &[Field] = &[
    text("pretext"),
    text("author_name"),
    text("author_link"),
    text("author_icon"),
    tables("fields", &MESSAGE_FIELD),
    text("thumb_url"),
    text("footer"),
    text("footer_icon"),
    text("image_url"),
];

pub(super) static MATTERMOST: Section = Section::new(
    &[
        &[
            SENDS_RESOLVED,
            HTTP_CONFIG,
            WEBHOOK_URL,
            WEBHOOK_URL_FILE,
            text("channel"),
            text("username").or_text(r#"{{ template "mattermost.default.username" . }}"#),
            text("text").or_text(r#"{{ template "mattermost.default.text" . }}"#),
            text("fallback").or_text(r#"{{ template "mattermost.default.fallback" . }}"#),
            text("color").or_text(r#"{{ template "mattermost.default.color" . }}"#),
            text("title").or_text(r#"{{ template "mattermost.default.title" . }}"#),
            text("title_link").or_text(r#"{{ template "mattermost.default.titlelink" . }}"#),
        ],
        ATTACHMENT,
        &[
            text("icon_url"),
            text("icon_emoji"),
            tables("attachments", &MATTERMOST_ATTACHMENT),
            text("type"),
            table("props", &MATTERMOST_PROPS),
            table("priority", &MATTERMOST_PRIORITY),
        ],
    ],
    &[|section| section.at_most_one(&["webhook_url", "webhook_url_file"])],
);

static MATTERMOST_ATTACHMENT: Section = Section::new(
    &[
        &[
            text("fallback"),
            text("color"),
            text("text"),
            text("title"),
            text("title_link"),
        ],
        ATTACHMENT,
    ],
    &[],
);

static MATTERMOST_PROPS: Section = Section::new(&[&[text("card")]], &[]);

static MATTERMOST_PRIORITY: Section = Section::new(
    &[&[
        text("priority"),
        boolean("requested_ack"),
        boolean("persistent_notifications"),
    ]],
    &[],
);
