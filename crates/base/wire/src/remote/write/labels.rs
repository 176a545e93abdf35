//! The labels of a series, as texts or as references to symbols.

use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

use crate::fields::Malformed;
use crate::fields::{Fields, Value, numbers, varint};

/// The key byte of field 1 with a length: where labels stand in both versions.
const LABELS: u8 = 1 << 3 | 2;
/// The key byte of field 1 with a number: one reference by itself.
const REFERENCE: u8 = 1 << 3;

/// Splits a series into the fields of its labels, which stand in front, and the others.
#[inline]
pub(super) fn split(message: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut rest = message;
    while let Some((&(LABELS | REFERENCE), behind)) = rest.split_first() {
        let is_message = rest.first() == Some(&LABELS);
        let mut behind = behind;
        let number = varint(&mut behind)?;
        rest = if is_message {
            let length = usize::try_from(number).map_err(|_| Malformed::Cut)?;
            behind.get(length..).ok_or(Malformed::Cut)?
        } else {
            behind
        };
    }
    message
        .split_at_checked(message.len() - rest.len())
        .ok_or(Malformed::Cut)
}

/// Where labels are told.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// Messages of a name and a value, each in a field.
    Texts(&'a [u8]),
    /// References, names and values in turn.
    Symbols(&'a [u8], &'a Symbols<'a>),
}

impl Source<'_> {
    pub(super) fn each(self, mut each: impl FnMut(&str, &str)) -> Result<(), Malformed> {
        match self {
            Self::Texts(fields) => {
                let mut fields = Fields(fields);
                while let Some((number, value)) = fields.next()? {
                    let (name, value) = pair(value.bytes(number)?)?;
                    each(name, value);
                }
                Ok(())
            }
            Self::Symbols(fields, symbols) => symbols.each(fields, each),
        }
    }
}

/// Name and value of a label message.
pub(in crate::remote) fn pair(message: &[u8]) -> Result<(&str, &str), Malformed> {
    let (mut name, mut text) = ("", "");
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => name = value.text(number)?,
            2 => text = value.text(number)?,
            _ => {}
        }
    }
    Ok((name, text))
}

/// The value of one label among messages of a name and a value; `None` where it is not there.
pub(super) fn find<'a>(fields: &'a [u8], name: &str) -> Option<&'a str> {
    let mut fields = Fields(fields);
    while let Ok(Some((number, value))) = fields.next() {
        let (found, text) = pair(value.bytes(number).ok()?).ok()?;
        if found == name {
            return Some(text);
        }
    }
    None
}

/// The texts of a request of version 2.0.
#[derive(Default)]
pub(super) struct Symbols<'a> {
    /// Whether one is UTF-8 is asked where it is needed: most requests bring known series alone.
    texts: Vec<&'a [u8]>,
    hashes: Vec<u64>,
}

impl<'a> Symbols<'a> {
    /// Gathers the symbols of a request.
    pub(super) fn read(body: &'a [u8], secrets: &RapidSecrets) -> Result<Self, Malformed> {
        let mut symbols = Self::default();
        let mut fields = Fields(body);
        while let Some((number, value)) = fields.next()? {
            if number == 4 {
                let text = value.bytes(number)?;
                let hash = rapidhash_v3_seeded(text, secrets);
                symbols.texts.push(text);
                symbols.hashes.push(hash);
            }
        }
        Ok(symbols)
    }

    /// The text that a number refers to.
    pub(super) fn get(&self, number: u64) -> Result<&'a str, Malformed> {
        let place = usize::try_from(number).ok();
        let text = place.and_then(|place| self.texts.get(place));
        let text = text.copied().ok_or(Malformed::Symbol(number))?;
        std::str::from_utf8(text).map_err(|_| Malformed::Text)
    }

    /// A hash of the texts that references mean, in order.
    pub(super) fn hash(&self, fields: &[u8]) -> Result<u64, Malformed> {
        let mut all = 0u64;
        references(fields, |number| {
            let place = usize::try_from(number).ok();
            let hash = place.and_then(|place| self.hashes.get(place));
            let hash = hash.ok_or(Malformed::Symbol(number))?;
            // Both halves of a product depend on all of it and on what came before.
            let product = u128::from(all ^ hash) * 0x9e37_79b9_7f4a_7c15;
            all = ((product >> 64) as u64 ^ product as u64).rotate_left(23);
            Ok(())
        })?;
        Ok(all)
    }

    fn each(&self, fields: &[u8], mut each: impl FnMut(&str, &str)) -> Result<(), Malformed> {
        let mut name = None;
        references(fields, |number| {
            let text = self.get(number)?;
            match name.take() {
                None => name = Some(text),
                Some(name) => each(name, text),
            }
            Ok(())
        })?;
        name.map_or(Ok(()), |_| Err(Malformed::Pairs))
    }
}

/// The references in the fields that stand in front of a series.
fn references(
    fields: &[u8],
    mut each: impl FnMut(u64) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut fields = Fields(fields);
    while let Some((number, value)) = fields.next()? {
        numbers(value, number, &mut each)?;
    }
    Ok(())
}

/// Labels out of a list of references, packed or not, as exemplars have it.
pub(super) fn of_references<'a>(
    value: Value<'_>,
    number: u32,
    symbols: &Symbols<'a>,
    name: &mut Option<&'a str>,
    mut each: impl FnMut(&str, &str),
) -> Result<(), Malformed> {
    numbers(value, number, |reference| {
        let text = symbols.get(reference)?;
        match name.take() {
            None => *name = Some(text),
            Some(name) => each(name, text),
        }
        Ok(())
    })
}
