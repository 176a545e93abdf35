//! `argand tsdb create-blocks-from openmetrics`: a file of samples becomes blocks.
//!
//! The file is read where it lies, once for its first and last time and once for each block: in
//! memory are the samples of one block, encoded.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use metrics_store::offline::{BlockBuilder, InputFile};
use model::LabelsBuilder;
use wire::exposition::{Entry, Format, Parser, parse_series};

use super::DATA;
use super::blocks::{Output, block_span};
use crate::tools::progress::Progress;
use crate::tools::values::pair;

/// Import samples from OpenMetrics input and produce TSDB blocks.
#[derive(Args)]
pub(super) struct Arguments {
    /// Label to attach to metrics. Can be specified multiple times. Example
    /// --label=label_name=label_value
    #[arg(long = "label", value_name = "LABEL", value_parser = pair)]
    labels: Vec<(String, String)>,
    /// OpenMetrics file to read samples from.
    #[arg(value_name = "input file")]
    input: PathBuf,
    /// Output directory for generated blocks.
    #[arg(value_name = "output directory", default_value = DATA)]
    output: PathBuf,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_, impl Write>) -> Result<()> {
    let file = InputFile::open(&arguments.input)?;
    std::fs::create_dir_all(&arguments.output)
        .with_context(|| format!("creating {}", arguments.output.display()))?;
    let body = file.bytes();
    let times = times(body).context("getting min and max timestamp")?;
    let Some((first, last)) = times else {
        return Ok(());
    };
    let span = block_span(output.max_block_duration);
    let mut start = first.div_euclid(span) * span;
    let blocks = usize::try_from((last - start) / span + 1)?;
    let progress = Progress::of(blocks);
    while start <= last {
        let end = start + span;
        let ahead = usize::try_from((last - start) / span + 1)?;
        progress.at(blocks - ahead, "blocks");
        let (builder, next) = one_block(body, start..end, span, &arguments.labels)
            .with_context(|| format!("block from {start} to {end}"))?;
        if let Some(block) = builder.write(&arguments.output)? {
            progress.aside(|| output.written(&block))?;
        }
        // Blocks without a sample are not even looked for.
        match next {
            Some(next) => start = next.div_euclid(span) * span,
            None => break,
        }
    }
    Ok(())
}

/// The first and the last time of a file.
fn times(body: &[u8]) -> Result<Option<(i64, i64)>> {
    let mut found: Option<(i64, i64)> = None;
    let mut parser = Parser::new(body, Format::OpenMetrics100);
    while let Some(entry) = parser.next() {
        if let Entry::Series(line) = entry? {
            let time = line.timestamp.ok_or_else(|| without_time(line.series))?;
            let (first, last) = found.unwrap_or((time, time));
            found = Some((first.min(time), last.max(time)));
        }
    }
    Ok(found)
}

/// The samples of a stretch, and the first time behind it.
fn one_block(
    body: &[u8],
    stretch: std::ops::Range<i64>,
    span: i64,
    extra: &[(String, String)],
) -> Result<(BlockBuilder, Option<i64>)> {
    // Chunks may be as long as two blocks, as upstream cuts them.
    let mut builder = BlockBuilder::new(2 * span);
    let mut known: HashMap<&[u8], u32> = HashMap::new();
    let mut next: Option<i64> = None;
    let mut parser = Parser::new(body, Format::OpenMetrics100);
    while let Some(entry) = parser.next() {
        let Entry::Series(line) = entry? else {
            continue;
        };
        let time = line.timestamp.ok_or_else(|| without_time(line.series))?;
        if time >= stretch.end {
            next = Some(next.map_or(time, |next| next.min(time)));
            continue;
        }
        if time < stretch.start {
            continue;
        }
        let series = match known.get(line.series) {
            Some(&series) => series,
            None => {
                let mut labels = LabelsBuilder::new();
                parse_series(line.series, Format::OpenMetrics100, &mut labels)?;
                for (name, value) in extra {
                    labels.set(name, value);
                }
                let series = builder.series(&labels.build());
                // The key lies in the body, which outlives the parser's loan of it.
                if let Some(key) = within(body, line.series) {
                    known.insert(key, series);
                }
                series
            }
        };
        builder
            .add(series, time, line.value)
            .with_context(|| format!("{} at {time}", String::from_utf8_lossy(line.series)))?;
    }
    Ok((builder, next))
}

/// A part of the body, with the body's lifetime.
fn within<'a>(body: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    let start = (part.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    body.get(start..start.checked_add(part.len())?)
}

fn without_time(series: &[u8]) -> anyhow::Error {
    let series = String::from_utf8_lossy(series);
    anyhow!("expected timestamp for series {series}, got none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_without_time_and_out_of_order_are_refused() {
        for (text, expected) in [
            ("a 1\n# EOF\n", "expected timestamp for series a"),
            ("a 1 2\n", "EOF"),
        ] {
            let error = format!("{:#}", times(text.as_bytes()).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
        let text = b"a 1 20\na 2 10\n# EOF\n";
        let error = one_block(text, 0..7_200_000, 7_200_000, &[]).unwrap_err();
        assert!(
            format!("{error:#}").contains("out of order sample"),
            "{error:#}"
        );
        assert_eq!(times(b"# EOF\n").unwrap(), None);
    }

    #[test]
    fn the_next_sample_behind_a_block_is_known() {
        let text = b"a 1 20\na 2 80000\n# EOF\n";
        let (_, next) = one_block(text, 0..7_200_000, 7_200_000, &[]).unwrap();
        assert_eq!(next, Some(80_000_000));
    }
}
