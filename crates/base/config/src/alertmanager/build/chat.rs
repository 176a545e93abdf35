//! Rooms in which people talk.

use super::super::{
    DiscordConfig, MattermostAttachment, MattermostConfig, MattermostPriority, MsTeamsConfig,
    MsTeamsV2Config, RocketchatAction, RocketchatConfig, SlackAction, SlackConfig,
    SlackConfirmation,
};
use super::{fields, http_config, optional_secret, secret, text, url};
use crate::error::Fault;
use crate::table::Table;
use crate::{Authorization, Secret, SecretSource};

pub(super) fn slack(section: &Table) -> Result<SlackConfig, Fault> {
    let mut http = http_config(section)?;
    let url = match optional_secret(section, "app_token") {
        None => secret(section, "api_url")?,
        Some(token) => {
            http.authorization = Some(Authorization {
                scheme: "Bearer".to_owned(),
                credentials: Some(token),
            });
            SecretSource::Inline(Secret::new(section.text("app_url")))
        }
    };
    Ok(SlackConfig {
        send_resolved: section.bool("send_resolved"),
        http,
        url,
        channel: text(section, "channel"),
        username: text(section, "username"),
        color: text(section, "color"),
        title: text(section, "title"),
        title_link: text(section, "title_link"),
        pretext: text(section, "pretext"),
        text: text(section, "text"),
        message_text: text(section, "message_text"),
        fields: fields(section),
        short_fields: section.bool("short_fields"),
        footer: text(section, "footer"),
        fallback: text(section, "fallback"),
        callback_id: text(section, "callback_id"),
        icon_emoji: text(section, "icon_emoji"),
        icon_url: text(section, "icon_url"),
        image_url: text(section, "image_url"),
        thumb_url: text(section, "thumb_url"),
        link_names: section.bool("link_names"),
        mrkdwn_in: section.texts("mrkdwn_in"),
        actions: section.tables("actions").map(slack_action).collect(),
        update_message: section.bool("update_message"),
        timeout: section.duration("timeout"),
    })
}

fn slack_action(action: &Table) -> SlackAction {
    SlackAction {
        kind: text(action, "type"),
        text: text(action, "text"),
        url: text(action, "url"),
        style: text(action, "style"),
        name: text(action, "name"),
        value: text(action, "value"),
        confirm: action.table("confirm").map(|confirm| SlackConfirmation {
            text: text(confirm, "text"),
            title: text(confirm, "title"),
            ok_text: text(confirm, "ok_text"),
            dismiss_text: text(confirm, "dismiss_text"),
        }),
    }
}

pub(super) fn discord(section: &Table) -> Result<DiscordConfig, Fault> {
    Ok(DiscordConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        webhook_url: secret(section, "webhook_url")?,
        content: text(section, "content"),
        title: text(section, "title"),
        message: text(section, "message"),
        username: text(section, "username"),
        avatar_url: text(section, "avatar_url"),
    })
}

pub(super) fn msteams(section: &Table) -> Result<MsTeamsConfig, Fault> {
    Ok(MsTeamsConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        webhook_url: secret(section, "webhook_url")?,
        title: text(section, "title"),
        summary: text(section, "summary"),
        text: text(section, "text"),
    })
}

pub(super) fn msteamsv2(section: &Table) -> Result<MsTeamsV2Config, Fault> {
    Ok(MsTeamsV2Config {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        webhook_url: secret(section, "webhook_url")?,
        title: text(section, "title"),
        text: text(section, "text"),
    })
}

pub(super) fn rocketchat(section: &Table) -> Result<RocketchatConfig, Fault> {
    Ok(RocketchatConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        api_url: url(section, "api_url")?,
        token_id: secret(section, "token_id")?,
        token: secret(section, "token")?,
        channel: text(section, "channel"),
        color: text(section, "color"),
        title: text(section, "title"),
        title_link: text(section, "title_link"),
        text: text(section, "text"),
        fields: fields(section),
        short_fields: section.bool("short_fields"),
        emoji: text(section, "emoji"),
        icon_url: text(section, "icon_url"),
        image_url: text(section, "image_url"),
        thumb_url: text(section, "thumb_url"),
        link_names: section.bool("link_names"),
        actions: section.tables("actions").map(rocketchat_action).collect(),
    })
}

fn rocketchat_action(action: &Table) -> RocketchatAction {
    RocketchatAction {
        kind: text(action, "type"),
        text: text(action, "text"),
        url: text(action, "url"),
        image_url: text(action, "imageurl"),
        is_webview: action.bool("iswebview"),
        webview_height_ratio: text(action, "webviewheightratio"),
        message: text(action, "msg"),
        message_in_chat_window: action.bool("msginchatwindow"),
        message_processing_type: text(action, "msgprocessingtype"),
    }
}

pub(super) fn mattermost(section: &Table) -> Result<MattermostConfig, Fault> {
    Ok(MattermostConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        webhook_url: secret(section, "webhook_url")?,
        channel: text(section, "channel"),
        username: text(section, "username"),
        icon_url: text(section, "icon_url"),
        icon_emoji: text(section, "icon_emoji"),
        attachment: attachment(section),
        attachments: section.tables("attachments").map(attachment).collect(),
        kind: text(section, "type"),
        card: section
            .table("props")
            .map(|props| text(props, "card"))
            .filter(|card| !card.is_empty()),
        priority: section
            .table("priority")
            .filter(|priority| priority.has("priority"))
            .map(|priority| MattermostPriority {
                priority: text(priority, "priority"),
                requested_ack: priority.bool("requested_ack"),
                persistent_notifications: priority.bool("persistent_notifications"),
            }),
    })
}

fn attachment(section: &Table) -> MattermostAttachment {
    MattermostAttachment {
        fallback: text(section, "fallback"),
        color: text(section, "color"),
        pretext: text(section, "pretext"),
        text: text(section, "text"),
        author_name: text(section, "author_name"),
        author_link: text(section, "author_link"),
        author_icon: text(section, "author_icon"),
        title: text(section, "title"),
        title_link: text(section, "title_link"),
        fields: fields(section),
        thumb_url: text(section, "thumb_url"),
        footer: text(section, "footer"),
        footer_icon: text(section, "footer_icon"),
        image_url: text(section, "image_url"),
    }
}
