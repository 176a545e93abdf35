//! The functions of rules' texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::Query;

use super::humanize::{binary, decimal, duration, percentage, short};
use super::query::{self, RESULT, SAMPLE};
use crate::print::float_general;
use crate::run::Library;
use crate::text::{lower, matches, query_escape, replace_all, title, upper};
use crate::time::Time;
use crate::value::{Map, Markup, Signature, Type, Value};

const ANY: &[Type] = &[Type::Any];
const TEXT: &[Type] = &[Type::Text];
const RESULTS: &[Type] = &[Type::Object(RESULT)];
const SAMPLES: &[Type] = &[Type::Object(SAMPLE)];

const FUNCTIONS: [Signature; 29] = [
    Signature::new("query", TEXT),
    Signature::new("first", RESULTS),
    Signature::new("label", &[Type::Text, Type::Object(SAMPLE)]),
    Signature::new("value", SAMPLES),
    Signature::new("strvalue", SAMPLES),
    Signature::new("sortByLabel", &[Type::Text, Type::Object(RESULT)]),
    Signature::variadic("args", &[], Type::Any),
    Signature::new("reReplaceAll", &[Type::Text, Type::Text, Type::Text]),
    Signature::new("match", &[Type::Text, Type::Text]),
    Signature::new("safeHtml", TEXT),
    Signature::new("title", TEXT),
    Signature::new("toUpper", TEXT),
    Signature::new("toLower", TEXT),
    Signature::new("graphLink", TEXT),
    Signature::new("tableLink", TEXT),
    Signature::new("stripPort", TEXT),
    Signature::new("stripDomain", TEXT),
    Signature::new("humanize", ANY),
    Signature::new("humanize1024", ANY),
    Signature::new("humanizeDuration", ANY),
    Signature::new("humanizePercentage", ANY),
    Signature::new("humanizeTimestamp", ANY),
    Signature::new("toTime", ANY),
    Signature::new("toDuration", ANY),
    Signature::new("now", &[]),
    Signature::new("pathPrefix", &[]),
    Signature::new("externalURL", &[]),
    Signature::new("parseDuration", TEXT),
    Signature::new("urlQueryEscape", TEXT),
];

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

/// Whether there is a function of that name.
pub(super) fn is_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|function| function.name == name)
}

/// The functions, with what they answer from.
pub(super) struct Functions<'a> {
    pub(super) query: &'a dyn Query,
    /// Milliseconds since the epoch.
    pub(super) now: i64,
    pub(super) external_url: &'a str,
}

impl Library for Functions<'_> {
    fn signature(&self, name: &str) -> Option<Signature> {
        FUNCTIONS
            .iter()
            .find(|function| function.name == name)
            .copied()
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        if let Some(result) = common(name, arguments) {
            return result;
        }
        match (name, arguments) {
            ("query", [Value::Text(text)]) => query::ask(self.query, text, self.now),
            ("first", [result]) => query::first(result),
            ("label", [Value::Text(name), sample]) => Ok(query::label(sample, name)),
            ("value", [sample]) => Ok(query::value(sample)),
            ("strvalue", [sample]) => Ok(query::label(sample, "__value__")),
            ("sortByLabel", [Value::Text(name), result]) => query::sorted(result, name),
            ("args", _) => numbered(arguments),
            ("graphLink", [Value::Text(text)]) => Ok(link(text, 0)),
            ("tableLink", [Value::Text(text)]) => Ok(link(text, 1)),
            ("stripPort", [Value::Text(text)]) => Ok(Value::text(without_port(text))),
            ("stripDomain", [Value::Text(text)]) => Ok(Value::text(without_domain(text))),
            ("now", _) => Ok(Value::Float(self.now as f64 / 1000.0)),
            ("pathPrefix", _) => Ok(Value::text(path(self.external_url))),
            ("externalURL", _) => Ok(Value::text(self.external_url)),
            ("urlQueryEscape", [Value::Text(text)]) => Ok(Value::text(query_escape(text))),
            ("parseDuration", [Value::Text(text)]) => parse_duration(text),
            (_, [value]) => on_number(name, to_float(value)?),
            _ => Err(format!("{name} cannot be called so")),
        }
    }
}

/// The functions of one number.
fn on_number(name: &str, number: f64) -> Result<Value, String> {
    match name {
        "humanize" => Ok(decimal(number)),
        "humanize1024" => Ok(binary(number)),
        "humanizePercentage" => Ok(percentage(number)),
        "humanizeTimestamp" if !number.is_finite() => Ok(Value::text(short(number))),
        "humanizeTimestamp" => Ok(Value::text(moment(number)?.text())),
        "toTime" => Ok(Value::Time(moment(number)?)),
        "toDuration" => Ok(Value::Duration((number * 1e9) as i64)),
        _ => Err(format!("{name} cannot be called so")),
    }
}

/// The functions that rules' texts and notifications share; `None` where it is none of them.
pub(crate) fn common(name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
    Some(match (name, arguments) {
        ("toUpper", [Value::Text(text)]) => Ok(Value::text(upper(text))),
        ("toLower", [Value::Text(text)]) => Ok(Value::text(lower(text))),
        ("match", [Value::Text(pattern), Value::Text(text)]) => matches(pattern, text),
        ("safeHtml", [Value::Text(text)]) => Ok(Value::Safe(Markup::Html, text.clone())),
        ("reReplaceAll", [Value::Text(pattern), Value::Text(with), Value::Text(text)]) => {
            replace_all(pattern, with, text)
        }
        ("title", [Value::Text(text)]) => Ok(Value::text(title(text))),
        ("humanizeDuration", [value]) => to_float(value).map(duration),
        _ => return None,
    })
}

/// What Prometheus takes for a number: numbers, texts with one, spans of time in seconds.
pub(crate) fn to_float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Float(number) => Ok(*number),
        Value::Int(number) => Ok(*number as f64),
        Value::Text(text) => crate::text::parse_float(text),
        Value::Duration(nanos) => Ok(*nanos as f64 / 1e9),
        other => Err(format!("can't convert {} to float", other.type_name())),
    }
}

/// A moment of seconds since the epoch.
fn moment(seconds: f64) -> Result<Time, String> {
    if !seconds.is_finite() {
        return Err("value is NaN or Inf".to_owned());
    }
    let nanos = seconds * 1e9;
    if nanos.abs() > i64::MAX as f64 {
        let shown = float_general(seconds, None);
        let what = "cannot be represented as a nanoseconds timestamp since it overflows int64";
        return Err(format!("{shown} {what}"));
    }
    // Upstream counts in milliseconds here.
    Ok(Time::from_millis(nanos as i64 / 1_000_000))
}

fn numbered(values: &[Value]) -> Result<Value, String> {
    let entry = |(place, value): (usize, &Value)| {
        let name: Arc<str> = format!("arg{place}").into();
        (name, value.clone())
    };
    let entries: BTreeMap<Arc<str>, Value> = values.iter().enumerate().map(entry).collect();
    Ok(Value::Map(Arc::new(Map::new(entries)?)))
}

fn link(expression: &str, tab: u8) -> Value {
    Value::text(format!(
        "/graph?g0.expr={}&g0.tab={tab}",
        query_escape(expression)
    ))
}

/// Host and port of `host:port` or `[host]:port`; nothing where there is no port.
fn split_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    if let Some(inside) = host.strip_prefix('[') {
        let host = inside.strip_suffix(']')?;
        return (!host.contains(['[', ']']) && !port.contains(['[', ']'])).then_some((host, port));
    }
    let plain = !host.contains([':', '[', ']']) && !port.contains(['[', ']']);
    plain.then_some((host, port))
}

fn without_port(text: &str) -> &str {
    split_port(text).map_or(text, |(host, _)| host)
}

fn without_domain(text: &str) -> String {
    let (host, port) = split_port(text).unwrap_or((text, ""));
    if host.parse::<std::net::IpAddr>().is_ok() {
        return text.to_owned();
    }
    let name = host.split('.').next().unwrap_or(host);
    match port {
        "" => name.to_owned(),
        port if name.contains(':') => format!("[{name}]:{port}"),
        port => format!("{name}:{port}"),
    }
}

/// The path of a URL.
fn path(url: &str) -> String {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    let whole = behind
        .find('/')
        .and_then(|start| behind.get(start..))
        .unwrap_or("");
    let end = whole.find(['?', '#']).unwrap_or(whole.len());
    whole.get(..end).unwrap_or("").to_owned()
}

/// Seconds of a duration in Prometheus' form, which may be negative.
fn parse_duration(text: &str) -> Result<Value, String> {
    let (sign, size) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let millis = model::duration::parse(size).map_err(|error| error.to_string())?;
    Ok(Value::Float(sign * millis as f64 / 1000.0))
}
