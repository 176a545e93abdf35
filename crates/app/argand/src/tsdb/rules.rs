//! `argand tsdb create-blocks-from rules`: recording rules over times that are past.
//!
//! Each rule is asked of a server as range queries, one a block, and the answers are written as
//! blocks. A server is asked over its HTTP API, so that it may be this program or another.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use config::{NameValidation, RuleChecks, RuleConfig, RuleGroup, RuleKind};
use metrics_store::offline::BlockBuilder;
use model::{LabelsBuilder, METRIC_NAME};
use serde::Deserialize;

use super::blocks::{Output, block_span};
use crate::tools::server::{HttpArguments, Server};
use crate::tools::values::{duration, existing_file, moment};

/// How long a query may take: twice what servers allow a query by default, and time to send it.
const PATIENCE: Duration = Duration::from_secs(300);
/// Blocks end this long before now where no end is given, so that they stay clear of the head.
const BEHIND: Duration = Duration::from_secs(3 * 3600);

/// Create blocks of data for new recording rules.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    http: HttpArguments,
    /// The URL for the Prometheus API with the data where the rule will be backfilled from.
    #[arg(long, default_value = "http://localhost:9090")]
    url: String,
    /// The time to start backfilling the new rule from. Must be a RFC3339 formatted date or Unix
    /// timestamp. Required.
    #[arg(long, value_parser = seconds)]
    start: i64,
    /// If an end time is provided, all recording rules in the rule files provided will be backfilled
    /// to the end time. Default will backfill up to 3 hours ago. Must be a RFC3339 formatted date or
    /// Unix timestamp.
    #[arg(long, value_parser = seconds)]
    end: Option<i64>,
    /// Output directory for generated blocks.
    #[arg(long, default_value = "data/")]
    output_dir: PathBuf,
    /// How frequently to evaluate rules when backfilling if a value is not set in the recording rule
    /// files.
    #[arg(long, default_value = "60s", value_parser = duration)]
    eval_interval: Duration,
    /// A list of one or more files containing recording rules to be backfilled. All recording rules
    /// listed in the files will be backfilled. Alerting rules are not evaluated.
    #[arg(value_name = "rule-files", required = true, value_parser = existing_file)]
    files: Vec<PathBuf>,
}

/// A time in whole seconds since the epoch.
fn seconds(text: &str) -> Result<i64> {
    Ok(moment(text)?.div_euclid(1000))
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_, impl Write>) -> Result<()> {
    let end = match arguments.end {
        Some(end) => end,
        None => {
            let time = SystemTime::now() - BEHIND;
            time.duration_since(SystemTime::UNIX_EPOCH)?.as_secs() as i64
        }
    };
    if arguments.start >= end {
        bail!("start time is not before end time");
    }
    if arguments.eval_interval.is_zero() {
        bail!("--eval-interval: more than nothing was expected");
    }
    let mut groups = Vec::new();
    for file in &arguments.files {
        groups.extend(load(file).context("rule importer parse error")?);
    }
    std::fs::create_dir_all(&arguments.output_dir)
        .with_context(|| format!("creating {}", arguments.output_dir.display()))?;
    let import = Import {
        arguments,
        end,
        span: block_span(output.max_block_duration),
        server: Server::new(&arguments.url, arguments.http.file.as_deref(), PATIENCE)?,
    };
    let mut failed = false;
    for group in &groups {
        for rule in &group.rules {
            let RuleKind::Record(record) = &rule.kind else {
                continue;
            };
            if let Err(error) = import.rule(group, rule, record) {
                let _ = writeln!(io::stderr(), "rule importer error: {record}: {error:#}");
                failed = true;
            }
        }
    }
    if failed {
        bail!("error importing rules");
    }
    Ok(())
}

/// The groups of a file.
fn load(file: &Path) -> Result<Vec<RuleGroup>> {
    let checks = RuleChecks {
        names: NameValidation::Utf8,
        unknown_keys: false,
        expression: &|text| match promql::parse(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
        // Alerts are not evaluated here.
        template: &|_, _| Ok(()),
    };
    config::load_rules(file, checks).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow!("{}", lines.join("\n"))
    })
}

struct Import<'a> {
    arguments: &'a Arguments,
    /// In seconds, as the start.
    end: i64,
    /// Milliseconds of a block.
    span: i64,
    server: Server,
}

/// What a server answers to a range query.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    error: String,
    #[serde(default, rename = "errorType")]
    error_type: String,
    #[serde(default)]
    warnings: Vec<String>,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: String,
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

impl Import<'_> {
    /// Writes the blocks of one rule.
    fn rule(&self, group: &RuleGroup, rule: &RuleConfig, record: &str) -> Result<()> {
        let step = group.interval.unwrap_or(self.arguments.eval_interval);
        let step = i64::try_from(step.as_millis())?.max(1);
        let (start, end) = (self.arguments.start * 1000, self.end * 1000);
        let mut block = start.div_euclid(self.span) * self.span;
        while block <= end {
            // Evaluations lie on multiples of the interval, whatever the start.
            let first = block.max(start);
            let first = first + (step - first.rem_euclid(step)) % step;
            let last = (block + self.span - 1).min(end);
            block += self.span;
            if last < first {
                continue;
            }
            let mut builder = BlockBuilder::new(2 * self.span);
            for series in self.query(&rule.expr, first, last, step)? {
                let mut labels = LabelsBuilder::new();
                let given = series.metric.iter().chain(&rule.labels);
                for (name, value) in given {
                    labels.set(name, value);
                }
                labels.set(METRIC_NAME, record);
                let place = builder.series(&labels.build());
                for (time, value) in &series.values {
                    let value: f64 = value.parse().with_context(|| format!("value {value:?}"))?;
                    builder.add(place, (time * 1000.0).round() as i64, value)?;
                }
            }
            builder.write(&self.arguments.output_dir)?;
        }
        Ok(())
    }

    /// Asks for one stretch; times in milliseconds.
    fn query(&self, expr: &str, first: i64, last: i64, step: i64) -> Result<Vec<Series>> {
        let seconds = |millis: i64| {
            let mut text = String::new();
            model::number::push_seconds(&mut text, millis);
            text
        };
        let mut url = self.server.at("/api/v1/query_range");
        url.query_pairs_mut()
            .append_pair("query", expr)
            .append_pair("start", &seconds(first))
            .append_pair("end", &seconds(last))
            .append_pair("step", &seconds(step));
        let answer = self.server.get(&url)?;
        let answer: Answer = serde_json::from_slice(&answer.body).context("query range")?;
        for warning in &answer.warnings {
            let _ = writeln!(io::stderr(), "range query returned a warning: {warning}");
        }
        match answer.data {
            Some(data) if data.kind == "matrix" => Ok(data.result),
            Some(data) => bail!("rule result is wrong type {}", data.kind),
            None => bail!("query range: {}: {}", answer.error_type, answer.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_dates() {
        for (text, time) in [
            ("1700000000", 1_700_000_000),
            ("1700000000.9", 1_700_000_000),
            ("2023-11-14T22:13:20Z", 1_700_000_000),
        ] {
            assert_eq!(seconds(text).unwrap(), time);
        }
        assert!(seconds("yesterday").is_err());
    }
}
