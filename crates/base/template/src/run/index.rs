//! `index`, `slice` and `len`.

use crate::value::{Map, Value};

/// `index x 1 "a"`: `x[1]["a"]`.
pub(super) fn index(from: &Value, keys: &[Value]) -> Result<Value, String> {
    if matches!(from, Value::Nil) {
        return Err("index of untyped nil".to_owned());
    }
    let mut value = from.clone();
    for key in keys {
        value = one(&value, key)?;
    }
    Ok(value)
}

fn one(from: &Value, key: &Value) -> Result<Value, String> {
    if let Some(items) = from.as_list() {
        let place = place(key, items.len(), false)?;
        return items.get(place).cloned().ok_or_else(|| out_of_range(key));
    }
    if let Some(map) = from.as_map() {
        return entry(map, key);
    }
    if let Some(text) = from.as_text() {
        let place = place(key, text.len(), false)?;
        let byte = text
            .as_bytes()
            .get(place)
            .ok_or_else(|| out_of_range(key))?;
        return Ok(Value::Int(i64::from(*byte)));
    }
    match from {
        Value::Nil => Err("index of nil pointer".to_owned()),
        other => Err(format!("can't index item of type {}", other.type_name())),
    }
}

fn entry(map: &Map, key: &Value) -> Result<Value, String> {
    let name = match key {
        Value::Nil => return Err("value is nil; should be of type string".to_owned()),
        Value::Text(name) => name,
        other => {
            return Err(format!(
                "value has type {}; should be string",
                other.type_name()
            ));
        }
    };
    Ok(map
        .get(name)
        .cloned()
        .unwrap_or_else(|| map.element().zero()))
}

fn out_of_range(key: &Value) -> String {
    format!(
        "index out of range: {}",
        key.as_integer().unwrap_or_default()
    )
}

/// A place among so many; the one behind the last is one where slices end.
fn place(key: &Value, count: usize, may_be_end: bool) -> Result<usize, String> {
    let Some(number) = key.as_integer() else {
        return Err(match key {
            Value::Nil => "cannot index slice/array with nil".to_owned(),
            other => format!("cannot index slice/array with type {}", other.type_name()),
        });
    };
    let end = if may_be_end {
        count
    } else {
        count.saturating_sub(1)
    };
    match usize::try_from(number) {
        Ok(place) if place <= end && (may_be_end || count > 0) => Ok(place),
        _ => Err(format!("index out of range: {number}")),
    }
}

/// `slice x 1 2`: `x[1:2]`.
pub(super) fn slice(from: &Value, keys: &[Value]) -> Result<Value, String> {
    if matches!(from, Value::Nil) {
        return Err("slice of untyped nil".to_owned());
    }
    if keys.len() > 3 {
        return Err(format!("too many slice indexes: {}", keys.len()));
    }
    let count = match (from.as_text(), from.as_list()) {
        (Some(_), _) if keys.len() == 3 => {
            return Err("cannot 3-index slice a string".to_owned());
        }
        (Some(text), _) => text.len(),
        (_, Some(items)) => items.len(),
        _ => return Err(format!("can't slice item of type {}", from.type_name())),
    };
    let mut places = [0, count, count];
    for (place_of, key) in places.iter_mut().zip(keys) {
        *place_of = place(key, count, true)?;
    }
    let [start, end, capacity] = places;
    for (one, other) in [(start, end), (end, capacity)] {
        if one > other {
            return Err(format!("invalid slice index: {one} > {other}"));
        }
    }
    if let Some(text) = from.as_text() {
        let bytes = text.as_bytes().get(start..end).unwrap_or_default();
        return Ok(Value::text(String::from_utf8_lossy(bytes)));
    }
    let items = from
        .as_list()
        .and_then(|items| items.get(start..end))
        .unwrap_or_default();
    match from {
        Value::List(list) => Ok(Value::List(list.with(items.to_vec()).into())),
        _ => Value::list(items.to_vec()),
    }
}

/// How many items or bytes a value has.
pub(super) fn len(of: &Value) -> Result<Value, String> {
    match of.len() {
        Some(count) => Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX))),
        None if matches!(of, Value::Nil) => Err("len of nil pointer".to_owned()),
        None => Err(format!("len of type {}", of.type_name())),
    }
}
