//! Rule files. What is wrong with rules is told in upstream's words, which name the group, the
//! rule's place in it from 1 and its name.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use model::name::{is_legacy_label, is_legacy_metric};
use model::{METRIC_NAME, name::quoted};

use crate::error::{Fault, Place};
use crate::table::{Item, Table};
use crate::{AlertRule, NameValidation, RuleChecks, RuleConfig, RuleGroup, RuleKind};

/// The groups of a file whose form is right, or all that is wrong with them.
pub(crate) fn groups(file: &Table, checks: RuleChecks<'_>) -> Result<Vec<RuleGroup>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut names = HashSet::new();
    let mut found = Vec::new();
    for group in file.tables("groups") {
        let name = group.text("name");
        if name.is_empty() {
            faults.push(Fault::new(group.at, "", "Groupname must not be empty"));
        }
        if !names.insert(name) {
            let message = format!("groupname: \"{name}\" is repeated in the same file");
            faults.push(Fault::new(group.at, "", message));
        }
        check_labels(group, checks.names, &mut |at, message| {
            faults.push(Fault::new(at, "", message));
        });
        let mut rules = Vec::new();
        for (place, rule) in group.tables("rules").enumerate() {
            check_rule(rule, checks, &mut |at, message| {
                let name = match rule.text("alert") {
                    "" => rule.text("record"),
                    alert => alert,
                };
                let message = format!(
                    "group {}, rule {}, {}: {message}",
                    quoted(group.text("name")),
                    place + 1,
                    quoted(name)
                );
                faults.push(Fault::new(at, "", message));
            });
            rules.push(build_rule(group, rule));
        }
        found.push(RuleGroup {
            name: name.to_owned(),
            interval: Some(group.duration("interval")).filter(|length| !length.is_zero()),
            query_offset: query_offset(group),
            limit: group.int("limit"),
            labels: texts(group.map("labels")),
            rules,
        });
    }
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(faults)
    }
}

/// An offset of nothing differs from none: it wins over the global one.
fn query_offset(group: &Table) -> Option<Duration> {
    group
        .holds("query_offset")
        .then(|| group.duration("query_offset"))
}

/// A map of texts.
pub(crate) fn texts(map: &[(String, Item)]) -> BTreeMap<String, String> {
    map.iter()
        .map(|(name, item)| (name.clone(), item.text().to_owned()))
        .collect()
}

fn build_rule(group: &Table, rule: &Table) -> RuleConfig {
    let mut labels = texts(group.map("labels"));
    labels.extend(texts(rule.map("labels")));
    let kind = match rule.text("alert") {
        "" => RuleKind::Record(rule.text("record").to_owned()),
        name => RuleKind::Alert(AlertRule {
            name: name.to_owned(),
            hold: rule.duration("for"),
            keep_firing_for: rule.duration("keep_firing_for"),
            annotations: texts(rule.map("annotations")),
        }),
    };
    RuleConfig {
        kind,
        expr: rule.text("expr").to_owned(),
        labels,
    }
}

/// Takes a fault: where and what.
type Report<'a> = &'a mut dyn FnMut(Place, String);

fn check_rule(rule: &Table, checks: RuleChecks<'_>, report: Report<'_>) {
    let at = |key: &str| rule.slot(key).at;
    match (rule.has("record"), rule.has("alert")) {
        (true, true) => report(
            at("record"),
            "only one of 'record' and 'alert' must be set".to_owned(),
        ),
        (false, false) => report(rule.at, "one of 'record' or 'alert' must be set".to_owned()),
        _ => {}
    }
    if !rule.has("expr") {
        report(at("expr"), "field 'expr' must be set in rule".to_owned());
    } else if let Err(reason) = (checks.expression)(rule.text("expr")) {
        report(at("expr"), format!("could not parse expression: {reason}"));
    }
    if rule.has("record") {
        check_recording(rule, checks.names, report);
    }
    check_labels(rule, checks.names, report);
    for (name, item) in rule.map("annotations") {
        if !is_label(name, checks.names) {
            report(item.at, format!("invalid annotation name: {name}"));
        }
    }
    if rule.has("alert") {
        check_templates(rule, checks, report);
    }
}

fn check_recording(rule: &Table, names: NameValidation, report: Report<'_>) {
    for key in ["annotations", "for", "keep_firing_for"] {
        if rule.has(key) {
            let message = format!("invalid field '{key}' in recording rule");
            report(rule.slot(key).at, message);
        }
    }
    let (metric, at) = (rule.text("record"), rule.slot("record").at);
    if names == NameValidation::Legacy && !is_legacy_metric(metric) {
        report(at, format!("invalid recording rule name: {metric}"));
    }
    if metric.contains(['{', '}']) {
        let reason = "braces present in the recording rule name; should it be in expr?";
        report(at, format!("{reason}: {metric}"));
    }
}

fn is_label(name: &str, names: NameValidation) -> bool {
    match names {
        NameValidation::Utf8 => !name.is_empty(),
        NameValidation::Legacy => is_legacy_label(name),
    }
}

fn check_labels(section: &Table, names: NameValidation, report: Report<'_>) {
    for (name, item) in section.map("labels") {
        if !is_label(name, names) || name == METRIC_NAME {
            report(item.at, format!("invalid label name: {name}"));
        }
    }
}

fn check_templates(rule: &Table, checks: RuleChecks<'_>, report: Report<'_>) {
    for (key, what) in [("labels", "label"), ("annotations", "annotation")] {
        for (name, item) in rule.map(key) {
            if let Err(reason) = (checks.template)(rule.text("alert"), item.text()) {
                report(item.at, format!("{what} {}: {reason}", quoted(name)));
            }
        }
    }
}
