//! The text of a series: `name{label="value"}` or `{"na.me","la.bel"="value"}`.

use std::borrow::Cow;

use model::{LabelsBuilder, METRIC_NAME};

use super::{Format, ParseError, excerpt};

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn skip_blanks(&mut self) {
        while let Some((b' ' | b'\t', rest)) = self.rest.split_first() {
            self.rest = rest;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((&first, rest)) if first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn word(&mut self, is_word: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.rest.iter().take_while(|byte| is_word(**byte)).count();
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        word
    }

    /// A text in double quotes, unescaped.
    fn quoted(&mut self) -> Result<Cow<'a, str>, String> {
        if !self.take(b'"') {
            return Err(format!(
                "expected a text in quotes, got {}",
                excerpt(self.rest)
            ));
        }
        let end = quote_end(self.rest).ok_or("a quote is not closed")?;
        let (inside, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        let text = std::str::from_utf8(inside).map_err(|_| "invalid UTF-8 label value")?;
        Ok(unescape(text))
    }
}

/// Where the closing quote is.
fn quote_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        at += found;
        if text.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// `\\`, `\"` and `\n`; other escapes stay as they are.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some(c @ ('"' | '\\')) => out.push(c),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    Cow::Owned(out)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "invalid UTF-8".to_owned())
}

/// Reads the text of a series into labels; the name becomes [`METRIC_NAME`].
pub fn parse_series(
    series: &[u8],
    _format: Format,
    into: &mut LabelsBuilder,
) -> Result<(), ParseError> {
    read(series, into).map_err(|reason| ParseError { line: 0, reason })
}

fn read(series: &[u8], into: &mut LabelsBuilder) -> Result<(), String> {
    let mut cursor = Cursor { rest: series };
    let name = utf8(cursor.word(is_name))?;
    let mut named = !name.is_empty();
    into.set(METRIC_NAME, name);
    cursor.skip_blanks();
    if !cursor.take(b'{') {
        return if cursor.rest.is_empty() && named {
            Ok(())
        } else {
            Err(format!("expected a metric's name, got {}", excerpt(series)))
        };
    }
    let mut seen: Vec<String> = Vec::new();
    loop {
        cursor.skip_blanks();
        if cursor.take(b'}') {
            break;
        }
        let quoted = cursor.rest.first() == Some(&b'"');
        let label = if quoted {
            cursor.quoted()?
        } else {
            Cow::Borrowed(utf8(cursor.word(is_name))?)
        };
        cursor.skip_blanks();
        if cursor.take(b'=') {
            if label.is_empty() {
                return Err("expected a label's name before \"=\"".to_owned());
            }
            cursor.skip_blanks();
            let value = cursor.quoted()?;
            if seen.iter().any(|one| *one == label) {
                return Err(format!(
                    "label name {label:?} is not unique: invalid sample"
                ));
            }
            into.set(&label, &value);
            seen.push(label.into_owned());
        } else if quoted && !named {
            into.set(METRIC_NAME, &label);
            named = true;
        } else {
            return Err(format!(
                "expected \"=\" after label {label:?}, got {}",
                excerpt(cursor.rest)
            ));
        }
        cursor.skip_blanks();
        if !cursor.take(b',') && cursor.rest.first() != Some(&b'}') {
            return Err(format!(
                "expected \",\" or \"}}\" after a label, got {}",
                excerpt(cursor.rest)
            ));
        }
    }
    if !named {
        return Err("a metric's name is missing".to_owned());
    }
    Ok(())
}

/// How long the text of a series is that begins here; `None` where a quote or brace is not closed.
pub(super) fn series_length(line: &[u8]) -> Option<usize> {
    let mut at = line.iter().take_while(|byte| is_name(**byte)).count();
    let blanks = line
        .get(at..)?
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    if line.get(at + blanks) != Some(&b'{') {
        return Some(at);
    }
    at += blanks + 1;
    loop {
        at += memchr::memchr2(b'"', b'}', line.get(at..)?)?;
        if line.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        at += 1;
        at += quote_end(line.get(at..)?)? + 1;
    }
}
