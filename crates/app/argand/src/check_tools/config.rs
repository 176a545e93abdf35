//! `argand check config`: whether a server would take `prometheus.yml`, and what it names.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use config::{Config, ScrapeConfig};
use promql::EngineOptions;

use super::rules::{Settings, duplicates_count};
use super::{Verdict, referenced};
use crate::tools::values::existing_file;

/// Check if the config files are valid or not.
#[derive(Args)]
pub(super) struct Arguments {
    /// Only check the config file syntax, ignoring file and content validation referenced in the
    /// config.
    #[arg(long)]
    syntax_only: bool,
    /// Linting checks to apply to the rules/scrape configs specified in the config. Available
    /// options are: all, duplicate-rules, none, too-long-scrape-interval. Use --lint=none to
    /// disable linting.
    #[arg(long, default_value = "duplicate-rules")]
    lint: String,
    /// Make lint errors exit with exit code 3.
    #[arg(long)]
    lint_fatal: bool,
    /// Ignore unknown fields in the rule groups read by the config files. A server refuses such
    /// files.
    #[arg(long)]
    ignore_unknown_fields: bool,
    /// Check config file for Prometheus in Agent mode.
    #[arg(long)]
    agent: bool,
    /// The config files to check.
    #[arg(required = true, value_name = "config-files", value_parser = existing_file)]
    files: Vec<PathBuf>,
}

/// Checks all files, and the rule files that they name.
pub(super) fn run(
    arguments: &Arguments,
    lookback: Duration,
    engine: &EngineOptions,
    out: &mut impl Write,
) -> Result<Verdict> {
    let lints = || arguments.lint.split(',');
    let is_off = lints().any(|lint| lint == "none");
    let intervals = !is_off && lints().any(|lint| matches!(lint, "all" | INTERVALS));
    let of_rules = lints().filter(|lint| !is_off && *lint != INTERVALS);
    let rules = Settings {
        duplicates: duplicates_count(of_rules, out)?,
        fatal: arguments.lint_fatal,
        unknown_keys: arguments.ignore_unknown_fields,
        engine,
    };
    let longest = intervals.then_some(lookback).filter(|l| !l.is_zero());
    let mut verdict = Verdict::Fine;
    for file in &arguments.files {
        writeln!(out, "Checking {}", file.display())?;
        let (config, rule_files) = match read(file, arguments, out) {
            Ok(found) => found,
            Err(error) => {
                out.flush()?;
                writeln!(io::stderr(), "  FAILED: {error:#}")?;
                writeln!(out)?;
                verdict = Verdict::Wrong;
                continue;
            }
        };
        if !rule_files.is_empty() {
            writeln!(out, "  SUCCESS: {} rule files found", rule_files.len())?;
        }
        let name = file.display();
        writeln!(
            out,
            " SUCCESS: {name} is valid prometheus config file syntax\n"
        )?;
        if arguments.syntax_only {
            continue;
        }
        if complains(&config.scrape_configs, longest, out)? && arguments.lint_fatal {
            verdict = verdict.max(Verdict::Lint);
        }
        verdict = verdict.max(rules.files(&rule_files, out)?);
    }
    Ok(verdict)
}

/// The lint of jobs that are scraped so seldom that queries do not see their newest sample.
const INTERVALS: &str = "too-long-scrape-interval";

/// The configuration of a file, and the rule files that it names.
fn read(
    file: &Path,
    arguments: &Arguments,
    out: &mut impl Write,
) -> Result<(Config, Vec<PathBuf>)> {
    let config = match arguments.syntax_only {
        true => config::load_alone(file)?,
        false => config::load(file)?,
    };
    if arguments.agent {
        fits_an_agent(&config)?;
    }
    if arguments.syntax_only {
        return Ok((config, Vec::new()));
    }
    let rule_files = referenced::rule_files(&config)?;
    referenced::check(&config, out)?;
    Ok((config, rule_files))
}

/// An agent sends samples on and does nothing else.
fn fits_an_agent(config: &Config) -> Result<()> {
    let has = |section: &str| {
        let mut lines = config.redacted.lines();
        lines.any(|line| line.strip_prefix(section) == Some(":"))
    };
    for section in ["alerting", "rule_files", "remote_read"] {
        if has(section) {
            bail!("field {section} is not allowed in agent mode");
        }
    }
    if !has("remote_write") {
        bail!("at least one remote_write target must be specified in agent mode");
    }
    Ok(())
}

/// Whether there is something to complain of; it is said of the first job.
fn complains(
    jobs: &[ScrapeConfig],
    longest: Option<Duration>,
    out: &mut impl Write,
) -> Result<bool> {
    let Some(longest) = longest else {
        return Ok(false);
    };
    let Some(job) = jobs.iter().find(|job| job.interval >= longest) else {
        return Ok(false);
    };
    let interval = model::duration::format(i64::try_from(job.interval.as_millis())?);
    out.flush()?;
    writeln!(
        io::stderr(),
        "  FAILED: too long scrape interval found, data point will be marked as stale - job: {}, interval: {interval}",
        job.job_name
    )?;
    Ok(true)
}
