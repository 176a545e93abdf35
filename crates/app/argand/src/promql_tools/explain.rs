//! `argand promql explain`: how a query would be evaluated, as a tree of operators.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use promql::Features;

/// Print how a query would be evaluated.
#[derive(Args)]
pub(super) struct Arguments {
    /// The query.
    query: String,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

/// Unstable parts of the language are read, too: what a server will answer is not asked here.
pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let plan = promql::explain(&arguments.query, &Features::ALL)?;
    if arguments.json {
        writeln!(out, "{:#}", api::plan_json(&plan))?;
    } else {
        write!(out, "{plan}")?;
    }
    Ok(())
}
