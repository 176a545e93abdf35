//! `argand promql …`: tools for the text of queries. No server and no data is needed.
//!
//! Each command has a file of its own and writes to the writer it is given. A query that cannot be
//! read is an error on standard error with exit code 1, as is a command line that makes no sense.

mod explain;
mod format;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::tools;

#[derive(Parser)]
#[command(
    name = "argand promql",
    bin_name = "argand promql",
    about = "Reads queries and shows what they are.",
    disable_help_subcommand = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Explain(explain::Arguments),
    Format(format::Arguments),
}

/// Does what a command line, the program's name included, says.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    tools::run(arguments, 1, |line: CommandLine, out| {
        match &line.command {
            Command::Explain(arguments) => explain::run(arguments, out),
            Command::Format(arguments) => format::run(arguments, out),
        }?;
        Ok(ExitCode::SUCCESS)
    })
}
