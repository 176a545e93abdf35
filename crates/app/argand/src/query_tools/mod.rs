//! `argand query …`: asks a server over its HTTP API, with promtool's arguments and output.
//!
//! What was asked goes to standard output as the language's own notation or as JSON; what the
//! server refuses goes to standard error as `query error: …` with exit code 1.

mod analyze;
mod answer;
mod api;
mod print;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use contract::{Clock as _, SystemClock};

use crate::tools::Out;
use crate::tools::server::HttpArguments;
use crate::tools::values::{duration, moment, pair};
use api::{Api, Parameters};
use print::Form;

/// Run query against a Prometheus server.
#[derive(Args)]
pub(crate) struct Family {
    /// Output format of the query.
    #[arg(short = 'o', long, global = true, value_enum, default_value = "promql")]
    format: Form,
    #[command(flatten)]
    http: HttpArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Instant(Instant),
    Range(Range),
    Series(Series),
    Labels(Names),
    Analyze(analyze::Arguments),
}

/// Run instant query.
#[derive(Args)]
struct Instant {
    /// Query evaluation time (RFC3339 or Unix timestamp).
    #[arg(long, allow_hyphen_values = true)]
    time: Option<String>,
    /// Extra headers to send to server.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    headers: Vec<(String, String)>,
    /// Prometheus server to query.
    server: String,
    /// PromQL query expression.
    #[arg(allow_hyphen_values = true)]
    expr: String,
}

/// Run range query.
#[derive(Args)]
struct Range {
    /// Extra headers to send to server.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    headers: Vec<(String, String)>,
    /// Query range start time (RFC3339 or Unix timestamp); five minutes before the end where it is
    /// not given.
    #[arg(long, allow_hyphen_values = true)]
    start: Option<String>,
    /// Query range end time (RFC3339 or Unix timestamp); now where it is not given.
    #[arg(long, allow_hyphen_values = true)]
    end: Option<String>,
    /// Query step size (duration); such that there are about 250 points where it is not given.
    #[arg(long, value_parser = duration)]
    step: Option<Duration>,
    /// Prometheus server to query.
    server: String,
    /// PromQL query expression.
    #[arg(allow_hyphen_values = true)]
    expr: String,
}

/// Run series query.
#[derive(Args)]
struct Series {
    /// Series selector. Can be specified multiple times.
    #[arg(long = "match", value_name = "MATCH", required = true)]
    selectors: Vec<String>,
    #[command(flatten)]
    stretch: Stretch,
    /// Prometheus server to query.
    server: String,
}

/// Run labels query.
#[derive(Args)]
struct Names {
    /// Series selector. Can be specified multiple times.
    #[arg(long = "match", value_name = "MATCH")]
    selectors: Vec<String>,
    #[command(flatten)]
    stretch: Stretch,
    /// Prometheus server to query.
    server: String,
    /// Label name to provide label values for.
    name: String,
}

/// Which times are asked for.
#[derive(Args)]
struct Stretch {
    /// Start time (RFC3339 or Unix timestamp).
    #[arg(long, allow_hyphen_values = true)]
    start: Option<String>,
    /// End time (RFC3339 or Unix timestamp).
    #[arg(long, allow_hyphen_values = true)]
    end: Option<String>,
}

/// How far around now is asked where nothing else is said: over a year.
const AROUND: i64 = 9999 * 3_600_000;
/// Time before the end of a range that names no start.
const BEFORE_END: i64 = 5 * 60_000;
/// Points of a range that names no step.
const POINTS: i64 = 250;

impl Family {
    pub(crate) fn run(&self, out: &mut Out) -> Result<ExitCode> {
        let api = |url: &str, headers: &[(String, String)]| {
            let api = Api::new(url, self.http.file.as_deref(), headers);
            api.context("error creating API client")
        };
        match &self.command {
            Command::Instant(asked) => {
                let api = api(&asked.server, &asked.headers)?;
                let at = time(asked.time.as_deref(), "evaluation", now())?;
                let found = api.query(&asked.expr, at)?;
                self.format.value(found, out)
            }
            Command::Range(asked) => {
                let api = api(&asked.server, &asked.headers)?;
                let found = api.data("/api/v1/query_range", &asked.parameters()?)?;
                self.format.value(found, out)
            }
            Command::Series(asked) => {
                let api = api(&asked.server, &[])?;
                let found = api.series(&asked.stretch.parameters(&asked.selectors)?)?;
                self.format.series(&found, out)
            }
            Command::Labels(asked) => {
                let api = api(&asked.server, &[])?;
                let parameters = asked.stretch.parameters(&asked.selectors)?;
                let found = api.label_values(&asked.name, &parameters)?;
                self.format.texts(&found, out)
            }
            Command::Analyze(asked) => {
                let api = api(&asked.server, &[])?;
                analyze::run(asked, &api, out)
            }
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Milliseconds since the epoch.
fn now() -> i64 {
    SystemClock.now()
}

/// The moment of a text, or that which stands for nothing.
fn time(text: Option<&str>, what: &str, otherwise: i64) -> Result<i64> {
    match text.filter(|text| !text.is_empty()) {
        None => Ok(otherwise),
        Some(text) => moment(text).with_context(|| format!("error parsing {what} time")),
    }
}

impl Range {
    fn parameters(&self) -> Result<Parameters> {
        let end = time(self.end.as_deref(), "end", now())?;
        let start = time(self.start.as_deref(), "start", end - BEFORE_END)?;
        if start >= end {
            bail!("start time is not before end time");
        }
        let step = match self.step {
            Some(step) if !step.is_zero() => step.as_secs_f64(),
            _ => ((end - start) / 1000 / POINTS).max(1) as f64,
        };
        let mut parameters = Parameters::default();
        parameters.text("query", &self.expr);
        parameters.time("start", start);
        parameters.time("end", end);
        parameters.text("step", &step.to_string());
        Ok(parameters)
    }
}

impl Stretch {
    fn parameters(&self, selectors: &[String]) -> Result<Parameters> {
        let now = now();
        let mut parameters = Parameters::default();
        parameters.time("start", time(self.start.as_deref(), "start", now - AROUND)?);
        parameters.time("end", time(self.end.as_deref(), "end", now + AROUND)?);
        for selector in selectors {
            parameters.text("match[]", selector);
        }
        Ok(parameters)
    }
}
