//! The tree of promtool's commands: what its families have in common, and who does their work.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use promql::EngineOptions;

use super::Out;
use crate::features;
use crate::{check_tools, debug_tools, promql_tools, push_tools, query_tools, test_tools, tsdb};

/// Tooling for the Prometheus monitoring system.
#[derive(Parser)]
#[command(version, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Promtool {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    family: Family,
}

/// What every command takes.
#[derive(Args)]
pub(crate) struct Common {
    /// Accepted and without effect: no command is held back.
    #[arg(long, global = true)]
    experimental: bool,
    /// Features of queries by name, separated by commas.
    #[arg(long, global = true, value_name = "NAMES")]
    enable_feature: Vec<String>,
}

impl Common {
    /// How queries are read and evaluated: names of features that are not known change nothing.
    pub(crate) fn engine(&self) -> EngineOptions {
        let mut options = EngineOptions::default();
        for list in &self.enable_feature {
            features::switch_on_all(list, &mut options);
        }
        options
    }
}

#[derive(Subcommand)]
enum Family {
    Check(check_tools::Family),
    Query(query_tools::Family),
    Debug(debug_tools::Family),
    Push(push_tools::Family),
    Test(test_tools::Family),
    Tsdb(tsdb::Family),
    Promql(promql_tools::Family),
}

/// Does what a command line says.
pub(crate) fn run(name: &'static str, arguments: &[OsString]) -> ExitCode {
    super::run(name, arguments, |line: Promtool, out| line.run(out))
}

impl Promtool {
    fn run(&self, out: &mut Out) -> Result<ExitCode> {
        match &self.family {
            Family::Check(family) => family.run(&self.common, out),
            Family::Query(family) => family.run(out),
            Family::Debug(family) => family.run(out),
            Family::Push(family) => family.run(out),
            Family::Test(family) => family.run(&self.common, out),
            Family::Tsdb(family) => family.run(out),
            Family::Promql(family) => family.run(out),
        }
    }
}
