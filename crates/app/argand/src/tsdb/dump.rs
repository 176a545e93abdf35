//! `argand tsdb dump` and `dump-openmetrics`: every sample of blocks and head, a line each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use contract::TimeRange;
use metrics_store::offline::DataDirectory;
use model::name::write_quoted;
use model::number::push_general;
use model::{Columns, Labels, METRIC_NAME};

use super::{DATA, histogram};
use crate::tools::json;
use crate::tools::progress::Progress;

/// What all dumps take.
#[derive(Args)]
struct Selection {
    /// Accepted and without effect: nothing is written anywhere.
    #[arg(long, value_name = "SANDBOX-DIR-ROOT")]
    sandbox_dir_root: Option<PathBuf>,
    /// Minimum timestamp to dump, in milliseconds since the Unix epoch.
    #[arg(long, default_value_t = i64::MIN, allow_negative_numbers = true)]
    min_time: i64,
    /// Maximum timestamp to dump, in milliseconds since the Unix epoch.
    #[arg(long, default_value_t = i64::MAX, allow_negative_numbers = true)]
    max_time: i64,
    /// Series selector. Can be specified multiple times.
    #[arg(
        long = "match",
        value_name = "SELECTOR",
        default_value = "{__name__=~'(?s:.*)'}"
    )]
    selectors: Vec<String>,
    /// Database path.
    #[arg(value_name = "db path", default_value = DATA)]
    path: PathBuf,
}

/// Dump data (series+samples or optionally just series) from a TSDB.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// Output format of the dump.
    #[arg(long, default_value = "prom")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A line a sample.
    Prom,
    /// The labels of each series as JSON.
    Seriesjson,
}

/// Dump samples from a TSDB into OpenMetrics text format, excluding native histograms and staleness
/// markers, which are not representable in OpenMetrics.
#[derive(Args)]
pub(super) struct OpenMetricsArguments {
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let mut text = String::new();
    match arguments.format {
        Format::Prom => arguments.selection.each(|labels, columns| {
            text.clear();
            lines(labels, columns, &mut text);
            Ok(out.write_all(text.as_bytes())?)
        }),
        Format::Seriesjson => {
            let mut seen = BTreeSet::new();
            arguments.selection.each(|labels, _| {
                let labels: BTreeMap<&str, &str> = labels.iter().collect();
                let line = json::compact(&labels)?;
                if !seen.contains(&line) {
                    writeln!(out, "{line}")?;
                    seen.insert(line);
                }
                Ok(())
            })
        }
    }
}

pub(super) fn run_open_metrics(
    arguments: &OpenMetricsArguments,
    out: &mut impl Write,
) -> Result<()> {
    let mut text = String::new();
    arguments.selection.each(|labels, columns| {
        text.clear();
        open_metrics_lines(labels, columns, &mut text);
        Ok(out.write_all(text.as_bytes())?)
    })?;
    Ok(writeln!(out, "# EOF")?)
}

impl Selection {
    fn each(&self, mut each: impl FnMut(&Labels, &Columns) -> Result<()>) -> Result<()> {
        let sets = self
            .selectors
            .iter()
            .map(|text| {
                promql::parse_any_series_selector(text).with_context(|| format!("--match={text}"))
            })
            .collect::<Result<Vec<_>>>()?;
        let data = DataDirectory::open(&self.path, self.max_time)?;
        for warning in data.warnings() {
            let _ = writeln!(io::stderr(), "passed over: {warning}");
        }
        let range = TimeRange {
            start: self.min_time,
            end: self.max_time,
        };
        // Where the dump itself goes to the terminal, that is what is watched.
        let progress = match io::stdout().is_terminal() {
            true => Progress::hidden(),
            false => Progress::unknown(),
        };
        let mut series = 0;
        data.each_series(&sets, range, |labels, columns| {
            series += 1;
            progress.at(series, "series");
            each(labels, columns)
        })
    }
}

/// The samples of a series, numbers and histograms by time.
fn lines(labels: &Labels, columns: &Columns, text: &mut String) {
    let head = labels.to_string();
    let mut histograms = columns.histograms.iter().peekable();
    let mut push_histogram = |before: Option<i64>, text: &mut String| {
        while let Some(sample) =
            histograms.next_if(|sample| before.is_none_or(|before| sample.time < before))
        {
            text.push_str(&head);
            text.push(' ');
            histogram::push_value(text, &sample.value);
            let _ = writeln!(text, " {}", sample.time);
        }
    };
    for sample in columns.iter() {
        push_histogram(Some(sample.time), text);
        text.push_str(&head);
        text.push(' ');
        push_general(text, sample.value);
        let _ = writeln!(text, " {}", sample.time);
    }
    push_histogram(None, text);
}

/// The numbers of a series; upstream writes stale markers as NaN, and so does this.
fn open_metrics_lines(labels: &Labels, columns: &Columns, text: &mut String) {
    let mut head = labels.metric().unwrap_or_default().to_owned();
    head.push('{');
    let others = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
    for (place, (name, value)) in others.enumerate() {
        if place > 0 {
            head.push(',');
        }
        head.push_str(name);
        head.push('=');
        let _ = write_quoted(&mut head, value);
    }
    head.push('}');
    for sample in columns.iter() {
        text.push_str(&head);
        text.push(' ');
        push_general(text, sample.value);
        let _ = writeln!(text, " {:.3}", sample.time as f64 / 1000.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_histograms_stand_in_the_order_of_time() {
        let mut columns = Columns::new();
        columns.push(1, 0.5);
        columns.push(3, f64::INFINITY);
        for time in [2, 4] {
            let value = model::HistogramValue::Integer(Box::new(model::Histogram {
                count: 3,
                sum: 7.5,
                positive_spans: vec![model::Span {
                    offset: 1,
                    length: 2,
                }],
                positive: vec![1, 2],
                negative_spans: vec![model::Span {
                    offset: 0,
                    length: 1,
                }],
                negative: vec![4],
                zero_count: 5,
                zero_threshold: 0.001,
                ..model::Histogram::default()
            }));
            columns
                .histograms
                .push(model::HistogramSample { time, value });
        }
        let mut text = String::new();
        lines(&Labels::from_pairs([("a", "b")]), &columns, &mut text);
        let histogram = "{count:3, sum:7.5, [-1,-0.5):4, [-0.001,0.001]:5, (1,2]:1, (2,4]:2}";
        let expected = format!(
            "{{a=\"b\"}} 0.5 1\n{{a=\"b\"}} {histogram} 2\n{{a=\"b\"}} +Inf 3\n{{a=\"b\"}} {histogram} 4\n"
        );
        assert_eq!(text, expected);
    }
}
