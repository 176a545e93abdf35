//! Texts in the place of values, of today and of before.

use serde_json::Value;

use super::json::{as_text, get, number, some_text, text, whole};
use super::problems::Problems;
use crate::model::{Mapping, MappingResult, Special};

/// Mappings of one field; each value of a list has its own.
const MAX_MAPPINGS: usize = 1_000;

/// The mappings of a field configuration; `below` is their place.
pub(crate) fn mappings(value: &Value, below: &str, problems: &mut Problems) -> Vec<Mapping> {
    let entries = value.as_array().map_or(&[][..], Vec::as_slice);
    let mut found = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        match get(entry, "type") {
            Value::String(kind) => match current(kind, get(entry, "options")) {
                Some(some) => found.extend(some),
                None => problems.note(
                    format!("{below}[{place}].type"),
                    format!("mappings of kind {kind:?} are not known"),
                ),
            },
            // 1: a value, 2: a range; before version 8.
            _ => found.extend(numbered(entry, found.len())),
        }
        if found.len() > MAX_MAPPINGS {
            problems.note(
                below,
                format!("only the first {MAX_MAPPINGS} mappings are used"),
            );
            found.truncate(MAX_MAPPINGS);
            break;
        }
    }
    found
}

fn current(kind: &str, options: &Value) -> Option<Vec<Mapping>> {
    let result = || result(get(options, "result"));
    Some(match kind {
        "value" => {
            let values = options.as_object()?.iter();
            let mut values: Vec<_> = values
                .map(|(key, mapped)| (key.clone(), self::result(mapped)))
                .collect();
            values.sort_by_key(|(_, result)| result.index);
            let mapping = |(value, result)| Mapping::Value { value, result };
            values.into_iter().map(mapping).collect()
        }
        "range" => vec![Mapping::Range {
            from: number(options, "from"),
            to: number(options, "to"),
            result: result(),
        }],
        "regex" => vec![Mapping::Regex {
            pattern: text(options, "pattern"),
            result: result(),
        }],
        "special" => vec![Mapping::Special {
            matches: special(&text(options, "match"))?,
            result: result(),
        }],
        _ => return None,
    })
}

fn special(word: &str) -> Option<Special> {
    Some(match word {
        "true" => Special::True,
        "false" => Special::False,
        "null" => Special::Null,
        "nan" => Special::Nan,
        "null+nan" => Special::NullNan,
        "empty" => Special::Empty,
        _ => return None,
    })
}

fn result(value: &Value) -> MappingResult {
    MappingResult {
        text: some_text(value, "text"),
        color: some_text(value, "color"),
        index: whole(value, "index").unwrap_or(0),
    }
}

/// A mapping of before: `{type, value, text}` or `{type, from, to, text}`, also without a type.
pub(crate) fn numbered(entry: &Value, index: usize) -> Option<Mapping> {
    let result = MappingResult {
        text: some_text(entry, "text"),
        color: some_text(entry, "color"),
        index: u32::try_from(index).unwrap_or(u32::MAX),
    };
    let is_range = get(entry, "from").is_string() || get(entry, "to").is_string();
    let is_range = whole(entry, "type") == Some(2) || is_range && whole(entry, "type") != Some(1);
    if is_range {
        let [from, to] = ["from", "to"].map(|key| text(entry, key));
        if from == "null" && to == "null" {
            let matches = Special::Null;
            return Some(Mapping::Special { matches, result });
        }
        let [from, to] = ["from", "to"].map(|key| number(entry, key));
        return Some(Mapping::Range { from, to, result });
    }
    match as_text(get(entry, "value")).as_str() {
        "" => None,
        "null" => Some(Mapping::Special {
            matches: Special::Null,
            result,
        }),
        value => Some(Mapping::Value {
            value: value.to_owned(),
            result,
        }),
    }
}
