//! Texts of URLs, and patterns, as functions of templates handle them.

use std::fmt::Write as _;

use model::Search;

use crate::limits::MAX_OUTPUT;
use crate::quote::quoted;
use crate::value::Value;

/// As Go's `url.QueryEscape`.
pub(crate) fn query_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// As Go's `url.QueryUnescape`, with its words where the text is not well formed.
pub(crate) fn query_unescape(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, behind @ ..]) if is_hex(*high) && is_hex(*low) => {
                bytes.push(nibble(*high) << 4 | nibble(*low));
                rest = behind;
            }
            (b'%', _) => {
                let end = after.len().min(2);
                let wrong = String::from_utf8_lossy(after.get(..end).unwrap_or_default());
                return Err(format!("invalid URL escape \"%{wrong}\""));
            }
            (byte, _) => bytes.push(*byte),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn nibble(byte: u8) -> u8 {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
        .unwrap_or(0)
}

/// Whether a part of the text matches; with Go's words where the pattern is none.
pub(crate) fn matches(pattern: &str, text: &str) -> Result<Value, String> {
    let search = Search::new(pattern).map_err(|error| error.to_string())?;
    Ok(Value::Bool(search.matches(text)))
}

/// Every match of a pattern replaced.
pub(crate) fn replace_all(pattern: &str, with: &str, text: &str) -> Result<Value, String> {
    let search = Search::new(pattern)
        .map_err(|error| format!("regexp: Compile({}): {error}", quoted_raw(pattern)))?;
    match search.replace_all(text, with, MAX_OUTPUT) {
        Some(text) => Ok(Value::text(text)),
        None => Err(format!("the text would have more than {MAX_OUTPUT} bytes")),
    }
}

/// A text in backquotes where they can hold it, else in double quotes.
fn quoted_raw(text: &str) -> String {
    let fits = text
        .chars()
        .all(|c| c == '\t' || (c != '`' && !c.is_control()));
    if fits {
        format!("`{text}`")
    } else {
        quoted(text)
    }
}

/// Every letter in upper case, as Go does it: a letter stays one letter, so `ß` stays.
pub(crate) fn upper(text: &str) -> String {
    text.chars().map(upper_letter).collect()
}

fn upper_letter(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// Every letter in lower case; again a letter stays one letter.
pub(crate) fn lower(text: &str) -> String {
    text.chars()
        .map(|c| c.to_lowercase().next().unwrap_or(c))
        .collect()
}

/// Words with their first letter in upper case, and the others as they are. Signs within a word,
/// as in `it's`, `a.b` and `a_b`, do not end it; digits before the first letter do not count.
pub(crate) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut inside = false;
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let joins = match c {
            '\'' | '.' | ':' | '\u{b7}' | '\u{2019}' => {
                before.is_alphabetic() && next.is_alphabetic()
            }
            '_' => true,
            c => c.is_alphanumeric(),
        };
        if c.is_alphabetic() && !inside {
            out.push(upper_letter(c));
            inside = true;
        } else {
            out.push(c);
            inside &= joins;
        }
        before = c;
    }
    out
}

/// A number as Go's `ParseFloat` reads it, with its words where it is none.
pub(crate) fn parse_float(text: &str) -> Result<f64, String> {
    let wrong = |what: &str| format!("strconv.ParseFloat: parsing {}: {what}", quoted(text));
    let size = text.strip_prefix(['+', '-']).unwrap_or(text);
    let known = matches!(
        size.to_ascii_lowercase().as_str(),
        "inf" | "infinity" | "nan"
    );
    let signed_nan = size.len() != text.len() && size.eq_ignore_ascii_case("nan");
    let digits = size
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    if !(known || digits) || signed_nan {
        return Err(wrong("invalid syntax"));
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_infinite() && !known => Err(wrong("value out of range")),
        Ok(number) => Ok(number),
        Err(_) => Err(wrong("invalid syntax")),
    }
}
