//! `argand query analyze`: how full the buckets of histograms are, so that who writes them sees
//! which bounds are of use.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use model::METRIC_NAME;

use super::answer::{Data, Stream};
use super::api::Api;
use super::print::{braces, metric};
use crate::tools::go_time;
use crate::tools::values::duration;

const HEADER: &str = "\
Bucket stats for each histogram series over time
------------------------------------------------
First the min, avg, and max number of populated buckets, followed by the total
number of buckets (only if different from the max number of populated buckets
which is typical for classic but not native histograms).
";
const FOOTER: &str = "
Aggregated bucket stats
-----------------------
Each line shows min/avg/max over the series above.
";

/// Run queries against your Prometheus to analyze the usage pattern of certain metrics.
#[derive(Args)]
pub(super) struct Arguments {
    /// Prometheus server to query.
    #[arg(long)]
    pub(super) server: String,
    /// Type of metric: histogram.
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    /// Time frame to analyze.
    #[arg(long, default_value = "1h", value_parser = duration)]
    duration: Duration,
    /// Query time (RFC3339 or Unix timestamp), defaults to now.
    #[arg(long, allow_hyphen_values = true)]
    time: Option<String>,
    /// Series selector. Can be specified multiple times.
    #[arg(long = "match", value_name = "MATCH", required = true)]
    selectors: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, api: &Api, out: &mut impl Write) -> Result<()> {
    if arguments.kind != "histogram" {
        bail!("analyze type is {}, must be 'histogram'", arguments.kind);
    }
    let end = super::time(arguments.time.as_deref(), "query", super::now())?;
    let length = go_time::duration(i64::try_from(arguments.duration.as_millis())?);
    writeln!(out, "{HEADER}")?;
    let (mut native, mut classic) = (Summary::default(), Summary::default());
    for selector in &arguments.selectors {
        let Data::Matrix(streams) = api.query(&format!("{selector}[{length}]"), end)? else {
            bail!("query of buckets resulted in non-Matrix");
        };
        let mut buckets: BTreeMap<String, Vec<Stream>> = BTreeMap::new();
        for stream in streams {
            if !stream.values.is_empty() {
                if let Some(key) = classic_key(&stream)? {
                    buckets.entry(key).or_default().push(stream);
                }
            } else if let Some(usage) = of_native(&stream) {
                let mut name = String::new();
                metric(&mut name, &stream.metric)?;
                writeln!(out, "- {name} (native): {usage}")?;
                native.add(&usage);
            }
        }
        for (key, streams) in buckets {
            if let Some(usage) = of_classic(streams)? {
                writeln!(out, "- {key} (classic): {usage}")?;
                classic.add(&usage);
            }
        }
    }
    write!(out, "{FOOTER}")?;
    for (kind, summary) in [("Native", native), ("Classic", classic)] {
        if summary.least.count > 0 {
            writeln!(out, "\n{kind} {summary}")?;
        }
    }
    Ok(())
}

/// The histogram that a bucket belongs to; `None` where a series is no bucket.
fn classic_key(stream: &Stream) -> Result<Option<String>> {
    let name = stream.metric.get(METRIC_NAME).map_or("", String::as_str);
    if !stream.metric.contains_key("le") || !name.ends_with("_bucket") {
        return Ok(None);
    }
    let mut key = name.to_owned();
    let others = stream.metric.iter();
    braces(
        &mut key,
        others.filter(|(name, _)| *name != METRIC_NAME && *name != "le"),
    )?;
    Ok(Some(key))
}

/// How many buckets of a histogram hold something, over time.
#[derive(Debug, PartialEq)]
struct Usage {
    least: usize,
    average: f64,
    most: usize,
    /// Buckets that there are.
    all: usize,
}

impl Usage {
    /// Of the numbers of filled buckets at each moment; `None` where there are less than two.
    fn of(filled: &[usize], all: usize) -> Option<Self> {
        if filled.len() < 2 {
            return None;
        }
        Some(Self {
            least: filled.iter().copied().min()?,
            average: filled.iter().sum::<usize>() as f64 / filled.len() as f64,
            most: filled.iter().copied().max()?,
            all,
        })
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:.3}/{}", self.least, self.average, self.most)?;
        if self.most != self.all {
            write!(f, "/{}", self.all)?;
        }
        Ok(())
    }
}

fn of_native(stream: &Stream) -> Option<Usage> {
    let mut bounds = BTreeSet::new();
    let mut filled = Vec::with_capacity(stream.histograms.len());
    for (_, histogram) in &stream.histograms {
        for (kind, lower, upper, _) in &histogram.buckets {
            bounds.insert((*kind, lower.0.to_bits(), upper.0.to_bits()));
        }
        filled.push(histogram.buckets.len());
    }
    Usage::of(&filled, bounds.len())
}

/// Of the buckets of one histogram, each a series. Moments that a bucket lacks count as empty from
/// there on.
fn of_classic(mut buckets: Vec<Stream>) -> Result<Option<Usage>> {
    let bound = |stream: &Stream| -> f64 {
        let text = stream.metric.get("le");
        text.and_then(|text| text.parse().ok()).unwrap_or(0.0)
    };
    let Some(first) = buckets.first() else {
        return Ok(None);
    };
    let moments = first.values.len();
    buckets.sort_by(|a, b| bound(a).total_cmp(&bound(b)));
    let mut filled = Vec::with_capacity(moments);
    for moment in 0..moments {
        let (mut before, mut count) = (0.0, 0);
        let mut time = None;
        for bucket in &buckets {
            let Some((at, value)) = bucket.values.get(moment) else {
                break;
            };
            if time.is_some_and(|time| time != *at) {
                bail!("matrix result is not time aligned");
            }
            time = Some(*at);
            if (value.0 - before).trunc() != 0.0 {
                count += 1;
            }
            before = value.0;
        }
        filled.push(count);
    }
    Ok(Usage::of(&filled, buckets.len()))
}

/// A number over all histograms.
#[derive(Default, PartialEq)]
struct Spread {
    least: usize,
    average: f64,
    most: usize,
    count: usize,
}

impl Spread {
    fn add(&mut self, number: usize) {
        self.least = match self.count {
            0 => number,
            _ => self.least.min(number),
        };
        self.most = self.most.max(number);
        self.count += 1;
        let count = self.count as f64;
        self.average += number as f64 / count - self.average / count;
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:.3}/{}", self.least, self.average, self.most)
    }
}

/// The usage of all histograms of a kind.
#[derive(Default)]
struct Summary {
    least: Spread,
    average: Spread,
    most: Spread,
    all: Spread,
}

impl Summary {
    fn add(&mut self, usage: &Usage) {
        self.least.add(usage.least);
        // Whole buckets, as upstream counts them.
        self.average.add(usage.average as usize);
        self.most.add(usage.most);
        self.all.add(usage.all);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "histogram series ({} in total):\n- min populated: {}\n- avg populated: {}\n- max populated: {}",
            self.least.count, self.least, self.average, self.most
        )?;
        if self.most != self.all {
            write!(f, "\n- total: {}", self.all)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(text: &str) -> Vec<Stream> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn classic_buckets_are_taken_apart() {
        let buckets = r#"[
            {"metric":{"le":"+Inf"},"values":[[1,"2"],[2,"5"]]},
            {"metric":{"le":"1"},"values":[[1,"2"],[2,"4"]]},
            {"metric":{"le":"0.5"},"values":[[1,"0"],[2,"1"]]}]"#;
        let usage = of_classic(streams(buckets)).unwrap().unwrap();
        assert_eq!(usage.to_string(), "1/2.000/3");
        let one = r#"[{"metric":{"le":"1"},"values":[[1,"2"]]}]"#;
        assert_eq!(of_classic(streams(one)).unwrap(), None);
        let apart = r#"[{"metric":{"le":"1"},"values":[[1,"2"],[2,"2"]]},{"metric":{"le":"2"},"values":[[1,"2"],[3,"2"]]}]"#;
        assert!(of_classic(streams(apart)).is_err());
    }

    #[test]
    fn native_buckets_are_counted_over_time() {
        let native = r#"[{"metric":{},"histograms":[
            [1,{"count":"1","sum":"1","buckets":[[0,"1","2","1"]]}],
            [2,{"count":"2","sum":"1","buckets":[[0,"2","4","1"]]}]]}]"#;
        let found = streams(native);
        assert_eq!(of_native(&found[0]).unwrap().to_string(), "1/1.000/1/2");
    }

    #[test]
    fn a_summary_leaves_out_what_it_repeats() {
        let mut summary = Summary::default();
        let usage = |least, most, all| Usage {
            least,
            average: 2.5,
            most,
            all,
        };
        summary.add(&usage(1, 3, 3));
        assert!(!summary.to_string().contains("total:"));
        summary.add(&usage(2, 4, 5));
        assert_eq!(
            summary.to_string(),
            "histogram series (2 in total):\n- min populated: 1/1.500/2\n- avg populated: 2/2.000/2\n- max populated: 3/3.500/4\n- total: 3/4.000/5"
        );
    }
}
