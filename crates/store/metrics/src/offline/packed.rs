//! Samples of one series that wait in memory, in the order in which the log has them.
//!
//! `{ time − time before, zigzag varint | value ⊕ value before, bytes reversed, uvarint }…`: the
//! bits of a float that change are mostly its high ones, so that a sample takes a few bytes.

use model::Columns;

use crate::record::bytes::{Cursor, put_uvarint, put_varint};

/// Packed samples.
#[derive(Debug, Default)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    time: i64,
    value: u64,
}

impl Packed {
    /// Adds a sample, of any time.
    pub(super) fn push(&mut self, time: i64, value: f64) {
        let bits = value.to_bits();
        put_varint(&mut self.bytes, time.wrapping_sub(self.time));
        put_uvarint(&mut self.bytes, (bits ^ self.value).swap_bytes());
        (self.time, self.value) = (time, bits);
    }

    /// Appends all samples to columns, in the order they came.
    pub(super) fn unpack(&self, into: &mut Columns) {
        let mut cursor = Cursor(&self.bytes);
        let (mut time, mut bits) = (0i64, 0u64);
        while let (Some(step), Some(change)) = (cursor.varint(), cursor.uvarint()) {
            time = time.wrapping_add(step);
            bits ^= change.swap_bytes();
            into.push(time, f64::from_bits(bits));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(samples: Vec<(i64, u64)>) {
            let mut packed = Packed::default();
            for &(time, bits) in &samples {
                packed.push(time, f64::from_bits(bits));
            }
            let mut columns = Columns::new();
            packed.unpack(&mut columns);
            let back: Vec<(i64, u64)> =
                columns.iter().map(|sample| (sample.time, sample.value.to_bits())).collect();
            prop_assert_eq!(back, samples);
        }
    }
}
