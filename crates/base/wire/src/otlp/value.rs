//! Attributes: keys with values of any kind, and the text that a label gets of one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::number::push_plain;

use super::Each;
use crate::fields::{Fields, Malformed};

/// Values within values that are followed: no program nests its attributes as deep.
const MOST_DEPTH: usize = 64;

/// A list of attributes where it lies.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    message: &'a [u8],
    number: u32,
}

/// A key with its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attribute<'a> {
    /// Such as `service.name`.
    pub key: &'a str,
    /// What it is.
    pub value: AnyValue<'a>,
}

/// A value of any kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum AnyValue<'a> {
    /// None at all.
    #[default]
    Empty,
    /// Text.
    Text(&'a str),
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// Values, as they lie.
    Array(&'a [u8]),
    /// Keys with values, as they lie.
    Map(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl<'a> Attributes<'a> {
    /// Those in fields of one number of a message.
    pub(super) fn new(message: &'a [u8], number: u32) -> Self {
        Self { message, number }
    }

    /// The attributes in the order they lie.
    pub fn iter(self) -> Each<'a, Attribute<'a>> {
        Each::new(self.message, self.number, Attribute::read)
    }

    /// The same as bytes: equal bytes are equal attributes.
    pub fn raw(self) -> Each<'a, &'a [u8]> {
        Each::new(self.message, self.number, Ok)
    }

    /// The value of a key, the first one where it stands twice.
    ///
    /// # Errors
    /// Where the attributes cannot be read.
    pub fn get(self, key: &str) -> Result<Option<AnyValue<'a>>, Malformed> {
        for attribute in self.iter() {
            let attribute = attribute?;
            if attribute.key == key {
                return Ok(Some(attribute.value));
            }
        }
        Ok(None)
    }
}

impl<'a> Attribute<'a> {
    fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let (mut key, mut value) = ("", AnyValue::Empty);
        let mut fields = Fields(message);
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => key = field.text(number)?,
                2 => value = AnyValue::read(field.bytes(number)?)?,
                _ => {}
            }
        }
        Ok(Self { key, value })
    }
}

impl<'a> AnyValue<'a> {
    fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut read = Self::Empty;
        let mut fields = Fields(message);
        while let Some((number, value)) = fields.next()? {
            read = match number {
                1 => Self::Text(value.text(number)?),
                2 => Self::Bool(value.number(number)? != 0),
                3 => Self::Int(value.number(number)? as i64),
                4 => Self::Double(value.double(number)?),
                5 => Self::Array(value.bytes(number)?),
                6 => Self::Map(value.bytes(number)?),
                7 => Self::Bytes(value.bytes(number)?),
                _ => read,
            };
        }
        Ok(read)
    }

    /// Appends the value as a label has it: text as it is, numbers in decimals, bytes in base64,
    /// lists and maps in JSON.
    ///
    /// # Errors
    /// Where it cannot be read, or nests too deep.
    pub fn write(self, out: &mut String) -> Result<(), Malformed> {
        match self {
            Self::Empty => {}
            Self::Text(text) => out.push_str(text),
            Self::Bool(said) => out.push_str(if said { "true" } else { "false" }),
            Self::Int(number) => {
                let _ = write!(out, "{number}");
            }
            Self::Double(number) if number.is_finite() => push_number(out, number),
            Self::Double(number) if number.is_nan() => out.push_str("NaN"),
            Self::Double(number) if number > 0.0 => out.push_str("Infinity"),
            Self::Double(_) => out.push_str("-Infinity"),
            Self::Bytes(bytes) => STANDARD.encode_string(bytes, out),
            Self::Array(_) | Self::Map(_) => {
                let start = out.len();
                // JSON has no word for such numbers, and upstream then says nothing at all.
                if !self.write_json(out, 0)? {
                    out.truncate(start);
                }
            }
        }
        Ok(())
    }

    /// Appends JSON; answers whether all of it can be said in JSON.
    fn write_json(self, out: &mut String, depth: usize) -> Result<bool, Malformed> {
        if depth > MOST_DEPTH {
            return Err(Malformed::Deep(MOST_DEPTH));
        }
        match self {
            Self::Empty => out.push_str("null"),
            Self::Text(text) => push_quoted(out, text),
            Self::Double(number) if !number.is_finite() => return Ok(false),
            Self::Bool(_) | Self::Int(_) | Self::Double(_) => self.write(out)?,
            Self::Bytes(_) => {
                out.push('"');
                self.write(out)?;
                out.push('"');
            }
            Self::Array(message) => {
                out.push('[');
                for (place, value) in Each::new(message, 1, AnyValue::read).enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    if !value?.write_json(out, depth + 1)? {
                        return Ok(false);
                    }
                }
                out.push(']');
            }
            Self::Map(message) => {
                let mut sorted = BTreeMap::new();
                for attribute in Attributes::new(message, 1).iter() {
                    let attribute = attribute?;
                    sorted.insert(attribute.key, attribute.value);
                }
                out.push('{');
                for (place, (key, value)) in sorted.into_iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    push_quoted(out, key);
                    out.push(':');
                    if !value.write_json(out, depth + 1)? {
                        return Ok(false);
                    }
                }
                out.push('}');
            }
        }
        Ok(true)
    }
}

/// A finite number as JSON has it: with an exponent below 1e-6 and from 1e21 on.
fn push_number(out: &mut String, number: f64) {
    let size = number.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return push_plain(out, number);
    }
    let start = out.len();
    let _ = write!(out, "{number:e}");
    let written = out.get(start..).unwrap_or_default();
    if let Some(place) = written.find('e').filter(|_| !written.contains("e-")) {
        out.insert(start + place + 1, '+');
    }
}

/// Text in the quotes of JSON, with the escapes of Go's encoder.
fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || c == '\u{2028}' || c == '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
