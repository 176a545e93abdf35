//! Chunks of the head as they are, and decoding those that are full.

use chunk::{BadChunk, Chunk, Encoding};
use contract::{ChunkSink, SelectError, TimeRange};
use model::Columns;

use super::{CHUNKS_AT_ONCE, HeadView, lost};
use crate::head::series::FullChunk;
use crate::head::slot_of;
use crate::packed::give;

impl HeadView {
    /// Whether a series has samples that came out of order.
    pub(crate) fn has_late(&self, place: usize) -> bool {
        self.late_of(place).is_some()
    }

    /// The range of the samples that came in order.
    pub(crate) fn range(&self) -> TimeRange {
        self.range
    }

    /// Hands on the chunks of a series with what [`HeadView::read_in_order`] would append.
    pub(crate) fn chunks(&self, place: usize, each: &mut ChunkSink<'_>) -> Result<(), SelectError> {
        let Some(seen) = self.series.get(place) else {
            return Ok(());
        };
        let gathered = self.gather(seen)?;
        let mut give = |chunk: Chunk<'_>| give(chunk, self.range, &gathered.deleted, each);
        for (done, (full, count)) in gathered.full.iter().rev().enumerate() {
            if done % CHUNKS_AT_ONCE == CHUNKS_AT_ONCE - 1 && !self.watch.goes_on(0) {
                return Err(SelectError::Stopped);
            }
            self.with_full(full, |parsed| {
                let encoding = parsed.encoding.map_err(|_| lost(full))?;
                if let Some(count) = count {
                    let data = first_samples(parsed.data, *count);
                    return give(whole(encoding, &data).ok_or_else(|| lost(full))?);
                }
                give(Chunk {
                    first: parsed.first,
                    last: parsed.last,
                    encoding,
                    data: parsed.data,
                })
            })??;
        }
        if let Some((encoding, data)) = &gathered.open {
            let chunk = whole(*encoding, data).ok_or_else(|| {
                let slot = slot_of(seen.id);
                SelectError::Corrupt(format!("open chunk of series in slot {slot}"))
            })?;
            give(chunk)?;
        }
        Ok(())
    }

    /// Appends the samples of a full chunk within the range; where `count` is given, of its first
    /// ones alone.
    pub(super) fn decode_full(
        &self,
        full: &FullChunk,
        count: Option<u16>,
        into: &mut Columns,
    ) -> Result<(), SelectError> {
        let TimeRange { start, end } = self.range;
        let decoded = self.with_full(full, |chunk| {
            let encoding = chunk.encoding.map_err(|_| BadChunk)?;
            match count {
                None => encoding.decode_range(chunk.data, start, end, into),
                Some(count) => {
                    let bytes = first_samples(chunk.data, count);
                    encoding.decode_range(&bytes, start, end, into)
                }
            }
        });
        decoded?.map_err(|_| lost(full))
    }
}

/// The bytes of a chunk with its first samples alone. This run has written it, and so in an
/// encoding whose first bytes are the count alone.
fn first_samples(data: &[u8], count: u16) -> Vec<u8> {
    let mut bytes = data.to_vec();
    if let Some(header) = bytes.first_chunk_mut() {
        *header = count.to_be_bytes();
    }
    bytes
}

/// A chunk whose times nobody has noted; `None` where it is none, or has no sample.
fn whole(encoding: Encoding, data: &[u8]) -> Option<Chunk<'_>> {
    let mut columns = Columns::new();
    encoding.decode(data, &mut columns).ok()?;
    let numbers = (
        columns.times.first().copied(),
        columns.times.last().copied(),
    );
    let of_histograms = columns.histograms.first().zip(columns.histograms.last());
    let (first, last) = of_histograms
        .map(|(first, last)| (first.time, last.time))
        .or(numbers.0.zip(numbers.1))?;
    Some(Chunk {
        first,
        last,
        encoding,
        data,
    })
}
