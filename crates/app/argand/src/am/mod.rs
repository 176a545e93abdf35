//! `argand am …`: tools for Alertmanager's files, with the arguments and the output of amtool.
//!
//! Each command has a file of its own. What it prints goes to the writer it is given; an error goes
//! to standard error, and the exit code is 1.

mod check_config;
mod routes;
mod routes_test;
mod template_render;
mod tree;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use config::ConfigError;
use config::alertmanager::AlertmanagerConfig;

#[derive(Parser)]
#[command(
    name = "argand am",
    bin_name = "argand am",
    about = "Checks and explains alertmanager.yml, without a server.",
    disable_help_subcommand = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(name = "check-config")]
    CheckConfig(check_config::Arguments),
    /// Explains a configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Tries templates out.
    Template {
        #[command(subcommand)]
        command: TemplateCommand,
    },
}

#[derive(Subcommand)]
enum TemplateCommand {
    Render(template_render::Arguments),
}

#[derive(Subcommand)]
enum ConfigCommand {
    Routes(routes::Arguments),
}

/// Whether a command line, the program's name included, is for here.
pub(crate) fn is_meant(arguments: &[OsString]) -> bool {
    arguments.get(1).is_some_and(|word| word == "am")
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
        Command::CheckConfig(arguments) => check_config::run(arguments, &mut out),
        Command::Config {
            command: ConfigCommand::Routes(arguments),
        } => routes::run(arguments, &mut out),
        Command::Template {
            command: TemplateCommand::Render(arguments),
        } => template_render::run(arguments, &mut out),
    };
    // What was found is shown, whatever became of it.
    let flushed = out.flush();
    match outcome.and_then(|()| Ok(flushed?)) {
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

/// Reads a file; `${NAME}` stands for the environment's value where that is asked for.
fn load(file: &Path, expand: bool) -> Result<AlertmanagerConfig, ConfigError> {
    let environment = |name: &str| std::env::var(name).ok();
    config::alertmanager::load(file, expand.then_some(&environment))
}
