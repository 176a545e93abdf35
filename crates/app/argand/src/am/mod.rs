//! `argand am …`: looks at Alertmanager and at its files, with the arguments and the output of
//! amtool.
//!
//! Each command has a file of its own and writes to the writer it is given. What a server answers
//! is shown in one of three forms ([`show`]). An error goes to standard error as
//! `amtool: error: …`, and the exit code is 1. What the user always wants may stand in files of
//! settings ([`settings`]).

mod alert;
mod api;
mod check_config;
mod cluster;
mod routes;
mod routes_test;
mod settings;
mod show;
mod silence;
mod silence_change;
mod template_render;
mod tree;
mod user;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::{Args, Parser, Subcommand};
use config::ConfigError;
use config::alertmanager::AlertmanagerConfig;
use template::Time;

use crate::tools::server::HttpArguments;
use crate::tools::values::duration;
use crate::tools::{self, Out};
use api::Api;
use show::{Form, Show};

/// View and modify the current Alertmanager state.
///
/// Flags that are always wanted may stand as `name: value` in ~/.config/amtool/config.yml or
/// /etc/amtool/config.yml, or in ~/.config/prometheus/amtool.yml or /etc/prometheus/amtool.yml.
#[derive(Parser)]
#[command(version, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Amtool {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args)]
struct Common {
    /// Format of date output, as Go writes it.
    #[arg(
        long = "date.format",
        global = true,
        value_name = "LAYOUT",
        default_value = "2006-01-02 15:04:05 MST"
    )]
    date_format: String,
    /// Accepted and without effect.
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Alertmanager to talk to; http://localhost:9093/ where nothing is said.
    #[arg(long = "alertmanager.url", global = true, value_name = "URL")]
    url: Option<String>,
    /// Output formatter.
    #[arg(short, long, global = true, value_enum, default_value = "simple")]
    output: Form,
    /// Timeout of each request.
    #[arg(long, global = true, default_value = "30s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    http: HttpArguments,
    /// Accepted and without effect: any version of Alertmanager will do.
    #[arg(long, global = true)]
    version_check: bool,
    /// Accepted and without effect.
    #[arg(long, global = true, value_name = "NAMES")]
    enable_feature: Option<String>,
}

/// The server that is talked to where none is named.
const DEFAULT_URL: &str = "http://localhost:9093/";

impl Common {
    fn api(&self) -> Result<Api> {
        let url = self.url.as_deref().unwrap_or(DEFAULT_URL);
        Api::new(url, self.http.file.as_deref(), self.timeout)
    }

    fn show(&self) -> Show<'_> {
        Show {
            form: self.output,
            layout: &self.date_format,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    Alert(alert::Family),
    Silence(silence::Family),
    #[command(name = "check-config")]
    CheckConfig(check_config::Arguments),
    Cluster(cluster::Arguments),
    /// View current config.
    Config {
        #[command(subcommand)]
        command: Option<ConfigCommand>,
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
    /// Prints the running config; with -o extended the uptime and the version, too.
    Show,
    Routes(routes::Arguments),
}

/// Does what a command line says.
pub(crate) fn run(name: &'static str, arguments: &[OsString]) -> ExitCode {
    let tree = match settings::applied(tools::tree::<Amtool>(name)) {
        Ok(tree) => tree,
        Err(error) => return tools::finish(|_| Err(told(error))),
    };
    tools::run_tree(tree, arguments, |line: Amtool, out| {
        line.run(out).map_err(told)
    })
}

/// An error as amtool words it, an empty line behind it.
fn told(error: anyhow::Error) -> anyhow::Error {
    // Whoever closes the output is not told of anything.
    match error.downcast::<io::Error>() {
        Ok(error) => error.into(),
        Err(error) => anyhow!("amtool: error: {error:#}\n"),
    }
}

impl Amtool {
    fn run(&self, out: &mut Out) -> Result<ExitCode> {
        let common = &self.common;
        match &self.command {
            Command::Alert(family) => family.run(common, out),
            Command::Silence(family) => family.run(common, out),
            Command::CheckConfig(arguments) => check_config::run(arguments, out),
            Command::Cluster(_) => common.show().cluster(&common.api()?.status()?.cluster, out),
            Command::Config { command } => match command {
                None | Some(ConfigCommand::Show) => {
                    common.show().config(&common.api()?.status()?, out)
                }
                Some(ConfigCommand::Routes(arguments)) => routes::run(arguments, common, out),
            },
            Command::Template {
                command: TemplateCommand::Render(arguments),
            } => template_render::run(arguments, out),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads a file; `${NAME}` stands for the environment's value where that is asked for.
fn load(file: &Path, expand: bool) -> Result<AlertmanagerConfig, ConfigError> {
    let environment = |name: &str| std::env::var(name).ok();
    config::alertmanager::load(file, expand.then_some(&environment))
}

/// A moment as Go reads RFC 3339, in milliseconds since the epoch.
fn moment(text: &str) -> Result<i64> {
    let time: Option<jiff::Timestamp> = text.parse().ok();
    let time = time.ok_or_else(|| {
        anyhow!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\"")
    })?;
    Ok(time.as_millisecond())
}

/// A moment in milliseconds since the epoch, as the API writes it.
fn written(millis: i64) -> String {
    Time::from_millis(millis).format("2006-01-02T15:04:05.000Z07:00")
}
