//! Where a series lies between 0 and 1, for `limit_ratio`.
//!
//! Upstream takes the XXH64 of the labels in its packed form, so that a share holds the same
//! series there and here, today and tomorrow. The packed form is each name and value behind its
//! length: one byte below 255, else 255 and three bytes, lowest first. The hash is that of
//! <https://github.com/Cyan4973/xxHash>, `doc/xxhash_spec.md`, with seed 0.

use model::Labels;

/// The place of a label set, from 0 up to 1.
pub(super) fn place(labels: &Labels, packed: &mut Vec<u8>) -> f64 {
    packed.clear();
    for (name, value) in labels.iter() {
        push(packed, name);
        push(packed, value);
    }
    hash(packed) as f64 / u64::MAX as f64
}

fn push(packed: &mut Vec<u8>, text: &str) {
    match u8::try_from(text.len()) {
        Ok(length) if length < u8::MAX => packed.push(length),
        _ => {
            let [low, middle, high, ..] = text.len().to_le_bytes();
            packed.extend([u8::MAX, low, middle, high]);
        }
    }
    packed.extend(text.as_bytes());
}

// The specification's primes, under its own names but for the shorter prefix.
const P1: u64 = 0x9e37_79b1_85eb_ca87;
const P2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const P3: u64 = 0x1656_67b1_9e37_79f9;
const P4: u64 = 0x85eb_ca77_c2b2_ae63;
const P5: u64 = 0x27d4_eb2f_1656_67c5;

fn round(lane: u64, input: u64) -> u64 {
    let mixed = lane.wrapping_add(input.wrapping_mul(P2));
    mixed.rotate_left(31).wrapping_mul(P1)
}

fn merge(sum: u64, lane: u64) -> u64 {
    (sum ^ round(0, lane)).wrapping_mul(P1).wrapping_add(P4)
}

fn hash(bytes: &[u8]) -> u64 {
    let (stripes, rest) = bytes.as_chunks::<32>();
    let mut sum = if stripes.is_empty() {
        P5
    } else {
        converged(stripes)
    };
    sum = sum.wrapping_add(bytes.len() as u64);
    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        sum ^= round(0, u64::from_le_bytes(*word));
        sum = sum.rotate_left(27).wrapping_mul(P1).wrapping_add(P4);
    }
    let (halves, rest) = rest.as_chunks::<4>();
    for half in halves {
        sum ^= u64::from(u32::from_le_bytes(*half)).wrapping_mul(P1);
        sum = sum.rotate_left(23).wrapping_mul(P2).wrapping_add(P3);
    }
    for byte in rest {
        sum ^= u64::from(*byte).wrapping_mul(P5);
        sum = sum.rotate_left(11).wrapping_mul(P1);
    }
    sum = (sum ^ (sum >> 33)).wrapping_mul(P2);
    sum = (sum ^ (sum >> 29)).wrapping_mul(P3);
    sum ^ (sum >> 32)
}

/// The four lanes over whole stripes, put together.
fn converged(stripes: &[[u8; 32]]) -> u64 {
    let mut lanes = [P1.wrapping_add(P2), P2, 0, 0u64.wrapping_sub(P1)];
    for stripe in stripes {
        let (words, _) = stripe.as_chunks::<8>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = round(*lane, u64::from_le_bytes(*word));
        }
    }
    let turns = [1, 7, 12, 18];
    let parts = lanes.iter().zip(turns);
    let sum = parts.fold(0u64, |sum, (lane, turn)| {
        sum.wrapping_add(lane.rotate_left(turn))
    });
    lanes.into_iter().fold(sum, merge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_its_specification() {
        let long: Vec<u8> = (0..=100).collect();
        for (bytes, expected) in [
            (&b""[..], 0xef46_db37_51d8_e999),
            (b"a", 0xd24e_c4f1_a98c_6e5b),
            (b"abc", 0x44bc_2cf5_ad77_0999),
            (&long, 0xe990_3849_5f85_381e),
        ] {
            assert_eq!(hash(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn long_texts_have_a_length_of_four_bytes() {
        let mut packed = Vec::new();
        push(&mut packed, &"x".repeat(300));
        assert_eq!(packed.get(..5), Some(&[255, 44, 1, 0, b'x'][..]));
        packed.clear();
        push(&mut packed, "ab");
        assert_eq!(packed, [2, b'a', b'b']);
    }
}
