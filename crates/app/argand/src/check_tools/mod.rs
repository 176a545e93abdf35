//! `argand check …`: looks at files that a server would read, with promtool's arguments, output and
//! exit codes: 0 fine, 1 wrong, 3 where only a lint complains and that was asked to count.

mod rules;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::tools;

#[derive(Parser)]
#[command(
    name = "argand check",
    bin_name = "argand check",
    about = "Checks files.",
    disable_help_subcommand = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Rules(rules::Arguments),
}

/// What a look at files has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Verdict {
    #[default]
    Fine,
    /// A lint complains, and that was asked to count.
    Lint,
    Wrong,
}

/// Does what a command line, the program's name included, says.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    tools::run(arguments, 1, |line: CommandLine, out| {
        let verdict = match &line.command {
            Command::Rules(arguments) => rules::run(arguments, out),
        }?;
        Ok(match verdict {
            Verdict::Fine => ExitCode::SUCCESS,
            Verdict::Lint => ExitCode::from(3),
            Verdict::Wrong => ExitCode::FAILURE,
        })
    })
}
