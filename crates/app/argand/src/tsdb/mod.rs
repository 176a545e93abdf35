//! `argand tsdb …`: tools for data directories, with the arguments and the output of promtool.
//!
//! Each command has a file of its own. What it prints goes to the writer it is given.

mod analyze;
mod bench;
mod blocks;
mod bounds;
mod dump;
pub(crate) mod histogram;
mod list;
mod open_metrics;
mod rules;
mod table;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::tools::Out;

/// Where commands look for a data directory that is not named.
const DATA: &str = "data/";

/// Reads, checks and fills data directories, without a server.
#[derive(Args)]
pub(crate) struct Family {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(bench::Arguments),
    Analyze(analyze::Arguments),
    List(list::Arguments),
    Dump(dump::Arguments),
    #[command(name = "dump-openmetrics")]
    DumpOpenMetrics(dump::OpenMetricsArguments),
    #[command(name = "create-blocks-from")]
    CreateBlocksFrom(blocks::Arguments),
    Verify(verify::Arguments),
}

impl Family {
    pub(crate) fn run(&self, out: &mut Out) -> Result<ExitCode> {
        match &self.command {
            Command::Bench(arguments) => bench::run(arguments, out),
            Command::Analyze(arguments) => analyze::run(arguments, out),
            Command::List(arguments) => list::run(arguments, out),
            Command::Dump(arguments) => dump::run(arguments, out),
            Command::DumpOpenMetrics(arguments) => dump::run_open_metrics(arguments, out),
            Command::CreateBlocksFrom(arguments) => blocks::run(arguments, out),
            Command::Verify(arguments) => verify::run(arguments, out),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}
