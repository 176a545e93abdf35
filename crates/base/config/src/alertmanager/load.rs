//! From a path or a text to a checked configuration.

use std::path::Path;

use super::sections::CONFIG;
use super::{AlertmanagerConfig, build, inherit};
use crate::error::{ConfigError, Fault};
use crate::load::{folder_of, read_file};
use crate::table::{Table, Value};
use crate::yaml::{Content, Node};
use crate::{emit, read, yaml};

/// Where the values of `${NAME}` come from.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads an `alertmanager.yml`. With an environment, `${NAME}` in its values stands for what the
/// environment says; without one it stands for itself, as upstream has it.
pub fn load(
    path: &Path,
    environment: Option<Environment<'_>>,
) -> Result<AlertmanagerConfig, ConfigError> {
    parse(&read_file(path)?, path, environment)
}

/// Checks the text of an `alertmanager.yml`. `file` names it in errors; templates, certificates
/// and what `http_config` names are relative to its folder, other files to where the program runs.
pub fn parse(
    text: &str,
    file: &Path,
    environment: Option<Environment<'_>>,
) -> Result<AlertmanagerConfig, ConfigError> {
    checked(text, folder_of(file), environment).map_err(|fault| fault.within(file))
}

fn checked(
    text: &str,
    folder: &Path,
    environment: Option<Environment<'_>>,
) -> Result<AlertmanagerConfig, Fault> {
    checked_with(text, folder, environment, |_| Ok(()))
}

/// The same, with a change of the text's tree before it is checked.
pub(super) fn checked_with(
    text: &str,
    folder: &Path,
    environment: Option<Environment<'_>>,
    change: impl FnOnce(&mut Node) -> Result<(), Fault>,
) -> Result<AlertmanagerConfig, Fault> {
    let mut root = yaml::parse(text)?;
    if let Some(environment) = environment {
        expand(&mut root, environment)?;
    }
    change(&mut root)?;
    let mut config = read::document(&CONFIG, &root, folder)?;
    let global = match config.table("global") {
        Some(global) => global.clone(),
        None => return Err(config.fault("global", "is missing")),
    };
    for receiver in config.tables_mut("receivers") {
        inherit::complete(receiver, &global)?;
    }
    let redacted = shown(&config);
    build::build(&config, redacted)
}

/// The file as it is shown: what receivers take over from `global` is in both.
fn shown(config: &Table) -> String {
    let mut config = config.clone();
    // An explicit null of the list of templates is shown as an empty one.
    if !config.has("templates") {
        config.set("templates", Value::List(Vec::new()));
    }
    emit::to_yaml(&config)
}

/// Replaces `${NAME}` in every value; `$${` stands for `${`. A name without a value is an error:
/// an empty secret would be found out too late.
fn expand(node: &mut Node, environment: Environment<'_>) -> Result<(), Fault> {
    match &mut node.content {
        Content::Null => Ok(()),
        Content::List(nodes) => nodes
            .iter_mut()
            .try_for_each(|node| expand(node, environment)),
        Content::Map(entries) => entries
            .iter_mut()
            .try_for_each(|entry| expand(&mut entry.value, environment)),
        Content::Scalar { text, .. } if !text.contains("${") => Ok(()),
        Content::Scalar { text, .. } => {
            *text =
                expanded(text, environment).map_err(|message| Fault::new(node.at, "", message))?;
            Ok(())
        }
    }
}

fn expanded(text: &str, environment: Environment<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = after;
            continue;
        }
        let Some((name, after)) = after.split_once('}') else {
            return Err("\"${\" begins the name of a variable that has no end".to_owned());
        };
        let value =
            environment(name).ok_or_else(|| format!("the environment has no variable {name:?}"))?;
        out.push_str(before);
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
