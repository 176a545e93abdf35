//! `relabel_configs` and its siblings: the rules over one entry.

use crate::error::Fault;
use crate::scalar::{has_reference, is_legacy_template};
use crate::schema::{Kind, Section, field, text, uint};
use crate::table::{Item, Table, Value};

const SEPARATOR: &str = ";";
const REGEX: &str = "(.*)";
const REPLACEMENT: &str = "$1";

/// The actions, as they are written in lower case.
const ACTIONS: [&str; 11] = [
    "replace",
    "keep",
    "drop",
    "keepequal",
    "dropequal",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
];

/// One step of relabelling.
pub(crate) static RULE: Section = Section::new(
    &[&[
        field("source_labels", Kind::List(&Kind::Label)).in_line(),
        text("separator").or_text(SEPARATOR),
        field("regex", Kind::Regex).or_text(REGEX),
        uint("modulus"),
        text("target_label"),
        text("replacement").or_text(REPLACEMENT),
        text("action").or_text("replace"),
    ]],
    &[action, fields_of_action],
);

fn action(rule: &mut Table) -> Result<(), Fault> {
    let action = rule.text("action").to_ascii_lowercase();
    if action.is_empty() {
        return Err(rule.fault("action", "relabel action cannot be empty"));
    }
    if !ACTIONS.contains(&action.as_str()) {
        return Err(rule.fault(
            "action",
            format!(
                "unknown relabel action {action:?}; known are {}",
                ACTIONS.join(", ")
            ),
        ));
    }
    rule.set("action", Value::Text(action));
    Ok(())
}

/// Refuses fields that the action has no use for, and asks for those that it needs.
fn fields_of_action(rule: &mut Table) -> Result<(), Fault> {
    let action = rule.text("action").to_owned();
    match action.as_str() {
        "replace" => need_target(rule, &action),
        "hashmod" => {
            if rule.int("modulus") == 0 {
                return Err(rule.fault("modulus", "hashmod needs a modulus that is not zero"));
            }
            need_target(rule, &action)
        }
        "lowercase" | "uppercase" => {
            need_target(rule, &action)?;
            only(rule, &action, &["replacement"])
        }
        "keepequal" | "dropequal" => {
            need_target(rule, &action)?;
            only(
                rule,
                &action,
                &["regex", "modulus", "separator", "replacement"],
            )
        }
        "labeldrop" | "labelkeep" => only(
            rule,
            &action,
            &[
                "source_labels",
                "target_label",
                "modulus",
                "separator",
                "replacement",
            ],
        ),
        "labelmap" if rule.text("replacement").is_empty() => {
            Err(rule.fault("replacement", "\"\" is no label name to map to"))
        }
        _ => Ok(()),
    }
}

fn need_target(rule: &Table, action: &str) -> Result<(), Fault> {
    if rule.text("target_label").is_empty() {
        return Err(rule.fault(
            "target_label",
            format!("the action {action} needs a target_label"),
        ));
    }
    Ok(())
}

/// Refuses fields that hold anything but their preset.
fn only(rule: &Table, action: &str, unused: &[&str]) -> Result<(), Fault> {
    for key in unused {
        let preset = match *key {
            "separator" => SEPARATOR,
            "regex" => REGEX,
            "replacement" => REPLACEMENT,
            _ => "",
        };
        let slot = rule.slot(key);
        let is_preset = match &slot.value {
            Value::Text(text) => text == preset,
            // An empty list is something that was given; a zero is not.
            Value::List(_) => false,
            value => value.is_zero() && preset.is_empty(),
        };
        if !is_preset {
            return Err(rule.fault(key, format!("the action {action} has no use for {key}")));
        }
    }
    Ok(())
}

/// Refuses label names outside the classic alphabet where only that is allowed.
pub(crate) fn check_names(rules: &[Item], legacy: bool) -> Result<(), Fault> {
    if !legacy {
        return Ok(());
    }
    for rule in rules.iter().filter_map(Item::table) {
        let key = match rule.text("action") {
            "labelmap" => "replacement",
            "replace" | "hashmod" | "lowercase" | "uppercase" | "keepequal" | "dropequal" => {
                "target_label"
            }
            _ => continue,
        };
        let name = rule.text(key);
        let templated =
            matches!(rule.text("action"), "replace" | "labelmap") && has_reference(name);
        let fits = if templated {
            is_legacy_template(name)
        } else {
            model::name::is_legacy_label(name)
        };
        if !fits {
            return Err(rule.fault(
                key,
                format!("{name:?} is not a valid label name under the legacy scheme"),
            ));
        }
    }
    Ok(())
}
