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
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use config::ConfigError;
use config::alertmanager::AlertmanagerConfig;

use crate::tools;

/// View and modify the current Alertmanager state.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Amtool {
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

/// Does what a command line, the program's name included, says.
pub(crate) fn run(name: &'static str, arguments: &[OsString]) -> ExitCode {
    tools::run(name, arguments, |line: Amtool, out| {
        match &line.command {
            Command::CheckConfig(arguments) => check_config::run(arguments, out),
            Command::Config {
                command: ConfigCommand::Routes(arguments),
            } => routes::run(arguments, out),
            Command::Template {
                command: TemplateCommand::Render(arguments),
            } => template_render::run(arguments, out),
        }?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Reads a file; `${NAME}` stands for the environment's value where that is asked for.
fn load(file: &Path, expand: bool) -> Result<AlertmanagerConfig, ConfigError> {
    let environment = |name: &str| std::env::var(name).ok();
    config::alertmanager::load(file, expand.then_some(&environment))
}
