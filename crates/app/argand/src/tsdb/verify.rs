//! `argand tsdb verify`: is a data directory whole?

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use metrics_store::offline;

use super::DATA;

/// How often long work says how far it is.
const PROGRESS: Duration = Duration::from_secs(2);

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
    let mut said = Instant::now();
    let is_seen = !arguments.quiet && io::stderr().is_terminal();
    let report = offline::verify(&arguments.path, &mut |file, done| {
        let is_due = said.elapsed() >= PROGRESS;
        if is_seen && is_due {
            let _ = writeln!(io::stderr(), "{:3.0} % {}", done * 100.0, file.display());
            said = Instant::now();
        }
    })?;
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
