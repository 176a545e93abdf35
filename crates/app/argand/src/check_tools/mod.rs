//! `argand check …`: looks at files that a server would read, at what targets say, and at servers,
//! with promtool's arguments, output and exit codes: 0 fine, 1 wrong, 3 where only a lint complains
//! and that was asked to count.

mod config;
mod discovery;
mod metrics;
mod referenced;
mod rules;
mod server;
mod web_config;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::tools::Out;
use crate::tools::promtool::Common;
use crate::tools::values::duration;

/// Check the resources for validity.
#[derive(Args)]
pub(crate) struct Family {
    /// The server's maximum query lookback duration.
    #[arg(
        long = "query.lookback-delta",
        global = true,
        default_value = "5m",
        value_parser = duration
    )]
    lookback: std::time::Duration,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    ServiceDiscovery(discovery::Arguments),
    Config(config::Arguments),
    WebConfig(web_config::Arguments),
    /// Check if the Prometheus server is healthy.
    Healthy(server::Arguments),
    /// Check if the Prometheus server is ready.
    Ready(server::Arguments),
    Rules(rules::Arguments),
    Metrics(metrics::Arguments),
}

/// What a look has found, from good to bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    #[default]
    Fine,
    /// A lint complains, and that was asked to count.
    Lint,
    Wrong,
}

impl Family {
    pub(crate) fn run(&self, common: &Common, out: &mut Out) -> Result<ExitCode> {
        let verdict = match &self.command {
            Command::ServiceDiscovery(arguments) => discovery::run(arguments, out),
            Command::Config(arguments) => {
                config::run(arguments, self.lookback, &common.engine(), out)
            }
            Command::WebConfig(arguments) => web_config::run(arguments),
            Command::Healthy(arguments) => server::run(arguments, "/-/healthy"),
            Command::Ready(arguments) => server::run(arguments, "/-/ready"),
            Command::Rules(arguments) => rules::run(arguments, &common.engine(), out),
            Command::Metrics(arguments) => metrics::run(arguments, out),
        }?;
        Ok(match verdict {
            Verdict::Fine => ExitCode::SUCCESS,
            Verdict::Lint => ExitCode::from(3),
            Verdict::Wrong => ExitCode::FAILURE,
        })
    }
}
