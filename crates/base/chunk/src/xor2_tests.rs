//! XOR2 chunks are read as a plain encoder, one bit at a time, writes them.

use model::{Columns, STALE_NAN_BITS, is_stale, same_value};
use proptest::prelude::*;

use super::Encoding;
use super::bits::BitWriter;

/// A sample with its start time; 0 where there is none.
type Given = (i64, u64, i64);

fn put_varint_bytes(out: &mut BitWriter, mut raw: u64) {
    while raw >= 0x80 {
        out.put(raw & 0x7f | 0x80, 8);
        raw >>= 7;
    }
    out.put(raw, 8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[derive(Default)]
struct Values {
    base: u64,
    window: Option<(u32, u32)>,
}

impl Values {
    /// Writes a change that is none of the short forms, behind `same` or `other` and its window.
    fn put_change(&mut self, out: &mut BitWriter, bits: u64, same: (u64, u32), other: (u64, u32)) {
        let change = bits ^ self.base;
        let (leading, trailing) = (change.leading_zeros().min(31), change.trailing_zeros());
        match self.window {
            Some((l, t)) if leading >= l && trailing >= t => {
                out.put(same.0, same.1);
                out.put(change >> t, 64 - l - t);
            }
            _ => {
                self.window = Some((leading, trailing));
                let size = 64 - leading - trailing;
                out.put(other.0, other.1);
                out.put(u64::from(leading), 5);
                out.put(u64::from(size & 63), 6);
                out.put(change >> trailing, size);
            }
        }
        self.base = bits;
    }

    fn put(&mut self, out: &mut BitWriter, bits: u64) {
        if bits == STALE_NAN_BITS {
            out.put(0b111, 3);
        } else if bits == self.base {
            out.put(0, 1);
        } else {
            self.put_change(out, bits, (0b10, 2), (0b110, 3));
        }
    }
}

/// The first place from which on starts are written; 0 where none is needed.
fn starts_from(samples: &[Given]) -> usize {
    let first = samples[0].2;
    let changed = samples.iter().position(|s| s.2 != first).unwrap_or(0);
    changed.min(127)
}

fn encode(samples: &[Given]) -> Vec<u8> {
    let starts = starts_from(samples);
    let mut out = BitWriter::default();
    let (mut delta, mut values) = (0i64, Values::default());
    for (place, &(time, bits, start)) in samples.iter().enumerate() {
        let before = place.checked_sub(1).map_or(0, |p| samples[p].0);
        let step = time - before;
        match place {
            0 => {
                put_varint_bytes(&mut out, zigzag(time));
                out.put(bits, 64);
                if bits != STALE_NAN_BITS {
                    values.base = bits;
                }
                if start != 0 {
                    put_varint_bytes(&mut out, zigzag(time - start));
                }
                continue;
            }
            1 => {
                put_varint_bytes(&mut out, step as u64);
                values.put(&mut out, bits);
            }
            _ => match step - delta {
                0 if bits == STALE_NAN_BITS => out.put(0b11111, 5),
                0 if bits == values.base => out.put(0, 1),
                0 => {
                    out.put(0b10, 2);
                    values.put_change(&mut out, bits, (0, 1), (1, 1));
                }
                change => {
                    match change {
                        -4096..=4095 => out.put(0b110 << 13 | change as u64 & 0x1fff, 16),
                        -524_288..=524_287 => out.put(0b1110 << 20 | change as u64 & 0xf_ffff, 24),
                        _ => {
                            out.put(0b11110, 5);
                            out.put(change as u64, 64);
                        }
                    }
                    values.put(&mut out, bits);
                }
            },
        }
        delta = step;
        if starts > 0 && place >= starts {
            let since = |place: usize| samples[place - 1].0 - samples[place].2;
            let so_far = if place == starts { 0 } else { since(place - 1) };
            out.varbit_int(since(place) - so_far);
        }
    }
    let mut bytes = (samples.len() as u16).to_be_bytes().to_vec();
    bytes.push(u8::from(samples[0].2 != 0) << 7 | starts as u8);
    out.copy(&mut bytes);
    bytes
}

fn given() -> impl Strategy<Value = Vec<Given>> {
    let step = prop_oneof![
        4 => Just(15_000i64),
        1 => 14_000i64..16_000,
        1 => 1i64..2_000_000,
        1 => 1i64..1 << 40
    ];
    let value = prop_oneof![
        any::<u64>(),
        (0u32..50).prop_map(|v| f64::from(v).to_bits()),
        Just(1.0f64.to_bits()),
        Just(STALE_NAN_BITS)
    ];
    let start = prop_oneof![4 => Just(7i64), 1 => 1i64..1000, 1 => Just(0)];
    proptest::collection::vec((step, value, start), 1..200).prop_map(|steps| {
        let mut time = -1_000_000;
        let sample = |(step, bits, start)| {
            time += step;
            (time, bits, start)
        };
        steps.into_iter().map(sample).collect()
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(mut given in given(), has_starts: bool, cut in any::<(u8, u8)>()) {
        if !has_starts {
            given.iter_mut().for_each(|sample| sample.2 = 0);
        }
        let bytes = encode(&given);
        let at = |cut: u8| given[usize::from(cut) % given.len()].0;
        for (from, to) in [(i64::MIN, i64::MAX), (at(cut.0), at(cut.1)), (at(cut.0) + 1, i64::MAX)] {
            let mut back = Columns::new();
            Encoding::Xor2.decode_range(&bytes, from, to, &mut back).unwrap();
            let wanted: Vec<_> = given.iter().filter(|s| from <= s.0 && s.0 <= to).collect();
            prop_assert_eq!(back.len(), wanted.len());
            for (read, wanted) in back.iter().zip(wanted) {
                prop_assert_eq!(read.time, wanted.0);
                prop_assert!(same_value(read.value, f64::from_bits(wanted.1)));
                prop_assert_eq!(is_stale(read.value), wanted.1 == STALE_NAN_BITS);
            }
        }
        let cut = &bytes[..bytes.len() - 1];
        prop_assert!(Encoding::Xor2.decode(cut, &mut Columns::new()).is_err());
    }
}
