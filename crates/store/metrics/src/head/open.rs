//! The chunk of a series that still grows: Prometheus' XOR encoding, written straight into a
//! chain of segments, a word at a time.
//!
//! The bits are those that [`chunk`] reads; the two bytes of the sample count, which stand
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

/// When chunks end: what all series share, and what is a series' own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// The span whose multiples no chunk crosses, in milliseconds.
    pub(crate) stretch: i64,
    /// What part of a chunk's length its ends lie behind those of others, of 65,536: so that not
    /// all series have their longest chunks in memory at one moment, and end them at the next.
    pub(crate) phase: u16,
}

/// The encoder's state with the place of its bytes: 48 bytes.
#[derive(Debug)]
pub(crate) struct OpenChunk {
    /// Time of the first sample.
    pub(crate) first: i64,
    /// Bits of the last value.
    value: u64,
    words: Chain,
    /// Milliseconds from the first to the last sample.
    span: u32,
    /// Milliseconds between the last two samples.
    delta: u32,
    /// A sample this many milliseconds after the first, or later, begins the next chunk.
    end: u32,
    /// The bits that do not fill a word yet, the last of them lowest.
    rest: u32,
    /// How many words the chain has.
    len: u16,
    count: u16,
    /// How many bits `rest` has; fewer than [`WORD_BITS`].
    rest_bits: u8,
    leading: u8,
    trailing: u8,
}

impl Default for OpenChunk {
    fn default() -> Self {
        Self {
            first: 0,
            value: 0,
            words: Chain::default(),
            span: 0,
            delta: 0,
            end: 0,
            rest: 0,
            len: 0,
            count: 0,
            rest_bits: 0,
            leading: NO_WINDOW,
            trailing: 0,
        }
    }
}

impl OpenChunk {
    /// A chunk that an earlier run left: the times of its first and last sample, its last value,
    /// and its bytes. It can be read and written out; the next sample begins another, since where
    /// the encoder was the bytes do not say. `None` for bytes that cannot be an open chunk.
    pub(crate) fn restore(
        pool: &mut Segments,
        (first, last): (i64, i64),
        value: f64,
        bytes: &[u8],
    ) -> Option<Self> {
        let (count, data) = bytes.split_first_chunk::<2>()?;
        let count = u16::from_be_bytes(*count);
        let span = u32::try_from(last.checked_sub(first)?).ok()?;
        let (words, rest) = data.as_chunks::<4>();
        let len = u16::try_from(words.len()).ok().filter(|_| count > 0)?;
        let mut chunk = Self {
            first,
            value: value.to_bits(),
            span,
            end: span,
            count,
            rest_bits: rest.len() as u8 * 8,
            rest: rest.iter().fold(0, |all, &byte| all << 8 | u32::from(byte)),
            ..Self::default()
        };
        for (place, word) in (0..len).zip(words) {
            if !pool.push(&mut chunk.words, place, u32::from_be_bytes(*word)) {
                pool.release(&mut chunk.words);
                return None;
            }
        }
        chunk.len = len;
        Some(chunk)
    }

    /// Where its words are.
    pub(crate) fn chain(&self) -> Chain {
        self.words
    }

    /// How many samples there are.
    pub(crate) fn count(&self) -> u16 {
        self.count
    }

    /// Time of the last sample; meaningless while there is none.
    #[inline]
    pub(crate) fn last(&self) -> i64 {
        self.first.wrapping_add(i64::from(self.span))
    }

    /// Time and value of the last sample.
    #[inline]
    pub(crate) fn last_sample(&self) -> Option<(i64, f64)> {
        (self.count > 0).then(|| (self.last(), f64::from_bits(self.value)))
    }

    /// Whether a sample of this time must begin another chunk.
    #[inline]
    pub(crate) fn is_full_for(&self, time: i64) -> bool {
        let end = self.first.saturating_add(i64::from(self.end));
        self.count > 0 && (time >= end || self.count >= MOST_SAMPLES || self.is_long())
    }

    fn is_long(&self) -> bool {
        usize::from(self.len) * size_of::<u32>() + self.rest_bytes() > MOST_BYTES
    }

    fn rest_bytes(&self) -> usize {
        usize::from(self.rest_bits).div_ceil(8)
    }

    /// Adds a sample. Its time must be later than the last; the chunk must have room.
    #[inline]
    pub(crate) fn push(&mut self, pool: &mut Segments, time: i64, value: f64, plan: Plan) {
        let bits = value.to_bits();
        // Read once: read again behind the stores to its neighbours it would wait for them.
        let count = self.count;
        // Below 2³² milliseconds: the chunk ends before.
        let span = time.wrapping_sub(self.first) as u32;
        let delta = span.wrapping_sub(self.span);
        match count {
            0 => {
                self.first = time;
                self.span = 0;
                let end = end_of_stretch(time, plan.stretch).saturating_sub(time);
                self.end = u32::try_from(end).unwrap_or(u32::MAX);
                self.put_varint_bytes(pool, ((time << 1) ^ (time >> 63)) as u64);
                self.put_long(pool, bits, 64);
            }
            1 => {
                (self.span, self.delta) = (span, delta);
                self.put_varint_bytes(pool, u64::from(delta));
                self.put_value(pool, bits);
            }
            _ => {
                self.put_time(pool, i64::from(delta) - i64::from(self.delta));
                (self.span, self.delta) = (span, delta);
                self.put_value(pool, bits);
            }
        }
        self.value = bits;
        self.count = count + 1;
        if count + 1 == PLAN_AT {
            self.end = planned_end(self.span, self.end, plan);
        }
    }

    /// Appends the chunk with its count to `out`, as if only `count` samples were there.
    pub(crate) fn copy(&self, pool: &Segments, count: u16, out: &mut Vec<u8>) {
        out.reserve(size_of::<u16>() + (usize::from(self.len) + 1) * size_of::<u32>());
        out.extend_from_slice(&count.to_be_bytes());
        pool.copy(&self.words, self.len, out);
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
                if pool.push(&mut self.words, self.len, (all >> left) as u32) {
                    self.len += 1;
                }
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

/// Where a chunk should end, given that a quarter of it was filled in `span`: the stretch is cut
/// into equal chunks, behind whose ends this one's lies by its phase. In milliseconds after the
/// first sample, as is `end`, where the stretch ends.
fn planned_end(span: u32, end: u32, plan: Plan) -> u32 {
    let whole = (i64::from(span) + 1) * i64::from(TARGET_SAMPLES / PLAN_AT);
    // Without a stretch to share, the chunk is measured from its own beginning.
    let is_shared = plan.stretch <= i64::from(u32::MAX);
    let stretch = if is_shared { plan.stretch } else { end.into() };
    let chunks = stretch / whole;
    if chunks <= 1 {
        return end;
    }
    let length = stretch / chunks;
    if !is_shared {
        return u32::try_from(length).unwrap_or(end);
    }
    let shift = (length * i64::from(plan.phase)) >> u16::BITS;
    // From the beginning of the stretch to the first sample.
    let before = stretch - i64::from(end);
    let into = before + i64::from(span) - shift;
    let next = (into.div_euclid(length) + 1) * length + shift - before;
    // A chunk of less than an eighth is not worth its header.
    match u32::try_from(next) {
        Ok(next) if i64::from(end) - i64::from(next) >= length / 8 => next,
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
            phase: u16,
        ) {
            let mut pool = Segments::default();
            let mut chunk = OpenChunk::default();
            let mut pushed = Columns::new();
            let mut time = start;
            for (step, bits) in steps {
                chunk.push(&mut pool, time, f64::from_bits(bits), Plan { stretch: i64::MAX, phase });
                pushed.push(time, f64::from_bits(bits));
                time += i64::from(step);
            }
            let seen = seen.min(chunk.count());
            let mut bytes = Vec::new();
            chunk.copy(&pool, seen, &mut bytes);
            let mut back = Columns::new();
            chunk::Encoding::Xor.decode(&bytes, &mut back).unwrap();
            prop_assert_eq!(&back.times[..], &pushed.times[..usize::from(seen)]);
            for (a, b) in back.values.iter().zip(&pushed.values) {
                prop_assert!(same_value(*a, *b));
            }
        }
    }

    fn counts(phase: u16) -> Vec<u16> {
        // A scrape each 15 s from the beginning of a stretch.
        let stretch = 7_200_000;
        let mut pool = Segments::default();
        let mut chunk = OpenChunk::default();
        let mut counts = Vec::new();
        for time in (0..stretch).step_by(15_000) {
            if chunk.is_full_for(time) {
                counts.push(chunk.count());
                chunk.clear(&mut pool);
            }
            chunk.push(&mut pool, time, 1.0, Plan { stretch, phase });
        }
        assert!(chunk.is_full_for(stretch));
        counts.push(chunk.count());
        counts
    }

    #[test]
    fn chunks_end_where_upstream_ends_them_or_behind_by_their_phase() {
        assert_eq!(counts(0), [120, 120, 120, 120]);
        assert_eq!(counts(1 << 15), [60, 120, 120, 120, 60]);
        // Neither the first nor the last is too short.
        assert_eq!(counts(1 << 12), [128, 120, 120, 112]);
        assert_eq!(counts(62 << 10), [117, 120, 120, 123]);
        assert_eq!(end_of_stretch(-1, 10), 0);
    }

    #[test]
    fn a_restored_chunk_is_what_it_was_and_takes_no_more() {
        for samples in 1..60 {
            let mut pool = Segments::default();
            let mut chunk = OpenChunk::default();
            let plan = Plan {
                stretch: 7_200_000,
                phase: 0,
            };
            for n in 0..samples {
                chunk.push(&mut pool, n * 15_000, (n * n) as f64 * 0.1, plan);
            }
            let (mut bytes, mut again) = (Vec::new(), Vec::new());
            chunk.copy(&pool, chunk.count(), &mut bytes);
            let (last, value) = chunk.last_sample().unwrap();
            let restored = OpenChunk::restore(&mut pool, (0, last), value, &bytes).unwrap();
            restored.copy(&pool, restored.count(), &mut again);
            assert_eq!(bytes, again);
            assert_eq!(restored.last_sample(), chunk.last_sample());
            assert!(restored.is_full_for(last + 1));
        }
        let mut pool = Segments::default();
        assert!(OpenChunk::restore(&mut pool, (0, 1), 0.0, &[0]).is_none());
        assert!(OpenChunk::restore(&mut pool, (0, 1 << 33), 0.0, &[0, 1, 2]).is_none());
    }
}
