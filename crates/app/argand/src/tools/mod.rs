//! What the tools share, `argand FAMILY COMMAND …`: who a command line is for, how it is read,
//! where output and errors go, what exit codes mean.
//!
//! The tools have two trees of commands: [`promtool::Promtool`], whose families are words of
//! `argand`, too (`argand check rules`), and [`am::Amtool`], which is `argand am`. A program that is
//! called `promtool` or `amtool`, by a link, is that tool and nothing else.

pub(crate) mod families;
pub(crate) mod go_time;
pub(crate) mod json;
pub(crate) mod progress;
pub(crate) mod promtool;
pub(crate) mod server;
pub(crate) mod table;
pub(crate) mod values;

use std::ffi::OsString;
use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Arg, ArgAction, Command, CommandFactory, Parser};

use crate::{alertmanager, am, demo, papers, pushgateway};

/// Where commands write what they find.
pub(crate) type Out = BufWriter<StdoutLock<'static>>;

/// The exit code of a command line that makes no sense.
const USAGE: u8 = 1;

/// Does what a command line says, the name that it begins with included.
type Run = fn(name: &'static str, arguments: &[OsString]) -> ExitCode;

/// The programs that this one is when it is called by their name, or when that is the first word.
const PROGRAMS: [(&str, Run); 2] = [("promtool", promtool::run), ("amtool", am::run)];

/// The first words that mean something else than the server, and who they are for; the word itself
/// belongs to the line that they read.
const FAMILIES: [(&str, Run); 10] = [
    ("check", promtool::run),
    ("completions", papers::run),
    ("debug", promtool::run),
    ("demo", demo::run),
    ("man", papers::run),
    ("promql", promtool::run),
    ("push", promtool::run),
    ("query", promtool::run),
    ("test", promtool::run),
    ("tsdb", promtool::run),
];

/// Does what a command line, the program's name included, says, where it is not for the server.
pub(crate) fn run_family(arguments: &[OsString]) -> Option<ExitCode> {
    let (program, rest) = arguments.split_first()?;
    let called = Path::new(program).file_name();
    if let Some((name, run)) = PROGRAMS
        .iter()
        .find(|(name, _)| called.is_some_and(|called| called == *name))
    {
        return Some(run(name, arguments));
    }
    let word = rest.first()?;
    if word == "alertmanager" {
        return Some(alertmanager::run(arguments));
    }
    if word == "pushgateway" {
        return Some(pushgateway::run(arguments));
    }
    if word == "am" {
        return Some(am::run("argand am", rest));
    }
    if let Some((name, run)) = PROGRAMS.iter().find(|(name, _)| word == name) {
        return Some(run(name, rest));
    }
    let (_, run) = FAMILIES.iter().find(|(family, _)| word == family)?;
    Some(run("argand", arguments))
}

/// The commands of a tool under a name, as they are read and as they are written about.
pub(crate) fn tree<C: CommandFactory>(name: &'static str) -> Command {
    branch::<C>(name).bin_name(name)
}

/// The commands of a tool where they stand below others.
pub(crate) fn branch<C: CommandFactory>(name: &'static str) -> Command {
    negatable(C::command().name(name))
}

/// Gives each switch its opposite, `--no-…`, of which the last one given stands: scripts that were
/// written for the originals use it.
fn negatable(mut command: Command) -> Command {
    let switches: Vec<(clap::Id, String, bool)> = command
        .get_arguments()
        .filter(|arg| matches!(arg.get_action(), ArgAction::SetTrue))
        .filter_map(|arg| {
            let long = arg.get_long().filter(|long| !long.starts_with("no-"))?;
            Some((arg.get_id().clone(), long.to_owned(), arg.is_global_set()))
        })
        .collect();
    for (id, long, is_global) in switches {
        let opposite = format!("no-{long}");
        let name = opposite.clone();
        let arg = Arg::new(name.clone())
            .long(opposite)
            .action(ArgAction::SetTrue)
            .global(is_global)
            .hide(true)
            .overrides_with(id.clone());
        command = command.mut_arg(id, |arg| arg.overrides_with(name)).arg(arg);
    }
    command.mut_subcommands(negatable)
}

/// Reads a command line, whose first word is the program's name, and does its work. Errors go to
/// standard error with exit code 1.
pub(crate) fn run<C: Parser>(
    name: &'static str,
    arguments: &[OsString],
    work: impl FnOnce(C, &mut Out) -> Result<ExitCode>,
) -> ExitCode {
    run_tree(tree::<C>(name), arguments, work)
}

/// As [`run`], with a tree that was made before.
pub(crate) fn run_tree<C: Parser>(
    tree: Command,
    arguments: &[OsString],
    work: impl FnOnce(C, &mut Out) -> Result<ExitCode>,
) -> ExitCode {
    let read = tree
        .try_get_matches_from(arguments)
        .and_then(|matches| C::from_arg_matches(&matches));
    let line = match read {
        Ok(line) => line,
        Err(refused) => {
            let _ = refused.print();
            return ExitCode::from(if refused.use_stderr() { USAGE } else { 0 });
        }
    };
    finish(|out| work(line, out))
}

/// Does a work whose output goes to standard output, and turns what became of it into an exit code.
pub(crate) fn finish(work: impl FnOnce(&mut Out) -> Result<ExitCode>) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = work(&mut out);
    // What was found is shown, whatever became of it.
    let flushed = out.flush();
    match outcome.and_then(|code| Ok(flushed.map(|()| code)?)) {
        Ok(code) => code,
        Err(error) if is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nobody reads the output any more, as behind `| head`.
fn is_closed(error: &anyhow::Error) -> bool {
    let source = error.downcast_ref::<io::Error>();
    source.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::promtool::Promtool;
    use super::*;

    #[test]
    fn the_trees_are_sound() {
        tree::<Promtool>("argand").debug_assert();
        tree::<am::Amtool>("amtool").debug_assert();
    }

    #[test]
    fn each_family_is_a_command_of_promtool() {
        let tree = tree::<Promtool>("argand");
        for (family, _) in FAMILIES {
            let is_own = matches!(family, "completions" | "demo" | "man");
            assert_eq!(tree.find_subcommand(family).is_none(), is_own, "{family}");
        }
    }
}
