//! Receivers that are not a vendor's: e-mail and any HTTP server.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::alertmanager::SmartHost;
use crate::{HttpConfig, SecretSource, TlsConfig, Tree};

/// One of `webhook_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `http_config`.
    pub http: HttpConfig,
    /// `url` (a template) or `url_file`.
    pub url: SecretSource,
    /// `max_alerts`; 0 sends all.
    pub max_alerts: u64,
    /// `timeout`; 0 means none of its own.
    pub timeout: Duration,
    /// `payload`: what is sent in place of the usual body.
    pub payload: Option<Tree>,
}

/// `threading`: mails of a group in one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailThreading {
    /// Each mail stands alone.
    Off,
    /// `thread_by_date: none`: one thread for ever.
    ByGroup,
    /// `thread_by_date: daily`: a new thread each day.
    ByDay,
}

/// One of `email_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct EmailConfig {
    /// `send_resolved`.
    pub send_resolved: bool,
    /// `to`: one or more addresses.
    pub to: String,
    /// `from`.
    pub from: String,
    /// `hello`: what this machine calls itself; no template.
    pub hello: String,
    /// `smarthost`; no template.
    pub smarthost: SmartHost,
    /// `auth_username`; empty means without logging in. No template.
    pub auth_username: String,
    /// `auth_password`, for PLAIN and LOGIN.
    pub auth_password: Option<SecretSource>,
    /// `auth_secret`, for CRAM-MD5.
    pub auth_secret: Option<SecretSource>,
    /// `auth_identity`, for PLAIN; no template.
    pub auth_identity: String,
    /// `headers`: names in their usual capitals.
    pub headers: BTreeMap<String, String>,
    /// `html`.
    pub html: String,
    /// `text`.
    pub text: String,
    /// `require_tls`: whether a mail goes only over an encrypted connection.
    pub require_tls: bool,
    /// `tls_config`.
    pub tls: TlsConfig,
    /// `force_implicit_tls`: TLS from the first byte; `None` means on port 465 only.
    pub force_implicit_tls: Option<bool>,
    /// `threading`.
    pub threading: EmailThreading,
}
