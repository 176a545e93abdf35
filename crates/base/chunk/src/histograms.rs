//! Reading chunks of native histograms, of whole numbers and of floats alike.
//!
//! ```text
//! chunk  = sample count u16 | reset u8 | layout | { time varbit | numbers }…
//!        | reset 2 bits, sample count 14 bits | start times u8 | layout
//!          | { time varbit | numbers | start time }…                      (encodings 5 and 6)
//! reset  = 00 unknown | 10 counting began again | 01 it went on | 11 gauges (the highest bits)
//! ```
//! The first time is itself, the second how much later it is, and later ones by how much that
//! changes. What the numbers are says [`Counts`].

use model::{Columns, Histogram, HistogramSample, HistogramValue, ResetHint};

use super::bits::{BitWriter, Bits};
use super::layout::{Layout, bucket_count};
use super::start_times::StartTimes;

/// No chunk gives out more than this many counts, spans and bounds, at eight bytes each: a sample
/// of a few bits repeats the layout of its chunk, which a damaged chunk could make huge.
const MOST_CELLS: usize = 1 << 23;
/// Bits of a sample at least: its time, two counts and a sum.
const LEAST_BITS: usize = 4;
/// The low bits of the count in encodings that keep the reset in front of it.
const COUNT_MASK: u16 = 0x3fff;

/// The numbers of a sample as one of the encodings has them.
pub(super) trait Counts: Sized {
    /// What is counted in.
    type Count: Copy + Default + PartialOrd;
    /// Bits of a bucket in a first sample, at least.
    const BUCKET_BITS: usize;

    /// Reads the numbers of a chunk's first sample.
    fn read_first(bits: &mut Bits<'_>, positive: usize, negative: usize) -> Option<Self>;
    /// Reads those of the next.
    fn read_next(&mut self, bits: &mut Bits<'_>) -> Option<()>;
    /// Writes the numbers of a chunk's first sample.
    fn write_first(out: &mut BitWriter, histogram: &Histogram<Self::Count>) -> Self;
    /// Writes those of the next, which has as many buckets.
    fn write_next(&mut self, out: &mut BitWriter, histogram: &Histogram<Self::Count>);
    /// All observations and those in the zero bucket.
    fn totals(&self) -> (Self::Count, Self::Count);
    /// The counts of the buckets above zero.
    fn positive(&self) -> impl Iterator<Item = Self::Count>;
    /// The counts of the buckets below zero.
    fn negative(&self) -> impl Iterator<Item = Self::Count>;
    /// The bits of the sum.
    fn sum(&self) -> u64;
    /// The histogram; `None` where a count is below zero.
    fn histogram(&self, layout: &Layout, hint: ResetHint) -> Option<Histogram<Self::Count>>;
    /// A histogram of this kind as the model has it.
    fn value(histogram: Histogram<Self::Count>) -> HistogramValue;
    /// The histogram, where it is of this kind.
    fn given(value: &HistogramValue) -> Option<&Histogram<Self::Count>>;

    /// Whether it is the stale marker.
    fn is_stale(&self) -> bool {
        model::is_stale(f64::from_bits(self.sum()))
    }
}

/// The three bytes in front of the bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) count: u16,
    /// What the chunk says of the one before it.
    pub(super) reset: ResetHint,
    starts: StartTimes,
}

impl Header {
    pub(super) fn read(bytes: &[u8], has_starts: bool) -> Option<(Self, &[u8])> {
        let (&[high, low, third], rest) = bytes.split_first_chunk::<3>()?;
        let count = u16::from_be_bytes([high, low]);
        let header = if has_starts {
            Self {
                count: count & COUNT_MASK,
                reset: reset_of(high),
                starts: StartTimes::new(third),
            }
        } else {
            Self {
                count,
                reset: reset_of(third),
                starts: StartTimes::NONE,
            }
        };
        Some((header, rest))
    }
}

fn reset_of(byte: u8) -> ResetHint {
    match byte >> 6 {
        0b00 => ResetHint::Unknown,
        0b10 => ResetHint::Reset,
        0b01 => ResetHint::NotReset,
        _ => ResetHint::Gauge,
    }
}

/// The byte that says so.
pub(super) fn reset_byte(reset: ResetHint) -> u8 {
    match reset {
        ResetHint::Unknown => 0,
        ResetHint::Reset => 0b10 << 6,
        ResetHint::NotReset => 0b01 << 6,
        ResetHint::Gauge => 0b11 << 6,
    }
}

/// Appends the samples from `from` to `to`; `None` where the bytes do not add up.
pub(super) fn samples<C: Counts>(
    header: Header,
    bytes: &[u8],
    (from, to): (i64, i64),
    into: &mut Columns,
) -> Option<()> {
    if header.count == 0 {
        return Some(());
    }
    let mut bits = Bits::new(bytes);
    let layout = Layout::read(&mut bits)?;
    let most = bits.left() / C::BUCKET_BITS;
    let positive = bucket_count(&layout.positive, most)?;
    let negative = bucket_count(&layout.negative, most.checked_sub(positive)?)?;
    let cells = layout.cells() + positive + negative;
    let mut cells_left = MOST_CELLS;
    let count = usize::from(header.count).min(bits.left() / LEAST_BITS);
    into.histograms.reserve(count);

    let mut time = bits.varbit_int()?;
    let mut delta = 0i64;
    let mut counts = C::read_first(&mut bits, positive, negative)?;
    for place in 0..header.count {
        if place > 0 {
            delta = delta.wrapping_add(bits.varbit_int()?);
            time = time.wrapping_add(delta);
            counts.read_next(&mut bits)?;
        }
        header.starts.skip(&mut bits, place)?;
        if time > to {
            return Some(());
        }
        if time < from {
            continue;
        }
        let value = if counts.is_stale() {
            C::value(Histogram::stale())
        } else {
            cells_left = cells_left.checked_sub(cells)?;
            C::value(counts.histogram(&layout, hint(header.reset, place))?)
        };
        into.histograms.push(HistogramSample { time, value });
    }
    Some(())
}

/// What the sample at a place of a chunk says of the one before it. Of the first nothing: who
/// knows whether what came before the chunk is still there.
fn hint(reset: ResetHint, place: u16) -> ResetHint {
    match (reset, place) {
        (ResetHint::Gauge, _) => ResetHint::Gauge,
        (_, 0) => ResetHint::Unknown,
        _ => ResetHint::NotReset,
    }
}
