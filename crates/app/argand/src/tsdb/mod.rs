//! `argand tsdb …`: tools for data directories, with the arguments and the output of promtool.
//!
//! Each command has a file of its own. What it prints goes to the writer it is given; an error goes
//! to standard error, and the exit code is 1, as for a command line that makes no sense.

mod analyze;
mod blocks;
mod bounds;
mod dump;
mod histogram;
mod list;
mod open_metrics;
mod rules;
mod table;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::tools;

/// Where commands look for a data directory that is not named.
const DATA: &str = "data/";

#[derive(Parser)]
#[command(
    name = "argand tsdb",
    bin_name = "argand tsdb",
    about = "Reads, checks and fills data directories, without a server.",
    disable_help_subcommand = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Analyze(analyze::Arguments),
    List(list::Arguments),
    Dump(dump::Arguments),
    #[command(name = "dump-openmetrics")]
    DumpOpenMetrics(dump::OpenMetricsArguments),
    #[command(name = "create-blocks-from")]
    CreateBlocksFrom(blocks::Arguments),
    Verify(verify::Arguments),
}

/// Does what a command line, the program's name included, says.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    tools::run(arguments, 1, |line: CommandLine, out| {
        match &line.command {
            Command::Analyze(arguments) => analyze::run(arguments, out),
            Command::List(arguments) => list::run(arguments, out),
            Command::Dump(arguments) => dump::run(arguments, out),
            Command::DumpOpenMetrics(arguments) => dump::run_open_metrics(arguments, out),
            Command::CreateBlocksFrom(arguments) => blocks::run(arguments, out),
            Command::Verify(arguments) => verify::run(arguments, out),
        }?;
        Ok(ExitCode::SUCCESS)
    })
}
