//! The text of a series: `name{label="value"}` or `{"na.me","la.bel"="value"}`.

use std::borrow::Cow;

use model::{LabelsBuilder, METRIC_NAME};

use super::{Format, ParseError, excerpt, expected};

/// Reads the raw bytes of a series into labels; the name becomes [`METRIC_NAME`]. Labels that
/// `into` has already stay, but for those of the series.
///
/// Blanks between the parts and missing commas are allowed in the Prometheus text forms only, as
/// upstream allows them.
///
/// # Errors
/// Bytes that are no series, a label name given twice, UTF-8 that is invalid. The line is 0: it is
/// the caller who knows it.
pub fn parse_series(
    series: &[u8],
    format: Format,
    into: &mut LabelsBuilder,
) -> Result<(), ParseError> {
    read_series(series, format.is_open_metrics(), into)
        .map_err(|reason| ParseError { line: 0, reason })
}

fn read_series(series: &[u8], strict: bool, into: &mut LabelsBuilder) -> Result<(), String> {
    let (name, rest) = series.split_at(metric_length(series));
    let name = utf8(name)?;
    let mut cursor = Cursor { rest, strict };
    cursor.skip_blanks();
    let mut named = (!name.is_empty()).then_some(Cow::Borrowed(name));
    if cursor.take(b'{') {
        cursor.pairs(&mut named, |label, value| {
            into.set(label, value);
        })?;
    }
    if !cursor.rest.is_empty() {
        return Err(expected("the end of the series", cursor.rest));
    }
    let Some(name) = named.filter(|name| !name.is_empty()) else {
        return Err(format!("{} has no metric name", excerpt(series)));
    };
    into.set(METRIC_NAME, &name);
    Ok(())
}

/// Reads the labels of an exemplar, and gives what follows them.
pub(super) fn exemplar_labels<'a>(
    text: &'a [u8],
    into: &mut LabelsBuilder,
) -> Result<&'a [u8], String> {
    let mut cursor = Cursor {
        rest: text,
        strict: true,
    };
    if !cursor.take(b'{') {
        return Err(expected("the labels of an exemplar", text));
    }
    // An exemplar has no name; an empty one is in the place of it.
    let mut named = Some(Cow::Borrowed(""));
    cursor.pairs(&mut named, |label, value| {
        into.set(label, value);
    })?;
    Ok(cursor.rest)
}

struct Cursor<'a> {
    rest: &'a [u8],
    /// Whether it is OpenMetrics: no blanks, all commas.
    strict: bool,
}

impl<'a> Cursor<'a> {
    fn skip_blanks(&mut self) {
        if !self.strict {
            self.rest = skip_blanks(self.rest);
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.rest.strip_prefix(&[byte]);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// What stands between braces, and the closing one. Text in quotes without a value is the
    /// metric's name.
    fn pairs(
        &mut self,
        named: &mut Option<Cow<'a, str>>,
        mut give: impl FnMut(&str, &str),
    ) -> Result<(), String> {
        let mut seen: Vec<Cow<'a, str>> = Vec::new();
        loop {
            self.skip_blanks();
            if self.take(b'}') {
                return Ok(());
            }
            let start = self.rest;
            let label = self.label()?;
            self.skip_blanks();
            if self.take(b'=') {
                let value = self.value()?;
                if label.is_empty() {
                    return Err(expected("a label name", start));
                }
                // An empty value says nothing, not even twice.
                if !value.is_empty() {
                    if label == METRIC_NAME || seen.contains(&label) {
                        let label = excerpt(label.as_bytes());
                        return Err(format!("label name {label} is not unique: invalid sample"));
                    }
                    give(&label, &value);
                    seen.push(label);
                }
                self.skip_blanks();
                let missing = !self.take(b',') && self.rest.first() != Some(&b'}');
                if missing && self.strict {
                    return Err(expected("\",\" or \"}\" after a label", self.rest));
                }
            } else if start.first() == Some(&b'"') && named.is_none() {
                *named = Some(label);
                if !self.take(b',') && self.rest.first() != Some(&b'}') {
                    return Err(expected("\",\" or \"}\" after the metric name", self.rest));
                }
            } else {
                return Err(expected("\"=\" after a label name", self.rest));
            }
        }
    }

    fn label(&mut self) -> Result<Cow<'a, str>, String> {
        if self.rest.first() == Some(&b'"') {
            return self.quoted("a label name", false);
        }
        let length = label_length(self.rest);
        if length == 0 {
            return Err(expected("a label name", self.rest));
        }
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        utf8(word).map(Cow::Borrowed)
    }

    fn value(&mut self) -> Result<Cow<'a, str>, String> {
        self.skip_blanks();
        self.quoted("a label value", self.strict)
    }

    fn quoted(&mut self, what: &str, one_line: bool) -> Result<Cow<'a, str>, String> {
        let inside = self.rest.strip_prefix(b"\"");
        let Some((text, rest)) = inside.and_then(split_quoted) else {
            return Err(expected(&format!("{what} in quotes"), self.rest));
        };
        if one_line && text.contains(&b'\n') {
            return Err(expected(&format!("{what} on one line"), text));
        }
        self.rest = rest;
        Ok(unescape(utf8(text)?, true))
    }
}

/// The text up to the closing quote, and what follows the quote.
pub(super) fn split_quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
        at += 2;
    }
}

/// `\\`, `\n` and, with `quotes`, `\"`; other escapes stay as they are.
pub(super) fn unescape(text: &str, quotes: bool) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let (plain, escaped) = text.split_at(first);
    let mut out = String::with_capacity(text.len());
    out.push_str(plain);
    let mut rest = escaped.chars();
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('\\') => out.push('\\'),
            Some('"') if quotes => out.push('"'),
            other => out.extend(std::iter::once('\\').chain(other)),
        }
    }
    Cow::Owned(out)
}

/// What a byte may be in a name.
const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const COLON: u8 = 4;

/// The kind of every byte; 0 for those of no name.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let kind = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => LETTER,
            b'0'..=b'9' => DIGIT,
            b':' => COLON,
            _ => 0,
        };
        let (_, rest) = kinds.split_at_mut(byte as usize);
        if let Some(place) = rest.first_mut() {
            *place = kind;
        }
        byte += 1;
    }
    kinds
};

/// How many bytes of a metric name a text begins with.
pub(super) fn metric_length(text: &[u8]) -> usize {
    name_length(text, LETTER | COLON)
}

fn label_length(text: &[u8]) -> usize {
    name_length(text, LETTER)
}

#[inline]
fn name_length(text: &[u8], begins: u8) -> usize {
    let is = |byte: &u8, kinds: u8| {
        let kind = KINDS.get(usize::from(*byte));
        kind.is_some_and(|kind| kind & kinds != 0)
    };
    if !text.first().is_some_and(|first| is(first, begins)) {
        return 0;
    }
    let end = text.iter().position(|byte| !is(byte, begins | DIGIT));
    end.unwrap_or(text.len())
}

/// How many bytes of a series a text begins with: a name, braces, or both; 0 for neither. `None`
/// where braces or quotes are not closed.
pub(super) fn series_length(text: &[u8], strict: bool) -> Option<usize> {
    let name = metric_length(text);
    let behind = text.get(name..)?;
    let braces = if strict { behind } else { skip_blanks(behind) };
    let Some(mut rest) = braces.strip_prefix(b"{") else {
        return Some(name);
    };
    loop {
        let at = memchr::memchr2(b'"', b'}', rest)?;
        let (found, behind) = rest.get(at..)?.split_first()?;
        if *found == b'}' {
            return Some(text.len() - behind.len());
        }
        (_, rest) = split_quoted(behind)?;
    }
}

pub(super) fn skip_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    text.get(blanks.count()..).unwrap_or_default()
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| format!("invalid UTF-8 in {}", excerpt(bytes)))
}
