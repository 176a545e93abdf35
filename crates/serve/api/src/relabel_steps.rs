//! `targets/relabel_steps`: what each relabelling rule of a job makes of labels, for the page that
//! explains why a target is not scraped.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use model::{Labels, LabelsBuilder, name};
use relabel::{Action, Rule};
use serde::Serialize;

use crate::answer::{Answer, ApiError, ApiResult};
use crate::face::Face;
use crate::params::Params;
use crate::targets::{label_map, services};

/// A rule as upstream's JSON has it: what is empty is left out.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    source_labels: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    separator: &'a str,
    regex: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    modulus: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    target_label: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    replacement: &'a str,
    action: &'static str,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Replace => "replace",
        Action::Keep => "keep",
        Action::Drop => "drop",
        Action::KeepEqual => "keepequal",
        Action::DropEqual => "dropequal",
        Action::HashMod => "hashmod",
        Action::LabelMap => "labelmap",
        Action::LabelDrop => "labeldrop",
        Action::LabelKeep => "labelkeep",
        Action::Lowercase => "lowercase",
        Action::Uppercase => "uppercase",
    }
}

#[derive(Serialize)]
struct Step<'a> {
    rule: Shown<'a>,
    output: BTreeMap<String, String>,
    keep: bool,
}

#[derive(Serialize)]
struct Steps<'a> {
    steps: Vec<Step<'a>>,
}

/// Runs the rules one after the other; behind one that drops, nothing is left.
fn steps<'a>(rules: &'a [Rule], given: &BTreeMap<String, String>) -> Steps<'a> {
    let mut labels = LabelsBuilder::new();
    for (name, value) in given {
        labels.set(name, value);
    }
    let mut keep = true;
    let mut step = |rule: &'a Rule| {
        keep = keep && relabel::apply(std::slice::from_ref(rule), &mut labels);
        let output = if keep {
            labels.clone().build()
        } else {
            Labels::empty()
        };
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Step {
            rule: Shown {
                source_labels: &rule.source_labels,
                separator: &rule.separator,
                regex: rule.pattern.as_str(),
                modulus: rule.modulus,
                target_label: &rule.target_label,
                replacement: &rule.replacement,
                action: word(rule.action),
            },
            output: label_map(&output).into_iter().map(owned).collect(),
            keep,
        }
    };
    Steps {
        steps: rules.iter().map(&mut step).collect(),
    }
}

/// `/api/v1/targets/relabel_steps`
pub(crate) async fn answer(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let (pool, labels) = (params.get("scrapePool"), params.get("labels"));
    for (given, parameter) in [(pool, "scrapePool"), (labels, "labels")] {
        if given.is_empty() {
            let text = format!("no {parameter} parameter provided");
            return Err(ApiError::bad_data(text));
        }
    }
    let labels: BTreeMap<String, String> = serde_json::from_str(labels)
        .map_err(|error| ApiError::bad_data(format!("error parsing labels: {error}")))?;
    let rules = services(&face)?
        .targets
        .relabel_rules(pool)
        .ok_or_else(|| {
            let quoted = name::quoted(pool);
            ApiError::bad_data(format!(
                "error retrieving scrape config: scrape pool {quoted} not found"
            ))
        })?;
    Answer::of(&steps(&rules, &labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_shows_what_it_leaves() {
        let mut replace = Rule::new(Action::Replace);
        replace.source_labels = vec!["a".to_owned()];
        replace.target_label = "b".to_owned();
        let mut keep = Rule::new(Action::Keep);
        keep.source_labels = vec!["none".to_owned()];
        keep.pattern = model::Pattern::new("x").expect("a pattern");
        let mut sharding = Rule::new(Action::HashMod);
        sharding.modulus = 7;
        let rules = [replace, keep, sharding];
        let given = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        let shown = serde_json::to_string(&steps(&rules, &given)).expect("JSON");
        assert_eq!(
            shown,
            r#"{"steps":[{"rule":{"source_labels":["a"],"separator":";","regex":"(.*)","target_label":"b","replacement":"$1","action":"replace"},"output":{"a":"1","b":"1"},"keep":true},{"rule":{"source_labels":["none"],"separator":";","regex":"x","replacement":"$1","action":"keep"},"output":{},"keep":false},{"rule":{"separator":";","regex":"(.*)","modulus":7,"replacement":"$1","action":"hashmod"},"output":{},"keep":false}]}"#
        );
    }
}
