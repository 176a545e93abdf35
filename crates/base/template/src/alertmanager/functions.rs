//! The functions of notification templates.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::tz::TimeZone;

use crate::json;
use crate::limits::MAX_OUTPUT;
use crate::prometheus::common;
use crate::run::Library;
use crate::text::{lower, query_unescape, title};
use crate::time::Time;
use crate::value::{Map, Markup, Signature, Type, Value};

const TEXT: &[Type] = &[Type::Text];

const FUNCTIONS: [Signature; 24] = [
    Signature::new("toUpper", TEXT),
    Signature::new("toLower", TEXT),
    Signature::new("title", TEXT),
    Signature::new("trimSpace", TEXT),
    Signature::new("join", &[Type::Text, Type::Texts]),
    Signature::new("match", &[Type::Text, Type::Text]),
    Signature::new("safeHtml", TEXT),
    Signature::new("safeUrl", TEXT),
    Signature::new("urlUnescape", TEXT),
    Signature::new("reReplaceAll", &[Type::Text, Type::Text, Type::Text]),
    Signature::variadic("stringSlice", &[], Type::Text),
    Signature::new("date", &[Type::Text, Type::Time]),
    Signature::new("tz", &[Type::Text, Type::Time]),
    Signature::new("now", &[]),
    Signature::new("since", &[Type::Time]),
    Signature::new("humanizeDuration", &[Type::Any]),
    Signature::new("toDate", &[Type::Text, Type::Text]),
    Signature::new("mustToDate", &[Type::Text, Type::Text]),
    Signature::new("toJson", &[Type::Any]),
    Signature::new("base64encode", TEXT),
    Signature::new("base64decode", TEXT),
    Signature::variadic("list", &[], Type::Any),
    Signature::variadic("append", &[Type::List], Type::Any),
    Signature::variadic("dict", &[], Type::Any),
];

/// Whether there is a function of that name.
pub(super) fn is_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|function| function.name == name)
}

/// The functions, with the moment they are called at.
pub(super) struct Functions {
    /// Milliseconds since the epoch.
    pub(super) now: i64,
}

impl Library for Functions {
    fn signature(&self, name: &str) -> Option<Signature> {
        FUNCTIONS
            .iter()
            .find(|function| function.name == name)
            .copied()
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        match (name, arguments) {
            // Unlike in rules, the other letters become small.
            ("title", [Value::Text(text)]) => Ok(Value::text(title(&lower(text)))),
            ("trimSpace", [Value::Text(text)]) => Ok(Value::text(text.trim())),
            ("join", [Value::Text(separator), list]) => join(separator, list),
            ("safeUrl", [Value::Text(text)]) => Ok(Value::Safe(Markup::Url, text.clone())),
            ("urlUnescape", [Value::Text(text)]) => query_unescape(text).map(Value::text),
            ("stringSlice", _) => Ok(Value::texts(arguments.iter().filter_map(Value::as_text))),
            ("date", [Value::Text(layout), Value::Time(time)]) => {
                Ok(Value::text(time.format(layout)))
            }
            ("tz", [Value::Text(name), Value::Time(time)]) => {
                Ok(Value::Time(time.within(zone(name)?)))
            }
            ("now", _) => Ok(Value::Time(Time::from_millis(self.now))),
            ("since", [Value::Time(time)]) => {
                Ok(Value::Duration(Time::from_millis(self.now).since(time)))
            }
            // What is no date is the zero time.
            ("toDate", [Value::Text(layout), Value::Text(text)]) => Ok(Value::Time(
                Time::parse(layout, text).unwrap_or_else(|_| Time::zero()),
            )),
            ("mustToDate", [Value::Text(layout), Value::Text(text)]) => {
                Time::parse(layout, text).map(Value::Time)
            }
            ("toJson", [value]) => json::text(value).map(Value::text),
            // The alphabet for URLs, since that is where such texts go.
            ("base64encode", [Value::Text(text)]) => Ok(Value::text(URL_SAFE.encode(&**text))),
            ("base64decode", [Value::Text(text)]) => decoded(text),
            ("list", _) => Value::list(arguments.to_vec()),
            ("append", [list, more @ ..]) => {
                let items = list.as_list().unwrap_or_default().iter().chain(more);
                Value::list(items.cloned().collect())
            }
            ("dict", _) => dict(arguments),
            _ => common(name, arguments)
                .unwrap_or_else(|| Err(format!("{name} cannot be called so"))),
        }
    }
}

fn join(separator: &str, list: &Value) -> Result<Value, String> {
    let texts: Vec<&str> = list
        .as_list()
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_text)
        .collect();
    let size: usize = texts.iter().map(|text| text.len() + separator.len()).sum();
    if size > MAX_OUTPUT {
        return Err(format!("the text would have more than {MAX_OUTPUT} bytes"));
    }
    Ok(Value::text(texts.join(separator)))
}

/// A zone by its name; `UTC` and nothing are UTC, `Local` is this machine's.
fn zone(name: &str) -> Result<TimeZone, String> {
    match name {
        "" | "UTC" => Ok(TimeZone::UTC),
        "Local" => Ok(TimeZone::system()),
        name => TimeZone::get(name).map_err(|_| format!("unknown time zone {name}")),
    }
}

fn decoded(text: &str) -> Result<Value, String> {
    // Go leaves newlines in the text out of account.
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    match URL_SAFE.decode(&plain) {
        Ok(bytes) => Ok(Value::text(String::from_utf8_lossy(&bytes))),
        Err(base64::DecodeError::InvalidByte(at, _)) => {
            Err(format!("illegal base64 data at input byte {at}"))
        }
        Err(_) => Err(format!(
            "illegal base64 data at input byte {}",
            plain.len() / 4 * 4
        )),
    }
}

fn dict(arguments: &[Value]) -> Result<Value, String> {
    if !arguments.len().is_multiple_of(2) {
        return Err("dict requires an even number of arguments".to_owned());
    }
    let mut entries: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    for pair in arguments.chunks(2) {
        let [Value::Text(name), value] = pair else {
            return Err("dict keys must be strings".to_owned());
        };
        entries.insert(name.clone(), value.clone());
    }
    Ok(Value::Map(Arc::new(Map::new(entries)?)))
}
