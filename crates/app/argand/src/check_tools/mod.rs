//! `argand check …`: looks at files that a server would read, with promtool's arguments, output and
//! exit codes: 0 fine, 1 wrong, 3 where only a lint complains and that was asked to count.

mod rules;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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

/// Whether a command line, the program's name included, is for here.
pub(crate) fn is_meant(arguments: &[OsString]) -> bool {
    arguments.get(1).is_some_and(|word| word == "check")
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
        Command::Rules(arguments) => rules::run(arguments, &mut out),
    };
    match outcome.and_then(|verdict| {
        out.flush()?;
        Ok(verdict)
    }) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Lint) => ExitCode::from(3),
        Ok(Verdict::Wrong) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}
