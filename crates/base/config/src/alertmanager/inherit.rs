//! What receivers take over from `global`.

use super::sections::authorizes;
use crate::error::Fault;
use crate::table::{Table, Value};

/// Every kind of integration, by its key in a receiver.
pub(super) const KINDS: [&str; 18] = [
    "webhook_configs",
    "email_configs",
    "pagerduty_configs",
    "opsgenie_configs",
    "wechat_configs",
    "slack_configs",
    "victorops_configs",
    "pushover_configs",
    "sns_configs",
    "telegram_configs",
    "discord_configs",
    "webex_configs",
    "msteams_configs",
    "msteamsv2_configs",
    "jira_configs",
    "incidentio_configs",
    "rocketchat_configs",
    "mattermost_configs",
];

/// Fills in what an integration leaves open.
pub(super) fn complete(receiver: &mut Table, global: &Table) -> Result<(), Fault> {
    for kind in KINDS {
        for section in receiver.tables_mut(kind) {
            if kind != "email_configs" && !section.holds("http_config") {
                adopt(section, "http_config", global, "http_config");
            }
            one(kind, section, global)?;
        }
    }
    Ok(())
}

fn one(kind: &str, section: &mut Table, global: &Table) -> Result<(), Fault> {
    match kind {
        "email_configs" => email(section, global),
        "slack_configs" => slack(section, global),
        "pagerduty_configs" => address(
            section,
            "url",
            global,
            "pagerduty_url",
            "no global PagerDuty URL set",
        ),
        "opsgenie_configs" => {
            address(
                section,
                "api_url",
                global,
                "opsgenie_api_url",
                "no global OpsGenie URL set",
            )?;
            secret(
                section,
                "api_key",
                global,
                "opsgenie_api_key",
                "no global OpsGenie API Key set either inline or in a file",
            )
        }
        "wechat_configs" => wechat(section, global),
        "victorops_configs" => {
            address(
                section,
                "api_url",
                global,
                "victorops_api_url",
                "no global VictorOps URL set",
            )?;
            secret(
                section,
                "api_key",
                global,
                "victorops_api_key",
                "no global VictorOps API Key set",
            )
        }
        "telegram_configs" => {
            address(
                section,
                "api_url",
                global,
                "telegram_api_url",
                "no global Telegram URL set",
            )?;
            secret(
                section,
                "bot_token",
                global,
                "telegram_bot_token",
                "missing bot_token or bot_token_file on telegram_config",
            )
        }
        "webex_configs" => address(
            section,
            "api_url",
            global,
            "webex_api_url",
            "no global Webex URL set",
        ),
        "jira_configs" => address(
            section,
            "api_url",
            global,
            "jira_api_url",
            "no global Jira Cloud URL set",
        ),
        "rocketchat_configs" => rocketchat(section, global),
        "mattermost_configs" => secret(
            section,
            "webhook_url",
            global,
            "mattermost_webhook_url",
            "missing webhook_url or webhook_url_file on mattermost_config",
        ),
        _ => Ok(()),
    }
}

/// Takes a value over where the section has none.
fn adopt(section: &mut Table, key: &str, global: &Table, global_key: &str) {
    if !section.has(key) {
        section.set(key, global.slot(global_key).value.clone());
    }
}

fn address(
    section: &mut Table,
    key: &str,
    global: &Table,
    global_key: &str,
    missing: &str,
) -> Result<(), Fault> {
    adopt(section, key, global, global_key);
    if section.has(key) {
        return Ok(());
    }
    Err(section.fault(key, missing))
}

/// A secret and the file that may hold it instead: both or neither are taken over.
fn secret(
    section: &mut Table,
    key: &str,
    global: &Table,
    global_key: &str,
    missing: &str,
) -> Result<(), Fault> {
    if adopt_secret(section, key, global, global_key) {
        return Ok(());
    }
    Err(section.fault(key, missing))
}

/// Whether there is a secret then.
fn adopt_secret(section: &mut Table, key: &str, global: &Table, global_key: &str) -> bool {
    let file = format!("{key}_file");
    if !section.has(key) && !section.has(&file) {
        adopt(section, key, global, global_key);
        adopt(section, &file, global, &format!("{global_key}_file"));
    }
    section.has(key) || section.has(&file)
}

fn email(section: &mut Table, global: &Table) -> Result<(), Fault> {
    address(
        section,
        "smarthost",
        global,
        "smtp_smarthost",
        "no global SMTP smarthost set",
    )?;
    address(
        section,
        "from",
        global,
        "smtp_from",
        "no global SMTP from set",
    )?;
    for (key, global_key) in [
        ("hello", "smtp_hello"),
        ("auth_username", "smtp_auth_username"),
        ("auth_identity", "smtp_auth_identity"),
    ] {
        adopt(section, key, global, global_key);
    }
    if !section.holds("tls_config") {
        section.set("tls_config", global.slot("smtp_tls_config").value.clone());
    }
    adopt_secret(section, "auth_password", global, "smtp_auth_password");
    adopt_secret(section, "auth_secret", global, "smtp_auth_secret");
    for (key, global_key) in [
        ("require_tls", "smtp_require_tls"),
        ("force_implicit_tls", "smtp_force_implicit_tls"),
    ] {
        if section.flag(key).is_none() {
            section.set(key, global.slot(global_key).value.clone());
        }
    }
    Ok(())
}

fn slack(section: &mut Table, global: &Table) -> Result<(), Fault> {
    adopt(section, "app_url", global, "slack_app_url");
    let own_http = section.slot("http_config").given;
    // A webhook or credentials of its own need no token of an app.
    let authorized = own_http && authorizes(section.table("http_config"));
    if !authorized && !section.has("api_url") {
        adopt_secret(section, "app_token", global, "slack_app_token");
    }
    let token = section.has("app_token") || section.has("app_token_file");
    if !token && !adopt_secret(section, "api_url", global, "slack_api_url") {
        return Err(section.fault(
            "api_url",
            "no Slack API URL nor App token set either inline or in a file",
        ));
    }
    if token && authorizes(section.table("http_config")) {
        return Err(section.fault(
            "http_config",
            "http authorization can't be set when using Slack App tokens",
        ));
    }
    Ok(())
}

fn wechat(section: &mut Table, global: &Table) -> Result<(), Fault> {
    address(
        section,
        "api_url",
        global,
        "wechat_api_url",
        "no global Wechat URL set",
    )?;
    secret(
        section,
        "api_secret",
        global,
        "wechat_api_secret",
        "no global Wechat Api Secret set either inline or in a file",
    )?;
    address(
        section,
        "corp_id",
        global,
        "wechat_api_corp_id",
        "no global Wechat CorpID set",
    )?;
    if !section.has("message_type") {
        section.set("message_type", Value::Text("text".to_owned()));
    }
    Ok(())
}

fn rocketchat(section: &mut Table, global: &Table) -> Result<(), Fault> {
    address(
        section,
        "api_url",
        global,
        "rocketchat_api_url",
        "no global Rocketchat URL set",
    )?;
    secret(
        section,
        "token_id",
        global,
        "rocketchat_token_id",
        "no global Rocketchat TokenID set either inline or in a file",
    )?;
    secret(
        section,
        "token",
        global,
        "rocketchat_token",
        "no global Rocketchat Token set either inline or in a file",
    )
}
