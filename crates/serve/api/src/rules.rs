//! `rules`, `alerts` and `alertmanagers`: what is evaluated, what holds, and who is told.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use contract::{ActiveAlert, AlertingState, RuleGroupState, RuleState};
use model::{Matcher, name, number};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::answer::{Answer, ApiError, ApiResult};
use crate::face::Face;
use crate::params::Params;
use crate::targets::{label_map, moment, services};

/// Names and texts as a map.
struct Texts<'a>(&'a contract::Texts);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    labels: BTreeMap<&'a str, &'a str>,
    annotations: Texts<'a>,
    state: &'a str,
    active_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_firing_since: Option<String>,
    value: String,
}

impl<'a> Alert<'a> {
    fn of(alert: &'a ActiveAlert) -> Self {
        let mut value = String::new();
        number::push_exponent(&mut value, alert.value);
        Self {
            labels: label_map(&alert.labels),
            annotations: Texts(&alert.annotations),
            state: alert.state.as_str(),
            active_at: moment(Some(alert.active_at)),
            keep_firing_since: alert.keep_firing_since.map(|since| moment(Some(since))),
            value,
        }
    }
}

/// A length of time in seconds; whole ones are written as whole numbers, as upstream does.
struct Seconds(Duration);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.subsec_nanos() == 0 {
            serializer.serialize_u64(self.0.as_secs())
        } else {
            serializer.serialize_f64(self.0.as_secs_f64())
        }
    }
}

/// What rules of both kinds show.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Common<'a> {
    health: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    last_error: &'a str,
    evaluation_time: Seconds,
    last_evaluation: String,
    #[serde(rename = "type")]
    kind: &'a str,
}

impl<'a> Common<'a> {
    fn of(rule: &'a RuleState, kind: &'a str) -> Self {
        Self {
            health: rule.health.as_str(),
            last_error: &rule.last_error,
            evaluation_time: Seconds(rule.evaluation_time),
            last_evaluation: moment(rule.last_evaluation),
            kind,
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rule<'a> {
    #[serde(rename_all = "camelCase")]
    Alerting {
        state: &'a str,
        name: &'a str,
        query: &'a str,
        duration: Seconds,
        keep_firing_for: Seconds,
        labels: Texts<'a>,
        annotations: Texts<'a>,
        alerts: Option<Vec<Alert<'a>>>,
        #[serde(flatten)]
        common: Common<'a>,
    },
    Recording {
        name: &'a str,
        query: &'a str,
        labels: Texts<'a>,
        #[serde(flatten)]
        common: Common<'a>,
    },
}

impl<'a> Rule<'a> {
    fn of(rule: &'a RuleState) -> Self {
        match &rule.alerting {
            Some(alerting) => Self::alerting(rule, alerting),
            None => Self::Recording {
                name: &rule.name,
                query: &rule.query,
                labels: Texts(&rule.labels),
                common: Common::of(rule, "recording"),
            },
        }
    }

    fn alerting(rule: &'a RuleState, alerting: &'a AlertingState) -> Self {
        let alerts = alerting.alerts.as_ref();
        Self::Alerting {
            state: alerting.state.as_str(),
            name: &rule.name,
            query: &rule.query,
            duration: Seconds(alerting.hold),
            keep_firing_for: Seconds(alerting.keep_firing_for),
            labels: Texts(&rule.labels),
            annotations: Texts(&alerting.annotations),
            alerts: alerts.map(|alerts| alerts.iter().map(Alert::of).collect()),
            common: Common::of(rule, "alerting"),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    name: &'a str,
    file: &'a str,
    rules: Vec<Rule<'a>>,
    interval: Seconds,
    limit: i64,
    evaluation_time: Seconds,
    last_evaluation: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    groups: Vec<Group<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_next_token: Option<String>,
}

/// Which rules a request asks for.
struct Wanted<'a> {
    rules: HashSet<&'a str>,
    groups: HashSet<&'a str>,
    files: HashSet<&'a str>,
    /// Any of these, each with all of its matchers; none given means any rule.
    selectors: Vec<Vec<Matcher>>,
    alerting: bool,
    recording: bool,
    with_alerts: bool,
    /// Groups of one answer at most; 0 for all.
    limit: usize,
    /// The group that the answer begins with; empty for the first.
    token: &'a str,
}

impl<'a> Wanted<'a> {
    fn read(params: &'a Params) -> Result<Self, ApiError> {
        let kind = params.get("type").to_lowercase();
        if !matches!(kind.as_str(), "" | "alert" | "record") {
            let reason = format!("not supported value {}", name::quoted(&kind));
            return Err(ApiError::parameter("type", reason));
        }
        let (limit, token) = (params.get("group_limit"), params.get("group_next_token"));
        if !token.is_empty() && limit.is_empty() {
            return Err(ApiError::parameter(
                "group_next_token",
                "group_limit needs to be present in order to paginate over the groups",
            ));
        }
        Ok(Self {
            rules: params.all("rule_name[]").collect(),
            groups: params.all("rule_group[]").collect(),
            files: params.all("file[]").collect(),
            selectors: params
                .all("match[]")
                .map(promql::parse_series_selector)
                .collect::<Result<_, _>>()
                .map_err(|error| ApiError::bad_data(error.to_string()))?,
            alerting: kind != "record",
            recording: kind != "alert",
            with_alerts: !truth(params.get("exclude_alerts"))?,
            limit: group_limit(limit)?,
            token,
        })
    }

    fn has_group(&self, group: &RuleGroupState) -> bool {
        (self.groups.is_empty() || self.groups.contains(group.name.as_str()))
            && (self.files.is_empty() || self.files.contains(group.file.as_str()))
    }

    fn has_rule(&self, rule: &RuleState) -> bool {
        let of_kind = match rule.alerting {
            Some(_) => self.alerting,
            None => self.recording,
        };
        of_kind
            && (self.rules.is_empty() || self.rules.contains(rule.name.as_str()))
            && (self.selectors.is_empty() || self.selectors.iter().any(|all| fits(rule, all)))
    }
}

/// Whether all matchers fit the labels that a rule sets.
fn fits(rule: &RuleState, matchers: &[Matcher]) -> bool {
    matchers.iter().all(|matcher| {
        let label = rule.labels.iter().find(|(name, _)| name == matcher.name());
        matcher.matches(label.map_or("", |(_, value)| value.as_str()))
    })
}

/// A truth value as Go reads it, in any case; absent means no.
fn truth(text: &str) -> Result<bool, ApiError> {
    let text = text.to_lowercase();
    match text.as_str() {
        "1" | "t" | "true" => Ok(true),
        "" | "0" | "f" | "false" => Ok(false),
        _ => Err(ApiError::parameter(
            "exclude_alerts",
            format!(
                "error converting exclude_alerts: strconv.ParseBool: parsing {}: invalid syntax",
                name::quoted(&text)
            ),
        )),
    }
}

fn group_limit(text: &str) -> Result<usize, ApiError> {
    if text.is_empty() {
        return Ok(0);
    }
    let refused = |reason: &str| ApiError::parameter("group_limit", reason);
    let limit: i32 = text.parse().map_err(|_| {
        refused(&format!(
            "group_limit needs to be a valid number: strconv.ParseInt: parsing {}: invalid syntax",
            name::quoted(text)
        ))
    })?;
    match usize::try_from(limit) {
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err(refused("group_limit needs to be greater than 0")),
    }
}

/// What a group is called in the token of the next page.
fn token(group: &RuleGroupState) -> String {
    let digest = Sha256::digest(format!("{};{}", group.file, group.name));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The groups that are wanted, with their rules that are wanted.
fn page<'a>(all: &'a [RuleGroupState], wanted: &Wanted<'_>) -> Result<Page<'a>, ApiError> {
    let first = if wanted.token.is_empty() {
        0
    } else {
        let found = all.iter().position(|group| token(group) == wanted.token);
        found.ok_or_else(|| {
            ApiError::parameter(
                "group_next_token",
                format!(
                    "invalid group_next_token '{}'. were rule groups changed?",
                    wanted.token
                ),
            )
        })?
    };
    let mut page = Page {
        groups: Vec::new(),
        group_next_token: None,
    };
    let groups = all.iter().skip(first);
    for group in groups.filter(|group| wanted.has_group(group)) {
        let rules = group.rules.iter().filter(|rule| wanted.has_rule(rule));
        let rules: Vec<Rule<'_>> = rules.map(Rule::of).collect();
        if rules.is_empty() {
            continue;
        }
        if wanted.limit > 0 && page.groups.len() == wanted.limit {
            page.group_next_token = Some(token(group));
            break;
        }
        page.groups.push(Group {
            name: &group.name,
            file: &group.file,
            rules,
            interval: Seconds(group.interval),
            limit: group.limit,
            evaluation_time: Seconds(group.evaluation_time),
            last_evaluation: moment(group.last_evaluation),
        });
    }
    Ok(page)
}

/// `/api/v1/rules`
pub(crate) async fn rules(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let wanted = Wanted::read(&params)?;
    let groups = services(&face)?.rules.groups(wanted.with_alerts);
    Answer::of(&page(&groups, &wanted)?)
}

/// `/api/v1/alerts`
pub(crate) async fn alerts(State(face): State<Arc<Face>>) -> ApiResult {
    let groups = services(&face)?.rules.groups(true);
    let rules = groups.iter().flat_map(|group| &group.rules);
    let alerting = rules.filter_map(|rule| rule.alerting.as_ref());
    let alerts = alerting.filter_map(|alerting| alerting.alerts.as_ref());
    let alerts: Vec<Alert<'_>> = alerts.flatten().map(Alert::of).collect();
    Answer::of(&BTreeMap::from([("alerts", alerts)]))
}

#[derive(Serialize)]
struct Manager {
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Managers {
    active_alertmanagers: Vec<Manager>,
    dropped_alertmanagers: Vec<Manager>,
}

/// `/api/v1/alertmanagers`
pub(crate) async fn alertmanagers(State(face): State<Arc<Face>>) -> ApiResult {
    let known = &services(&face)?.alertmanagers;
    let list = |urls: Vec<String>| urls.into_iter().map(|url| Manager { url }).collect();
    Answer::of(&Managers {
        active_alertmanagers: list(known.active()),
        dropped_alertmanagers: list(known.dropped()),
    })
}

#[cfg(test)]
mod tests {
    use contract::{AlertState, RuleHealth};
    use model::Labels;

    use super::*;

    fn rule(name: &str, labels: &[(&str, &str)], alerting: bool) -> RuleState {
        let labels = labels.iter();
        RuleState {
            name: name.to_owned(),
            query: "up == 0".to_owned(),
            labels: labels
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            health: RuleHealth::Bad,
            last_error: "why".to_owned(),
            evaluation_time: Duration::from_millis(500),
            last_evaluation: Some(1_700_000_000_500),
            alerting: alerting.then(|| AlertingState {
                state: AlertState::Firing,
                hold: Duration::from_secs(60),
                keep_firing_for: Duration::ZERO,
                annotations: vec![("summary".to_owned(), String::new())],
                alerts: Some(vec![ActiveAlert {
                    labels: Labels::from_pairs([("alertname", name)]),
                    annotations: vec![("summary".to_owned(), String::new())],
                    state: AlertState::Firing,
                    active_at: 1_700_000_000_000,
                    keep_firing_since: None,
                    value: 12.5,
                }]),
            }),
        }
    }

    fn group(name: &str, rules: Vec<RuleState>) -> RuleGroupState {
        RuleGroupState {
            name: name.to_owned(),
            file: "f.yml".to_owned(),
            interval: Duration::from_secs(30),
            limit: 0,
            evaluation_time: Duration::ZERO,
            last_evaluation: None,
            rules,
        }
    }

    fn groups() -> Vec<RuleGroupState> {
        vec![
            group(
                "a",
                vec![rule("A", &[("team", "x")], true), rule("r", &[], false)],
            ),
            group("b", vec![rule("r", &[("team", "y")], false)]),
            group("c", vec![rule("C", &[], true)]),
        ]
    }

    /// `group.rule` of all that a request gets, and whether there is more.
    fn asked(query: &str) -> Result<(Vec<String>, Option<String>), String> {
        let params = Params::parse(b"", query.as_bytes());
        let all = groups();
        let wanted = Wanted::read(&params).map_err(|error| error.message)?;
        let page = page(&all, &wanted).map_err(|error| error.message)?;
        let names = page.groups.iter().flat_map(|group| {
            group.rules.iter().map(|rule| match rule {
                Rule::Alerting { name, .. } | Rule::Recording { name, .. } => {
                    format!("{}.{name}", group.name)
                }
            })
        });
        Ok((names.collect(), page.group_next_token))
    }

    #[test]
    fn rules_are_found_by_every_filter() {
        for (query, expected) in [
            ("", "a.A a.r b.r c.C"),
            ("type=alert", "a.A c.C"),
            ("type=RECORD", "a.r b.r"),
            ("rule_name[]=r&rule_name[]=C", "a.r b.r c.C"),
            ("rule_group[]=b", "b.r"),
            ("file[]=other.yml", ""),
            ("file[]=f.yml&rule_group[]=c", "c.C"),
            ("match[]={team=\"x\"}", "a.A"),
            ("match[]={team=\"x\"}&match[]={team=\"y\"}", "a.A b.r"),
            ("match[]={team!=\"\",team!=\"x\"}", "b.r"),
        ] {
            let (found, _) = asked(query).unwrap();
            assert_eq!(found.join(" "), expected, "{query}");
        }
    }

    #[test]
    fn pages_follow_each_other() {
        let (first, token) = asked("group_limit=2").unwrap();
        assert_eq!(first.join(" "), "a.A a.r b.r");
        let token = token.unwrap();
        assert_eq!(token.len(), 64);
        let (second, end) = asked(&format!("group_limit=2&group_next_token={token}")).unwrap();
        assert_eq!((second.join(" ").as_str(), end), ("c.C", None));
        assert_eq!(asked("group_limit=3").unwrap().1, None);
    }

    #[test]
    fn wrong_requests_are_told_so_in_upstreams_words() {
        for (query, message) in [
            (
                "type=x",
                "invalid parameter \"type\": not supported value \"x\"",
            ),
            (
                "exclude_alerts=maybe",
                "invalid parameter \"exclude_alerts\": error converting exclude_alerts: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
            (
                "group_limit=x",
                "invalid parameter \"group_limit\": group_limit needs to be a valid number: strconv.ParseInt: parsing \"x\": invalid syntax",
            ),
            (
                "group_limit=0",
                "invalid parameter \"group_limit\": group_limit needs to be greater than 0",
            ),
            (
                "group_next_token=x",
                "invalid parameter \"group_next_token\": group_limit needs to be present in order to paginate over the groups",
            ),
            (
                "group_limit=1&group_next_token=x",
                "invalid parameter \"group_next_token\": invalid group_next_token 'x'. were rule groups changed?",
            ),
        ] {
            assert_eq!(asked(query).unwrap_err(), message, "{query}");
        }
    }

    #[test]
    fn rules_are_written_as_upstream_writes_them() {
        let alerting = rule("A", &[("team", "x")], true);
        let recording = rule("r", &[], false);
        let written = serde_json::to_string(&[Rule::of(&alerting), Rule::of(&recording)]).unwrap();
        assert_eq!(
            written,
            concat!(
                r#"[{"state":"firing","name":"A","query":"up == 0","duration":60,"keepFiringFor":0,"#,
                r#""labels":{"team":"x"},"annotations":{"summary":""},"#,
                r#""alerts":[{"labels":{"alertname":"A"},"annotations":{"summary":""},"state":"firing","#,
                r#""activeAt":"2023-11-14T22:13:20Z","value":"1.25e+01"}],"#,
                r#""health":"err","lastError":"why","evaluationTime":0.5,"#,
                r#""lastEvaluation":"2023-11-14T22:13:20.5Z","type":"alerting"},"#,
                r#"{"name":"r","query":"up == 0","labels":{},"health":"err","lastError":"why","#,
                r#""evaluationTime":0.5,"lastEvaluation":"2023-11-14T22:13:20.5Z","type":"recording"}]"#
            )
        );
    }
}
