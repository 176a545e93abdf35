//! `argand test …`: runs files of cases without a server.
//!
//! Each command has a file of its own and writes to the writer it is given. The exit code is 0
//! where all cases pass, 1 where one fails, and 2 where the command line makes no sense.

mod promql;
mod rules;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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

/// Whether a command line, the program's name included, is for here.
pub(crate) fn is_meant(arguments: &[OsString]) -> bool {
    arguments.get(1).is_some_and(|word| word == "test")
}

/// Does what a command line, the program's name included, says.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments.iter().skip(1)) {
        Ok(line) => line,
        Err(refused) => {
            let _ = refused.print();
            return ExitCode::from(if refused.use_stderr() { USAGE } else { 0 });
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = match &line.command {
        Command::Promql(arguments) => promql::run(arguments, &mut out),
        Command::Rules(arguments) => rules::run(arguments, &mut out),
    };
    match outcome.and_then(|passed| {
        out.flush()?;
        Ok(passed)
    }) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}
