//! `argand tsdb create-blocks-from …`: what its commands share.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use metrics_store::offline::BlockFacts;

use super::{open_metrics, rules, table};
use crate::tools::values::duration;

/// Milliseconds of a block unless told otherwise.
const SPAN: i64 = 2 * 3600 * 1000;
/// Longer blocks span this many times more, each.
const GROWTH: i64 = 3;
/// So many lengths of blocks there are.
const SPANS: u32 = 10;

/// Import samples from input and produce TSDB blocks.
#[derive(Args)]
pub(super) struct Arguments {
    /// Print human readable values.
    #[arg(short = 'r', long, global = true)]
    human_readable: bool,
    /// Do not print created blocks.
    #[arg(short, long, global = true)]
    quiet: bool,
    /// The longest that a block may span.
    #[arg(long, default_value = "2h", hide = true, global = true, value_parser = duration)]
    max_block_duration: Duration,
    #[command(subcommand)]
    source: Source,
}

#[derive(Subcommand)]
enum Source {
    #[command(name = "openmetrics")]
    OpenMetrics(open_metrics::Arguments),
    Rules(rules::Arguments),
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let mut output = Output {
        out,
        max_block_duration: i64::try_from(arguments.max_block_duration.as_millis())?,
        is_human: arguments.human_readable,
        is_quiet: arguments.quiet,
        has_header: false,
    };
    match &arguments.source {
        Source::OpenMetrics(arguments) => open_metrics::run(arguments, &mut output),
        Source::Rules(arguments) => rules::run(arguments, &mut output),
    }
}

/// Where created blocks are told of.
pub(super) struct Output<'a, W> {
    out: &'a mut W,
    /// In milliseconds.
    pub(super) max_block_duration: i64,
    is_human: bool,
    is_quiet: bool,
    has_header: bool,
}

impl<W: Write> Output<'_, W> {
    /// Tells of a block, at once.
    pub(super) fn written(&mut self, block: &BlockFacts) -> Result<()> {
        if self.is_quiet {
            return Ok(());
        }
        let blocks = std::slice::from_ref(block);
        table::write(self.out, blocks, !self.has_header, self.is_human)?;
        self.has_header = true;
        Ok(self.out.flush()?)
    }
}

/// Milliseconds of the blocks that are written: the longest of 2 h, 6 h, 18 h, … that is allowed.
pub(super) fn block_span(most: i64) -> i64 {
    let spans = (0..SPANS).map(|power| SPAN * GROWTH.pow(power));
    spans
        .take_while(|&span| span <= most)
        .last()
        .unwrap_or(SPAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_as_long_as_allowed() {
        for (most, hours) in [(0, 2), (2, 2), (5, 2), (6, 6), (20, 18)] {
            assert_eq!(block_span(most * 3_600_000), hours * 3_600_000);
        }
    }
}
