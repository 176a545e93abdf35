//! E-mail and webhooks.

use super::super::sections::split_host_port;
use super::super::{EmailConfig, EmailThreading, SmartHost, WebhookConfig};
use super::{http_config, optional_secret, secret, text, text_map};
use crate::build::http;
use crate::error::Fault;
use crate::table::Table;
use crate::tree::Tree;

pub(super) fn webhook(section: &Table) -> Result<WebhookConfig, Fault> {
    Ok(WebhookConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        url: secret(section, "url")?,
        max_alerts: section.uint("max_alerts"),
        timeout: section.duration("timeout"),
        payload: match section.tree("payload") {
            Tree::Null => None,
            payload => Some(payload),
        },
    })
}

pub(super) fn email(section: &Table) -> Result<EmailConfig, Fault> {
    let (host, port) = split_host_port(section.text("smarthost"))
        .ok_or_else(|| section.fault("smarthost", "expected host:port"))?;
    Ok(EmailConfig {
        send_resolved: section.bool("send_resolved"),
        to: text(section, "to"),
        from: text(section, "from"),
        hello: text(section, "hello"),
        smarthost: SmartHost {
            host: host.to_owned(),
            port: port.to_owned(),
        },
        auth_username: text(section, "auth_username"),
        auth_password: optional_secret(section, "auth_password"),
        auth_secret: optional_secret(section, "auth_secret"),
        auth_identity: text(section, "auth_identity"),
        headers: text_map(section, "headers"),
        html: text(section, "html"),
        text: text(section, "text"),
        require_tls: section.flag("require_tls").unwrap_or(true),
        tls: http::tls(section),
        force_implicit_tls: section.flag("force_implicit_tls"),
        threading: threading(section.table("threading")),
    })
}

fn threading(threading: Option<&Table>) -> EmailThreading {
    match threading {
        Some(threading) if threading.bool("enabled") => {
            if threading.text("thread_by_date") == "none" {
                EmailThreading::ByGroup
            } else {
                EmailThreading::ByDay
            }
        }
        _ => EmailThreading::Off,
    }
}
