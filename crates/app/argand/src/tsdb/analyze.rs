//! `argand tsdb analyze`: what the series of a block are made of.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use metrics_store::offline::{self, Analysis, ChunkSizes};

use super::DATA;
use crate::tools::go_time;

/// Analyze churn, label pair cardinality and compaction efficiency.
#[derive(Args)]
pub(super) struct Arguments {
    /// How many items to show in each list.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Run extended analysis.
    #[arg(long)]
    extended: bool,
    /// Series selector to analyze. Only 1 set of matchers is supported now.
    #[arg(long = "match", value_name = "MATCH")]
    selector: Option<String>,
    /// Database path.
    #[arg(value_name = "db path", default_value = DATA)]
    path: PathBuf,
    /// Block to analyze (default is the last block).
    #[arg(value_name = "block id")]
    block: Option<String>,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let selector = arguments
        .selector
        .as_deref()
        .filter(|text| !text.is_empty());
    let matchers = match selector {
        Some(text) => {
            promql::parse_any_series_selector(text).with_context(|| format!("--match={text}"))?
        }
        None => Vec::new(),
    };
    let block = match &arguments.block {
        Some(block) => block.clone(),
        None => offline::last_block(&arguments.path)?,
    };
    let found = offline::analyze(&arguments.path, &block, &matchers, arguments.extended)?;
    writeln!(out, "Block ID: {}", found.ulid)?;
    writeln!(out, "Duration: {}", go_time::duration(found.span))?;
    writeln!(out, "Total Series: {}", found.series)?;
    if let Some(text) = selector {
        writeln!(out, "Matcher: {text}")?;
    }
    writeln!(out, "Label names: {}", found.label_names)?;
    if selector.is_some() {
        writeln!(out, "Matched series: {}", found.matched)?;
    }
    writeln!(out, "Postings (unique label pairs): {}", found.pairs)?;
    writeln!(
        out,
        "Postings entries (total label pairs): {}",
        found.entries
    )?;
    lists(out, &found, arguments.limit)?;
    match &found.chunks {
        Some(sizes) => compaction(out, sizes),
        None => Ok(()),
    }
}

fn lists(out: &mut impl Write, found: &Analysis, limit: usize) -> Result<()> {
    for (title, ranking) in [
        (
            "Label pairs most involved in churning",
            &found.churning_pairs,
        ),
        (
            "Label names most involved in churning",
            &found.churning_names,
        ),
        ("Most common label pairs", &found.common_pairs),
        (
            "Label names with highest cumulative label value length",
            &found.longest_names,
        ),
        ("Highest cardinality labels", &found.cardinality),
        ("Highest cardinality metric names", &found.metrics),
    ] {
        writeln!(out, "\n{title}:")?;
        for (text, number) in ranking.iter().take(limit) {
            writeln!(out, "{number} {text}")?;
        }
    }
    Ok(())
}

fn compaction(out: &mut impl Write, sizes: &ChunkSizes) -> Result<()> {
    writeln!(out, "\nCompaction analysis:\n")?;
    for (title, numbers) in [
        ("samples per float chunk", &sizes.float_samples),
        ("bytes per float chunk", &sizes.float_bytes),
        ("samples per histogram chunk", &sizes.histogram_samples),
        ("bytes per histogram chunk", &sizes.histogram_bytes),
        ("buckets per histogram chunk", &sizes.histogram_buckets),
    ] {
        distribution(out, title, numbers, sizes.total)?;
    }
    Ok(())
}

/// Draws how often numbers fall into stretches of 10, 100, …: a `#` for each per cent of all.
fn distribution(out: &mut impl Write, title: &str, numbers: &[u64], all: u64) -> Result<()> {
    let (Some(&least), Some(&most)) = (numbers.iter().min(), numbers.iter().max()) else {
        return Ok(writeln!(out, "{title}: N/A\n")?);
    };
    let step = step(most - least);
    let (start, end) = (least - least % step, most - most % step + step);
    let mut counts = vec![0u64; usize::try_from((end - start) / step + 1)?];
    for number in numbers {
        let place = usize::try_from((number - start) / step)?;
        if let Some(count) = counts.get_mut(place) {
            *count += 1;
        }
    }
    let average = numbers.iter().sum::<u64>() / numbers.len() as u64;
    writeln!(out, "{title} (min/avg/max): {least}/{average}/{most}")?;
    let width = |number: u64| number.to_string().len();
    let (left, right) = (width(end), width(end + step));
    let digits = width(counts.iter().copied().max().unwrap_or_default());
    for (place, count) in (0u64..).zip(counts) {
        let bars = "#".repeat(usize::try_from(100 * count / all.max(1))?);
        let (from, to) = (place * step + start + 1, (place + 1) * step + start);
        writeln!(out, "[{from:left$}, {to:right$}]: {count:digits$} {bars}")?;
    }
    Ok(writeln!(out)?)
}

/// The width of the stretches that a range of numbers is shown in: about ten, a power of ten.
fn step(range: u64) -> u64 {
    let mut step = 10;
    while step < range / 10 && step <= 10_000 {
        step *= 10;
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_drawn_as_upstream_draws_it() {
        let mut out = Vec::new();
        distribution(&mut out, "samples", &[120, 37, 120, 113], 4).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("samples (min/avg/max): 37/97/120\n[ 31,  40]: 1 "),
            "{text}"
        );
        assert!(
            text.contains(&format!("[121, 130]: 2 {}\n", "#".repeat(50))),
            "{text}"
        );
        assert!(text.ends_with("[131, 140]: 0 \n\n"), "{text}");
    }
}
