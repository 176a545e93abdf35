//! Values as JSON, in the form Go's encoder gives them: names sorted in maps, `<`, `>` and `&`
//! escaped, times as RFC 3339.

use std::fmt::Write as _;

use crate::limits::MAX_OUTPUT;
use crate::value::{Shape, Value};

/// A value as JSON; fails where it would be too long or a number is none.
pub(crate) fn text(value: &Value) -> Result<String, String> {
    let mut out = String::new();
    push(&mut out, value)?;
    Ok(out)
}

fn push(out: &mut String, value: &Value) -> Result<(), String> {
    if out.len() > MAX_OUTPUT {
        return Err(format!("the text would have more than {MAX_OUTPUT} bytes"));
    }
    match value {
        Value::Nil => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) | Value::Duration(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Calendar(day) => {
            let _ = write!(out, "{}", day.number());
        }
        Value::Float(number) if number.is_finite() => push_float(out, *number),
        Value::Float(number) => {
            return Err(format!("json: unsupported value: {}", special(*number)));
        }
        Value::Text(text) | Value::Safe(_, text) => push_text(out, text),
        Value::Time(time) => push_text(out, &time.format("2006-01-02T15:04:05.999999999Z07:00")),
        Value::List(list) => return push_list(out, list.items()),
        Value::Map(map) => {
            return push_pairs(out, map.iter().map(|(name, value)| (&**name, value)));
        }
        Value::Object(object) => {
            return match object.shape() {
                Shape::List(list) => push_list(out, list.items()),
                Shape::Map(map) => {
                    push_pairs(out, map.iter().map(|(name, value)| (&**name, value)))
                }
                Shape::Struct(fields) => {
                    push_pairs(out, fields.iter().map(|field| (field.json, &field.value)))
                }
            };
        }
    }
    Ok(())
}

fn special(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

/// Plain, or with an exponent below 1e-6 and from 1e21 on; of one digit where that is enough.
fn push_float(out: &mut String, number: f64) {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let _ = write!(
            out,
            "{}",
            format!("{number:e}").replace("e", if size < 1.0 { "e" } else { "e+" })
        );
    } else {
        let _ = write!(out, "{number}");
    }
}

fn push_list(out: &mut String, items: &[Value]) -> Result<(), String> {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        push(out, item)?;
    }
    out.push(']');
    Ok(())
}

fn push_pairs<'a>(
    out: &mut String,
    pairs: impl Iterator<Item = (&'a str, &'a Value)>,
) -> Result<(), String> {
    out.push('{');
    for (place, (name, value)) in pairs.enumerate() {
        if place > 0 {
            out.push(',');
        }
        push_text(out, name);
        out.push(':');
        push(out, value)?;
    }
    out.push('}');
    Ok(())
}

/// A text in double quotes.
pub(crate) fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            c if c < ' ' || matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
