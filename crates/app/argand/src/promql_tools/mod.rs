//! `argand promql …`: tools for the text of queries. No server and no data is needed.
//!
//! Each command has a file of its own and writes to the writer it is given. A query that cannot be
//! read is an error.

mod explain;
mod format;
mod label_matchers;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::tools::Out;

/// PromQL formatting and editing.
#[derive(Args)]
pub(crate) struct Family {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Explain(explain::Arguments),
    Format(format::Arguments),
    LabelMatchers(label_matchers::Arguments),
}

impl Family {
    pub(crate) fn run(&self, out: &mut Out) -> Result<ExitCode> {
        match &self.command {
            Command::Explain(arguments) => explain::run(arguments, out),
            Command::Format(arguments) => format::run(arguments, out),
            Command::LabelMatchers(arguments) => label_matchers::run(arguments, out),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}
