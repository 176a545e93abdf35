//! `argand test …`: runs files of cases without a server.
//!
//! Each command has a file of its own and writes to the writer it is given. The exit code is 0
//! where all cases pass, 1 where one fails, and 2 where the command line makes no sense.

mod promql;
mod rules;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::tools;

/// The exit code of a command line that makes no sense.
const USAGE: u8 = 2;

#[derive(Parser)]
#[command(
    name = "argand test",
    bin_name = "argand test",
    about = "Runs files of cases.",
    disable_help_subcommand = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Promql(promql::Arguments),
    Rules(rules::Arguments),
}

/// Does what a command line, the program's name included, says.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    tools::run(arguments, USAGE, |line: CommandLine, out| {
        let passed = match &line.command {
            Command::Promql(arguments) => promql::run(arguments, out),
            Command::Rules(arguments) => rules::run(arguments, out),
        }?;
        Ok(match passed {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    })
}
