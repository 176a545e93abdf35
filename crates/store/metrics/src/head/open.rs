//! The chunk of a series that still grows: Prometheus' XOR encoding, written straight into a
//! chain of segments, a word at a time.
//!
//! The bits are those that [`crate::chunk`] reads; the two bytes of the sample count, which stand
//! in front of a finished chunk, are added when the chunk is copied out. A copy may say a smaller
//! count than the chunk now has: samples only ever follow, so that a query reads the chunk as it
//! was when the query began.

use super::segments::{Chain, Segments};

/// Samples a chunk aims for; upstream's figure.
const TARGET_SAMPLES: u16 = 120;
/// After this many samples the end of the chunk is planned again from the pace so far.
const PLAN_AT: u16 = TARGET_SAMPLES / 4;
/// No chunk has more samples, whatever its pace.
const MOST_SAMPLES: u16 = TARGET_SAMPLES * 2;
/// A chunk takes no further sample once it holds this many bytes, so that it stays about 1 KiB:
/// the largest sample takes 19 bytes.
const MOST_BYTES: usize = 1024 - 19;
/// Bits of a word of the segments.
const WORD_BITS: u32 = u32::BITS;
/// No earlier value has said how many bits are zero.
const NO_WINDOW: u8 = 0xff;

/// The encoder's state with the place of its bytes.
#[derive(Debug)]
pub(crate) struct OpenChunk {
    /// Time of the first sample.
    pub(crate) first: i64,
    /// Time of the last sample.
    time: i64,
    /// Bits of the last value.
    value: u64,
    /// Time between the last two samples.
    delta: i64,
    /// A sample at or after this time begins the next chunk.
    next_at: i64,
    words: Chain,
    /// The bits that do not fill a word yet, the last of them lowest.
    rest: u32,
    /// How many bits `rest` has; fewer than [`WORD_BITS`].
    rest_bits: u8,
    count: u16,
    leading: u8,
    trailing: u8,
}

impl Default for OpenChunk {
    fn default() -> Self {
        Self {
            first: 0,
            time: i64::MIN,
            value: 0,
            delta: 0,
            next_at: i64::MIN,
            words: Chain::default(),
            rest: 0,
            rest_bits: 0,
            count: 0,
            leading: NO_WINDOW,
            trailing: 0,
        }
    }
}

impl OpenChunk {
    /// How many samples there are.
    pub(crate) fn count(&self) -> u16 {
        self.count
    }

    /// Time of the last sample; meaningless while there is none.
    pub(crate) fn last(&self) -> i64 {
        self.time
    }

    /// Time and value of the last sample.
    #[inline]
    pub(crate) fn last_sample(&self) -> Option<(i64, f64)> {
        (self.count > 0).then(|| (self.time, f64::from_bits(self.value)))
    }

    /// Whether a sample of this time must begin another chunk.
    #[inline]
    pub(crate) fn is_full_for(&self, time: i64) -> bool {
        self.count > 0 && (time >= self.next_at || self.count >= MOST_SAMPLES || self.is_long())
    }

    fn is_long(&self) -> bool {
        self.words.len() * size_of::<u32>() + self.rest_bytes() > MOST_BYTES
    }

    fn rest_bytes(&self) -> usize {
        usize::from(self.rest_bits).div_ceil(8)
    }

    /// Adds a sample. Its time must be later than the last; the chunk must have room.
    /// `stretch` is the span whose multiples no chunk crosses, in milliseconds.
    #[inline]
    pub(crate) fn push(&mut self, pool: &mut Segments, time: i64, value: f64, stretch: i64) {
        let bits = value.to_bits();
        // Read once: read again behind the stores to its neighbours it would wait for them.
        let count = self.count;
        match count {
            0 => {
                self.first = time;
                self.next_at = end_of_stretch(time, stretch);
                self.put_varint_bytes(pool, ((time << 1) ^ (time >> 63)) as u64);
                self.put_long(pool, bits, 64);
            }
            1 => {
                self.delta = time.wrapping_sub(self.time);
                self.put_varint_bytes(pool, self.delta as u64);
                self.put_value(pool, bits);
            }
            _ => {
                let delta = time.wrapping_sub(self.time);
                self.put_time(pool, delta.wrapping_sub(self.delta));
                self.delta = delta;
                self.put_value(pool, bits);
            }
        }
        self.time = time;
        self.value = bits;
        self.count = count + 1;
        if count + 1 == PLAN_AT {
            let so_far = time.saturating_sub(self.first).saturating_add(1);
            let whole = so_far.saturating_mul((TARGET_SAMPLES / PLAN_AT).into());
            self.next_at = planned_end(self.first, whole, self.next_at);
        }
    }

    /// Appends the chunk with its count to `out`, as if only `count` samples were there.
    pub(crate) fn copy(&self, pool: &Segments, count: u16, out: &mut Vec<u8>) {
        out.extend_from_slice(&count.to_be_bytes());
        pool.copy(&self.words, out);
        // Shifted by a whole word where there is no rest, of which nothing is taken then.
        let rest = u64::from(self.rest) << (WORD_BITS - u32::from(self.rest_bits));
        let rest = (rest as u32).to_be_bytes();
        out.extend_from_slice(rest.get(..self.rest_bytes()).unwrap_or_default());
    }

    /// Gives the bytes back; the chunk is empty again.
    pub(crate) fn clear(&mut self, pool: &mut Segments) {
        pool.release(&mut self.words);
        *self = Self::default();
    }

    fn put_time(&mut self, pool: &mut Segments, change: i64) {
        let low = |bits: u32| change as u64 & ((1 << bits) - 1);
        let fits = |bits: u32| {
            let half = 1i64 << (bits - 1);
            (1 - half..=half).contains(&change)
        };
        if change == 0 {
            self.put(pool, 0, 1);
        } else if fits(14) {
            self.put(pool, 0b10 << 14 | low(14), 16);
        } else if fits(17) {
            self.put(pool, 0b110 << 17 | low(17), 20);
        } else if fits(20) {
            self.put(pool, 0b1110 << 20 | low(20), 24);
        } else {
            self.put(pool, 0b1111, 4);
            self.put_long(pool, change as u64, 64);
        }
    }

    fn put_value(&mut self, pool: &mut Segments, bits: u64) {
        let change = bits ^ self.value;
        if change == 0 {
            self.put(pool, 0, 1);
            return;
        }
        let leading = change.leading_zeros().min(31) as u8;
        let trailing = change.trailing_zeros() as u8;
        if self.leading != NO_WINDOW && leading >= self.leading && trailing >= self.trailing {
            let size = 64 - u32::from(self.leading) - u32::from(self.trailing);
            self.put(pool, 0b10, 2);
            self.put_long(pool, change >> self.trailing, size);
        } else {
            (self.leading, self.trailing) = (leading, trailing);
            let size = 64 - u32::from(leading) - u32::from(trailing);
            let head = 0b11 << 11 | u64::from(leading) << 6 | u64::from(size & 63);
            self.put(pool, head, 13);
            self.put_long(pool, change >> trailing, size);
        }
    }

    fn put_varint_bytes(&mut self, pool: &mut Segments, mut value: u64) {
        while value >= 0x80 {
            self.put(pool, u64::from(value as u8 | 0x80), 8);
            value >>= 7;
        }
        self.put(pool, value, 8);
    }

    /// Writes `size` bits, highest first; the others of `bits` are 0.
    #[inline]
    fn put_long(&mut self, pool: &mut Segments, bits: u64, size: u32) {
        match size.checked_sub(WORD_BITS) {
            None | Some(0) => self.put(pool, bits, size),
            Some(high) => {
                self.put(pool, bits >> WORD_BITS, high);
                self.put(pool, bits & u64::from(u32::MAX), WORD_BITS);
            }
        }
    }

    /// Writes at most [`WORD_BITS`] bits, highest first; the others of `bits` are 0. The pool is
    /// touched when a word is full, which is every second sample or less.
    #[inline]
    fn put(&mut self, pool: &mut Segments, bits: u64, size: u32) {
        let all = u64::from(self.rest) << size | bits;
        let count = u32::from(self.rest_bits) + size;
        match count.checked_sub(WORD_BITS) {
            None => {
                self.rest = all as u32;
                self.rest_bits = count as u8;
            }
            Some(left) => {
                pool.push(&mut self.words, (all >> left) as u32);
                self.rest = all as u32 & ((1 << left) - 1);
                self.rest_bits = left as u8;
            }
        }
    }
}

/// The next multiple of `stretch` after `time`.
pub(super) fn end_of_stretch(time: i64, stretch: i64) -> i64 {
    let into = time.checked_rem_euclid(stretch).unwrap_or_default();
    time.saturating_sub(into).saturating_add(stretch)
}

/// Where a chunk that began at `first` should end so that the stretch up to `end` is cut into
/// equal chunks, given that it would be full after `whole` milliseconds.
pub(super) fn planned_end(first: i64, whole: i64, end: i64) -> i64 {
    let left = end.saturating_sub(first);
    match left.checked_div(whole) {
        Some(chunks) if chunks > 1 => first.saturating_add(left / chunks),
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use model::{Columns, same_value};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_pushed_is_read(
            start in -(1i64 << 42)..1 << 42,
            steps in proptest::collection::vec((1u32..40_000_000, prop_oneof![
                any::<u64>(), (0u32..50).prop_map(|v| f64::from(v).to_bits())]), 1..100),
            seen in 1u16..100,
        ) {
            let mut pool = Segments::default();
            let mut chunk = OpenChunk::default();
            let mut pushed = Columns::new();
            let mut time = start;
            for (step, bits) in steps {
                chunk.push(&mut pool, time, f64::from_bits(bits), i64::MAX);
                pushed.push(time, f64::from_bits(bits));
                time += i64::from(step);
            }
            let seen = seen.min(chunk.count());
            let mut bytes = Vec::new();
            chunk.copy(&pool, seen, &mut bytes);
            let mut back = Columns::new();
            crate::chunk::Encoding::Xor.decode(&bytes, &mut back).unwrap();
            prop_assert_eq!(&back.times[..], &pushed.times[..usize::from(seen)]);
            for (a, b) in back.values.iter().zip(&pushed.values) {
                prop_assert!(same_value(*a, *b));
            }
        }
    }

    #[test]
    fn chunks_end_where_upstream_ends_them() {
        // A scrape each 15 s from the beginning of a stretch: four chunks of half an hour.
        let stretch = 7_200_000;
        let mut pool = Segments::default();
        let mut chunk = OpenChunk::default();
        let mut counts = Vec::new();
        for time in (0..stretch).step_by(15_000) {
            if chunk.is_full_for(time) {
                counts.push(chunk.count());
                chunk.clear(&mut pool);
            }
            chunk.push(&mut pool, time, 1.0, stretch);
        }
        assert_eq!(counts, [120, 120, 120]);
        assert!(chunk.is_full_for(stretch));
        assert_eq!(end_of_stretch(-1, 10), 0);
    }
}
