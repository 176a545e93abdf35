//! Telephones and queues.

use std::path::PathBuf;

use super::super::{PushoverConfig, SigV4, SnsConfig, TelegramConfig, WebexConfig, WechatConfig};
use super::{base_url, http_config, secret, text, text_map, url};
use crate::Secret;
use crate::error::Fault;
use crate::table::Table;

pub(super) fn pushover(section: &Table) -> Result<PushoverConfig, Fault> {
    Ok(PushoverConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        user_key: secret(section, "user_key")?,
        token: secret(section, "token")?,
        title: text(section, "title"),
        message: text(section, "message"),
        url: text(section, "url"),
        url_title: text(section, "url_title"),
        device: text(section, "device"),
        sound: text(section, "sound"),
        priority: text(section, "priority"),
        retry: section.duration("retry"),
        expire: section.duration("expire"),
        ttl: section.duration("ttl"),
        html: section.bool("html"),
        monospace: section.bool("monospace"),
    })
}

pub(super) fn sns(section: &Table) -> Result<SnsConfig, Fault> {
    Ok(SnsConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        api_url: text(section, "api_url"),
        sigv4: section
            .table("sigv4")
            .map_or_else(SigV4::default, SigV4::of),
        topic_arn: text(section, "topic_arn"),
        phone_number: text(section, "phone_number"),
        target_arn: text(section, "target_arn"),
        subject: text(section, "subject"),
        message: text(section, "message"),
        attributes: text_map(section, "attributes"),
    })
}

impl SigV4 {
    /// What a section `sigv4` says, wherever it stands.
    pub(crate) fn of(section: &Table) -> Self {
        Self {
            region: text(section, "region"),
            access_key: text(section, "access_key"),
            secret_key: Secret::new(section.text("secret_key")),
            profile: text(section, "profile"),
            role_arn: text(section, "role_arn"),
            external_id: text(section, "external_id"),
        }
    }
}

pub(super) fn telegram(section: &Table) -> Result<TelegramConfig, Fault> {
    Ok(TelegramConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        api_url: url(section, "api_url")?,
        bot_token: secret(section, "bot_token")?,
        chat_id: section.int("chat_id"),
        chat_id_file: section
            .has("chat_id_file")
            .then(|| PathBuf::from(section.text("chat_id_file"))),
        message_thread_id: section.int("message_thread_id"),
        message: text(section, "message"),
        disable_notifications: section.bool("disable_notifications"),
        parse_mode: text(section, "parse_mode"),
    })
}

pub(super) fn webex(section: &Table) -> Result<WebexConfig, Fault> {
    Ok(WebexConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        api_url: url(section, "api_url")?,
        message: text(section, "message"),
        room_id: text(section, "room_id"),
    })
}

pub(super) fn wechat(section: &Table) -> Result<WechatConfig, Fault> {
    Ok(WechatConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        api_secret: secret(section, "api_secret")?,
        corp_id: text(section, "corp_id"),
        message: text(section, "message"),
        api_url: base_url(section, "api_url")?,
        to_user: text(section, "to_user"),
        to_party: text(section, "to_party"),
        to_tag: text(section, "to_tag"),
        agent_id: text(section, "agent_id"),
        message_type: text(section, "message_type"),
    })
}
