//! Going through the bytes of a text, as its reader needs it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Where a text is being read, and what is wrong with it.
pub(super) struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
    /// The line at hand, from 1.
    pub(super) line: usize,
}

/// What is wrong with a line.
pub(super) type Fault = String;

/// The text ends in the middle of a line.
pub(super) fn cut() -> Fault {
    "unexpected end of input stream".to_owned()
}

impl<'a> Cursor<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self {
            body,
            at: 0,
            line: 0,
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.body.get(self.at..).unwrap_or_default()
    }

    /// Moves past blanks and tabs; answers the byte that follows, which stays; `None` at the end.
    pub(super) fn skip_blanks(&mut self) -> Option<u8> {
        let rest = self.rest();
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
        self.at += blanks.count();
        self.body.get(self.at).copied()
    }

    /// The byte at hand, behind blanks; the end is a fault.
    pub(super) fn next_byte(&mut self) -> Result<u8, Fault> {
        self.skip_blanks().ok_or_else(cut)
    }

    /// The byte at hand; the end is a fault.
    pub(super) fn byte(&self) -> Result<u8, Fault> {
        self.body.get(self.at).copied().ok_or_else(cut)
    }

    /// Moves one byte on.
    pub(super) fn step(&mut self) {
        self.at += 1;
    }

    fn token(&mut self, is_inside: impl Fn(u8) -> bool) -> Result<&'a [u8], Fault> {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !is_inside(*byte));
        let token = rest.get(..length.ok_or_else(cut)?).unwrap_or_default();
        self.at += token.len();
        Ok(token)
    }

    fn name(&mut self, colons: bool) -> Result<&'a str, Fault> {
        if self.byte()?.is_ascii_digit() {
            return Ok("");
        }
        let name = self.token(|byte| {
            byte.is_ascii_alphanumeric() || byte == b'_' || (colons && byte == b':')
        })?;
        Ok(std::str::from_utf8(name).unwrap_or_default())
    }

    /// The name of a metric at hand; empty where there is none.
    pub(super) fn metric_name(&mut self) -> Result<&'a str, Fault> {
        self.name(true)
    }

    /// The name of a label at hand; empty where there is none.
    pub(super) fn label_name(&mut self) -> Result<&'a str, Fault> {
        self.name(false)
    }

    /// What stands up to the next blank, tab or end of the line.
    pub(super) fn word(&mut self) -> Result<&'a [u8], Fault> {
        self.token(|byte| !matches!(byte, b' ' | b'\t' | b'\n'))
    }

    /// What stands up to the end of the line, and moves behind it.
    pub(super) fn line_rest(&mut self) -> Result<&'a [u8], Fault> {
        let rest = self.rest();
        let end = memchr::memchr(b'\n', rest).ok_or_else(cut)?;
        self.at += end + 1;
        Ok(rest.get(..end).unwrap_or_default())
    }

    /// A description up to the end of the line, without its escapes. Bytes that are no UTF-8 are
    /// replaced.
    pub(super) fn help(&mut self) -> Result<String, Fault> {
        let line = String::from_utf8_lossy(self.line_rest()?);
        Ok(unescape(&line, "\\n")?.into_owned())
    }

    /// A label's value behind its first quote, up to the one that ends it, which is passed.
    pub(super) fn label_value(&mut self) -> Result<Cow<'a, str>, Fault> {
        let rest = self.rest();
        let mut from = 0;
        let end = loop {
            let place = memchr::memchr3(b'"', b'\\', b'\n', rest.get(from..).unwrap_or_default());
            let place = from + place.ok_or_else(|| first_fault(rest))?;
            match rest.get(place) {
                Some(b'"') => break place,
                Some(b'\\') => from = place + 2,
                _ => {
                    let value = rest.get(..place).unwrap_or_default();
                    let value = unescape_bytes(value)?;
                    let value = quoted_bytes(&value);
                    return Err(format!("label value {value} contains unescaped new-line"));
                }
            }
        };
        self.at += end + 1;
        let value = rest.get(..end).unwrap_or_default();
        match std::str::from_utf8(value) {
            Ok(value) => unescape(value, "\\n\""),
            Err(_) => {
                let value = unescape_bytes(value)?;
                let value = quoted_bytes(&value);
                Err(format!("invalid label value {value}"))
            }
        }
    }
}

/// Of a value that is not ended: an escape that is none comes before the end.
fn first_fault(value: &[u8]) -> Fault {
    unescape_bytes(value).err().unwrap_or_else(cut)
}

/// Replaces escapes; `known` names the letters that may follow a backslash.
fn unescape<'a>(text: &'a str, known: &str) -> Result<Cow<'a, str>, Fault> {
    if !text.contains('\\') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some(other) if known.contains(other) => out.push(other),
            // One byte of a letter, as upstream has it.
            Some(other) => {
                let mut bytes = [0; 4];
                let first = other.encode_utf8(&mut bytes).bytes().next();
                let shown = first.map(char::from).unwrap_or_default();
                return Err(format!("invalid escape sequence '\\{shown}'"));
            }
            None => return Err("invalid escape sequence '\\\n'".to_owned()),
        }
    }
    Ok(Cow::Owned(out))
}

fn unescape_bytes(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        match byte {
            b'\\' => match rest.next() {
                Some(b'n') => out.push(b'\n'),
                Some(&other @ (b'\\' | b'"')) => out.push(other),
                Some(&other) => {
                    let shown = char::from(other);
                    return Err(format!("invalid escape sequence '\\{shown}'"));
                }
                None => return Err(cut()),
            },
            other => out.push(other),
        }
    }
    Ok(out)
}

/// Bytes in quotes as Go writes them.
pub(super) fn quoted_bytes(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        let quoted = model::name::quoted(chunk.valid());
        let inside = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
        out.push_str(inside.unwrap_or_default());
        for byte in chunk.invalid() {
            // Writing to a text cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

/// A byte in quotes as Go writes it.
pub(super) fn quoted_byte(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'\\' => "'\\\\'".to_owned(),
        b'"' => "'\"'".to_owned(),
        other => {
            let quoted = model::name::quoted(&char::from(other).to_string());
            quoted.replace('"', "'")
        }
    }
}
