//! `pagerduty_configs`, `opsgenie_configs`, `victorops_configs`, `incidentio_configs` and
//! `jira_configs`.

use super::{HTTP_CONFIG, SENDS_RESOLVED, authorizes, one_of};
use crate::error::Fault;
use crate::schema::{
    Kind, Section, boolean, duration, field, go_duration, secret, tables, text, text_map, texts,
    uint, web_url,
};
use crate::table::Table;

pub(super) static PAGERDUTY: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        secret("service_key"),
        text("service_key_file"),
        secret("routing_key"),
        text("routing_key_file"),
        web_url("url"),
        text("client").or_text(r#"{{ template "pagerduty.default.client" . }}"#),
        text("client_url").or_text(r#"{{ template "pagerduty.default.clientURL" . }}"#),
        text("description").or_text(r#"{{ template "pagerduty.default.description" .}}"#),
        field("details", Kind::Map(&Kind::Any)),
        tables("images", &PAGERDUTY_IMAGE),
        tables("links", &PAGERDUTY_LINK),
        text("source"),
        text("severity"),
        text("class"),
        text("component"),
        text("group"),
        go_duration("timeout").shown(),
    ]],
    &[pagerduty],
);

fn pagerduty(section: &mut Table) -> Result<(), Fault> {
    section.at_most_one(&["routing_key", "routing_key_file"])?;
    section.at_most_one(&["service_key", "service_key_file"])?;
    let keys = [
        "routing_key",
        "routing_key_file",
        "service_key",
        "service_key_file",
    ];
    if !keys.iter().any(|key| section.has(key)) {
        return Err(section.fault(
            "routing_key",
            "missing service or routing key in PagerDuty config",
        ));
    }
    if !section.has("source") {
        let client = section.slot("client").value.clone();
        section.set("source", client);
    }
    Ok(())
}

static PAGERDUTY_IMAGE: Section = Section::new(&[&[text("src"), text("alt"), text("href")]], &[]);
static PAGERDUTY_LINK: Section = Section::new(&[&[text("href"), text("text")]], &[]);

pub(super) static OPSGENIE: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        secret("api_key"),
        text("api_key_file"),
        web_url("api_url"),
        text("message").or_text(r#"{{ template "opsgenie.default.message" . }}"#),
        text("description").or_text(r#"{{ template "opsgenie.default.description" . }}"#),
        text("source").or_text(r#"{{ template "opsgenie.default.source" . }}"#),
        text_map("details"),
        text("entity"),
        tables("responders", &RESPONDER),
        text("actions"),
        text("tags"),
        text("note"),
        text("priority"),
        boolean("update_alerts"),
    ]],
    &[|section| section.at_most_one(&["api_key", "api_key_file"])],
);

/// Whom OpsGenie tells.
const RESPONDERS: [&str; 5] = ["team", "teams", "user", "escalation", "schedule"];

static RESPONDER: Section = Section::new(
    &[&[text("id"), text("name"), text("username"), text("type")]],
    &[|responder| {
        if !["id", "name", "username"]
            .iter()
            .any(|key| responder.has(key))
        {
            return Err(responder.fault_here(
                "a responder has to have at least one of id, username or name specified",
            ));
        }
        let kind = responder.text("type");
        if !kind.contains("{{") && !RESPONDERS.contains(&kind.to_lowercase().as_str()) {
            return Err(responder.fault(
                "type",
                format!(
                    "type {kind:?} does not match valid options {}",
                    RESPONDERS.join(", ")
                ),
            ));
        }
        Ok(())
    }],
);

pub(super) static VICTOROPS: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        secret("api_key"),
        text("api_key_file"),
        web_url("api_url").shown(),
        text("routing_key").shown(),
        text("message_type").or_text("CRITICAL").shown(),
        text("state_message").or_text(r#"{{ template "victorops.default.state_message" . }}"#),
        text("entity_display_name")
            .or_text(r#"{{ template "victorops.default.entity_display_name" . }}"#),
        text("monitoring_tool").or_text(r#"{{ template "victorops.default.monitoring_tool" . }}"#),
        text_map("custom_fields"),
    ]],
    &[victorops],
);

/// Fields of an incident that the notification itself has.
const VICTOROPS_FIELDS: [&str; 7] = [
    "routing_key",
    "message_type",
    "state_message",
    "entity_display_name",
    "monitoring_tool",
    "entity_id",
    "entity_state",
];

fn victorops(section: &mut Table) -> Result<(), Fault> {
    if !section.has("routing_key") {
        return Err(section.fault("routing_key", "missing Routing key in VictorOps config"));
    }
    section.at_most_one(&["api_key", "api_key_file"])?;
    for (name, item) in section.map("custom_fields") {
        if VICTOROPS_FIELDS.contains(&name.as_str()) {
            let mut fault = section.fault(
                "custom_fields",
                format!("custom field {name} cannot be used as it conflicts with the fixed/static fields"),
            );
            fault.at = item.at;
            return Err(fault);
        }
    }
    Ok(())
}

pub(super) static INCIDENTIO: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        web_url("url"),
        text("url_file"),
        secret("alert_source_token"),
        text("alert_source_token_file"),
        uint("max_alerts").shown(),
        go_duration("timeout").shown(),
    ]],
    &[incidentio],
);

fn incidentio(section: &mut Table) -> Result<(), Fault> {
    one_of(section, "url", "url_file")?;
    section.at_most_one(&["alert_source_token", "alert_source_token_file"])?;
    let token = section.has("alert_source_token") || section.has("alert_source_token_file");
    let http = section.table("http_config");
    let authorized = authorizes(http);
    if authorized && token {
        return Err(section.fault(
            "alert_source_token",
            "cannot specify alert_source_token or alert_source_token_file when using http_config.authorization",
        ));
    }
    if http.is_some() && !authorized && !token {
        return Err(section.fault(
            "alert_source_token",
            "at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured",
        ));
    }
    Ok(())
}

pub(super) static JIRA: Section = Section::new(
    &[&[
        SENDS_RESOLVED,
        HTTP_CONFIG,
        web_url("api_url"),
        text("api_type").or_text("auto"),
        text("project"),
        field("summary", Kind::TextOr(&SUMMARY, "template")).fresh(),
        field("description", Kind::TextOr(&DESCRIPTION, "template")).fresh(),
        texts("labels"),
        text("priority").or_text(r#"{{ template "jira.default.priority" . }}"#),
        text("issue_type"),
        text("reopen_transition"),
        text("resolve_transition"),
        text("wont_fix_resolution"),
        duration("reopen_duration"),
        field("fields", Kind::Map(&Kind::Any)),
    ]],
    &[jira],
);

static SUMMARY: Section = Section::new(
    &[&[
        text("template").or_text(r#"{{ template "jira.default.summary" . }}"#),
        field("enable_update", Kind::Flag),
    ]],
    &[],
);
static DESCRIPTION: Section = Section::new(
    &[&[
        text("template").or_text(r#"{{ template "jira.default.description" . }}"#),
        field("enable_update", Kind::Flag),
    ]],
    &[],
);

fn jira(section: &mut Table) -> Result<(), Fault> {
    for key in ["project", "issue_type"] {
        if !section.has(key) {
            return Err(section.fault(key, format!("missing {key} in jira_config")));
        }
    }
    match section.text("api_type") {
        "auto" | "cloud" | "datacenter" => Ok(()),
        _ => Err(section.fault(
            "api_type",
            "unknown api_type on jira_config, must be auto, cloud or datacenter",
        )),
    }
}
