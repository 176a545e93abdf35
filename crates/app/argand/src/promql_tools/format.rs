//! `argand promql format`: a query in its canonical form, over several lines where it is long.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use promql::Features;

/// Print a query in its canonical form.
#[derive(Args)]
pub(super) struct Arguments {
    /// The query.
    query: String,
}

/// Unstable parts of the language are read, too: what a server will answer is not asked here.
pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let expr = promql::parse_with(&arguments.query, &Features::ALL)?;
    Ok(writeln!(out, "{}", promql::prettify(&expr))?)
}
