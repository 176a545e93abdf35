//! A request in JSON, as the same bytes that protobuf would have.
//!
//! JSON is translated while it is read, by a table of the messages ([`schema`]), so that there is
//! one way behind it for both forms, and so that no tree of values lies in memory: the bytes that
//! come out are at most eight times those that came in. Keys are taken in camel case and with
//! underscores, whole numbers also as text, enumerations by number and by name, ids in hexadecimal;
//! unknown keys are passed over. Source: the OTLP specification, "JSON Protobuf Encoding".

mod reader;
mod schema;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::encoding::{WireType, encode_key, encode_varint};
use thiserror::Error;

use reader::{Next, Reader};
use schema::{Field, Kind, Message, REQUEST};

/// Messages within messages that are followed: those of a request take 8, the values of attributes
/// the rest.
const MOST_DEPTH: usize = 80;

/// JSON that is none, or says something else than a request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("JSON at byte {at}: {reason}")]
pub struct JsonError {
    /// Where, in bytes from the start.
    pub at: usize,
    /// What is wrong.
    pub reason: String,
}

/// Writes a request that is given in JSON into `out` as protobuf has it.
///
/// # Errors
/// Where the text is no JSON, or a value is none of those its key asks for.
pub fn from_json(text: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
    let mut reader = Reader::new(text);
    message(&mut reader, &REQUEST, out, 0)?;
    reader.end()
}

fn message(
    reader: &mut Reader<'_>,
    message: &'static Message,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), JsonError> {
    if depth > MOST_DEPTH {
        return Err(reader.fault(format!("values lie within more than {MOST_DEPTH} others")));
    }
    if reader.null()? {
        return Ok(());
    }
    reader.begin(b'{')?;
    let mut is_first = true;
    while reader.goes_on(b'}', &mut is_first)? {
        let key = reader.text()?;
        reader.expect(b':')?;
        match message.field(&key) {
            Some(field) => field_of(reader, field, out, depth)?,
            None => reader.skip(depth)?,
        }
    }
    Ok(())
}

fn field_of(
    reader: &mut Reader<'_>,
    field: &Field,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), JsonError> {
    if !field.is_list {
        return value(reader, field, out, depth);
    }
    if reader.null()? {
        return Ok(());
    }
    reader.begin(b'[')?;
    let mut is_first = true;
    while reader.goes_on(b']', &mut is_first)? {
        value(reader, field, out, depth)?;
    }
    Ok(())
}

fn value(
    reader: &mut Reader<'_>,
    field: &Field,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), JsonError> {
    let number = field.number;
    if let Kind::Message(kind) = &field.kind {
        let mut inner = Vec::new();
        message(reader, kind(), &mut inner, depth + 1)?;
        put_bytes(out, number, &inner);
        return Ok(());
    }
    if reader.null()? {
        return Ok(());
    }
    match &field.kind {
        Kind::Message(_) => {}
        Kind::Text => put_bytes(out, number, reader.text()?.as_bytes()),
        Kind::Base64 => {
            let bytes = STANDARD.decode(reader.text()?.as_bytes());
            let bytes = bytes.map_err(|error| reader.fault(format!("no base64: {error}")))?;
            put_bytes(out, number, &bytes);
        }
        Kind::Hexadecimal => {
            let text = reader.text()?;
            let bytes = hexadecimal(text.as_bytes());
            let bytes = bytes.ok_or_else(|| reader.fault(format!("{text:?} is no id")))?;
            put_bytes(out, number, &bytes);
        }
        Kind::Bool => {
            let said = reader.bool()?;
            put_varint(out, number, u64::from(said));
        }
        Kind::Double => {
            let double = double(reader)?;
            put_fixed(out, number, double.to_bits());
        }
        Kind::Fixed64 => {
            let whole = whole::<u64>(reader)?;
            put_fixed(out, number, whole);
        }
        Kind::SignedFixed64 => {
            let whole = whole::<i64>(reader)?;
            put_fixed(out, number, whole as u64);
        }
        Kind::Unsigned => {
            let whole = whole::<u64>(reader)?;
            put_varint(out, number, whole);
        }
        Kind::Signed => {
            let whole = whole::<i64>(reader)?;
            put_varint(out, number, whole as u64);
        }
        Kind::ZigZag => {
            let whole = i64::from(whole::<i32>(reader)?);
            put_varint(out, number, (whole << 1 ^ whole >> 63) as u64);
        }
        Kind::Names(names) => {
            let chosen = match reader.peek()? {
                Next::Text => {
                    let name = reader.text()?;
                    let place = names.iter().position(|known| *known == name);
                    place.ok_or_else(|| reader.fault(format!("{name:?} is not known here")))? as u64
                }
                _ => whole::<i32>(reader)? as u64,
            };
            put_varint(out, number, chosen);
        }
    }
    Ok(())
}

/// A whole number, as a number or as text.
fn whole<N: std::str::FromStr>(reader: &mut Reader<'_>) -> Result<N, JsonError> {
    let text = match reader.peek()? {
        Next::Text => reader.text()?,
        _ => reader.number()?.into(),
    };
    text.parse()
        .map_err(|_| reader.fault(format!("{text:?} is no whole number that fits here")))
}

/// A number, as a number or as text, which may also be `NaN` and `Infinity`.
fn double(reader: &mut Reader<'_>) -> Result<f64, JsonError> {
    let text = match reader.peek()? {
        Next::Text => reader.text()?,
        _ => reader.number()?.into(),
    };
    fast_float2::parse(text.as_bytes()).map_err(|_| reader.fault(format!("{text:?} is no number")))
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    let (pairs, rest) = text.as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|&[high, low]| Some((digit(high)? << 4 | digit(low)?) as u8));
    bytes
        .collect::<Option<Vec<u8>>>()
        .filter(|_| rest.is_empty())
}

fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn put_varint(out: &mut Vec<u8>, number: u32, value: u64) {
    encode_key(number, WireType::Varint, out);
    encode_varint(value, out);
}

fn put_fixed(out: &mut Vec<u8>, number: u32, bits: u64) {
    encode_key(number, WireType::SixtyFourBit, out);
    out.extend_from_slice(&bits.to_le_bytes());
}
