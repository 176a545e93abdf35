//! `argand tsdb list`: one line a block.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use metrics_store::offline;

use super::{DATA, table};

/// List tsdb blocks.
#[derive(Args)]
pub(super) struct Arguments {
    /// Print human readable values.
    #[arg(short = 'r', long)]
    human_readable: bool,
    /// Database path.
    #[arg(value_name = "db path", default_value = DATA)]
    path: PathBuf,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let blocks = offline::blocks(&arguments.path)?;
    table::write(out, &blocks, true, arguments.human_readable)
}
