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
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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

/// Whether a command line, the program's name included, is for here.
pub(crate) fn is_meant(arguments: &[OsString]) -> bool {
    arguments.get(1).is_some_and(|word| word == "tsdb")
}

/// Does what a command line, the program's name included, says.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let parsed = CommandLine::try_parse_from(arguments.iter().skip(1));
    let line = match parsed {
        Ok(line) => line,
        Err(refused) => {
            let _ = refused.print();
            return ExitCode::from(u8::from(refused.use_stderr()));
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = match &line.command {
        Command::Analyze(arguments) => analyze::run(arguments, &mut out),
        Command::List(arguments) => list::run(arguments, &mut out),
        Command::Dump(arguments) => dump::run(arguments, &mut out),
        Command::DumpOpenMetrics(arguments) => dump::run_open_metrics(arguments, &mut out),
        Command::CreateBlocksFrom(arguments) => blocks::run(arguments, &mut out),
        Command::Verify(arguments) => verify::run(arguments, &mut out),
    };
    match outcome.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
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
