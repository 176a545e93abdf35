//! `argand promql …`: tools for the text of queries. No server and no data is needed.
//!
//! Each command has a file of its own and writes to the writer it is given. A query that cannot be
//! read is an error on standard error with exit code 1, as is a command line that makes no sense.

mod explain;
mod format;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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

/// Whether a command line, the program's name included, is for here.
pub(crate) fn is_meant(arguments: &[OsString]) -> bool {
    arguments.get(1).is_some_and(|word| word == "promql")
}

/// Does what a command line, the program's name included, says.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments.iter().skip(1)) {
        Ok(line) => line,
        Err(refused) => {
            let _ = refused.print();
            return ExitCode::from(u8::from(refused.use_stderr()));
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = match &line.command {
        Command::Explain(arguments) => explain::run(arguments, &mut out),
        Command::Format(arguments) => format::run(arguments, &mut out),
    };
    match outcome.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}
