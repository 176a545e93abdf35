//! Answers as promtool prints them: in the language's notation, or as JSON on one line.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::Write;

use anyhow::Result;
use clap::ValueEnum;
use model::METRIC_NAME;
use model::name::write_quoted;
use model::number::{push_general, push_plain, push_seconds};
use serde::ser::{Error as _, SerializeMap as _};
use serde::{Serialize, Serializer};

use super::answer::{Bucket, Data, Histogram, Metric, Number, Sample, Stream, Time};
use crate::tools::json;

/// How answers are shown.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Form {
    Promql,
    Json,
}

impl Form {
    pub(super) fn value(self, data: Data, out: &mut impl Write) -> Result<()> {
        match self {
            Self::Json => Ok(writeln!(out, "{}", json::compact(&data)?)?),
            Self::Promql => {
                let text = notation(data)?;
                Ok(writeln!(out, "{text}")?)
            }
        }
    }

    pub(super) fn series(
        self,
        series: &[BTreeMap<String, String>],
        out: &mut impl Write,
    ) -> Result<()> {
        if let Self::Json = self {
            return Ok(writeln!(out, "{}", json::compact(series)?)?);
        }
        for labels in series {
            let mut text = String::new();
            braces(&mut text, labels.iter())?;
            writeln!(out, "{text}")?;
        }
        Ok(())
    }

    pub(super) fn texts(self, texts: &[String], out: &mut impl Write) -> Result<()> {
        if let Self::Json = self {
            return Ok(writeln!(out, "{}", json::compact(texts)?)?);
        }
        for text in texts {
            writeln!(out, "{text}")?;
        }
        Ok(())
    }
}

/// A value over as many lines as it takes, without a line break at the end.
fn notation(data: Data) -> Result<String, fmt::Error> {
    let mut text = String::new();
    match data {
        Data::Scalar((time, value)) => write!(text, "scalar: {value} @[{time}]")?,
        Data::String((_, value)) => text = value,
        Data::Vector(samples) => {
            for (place, sample) in samples.iter().enumerate() {
                if place > 0 {
                    text.push('\n');
                }
                metric(&mut text, &sample.metric)?;
                text.push_str(" => ");
                match (&sample.histogram, &sample.value) {
                    (Some((time, histogram)), _) => write!(text, "{histogram} @[{time}]")?,
                    (None, Some((time, value))) => write!(text, "{value} @[{time}]")?,
                    (None, None) => {}
                }
            }
        }
        Data::Matrix(mut streams) => {
            streams.sort_by(|a, b| order(&a.metric, &b.metric));
            for (place, stream) in streams.iter().enumerate() {
                if place > 0 {
                    text.push('\n');
                }
                metric(&mut text, &stream.metric)?;
                text.push_str(" =>");
                for (time, value) in &stream.values {
                    write!(text, "\n{value} @[{time}]")?;
                }
                for (time, histogram) in &stream.histograms {
                    write!(text, "\n{histogram} @[{time}]")?;
                }
            }
        }
    }
    Ok(text)
}

/// The order of series: fewer labels first, then label by label, one that lacks it first.
fn order(a: &Metric, b: &Metric) -> Ordering {
    let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
    names.sort_unstable();
    let by_label = || {
        let mut compared = names.iter().map(|name| a.get(*name).cmp(&b.get(*name)));
        compared.find(|order| order.is_ne())
    };
    let by_length = a.len().cmp(&b.len());
    by_length.then_with(|| by_label().unwrap_or(Ordering::Equal))
}

/// `name{label="value"}`; the braces are left out where there is nothing in them but a name before.
pub(super) fn metric(text: &mut String, metric: &Metric) -> fmt::Result {
    let name = metric.get(METRIC_NAME);
    if let Some(name) = name {
        text.push_str(name);
        if metric.len() == 1 {
            return Ok(());
        }
    }
    braces(text, metric.iter().filter(|(name, _)| *name != METRIC_NAME))
}

/// `{label="value", other="value"}`
pub(super) fn braces<'a>(
    text: &mut String,
    labels: impl Iterator<Item = (&'a String, &'a String)>,
) -> fmt::Result {
    text.push('{');
    for (place, (name, value)) in labels.enumerate() {
        if place > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
        text.push('=');
        write_quoted(text, value)?;
    }
    text.push('}');
    Ok(())
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        push_seconds(&mut text, self.0);
        f.write_str(&text)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        push_plain(&mut text, self.0);
        f.write_str(&text)
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, sum) = (fixed(self.count), fixed(self.sum));
        write!(f, "Count: {count}, Sum: {sum}, Buckets: [")?;
        for (place, bucket) in self.buckets.iter().enumerate() {
            if place > 0 {
                f.write_char(' ')?;
            }
            write_bucket(f, bucket)?;
        }
        f.write_char(']')
    }
}

fn write_bucket(f: &mut fmt::Formatter<'_>, bucket: &Bucket) -> fmt::Result {
    let (bounds, lower, upper, count) = bucket;
    let mut text = String::new();
    text.push(if matches!(bounds, 1 | 3) { '[' } else { '(' });
    push_general(&mut text, lower.0);
    text.push(',');
    push_general(&mut text, upper.0);
    text.push(if matches!(bounds, 0 | 3) { ']' } else { ')' });
    write!(f, "{text}:{count}")
}

/// With six digits behind the point.
fn fixed(number: Number) -> String {
    match number.0.is_finite() {
        true => format!("{:.6}", number.0),
        false => number.to_string(),
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 {
            return serializer.serialize_i64(self.0 / 1000);
        }
        // Milliseconds have three digits at most, so that the shortest form is theirs.
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar(value) => value.serialize(serializer),
            Self::String(value) => value.serialize(serializer),
            Self::Vector(samples) => samples.serialize(serializer),
            Self::Matrix(streams) => streams.serialize(serializer),
        }
    }
}

impl Serialize for Sample {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("metric", &self.metric)?;
        match (&self.histogram, &self.value) {
            (Some(histogram), _) => map.serialize_entry("histogram", histogram)?,
            (None, Some(value)) => map.serialize_entry("value", value)?,
            (None, None) => return Err(S::Error::custom("a sample without a value")),
        }
        map.end()
    }
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("metric", &self.metric)?;
        if !self.values.is_empty() || self.histograms.is_empty() {
            map.serialize_entry("values", &self.values)?;
        }
        if !self.histograms.is_empty() {
            map.serialize_entry("histograms", &self.histograms)?;
        }
        map.end()
    }
}

impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("count", &self.count)?;
        map.serialize_entry("sum", &self.sum)?;
        map.serialize_entry("buckets", &self.buckets)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, text: &str, json: &str) {
        let data: Data = serde_json::from_str(answer).unwrap();
        assert_eq!(json::compact(&data).unwrap(), json);
        assert_eq!(notation(data).unwrap(), text);
    }

    #[test]
    fn values_in_both_forms() {
        check(
            r#"{"resultType":"scalar","result":[1.5,"+Inf"]}"#,
            "scalar: +Inf @[1.5]",
            r#"[1.5,"+Inf"]"#,
        );
        check(
            r#"{"resultType":"string","result":[1,"<a>"]}"#,
            "<a>",
            r#"[1,"\u003ca\u003e"]"#,
        );
        check(
            r#"{"resultType":"vector","result":[{"metric":{"__name__":"a","b":"c\"d"},"value":[1700000000.123,"1e+30"]},{"metric":{},"value":[1,"NaN"]},{"metric":{"__name__":"a"},"value":[1,"-0.25"]}]}"#,
            "a{b=\"c\\\"d\"} => 1000000000000000000000000000000 @[1700000000.123]\n{} => NaN @[1]\na => -0.25 @[1]",
            r#"[{"metric":{"__name__":"a","b":"c\"d"},"value":[1700000000.123,"1000000000000000000000000000000"]},{"metric":{},"value":[1,"NaN"]},{"metric":{"__name__":"a"},"value":[1,"-0.25"]}]"#,
        );
        check(
            r#"{"resultType":"matrix","result":[{"metric":{"b":"1","c":"2"},"values":[[1,"1"],[2,"2"]]},{"metric":{"b":"1"},"histograms":[[1,{"count":"3","sum":"0.5","buckets":[[0,"0.5","1e7","2"],[3,"-1","1","1"]]}]]}]}"#,
            "{b=\"1\"} =>\nCount: 3.000000, Sum: 0.500000, Buckets: [(0.5,1e+07]:2 [-1,1]:1] @[1]\n{b=\"1\", c=\"2\"} =>\n1 @[1]\n2 @[2]",
            r#"[{"metric":{"b":"1","c":"2"},"values":[[1,"1"],[2,"2"]]},{"metric":{"b":"1"},"histograms":[[1,{"count":"3","sum":"0.5","buckets":[[0,"0.5","10000000","2"],[3,"-1","1","1"]]}]]}]"#,
        );
    }
}
