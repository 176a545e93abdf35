//! What is sent: Jira.

use serde_json::{Value, json};

use crate::case::{Case, asked, check};
use crate::common::{GROUP, Seen, json};

/// A Jira with at most one issue, whose state the test chooses.
fn jira_answer(seen: &Seen, found: &str) -> http::Response<http_body_util::Full<bytes::Bytes>> {
    if seen.path.ends_with("/search") {
        json(200, found)
    } else if seen.path.ends_with("/transitions") {
        json(
            200,
            r#"{"transitions":[{"id":"11","name":"Close"},{"id":"12","name":"Reopen"}]}"#,
        )
    } else {
        json(200, "{}")
    }
}

const JIRA: &str = "\
jira_configs:
- api_url: URL/rest/api/2
  project: OPS
  issue_type: Bug
  summary: '{{ .Status }}'
  description: {template: d, enable_update: false}
  labels: [z, '{{ .GroupLabels.alertname }}']
  priority: High
  resolve_transition: Close
  reopen_transition: Reopen
  reopen_duration: 1h
  wont_fix_resolution: Won't
  fields: {custom: ['{{ len .Alerts }}', x]}
  http_config: {authorization: {credentials: tok}}";

fn jira_issue(status: &str) -> Value {
    json!({"fields": {
        "project": {"key": "OPS"},
        "issuetype": {"name": "Bug"},
        "summary": status,
        "description": "d",
        "labels": [format!("ALERT{{{GROUP}}}"), "Down", "z"],
        "priority": {"name": "High"},
        "custom": [2, "x"],
    }})
}

#[tokio::test]
async fn jira_makes_an_issue_for_what_fires_only() {
    let search = json!({
        "jql": format!("(resolution is EMPTY or resolution != \"Won't\") and (resolutiondate is EMPTY OR resolutiondate >= -60m) and project=\"OPS\" and labels=\"ALERT{{{GROUP}}}\" order by status ASC,resolutiondate DESC"),
        "maxResults": 2,
        "fields": ["status"],
    });
    let open_only = json!({
        "jql": format!("(resolution is EMPTY or resolution != \"Won't\") and statusCategory != Done and project=\"OPS\" and labels=\"ALERT{{{GROUP}}}\" order by status ASC,resolutiondate DESC"),
        "maxResults": 2,
        "fields": ["status"],
    });
    check(Case {
        lines: JIRA,
        vendor: false,
        answer: |seen| jira_answer(seen, r#"{"issues":[]}"#),
        firing: vec![
            asked("POST /rest/api/2/search", search)
                .with("authorization", "Bearer tok")
                .with("accept-language", "en"),
            asked("POST /rest/api/2/issue", jira_issue("firing")),
        ],
        resolved: vec![asked("POST /rest/api/2/search", open_only)],
    })
    .await;
}

#[tokio::test]
async fn jira_changes_closes_and_opens_an_issue() {
    let update = |status: &str| {
        let mut issue = jira_issue(status);
        issue["fields"]
            .as_object_mut()
            .expect("fields")
            .remove("description");
        issue
    };
    let transitions = "GET /rest/api/2/issue/OPS-1/transitions";
    let transition = "POST /rest/api/2/issue/OPS-1/transitions";
    check(Case {
        lines: JIRA,
        vendor: false,
        answer: |seen| {
            jira_answer(
                seen,
                r#"{"issues":[{"key":"OPS-1","fields":{"status":{"statusCategory":{"key":"new"}}}}]}"#,
            )
        },
        firing: vec![
            asked("POST /rest/api/2/search", Value::Null),
            asked("PUT /rest/api/2/issue/OPS-1", update("firing")),
        ],
        resolved: vec![
            asked("POST /rest/api/2/search", Value::Null),
            asked("PUT /rest/api/2/issue/OPS-1", update("resolved")),
            asked(transitions, Value::Null),
            asked(transition, json!({"transition": {"id": "11"}})),
        ],
    })
    .await;
    check(Case {
        lines: JIRA,
        vendor: false,
        answer: |seen| {
            jira_answer(
                seen,
                r#"{"issues":[{"key":"OPS-1","fields":{"status":{"statusCategory":{"key":"done"}}}}]}"#,
            )
        },
        firing: vec![
            asked("POST /rest/api/2/search", Value::Null),
            asked("PUT /rest/api/2/issue/OPS-1", Value::Null),
            asked(transitions, Value::Null),
            asked(transition, json!({"transition": {"id": "12"}})),
        ],
        resolved: vec![
            asked("POST /rest/api/2/search", Value::Null),
            asked("PUT /rest/api/2/issue/OPS-1", Value::Null),
        ],
    })
    .await;
}
