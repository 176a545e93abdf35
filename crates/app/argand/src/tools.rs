//! What the families of tools share, `argand FAMILY COMMAND …`: how a command line is read, where
//! output and errors go, what exit codes mean.

use std::ffi::OsString;
use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::{alertmanager, am, check_tools, promql_tools, test_tools, tsdb};

/// Where commands write what they find.
pub(crate) type Out = BufWriter<StdoutLock<'static>>;

/// Does what a command line, the program's name included, says.
type Run = fn(&[OsString]) -> ExitCode;

/// The first words that mean something else than the server, and who they are for.
const FAMILIES: [(&str, Run); 6] = [
    ("alertmanager", alertmanager::run),
    ("am", am::run),
    ("check", check_tools::run),
    ("promql", promql_tools::run),
    ("test", test_tools::run),
    ("tsdb", tsdb::run),
];

/// Does what a command line, the program's name included, says, where it is not for the server.
pub(crate) fn run_family(arguments: &[OsString]) -> Option<ExitCode> {
    let word = arguments.get(1)?;
    let (_, run) = FAMILIES.iter().find(|(family, _)| word == family)?;
    Some(run(arguments))
}

/// Reads a command line and does its work. Errors go to standard error with exit code 1; a command
/// line that makes no sense has the exit code `usage`.
pub(crate) fn run<C: Parser>(
    arguments: &[OsString],
    usage: u8,
    work: impl FnOnce(C, &mut Out) -> Result<ExitCode>,
) -> ExitCode {
    let line = match C::try_parse_from(arguments.iter().skip(1)) {
        Ok(line) => line,
        Err(refused) => {
            let _ = refused.print();
            return ExitCode::from(if refused.use_stderr() { usage } else { 0 });
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = work(line, &mut out);
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
