//! `argand tsdb verify`: is a data directory whole?

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use metrics_store::offline;

use super::DATA;
use crate::tools::progress::Progress;

/// What the check is divided into for those who watch it.
const WHOLE: usize = 1000;

/// Check every checksum and invariant of a data directory. Reads only; a server may be running.
///
/// Prints a line a finding: `damaged: FILE at byte N: …`, or `note: …` for what a restart puts in
/// order by itself. The exit code is 1 where something is damaged.
#[derive(Args)]
pub(super) struct Arguments {
    /// Do not print how far the check is.
    #[arg(short, long)]
    quiet: bool,
    /// Database path.
    #[arg(value_name = "db path", default_value = DATA)]
    path: PathBuf,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let progress = match arguments.quiet {
        true => Progress::hidden(),
        false => Progress::of(WHOLE),
    };
    let report = offline::verify(&arguments.path, &mut |file, done| {
        progress.at((done * WHOLE as f64) as usize, file.display());
    })?;
    drop(progress);
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    if report.more > 0 {
        writeln!(out, "and {} more", report.more)?;
    }
    let damaged = report.findings.iter().filter(|finding| finding.is_damage);
    let damaged = damaged.count() as u64 + report.more;
    writeln!(
        out,
        "{} bytes, {} blocks, {} series, {} chunks, {} samples, {} log records: {damaged} damaged",
        report.bytes, report.blocks, report.series, report.chunks, report.samples, report.records
    )?;
    if report.is_damaged() {
        out.flush()?;
        bail!("{} is damaged", arguments.path.display());
    }
    Ok(())
}
