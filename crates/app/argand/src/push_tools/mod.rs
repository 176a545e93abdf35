//! `argand push …`: gives a server samples over remote write.

mod message;
mod metrics;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::tools::Out;
use crate::tools::server::HttpArguments;

/// Push to a Prometheus server.
#[derive(Args)]
pub(crate) struct Family {
    #[command(flatten)]
    http: HttpArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Metrics(metrics::Arguments),
}

impl Family {
    pub(crate) fn run(&self, out: &mut Out) -> Result<ExitCode> {
        let Command::Metrics(arguments) = &self.command;
        metrics::run(arguments, self.http.file.as_deref(), out)
    }
}
