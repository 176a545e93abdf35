//! `argand test …`: runs files of cases without a server.
//!
//! Each command has a file of its own and writes to the writer it is given. The exit code is 0
//! where all cases pass and 1 where one fails.

mod promql;
mod rules;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::tools::Out;
use crate::tools::promtool::Common;

/// Unit testing.
#[derive(Args)]
pub(crate) struct Family {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Promql(promql::Arguments),
    Rules(rules::Arguments),
}

impl Family {
    pub(crate) fn run(&self, common: &Common, out: &mut Out) -> Result<ExitCode> {
        let passed = match &self.command {
            Command::Promql(arguments) => promql::run(arguments, out),
            Command::Rules(arguments) => rules::run(arguments, &common.engine(), out),
        }?;
        Ok(match passed {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}
