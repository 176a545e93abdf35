//! `argand check metrics`: what is wrong with what a target says, and how many series it makes.

mod lint;

use std::io::{self, Read as _, Write};

use anyhow::{Context, Result};
use clap::Args;

use super::Verdict;
use crate::tools::families::{self, Content, Family, Kind};
use crate::tools::table::{self, Layout};

/// Bytes of standard input that are read.
const MOST_INPUT: u64 = 1 << 30;

/// Pass Prometheus metrics over stdin to lint them for consistency and correctness, and optionally
/// perform cardinality analysis.
#[derive(Args)]
pub(super) struct Arguments {
    /// Print extended information related to the cardinality of the metrics.
    #[arg(long)]
    extended: bool,
    /// Linting checks to apply for metrics. Available options are: all, none. Use --lint=none to
    /// disable metrics linting.
    #[arg(long, default_value = "all")]
    lint: String,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Verdict> {
    let is_linted = arguments.lint != "none";
    let mut errors = io::stderr().lock();
    if !arguments.extended && !is_linted {
        writeln!(
            errors,
            "error: at least one of --extended or linting must be enabled\n\
             Use --extended for cardinality analysis, or remove --lint=none to enable linting"
        )?;
        return Ok(Verdict::Wrong);
    }
    let mut body = Vec::new();
    io::stdin().lock().take(MOST_INPUT).read_to_end(&mut body)?;
    let families = families::read(&body).context(match is_linted {
        true => "error while linting",
        false => "error while parsing text to metric families",
    })?;
    let mut verdict = Verdict::Fine;
    if is_linted {
        for (metric, problem) in lint::problems(&families) {
            writeln!(errors, "{metric} {problem}")?;
            verdict = Verdict::Lint;
        }
    }
    if arguments.extended {
        cardinality(&families, out)?;
    }
    Ok(verdict)
}

/// Tells how many series each family makes, the most first.
fn cardinality(families: &[Family], out: &mut impl Write) -> Result<()> {
    let mut counts: Vec<(usize, &str)> = families
        .iter()
        .map(|family| (series(family), family.name.as_str()))
        .collect();
    let total: usize = counts.iter().map(|(count, _)| count).sum();
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let mut text = String::from("Metric\tCardinality\tPercentage\t\n");
    for (count, name) in counts {
        let share = 100.0 * count as f64 / total as f64;
        text.push_str(&format!("{name}\t{count}\t{share:.2}%\t\n"));
    }
    text.push_str(&format!("Total\t{total}\t100%\t\n"));
    let layout = Layout {
        least: 4,
        padding: 4,
    };
    Ok(table::write(out, layout, &text)?)
}

/// The series of a family; that of a histogram or summary is as large as its first metric says.
fn series(family: &Family) -> usize {
    let parts = match (family.kind, family.metrics.first().map(|m| &m.content)) {
        (Kind::Histogram | Kind::Summary, Some(Content::Parts { parts, .. })) => parts.len() + 2,
        _ => 1,
    };
    family.metrics.len() * parts
}
