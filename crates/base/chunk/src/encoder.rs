//! A chunk of native histograms that grows.
//!
//! All histograms of a chunk have its layout. One with other buckets is put into it, and where it
//! has buckets that the layout lacks, the chunk is written again with them. What ends a chunk: a
//! counter reset, other buckets altogether (schema, zero threshold, bounds), a counter among gauges
//! or the other way round, and whatever follows a stale marker but another.

use model::{Columns, Histogram, HistogramValue, ResetHint, Span};

use super::bits::BitWriter;
use super::buckets;
use super::histograms::{Counts, Header, reset_byte, samples};
use super::layout::Layout;

/// How a histogram goes into a chunk.
enum Fit {
    /// It has the buckets of the layout.
    Same,
    /// Its buckets are among those of the layout.
    Within,
    /// It has further ones.
    Beyond,
    /// It begins another chunk, which says this of the last sample.
    Not(ResetHint),
}

/// The chunk and what its last sample was.
#[derive(Clone, Debug)]
pub(super) struct Encoder<C> {
    out: BitWriter,
    layout: Layout,
    counts: C,
    reset: ResetHint,
    pub(super) count: u16,
    pub(super) first: i64,
    pub(super) time: i64,
    delta: i64,
}

impl<C: Counts> Encoder<C> {
    /// A chunk of one sample, which says `reset` of the chunk before it unless it is a gauge.
    pub(super) fn new(time: i64, given: &Histogram<C::Count>, reset: ResetHint) -> Self {
        let empty;
        let histogram = if given.is_stale() {
            empty = Histogram::stale();
            &empty
        } else {
            given
        };
        let mut out = BitWriter::default();
        let layout = Layout::of(histogram);
        layout.write(&mut out);
        out.varbit_int(time);
        let counts = C::write_first(&mut out, histogram);
        Self {
            out,
            layout,
            counts,
            reset: match given.hint {
                hint @ (ResetHint::Gauge | ResetHint::Reset) => hint,
                _ => reset,
            },
            count: 1,
            first: time,
            time,
            delta: 0,
        }
    }

    /// Adds a later sample; `Err` says that it must begin another chunk, and what that says of
    /// this one.
    pub(super) fn push(
        &mut self,
        time: i64,
        histogram: &Histogram<C::Count>,
    ) -> Result<(), ResetHint> {
        if self.count == u16::MAX {
            return Err(self.follow(histogram));
        }
        match self.fit(histogram) {
            Fit::Same => self.write(time, histogram),
            Fit::Within => self.write(time, &spread(&self.layout, histogram)),
            Fit::Beyond => {
                self.widen(histogram).ok_or(ResetHint::Unknown)?;
                self.write(time, &spread(&self.layout, histogram));
            }
            Fit::Not(reset) => return Err(reset),
        }
        Ok(())
    }

    /// What a chunk that begins with this histogram says of this chunk.
    pub(super) fn follow(&self, histogram: &Histogram<C::Count>) -> ResetHint {
        match self.fit(histogram) {
            Fit::Not(reset) => reset,
            _ if histogram.hint == ResetHint::Gauge => ResetHint::Gauge,
            _ => ResetHint::NotReset,
        }
    }

    /// The last sample.
    pub(super) fn last(&self) -> HistogramValue {
        if self.counts.is_stale() {
            return C::value(Histogram::stale());
        }
        let last = self.counts.histogram(&self.layout, self.reset);
        C::value(last.unwrap_or_default())
    }

    /// Appends the chunk to `out`, as if only `count` samples were there.
    pub(super) fn copy(&self, count: u16, out: &mut Vec<u8>) {
        out.extend_from_slice(&count.to_be_bytes());
        out.push(reset_byte(self.reset));
        self.out.copy(out);
    }

    /// Bytes of the chunk.
    pub(super) fn len(&self) -> usize {
        3 + self.out.len()
    }

    fn fit(&self, new: &Histogram<C::Count>) -> Fit {
        let is_gauge = self.reset == ResetHint::Gauge;
        if new.is_stale() {
            return Fit::Same;
        }
        if new.hint == ResetHint::Reset {
            return Fit::Not(ResetHint::Reset);
        }
        if is_gauge != (new.hint == ResetHint::Gauge) || self.counts.is_stale() {
            return Fit::Not(ResetHint::Unknown);
        }
        let (layout, (count, zero)) = (&self.layout, self.counts.totals());
        if !is_gauge && new.count < count {
            return Fit::Not(ResetHint::Reset);
        }
        let same_threshold = new.zero_threshold.to_bits() == layout.zero_threshold.to_bits();
        if new.schema != layout.schema || !same_threshold {
            return Fit::Not(ResetHint::Unknown);
        }
        if new.custom != layout.custom || (!is_gauge && new.zero_count < zero) {
            return Fit::Not(ResetHint::Reset);
        }
        let (mut is_beyond, mut has_fallen) = (false, false);
        let mut compare = |_, old: Option<C::Count>, new: Option<C::Count>| {
            is_beyond |= old.is_none();
            has_fallen |= new.unwrap_or_default() < old.unwrap_or_default();
        };
        let given = (&new.positive_spans[..], new.positive.iter().copied());
        buckets::walk(
            (&layout.positive, self.counts.positive()),
            given,
            &mut compare,
        );
        let given = (&new.negative_spans[..], new.negative.iter().copied());
        buckets::walk(
            (&layout.negative, self.counts.negative()),
            given,
            &mut compare,
        );
        if has_fallen && !is_gauge {
            Fit::Not(ResetHint::Reset)
        } else if is_beyond {
            Fit::Beyond
        } else if (&layout.positive, &layout.negative) == (&new.positive_spans, &new.negative_spans)
        {
            Fit::Same
        } else {
            Fit::Within
        }
    }

    fn write(&mut self, time: i64, histogram: &Histogram<C::Count>) {
        let delta = time.wrapping_sub(self.time);
        self.out.varbit_int(delta.wrapping_sub(self.delta));
        self.counts.write_next(&mut self.out, histogram);
        (self.time, self.delta) = (time, delta);
        self.count += 1;
    }

    /// Writes the chunk again with the buckets of `new` beside its own.
    fn widen(&mut self, new: &Histogram<C::Count>) -> Option<()> {
        let union = |a: &[Span], b: &[Span]| {
            let mut all: Vec<i64> = buckets::indices(a).chain(buckets::indices(b)).collect();
            all.sort_unstable();
            all.dedup();
            buckets::spans(all.into_iter())
        };
        let positive = union(&self.layout.positive, &new.positive_spans)?;
        let negative = union(&self.layout.negative, &new.negative_spans)?;
        let mut bytes = Vec::with_capacity(self.len());
        self.copy(self.count, &mut bytes);
        let (header, body) = Header::read(&bytes, false)?;
        let mut columns = Columns::new();
        samples::<C>(header, body, (i64::MIN, i64::MAX), &mut columns)?;
        let mut old = columns.histograms.iter();
        let first = old.next()?;
        let layout = Layout {
            positive,
            negative,
            ..self.layout.clone()
        };
        let first_spread = spread(&layout, C::given(&first.value)?);
        let mut again = Self::new(first.time, &first_spread, self.reset);
        for sample in old {
            again.write(sample.time, &spread(&layout, C::given(&sample.value)?));
        }
        *self = again;
        Some(())
    }
}

/// The histogram with the buckets of a layout, of which its own are a part.
fn spread<C: Copy + Default>(layout: &Layout, given: &Histogram<C>) -> Histogram<C> {
    let positive = buckets::spread(&layout.positive, &given.positive_spans, &given.positive);
    let negative = buckets::spread(&layout.negative, &given.negative_spans, &given.negative);
    Histogram {
        schema: given.schema,
        zero_threshold: given.zero_threshold,
        zero_count: given.zero_count,
        count: given.count,
        sum: given.sum,
        positive_spans: layout.positive.clone(),
        positive,
        negative_spans: layout.negative.clone(),
        negative,
        custom: given.custom.clone(),
        hint: given.hint,
    }
}
