//! Walking the fields of a protobuf message where it lies.

use thiserror::Error;

/// Bytes that are no message of the kind expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// A message ends in the middle of a field.
    #[error("the message is cut: a field ends behind it")]
    Cut,
    /// A number is longer than 64 bits.
    #[error("a number is longer than 64 bits")]
    Number,
    /// A field is of a kind that protobuf 3 does not have, or has the number 0.
    #[error("a field is of an unknown kind")]
    Kind,
    /// A field has another kind than its number asks for.
    #[error("field {0} is not of the kind it should be")]
    Field(u32),
    /// Text that is no UTF-8.
    #[error("text is not valid UTF-8")]
    Text,
    /// A reference beyond the symbols of the request.
    #[error("symbol {0} is not among those of the request")]
    Symbol(u64),
    /// A list of references with a name that has no value.
    #[error("the references of labels are not pairs")]
    Pairs,
    /// A value that lies within too many others.
    #[error("a value lies within more than {0} others")]
    Deep(usize),
    /// Text that is longer than anybody has use for.
    #[error("a text has more than {0} bytes")]
    Long(usize),
    /// A histogram that says neither whole nor float counts, or does not add up.
    #[error("a histogram's counts do not fit its spans")]
    Histogram,
}

impl Malformed {
    /// Whether it concerns what one part of a message says, so that the others can be read.
    pub fn is_of_a_part(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Symbol(_) | Self::Pairs | Self::Long(_) | Self::Histogram
        )
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Number(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

impl<'a> Value<'a> {
    pub(crate) fn number(self, field: u32) -> Result<u64, Malformed> {
        match self {
            Self::Number(number) => Ok(number),
            _ => Err(Malformed::Field(field)),
        }
    }

    pub(crate) fn double(self, field: u32) -> Result<f64, Malformed> {
        match self {
            Self::Fixed64(bits) => Ok(f64::from_bits(bits)),
            _ => Err(Malformed::Field(field)),
        }
    }

    pub(crate) fn bytes(self, field: u32) -> Result<&'a [u8], Malformed> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed::Field(field)),
        }
    }

    pub(crate) fn text(self, field: u32) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes(field)?).map_err(|_| Malformed::Text)
    }
}

/// The fields of one message, in the order they lie.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field's number and value; `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = varint(&mut self.0)?;
        let number = u32::try_from(key >> 3).map_err(|_| Malformed::Kind)?;
        let value = match key & 7 {
            _ if number == 0 => return Err(Malformed::Kind),
            0 => Value::Number(varint(&mut self.0)?),
            1 => Value::Fixed64(u64::from_le_bytes(self.take()?)),
            2 => {
                let length = varint(&mut self.0)?;
                let length = usize::try_from(length).map_err(|_| Malformed::Cut)?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed::Cut)?;
                self.0 = rest;
                Value::Bytes(bytes)
            }
            5 => {
                let _: [u8; 4] = self.take()?;
                Value::Fixed32
            }
            _ => return Err(Malformed::Kind),
        };
        Ok(Some((number, value)))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed::Cut)?;
        self.0 = rest;
        Ok(*taken)
    }
}

/// A number of 7 bits a byte, lowest first.
#[inline]
pub(crate) fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    if let Some((&byte, rest)) = bytes.split_first()
        && byte < 0x80
    {
        *bytes = rest;
        return Ok(u64::from(byte));
    }
    long_varint(bytes)
}

/// The same of more than one byte. Times have six: eight are looked at together, as long as there
/// are so many.
fn long_varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let Some(first) = bytes.first_chunk::<8>() else {
        return bytewise_varint(bytes);
    };
    let word = u64::from_le_bytes(*first);
    let ends = !word & 0x8080_8080_8080_8080;
    if ends == 0 {
        return bytewise_varint(bytes);
    }
    // Up to the byte without the bit that says that more follow.
    let bits = ends.trailing_zeros() + 1;
    let sevens = word & (u64::MAX >> (64 - bits)) & 0x7f7f_7f7f_7f7f_7f7f;
    // Groups of 7 bits close up two by two.
    let pairs = sevens & 0x007f_007f_007f_007f | (sevens & 0x7f00_7f00_7f00_7f00) >> 1;
    let fours = pairs & 0x0000_3fff_0000_3fff | (pairs & 0x3fff_0000_3fff_0000) >> 2;
    let number = fours & 0x0fff_ffff | (fours & 0x0fff_ffff_0000_0000) >> 4;
    *bytes = bytes.get(bits as usize / 8..).unwrap_or_default();
    Ok(number)
}

fn bytewise_varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for (place, &byte) in bytes.iter().enumerate().take(10) {
        if place == 9 && byte > 1 {
            return Err(Malformed::Number);
        }
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            *bytes = bytes.get(place + 1..).unwrap_or_default();
            return Ok(number);
        }
    }
    Err(if bytes.len() < 10 {
        Malformed::Cut
    } else {
        Malformed::Number
    })
}

/// A signed number whose lowest bit is its sign.
pub(crate) fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Reads a list of numbers, which may lie packed in one field or one a field.
pub(crate) fn numbers(
    value: Value<'_>,
    field: u32,
    mut each: impl FnMut(u64) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    match value {
        Value::Number(number) => each(number),
        Value::Bytes(mut packed) => {
            while !packed.is_empty() {
                each(varint(&mut packed)?)?;
            }
            Ok(())
        }
        _ => Err(Malformed::Field(field)),
    }
}

/// The same of doubles.
pub(crate) fn doubles(value: Value<'_>, field: u32, into: &mut Vec<f64>) -> Result<(), Malformed> {
    match value {
        Value::Fixed64(bits) => into.push(f64::from_bits(bits)),
        Value::Bytes(packed) => {
            let (all, rest) = packed.as_chunks::<8>();
            if !rest.is_empty() {
                return Err(Malformed::Field(field));
            }
            into.extend(all.iter().map(|bytes| f64::from_le_bytes(*bytes)));
        }
        _ => return Err(Malformed::Field(field)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_those_of_prost(number: u64, shift in 0u32..64, cut in 0usize..10) {
            let number = number >> shift;
            let mut written = Vec::new();
            prost::encoding::encode_varint(number, &mut written);
            let mut rest = &written[..];
            prop_assert_eq!(varint(&mut rest), Ok(number));
            prop_assert!(rest.is_empty());
            let mut longer = written.clone();
            longer.extend([0xff; 9]);
            let mut rest = &longer[..];
            prop_assert_eq!(varint(&mut rest), Ok(number));
            prop_assert_eq!(rest, [0xff; 9]);
            if cut < written.len() {
                prop_assert_eq!(varint(&mut &written[..cut]), Err(Malformed::Cut));
            }
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes: Vec<u8>) {
            let mut fields = Fields(&bytes);
            let mut left = bytes.len();
            while let Ok(Some(_)) = fields.next() {
                prop_assert!(fields.0.len() < left);
                left = fields.0.len();
            }
        }
    }

    #[test]
    fn too_long_a_number_is_refused() {
        assert_eq!(varint(&mut &[0xff; 11][..]), Err(Malformed::Number));
        assert_eq!(varint(&mut &[0x80; 9][..]), Err(Malformed::Cut));
    }
}
