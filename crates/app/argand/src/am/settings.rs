//! Files of settings: what a user wants said for flags that are not given.
//!
//! The first file that names a flag counts: the user's before the machine's, and where amtool
//! itself looks before where Debian's does.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Arg, ArgAction, Command};

/// A flag that older files name otherwise.
const OLDER: (&str, &str) = ("comment_required", "require-comment");

/// The files, first those of the user.
fn files() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let users = |name: &str| Some(home.as_ref()?.join(".config").join(name));
    let files = [
        users("amtool/config.yml"),
        Some(PathBuf::from("/etc/amtool/config.yml")),
        users("prometheus/amtool.yml"),
        Some(PathBuf::from("/etc/prometheus/amtool.yml")),
    ];
    files.into_iter().flatten().collect()
}

/// Gives the flags of a tree the values of the files. Names that no flag has are passed over.
pub(super) fn applied(mut tree: Command) -> Result<Command> {
    let mut known: Vec<String> = Vec::new();
    for file in files().into_iter().filter(|file| file.is_file()) {
        let settings = config::load_settings(&file).context("could not load config file")?;
        for (name, value) in settings {
            let name = match name == OLDER.0 {
                true => OLDER.1.to_owned(),
                false => name,
            };
            if !known.contains(&name) {
                tree = with(tree, &name, &value);
                known.push(name);
            }
        }
    }
    Ok(tree)
}

/// Gives a flag a value, in every command that has it.
fn with(mut tree: Command, name: &str, value: &str) -> Command {
    let takes_value = |arg: &&Arg| {
        arg.get_long() == Some(name)
            && matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
    };
    let id = tree.get_arguments().find(takes_value).map(Arg::get_id);
    if let Some(id) = id.cloned() {
        let value = value.to_owned();
        tree = tree.mut_arg(id, |arg| arg.default_value(value));
    }
    tree.mut_subcommands(|below| with(below, name, value))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Amtool;
    use super::*;
    use crate::tools;

    #[test]
    fn settings_stand_for_flags_that_are_not_given() {
        let tree = || {
            let tree = tools::tree::<Amtool>("amtool");
            let tree = with(tree, "output", "json");
            with(with(tree, "author", "me"), "nonsense", "x")
        };
        let value = |line: &[&str], flag: &str| {
            let matches = tree().try_get_matches_from(line).unwrap();
            let (_, silence) = matches.subcommand().unwrap();
            let (_, add) = silence.subcommand().unwrap();
            let raw = add.get_raw(flag).unwrap().next().unwrap();
            raw.to_string_lossy().into_owned()
        };
        let line = ["amtool", "silence", "add", "a=b"];
        assert_eq!(value(&line, "author"), "me");
        assert_eq!(value(&line, "output"), "json");
        let line = ["amtool", "silence", "add", "-a", "you", "-o", "simple"];
        assert_eq!(value(&line, "author"), "you");
        assert_eq!(value(&line, "output"), "simple");
        assert!(Amtool::try_parse_from(["amtool", "alert"]).is_ok());
    }
}
