//! On-call services and issue trackers.

use std::collections::BTreeMap;

use super::super::{
    IncidentioConfig, JiraApi, JiraConfig, JiraField, OpsGenieConfig, OpsGenieResponder,
    PagerDutyConfig, PagerDutyImage, PagerDutyLink, VictorOpsConfig,
};
use super::{base_url, http_config, optional_secret, secret, text, text_map, url};
use crate::error::Fault;
use crate::table::Table;
use crate::tree::Tree;

/// Details of an incident where the file does not give them.
const DETAILS: [(&str, &str); 4] = [
    ("firing", "{{ .Alerts.Firing | toJson }}"),
    ("resolved", "{{ .Alerts.Resolved | toJson }}"),
    ("num_firing", "{{ .Alerts.Firing | len }}"),
    ("num_resolved", "{{ .Alerts.Resolved | len }}"),
];

fn trees(section: &Table, key: &str) -> BTreeMap<String, Tree> {
    section
        .map(key)
        .iter()
        .map(|(name, item)| (name.clone(), item.value.tree()))
        .collect()
}

pub(super) fn pagerduty(section: &Table) -> Result<PagerDutyConfig, Fault> {
    let mut details = trees(section, "details");
    for (name, template) in DETAILS {
        details
            .entry(name.to_owned())
            .or_insert_with(|| Tree::Text(template.to_owned()));
    }
    let severity = section.text("severity");
    Ok(PagerDutyConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        service_key: optional_secret(section, "service_key"),
        routing_key: optional_secret(section, "routing_key"),
        url: url(section, "url")?,
        client: text(section, "client"),
        client_url: text(section, "client_url"),
        description: text(section, "description"),
        details,
        images: section
            .tables("images")
            .map(|image| PagerDutyImage {
                src: text(image, "src"),
                alt: text(image, "alt"),
                href: text(image, "href"),
            })
            .collect(),
        links: section
            .tables("links")
            .map(|link| PagerDutyLink {
                href: text(link, "href"),
                text: text(link, "text"),
            })
            .collect(),
        source: text(section, "source"),
        severity: if severity.is_empty() {
            "error"
        } else {
            severity
        }
        .to_owned(),
        class: text(section, "class"),
        component: text(section, "component"),
        group: text(section, "group"),
        timeout: section.duration("timeout"),
    })
}

pub(super) fn opsgenie(section: &Table) -> Result<OpsGenieConfig, Fault> {
    Ok(OpsGenieConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        api_key: secret(section, "api_key")?,
        api_url: base_url(section, "api_url")?,
        message: text(section, "message"),
        description: text(section, "description"),
        source: text(section, "source"),
        details: text_map(section, "details"),
        entity: text(section, "entity"),
        responders: section
            .tables("responders")
            .map(|responder| OpsGenieResponder {
                id: text(responder, "id"),
                name: text(responder, "name"),
                username: text(responder, "username"),
                kind: text(responder, "type"),
            })
            .collect(),
        actions: text(section, "actions"),
        tags: text(section, "tags"),
        note: text(section, "note"),
        priority: text(section, "priority"),
        update_alerts: section.bool("update_alerts"),
    })
}

pub(super) fn victorops(section: &Table) -> Result<VictorOpsConfig, Fault> {
    Ok(VictorOpsConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        api_key: secret(section, "api_key")?,
        api_url: base_url(section, "api_url")?,
        routing_key: text(section, "routing_key"),
        message_type: text(section, "message_type"),
        state_message: text(section, "state_message"),
        entity_display_name: text(section, "entity_display_name"),
        monitoring_tool: text(section, "monitoring_tool"),
        custom_fields: text_map(section, "custom_fields"),
    })
}

pub(super) fn incidentio(section: &Table) -> Result<IncidentioConfig, Fault> {
    Ok(IncidentioConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        url: secret(section, "url")?,
        alert_source_token: optional_secret(section, "alert_source_token"),
        max_alerts: section.uint("max_alerts"),
        timeout: section.duration("timeout"),
    })
}

pub(super) fn jira(section: &Table) -> Result<JiraConfig, Fault> {
    Ok(JiraConfig {
        send_resolved: section.bool("send_resolved"),
        http: http_config(section)?,
        api_url: url(section, "api_url")?,
        api_type: match section.text("api_type") {
            "cloud" => JiraApi::Cloud,
            "datacenter" => JiraApi::DataCenter,
            _ => JiraApi::Auto,
        },
        project: text(section, "project"),
        summary: jira_field(section.table("summary")),
        description: jira_field(section.table("description")),
        labels: section.texts("labels"),
        priority: text(section, "priority"),
        issue_type: text(section, "issue_type"),
        reopen_transition: text(section, "reopen_transition"),
        resolve_transition: text(section, "resolve_transition"),
        wont_fix_resolution: text(section, "wont_fix_resolution"),
        reopen_duration: section.duration("reopen_duration"),
        fields: trees(section, "fields"),
    })
}

fn jira_field(field: Option<&Table>) -> JiraField {
    JiraField {
        template: field.map_or_else(String::new, |field| text(field, "template")),
        enable_update: field.and_then(|field| field.flag("enable_update")) != Some(false),
    }
}
