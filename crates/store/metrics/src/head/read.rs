//! Reading the head: a view of the series that a query selected.
//!
//! A view remembers of each series how many samples its open chunk had. Chunks only grow at their
//! end and full ones never change, so reading that many later gives what was there at the moment
//! of the selection. Nothing is copied until a series is read, and then only its one open chunk
//! under the lock.

use std::sync::Arc;

use contract::{SelectError, TimeRange};
use model::{Columns, Labels, Matcher};
use parking_lot::RwLock;

use super::dictionary::Dictionary;
use super::series::{FullChunk, NONE, Series};
use super::{Head, slot_of};
use crate::chunk;
use crate::head_chunks::{HeadChunks, Maps, parse};
use contract::SeriesId;

/// Label sets that are looked up before appenders may have the lock.
const SETS_UNDER_LOCK: usize = 1024;

/// One selected series, as it was.
#[derive(Clone, Copy, Debug)]
struct Seen {
    id: SeriesId,
    /// Where its pair numbers begin in [`HeadView::pairs`].
    pairs: u32,
    /// Newest full chunk.
    full: u32,
    /// Time of the open chunk's first sample.
    open_first: i64,
    /// Samples of the open chunk.
    open_count: u16,
}

/// Series of the head that later appends do not change.
pub(crate) struct HeadView {
    head: Arc<RwLock<Head>>,
    files: Arc<HeadChunks>,
    maps: Maps,
    dictionary: Arc<RwLock<Dictionary>>,
    series: Vec<Seen>,
    pairs: Vec<u32>,
    range: TimeRange,
    truncations: u64,
    /// Keeps truncation waiting while the view lives.
    _pin: Arc<()>,
}

/// Bytes of chunks that a read collects, so that decoding happens without the lock.
#[derive(Default)]
struct Gathered {
    /// Newest first.
    full: Vec<(FullChunk, Option<u16>)>,
    open: Vec<u8>,
    deleted: Vec<(i64, i64)>,
}

impl Head {
    /// The pairs of a series, sorted by label name.
    pub(crate) fn pairs_of(&self, series: &Series) -> &[u32] {
        self.labels.get(series.labels)
    }

    /// The labels of a series.
    pub(crate) fn labels_of(&self, series: &Series) -> Labels {
        self.dictionary.read().labels(self.pairs_of(series))
    }

    /// Whether a series may have samples in the range.
    fn may_overlap(&self, series: &Series, range: TimeRange) -> bool {
        let Some((last, _)) = self.last(series) else {
            return false;
        };
        let first = match self.full.list(series.full).last() {
            Some(chunk) => chunk.first,
            None => series.open.first,
        };
        range.overlaps(TimeRange {
            start: first,
            end: last,
        })
    }

    /// The slots of the series that all matchers fit.
    pub(crate) fn matching(&self, matchers: &[Matcher]) -> roaring::RoaringBitmap {
        let dictionary = self.dictionary.read();
        self.postings.matching(&dictionary, matchers)
    }

    fn see(&self, slot: u32, range: TimeRange, pairs: &mut Vec<u32>) -> Option<Seen> {
        let id = self.id(slot)?;
        let series = self.series(id)?;
        if !self.may_overlap(series, range) {
            return None;
        }
        let place = u32::try_from(pairs.len()).ok()?;
        let list = self.pairs_of(series);
        pairs.push(list.len() as u32);
        pairs.extend_from_slice(list);
        // Chunks before the range may go while the view lives, and are not looked at.
        let newest = self.full.list(series.full).next();
        let is_wanted = newest.is_some_and(|chunk| chunk.last() >= range.start);
        Some(Seen {
            id,
            pairs: place,
            full: if is_wanted { series.full } else { NONE },
            open_first: series.open.first,
            open_count: series.open.count(),
        })
    }

    fn gather(&self, seen: &Seen, range: TimeRange) -> Gathered {
        let mut gathered = Gathered::default();
        let Some(series) = self.series(seen.id) else {
            return gathered;
        };
        if let Some(deleted) = self.deleted.get(&slot_of(seen.id)) {
            gathered.deleted.clone_from(deleted);
        }
        if seen.open_count > 0 && seen.open_first <= range.end {
            if series.open.count() > 0 && series.open.first == seen.open_first {
                series
                    .open
                    .copy(&self.segments, seen.open_count, &mut gathered.open);
            } else {
                let since = self.full.list(series.full);
                let now_full = since.into_iter().find(|c| c.first == seen.open_first);
                gathered
                    .full
                    .extend(now_full.map(|chunk| (chunk, Some(seen.open_count))));
            }
        }
        let older = self
            .full
            .list(seen.full)
            .take_while(|chunk| chunk.last() >= range.start)
            .filter(|chunk| chunk.first <= range.end);
        gathered.full.extend(older.map(|chunk| (chunk, None)));
        gathered
    }
}

impl HeadView {
    /// Selects series of the head. The locks are held while slots are noted, not while samples
    /// are read.
    pub(crate) fn new(
        head: &Arc<RwLock<Head>>,
        files: &Arc<HeadChunks>,
        pin: Arc<()>,
        matchers: &[Matcher],
        range: TimeRange,
        limit: usize,
    ) -> Result<Self, SelectError> {
        let state = head.read();
        let slots = state.matching(matchers);
        let most = usize::try_from(slots.len()).unwrap_or(limit).min(limit);
        let mut series = Vec::with_capacity(most);
        let mut pairs = Vec::new();
        for slot in &slots {
            if series.len() == limit {
                break;
            }
            series.extend(state.see(slot, range, &mut pairs));
        }
        let has_full = series.iter().any(|seen: &Seen| seen.full != NONE);
        let view = Self {
            head: head.clone(),
            files: files.clone(),
            maps: Maps::new(),
            dictionary: state.dictionary.clone(),
            series,
            pairs,
            range,
            truncations: state.truncations,
            _pin: pin,
        };
        drop(state);
        let maps = if has_full {
            files.maps().map_err(unmapped)?
        } else {
            Maps::new()
        };
        Ok(Self { maps, ..view })
    }

    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    /// The labels of a series.
    pub(crate) fn labels(&self, place: usize) -> Labels {
        self.dictionary.read().labels(self.pairs(place))
    }

    /// The pair numbers of a series, sorted by label name.
    pub(crate) fn pairs(&self, place: usize) -> &[u32] {
        let pairs = self.series.get(place).and_then(|seen| {
            let (&len, rest) = self.pairs.get(seen.pairs as usize..)?.split_first()?;
            rest.get(..len as usize)
        });
        pairs.unwrap_or_default()
    }

    /// The id of a series.
    pub(crate) fn id(&self, place: usize) -> Option<SeriesId> {
        self.series.get(place).map(|seen| seen.id)
    }

    /// The head that is viewed.
    pub(crate) fn head(&self) -> &RwLock<Head> {
        &self.head
    }

    /// What pair numbers stand for.
    pub(crate) fn dictionary(&self) -> &RwLock<Dictionary> {
        &self.dictionary
    }

    /// The range of the view.
    pub(crate) fn range(&self) -> TimeRange {
        self.range
    }

    /// Looks up label sets; calls `found` with the number of each set that is here and its place.
    pub(crate) fn find_all(&self, sets: &[Labels], mut found: impl FnMut(usize, usize)) {
        let slots = self.series.iter().map(|seen| slot_of(seen.id) as usize + 1);
        let mut places = vec![NONE; slots.max().unwrap_or_default()];
        for (place, seen) in (0..).zip(&self.series) {
            if let Some(at) = places.get_mut(slot_of(seen.id) as usize) {
                *at = place;
            }
        }
        let by_id = |id| {
            let place = *places.get(slot_of(id) as usize)? as usize;
            (self.id(place) == Some(id)).then_some(place)
        };
        for (part, few) in sets.chunks(SETS_UNDER_LOCK).enumerate() {
            let head = self.head.read();
            for (place, labels) in few.iter().enumerate() {
                if let Some(at) = head.find(labels).and_then(by_id) {
                    found(part * SETS_UNDER_LOCK + place, at);
                }
            }
        }
    }

    /// Appends the samples of a series that lie in the range.
    pub(crate) fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        let Some(seen) = self.series.get(place) else {
            return Ok(());
        };
        let gathered = {
            let head = self.head.read();
            if head.truncations != self.truncations && self.range.start < head.kept_from {
                return Err(SelectError::Io(
                    "the head was truncated while the query waited; ask again".to_owned(),
                ));
            }
            head.gather(seen, self.range)
        };
        let start = into.len();
        for (full, count) in gathered.full.iter().rev() {
            self.decode_full(full, *count, into)?;
        }
        if !gathered.open.is_empty() {
            decode(&gathered.open, into, seen.id)?;
        }
        trim(into, start, self.range);
        for &(first, last) in &gathered.deleted {
            cut_out(into, start, first, last);
        }
        Ok(())
    }

    fn decode_full(
        &self,
        full: &FullChunk,
        count: Option<u16>,
        into: &mut Columns,
    ) -> Result<(), SelectError> {
        let decoded = self.with_full(full, |_, _, data| {
            let Some(count) = count else {
                return chunk::decode(data, into);
            };
            let mut bytes = data.to_vec();
            if let Some(header) = bytes.first_chunk_mut() {
                *header = count.to_be_bytes();
            }
            chunk::decode(&bytes, into)
        });
        decoded?.map_err(|_| lost(full))
    }

    /// Calls `use_it` with the times of the first and last sample of a full chunk and its data.
    pub(crate) fn with_full<T>(
        &self,
        full: &FullChunk,
        use_it: impl FnOnce(i64, i64, &[u8]) -> T,
    ) -> Result<T, SelectError> {
        let offset = full.offset as usize;
        if let Some(parsed) = self.maps.get(&full.file).and_then(|map| parse(map, offset)) {
            return Ok(use_it(parsed.first, parsed.last, parsed.data));
        }
        // The chunk was still open when the query began, or waits for room on the disk.
        let fresh = self.files.chunk(full.file, full.offset).map_err(unmapped)?;
        let parsed = parse(&fresh, 0).ok_or_else(|| lost(full))?;
        Ok(use_it(parsed.first, parsed.last, parsed.data))
    }
}

fn unmapped(error: std::io::Error) -> SelectError {
    SelectError::Io(format!("head chunk files: {error}"))
}

fn lost(full: &FullChunk) -> SelectError {
    SelectError::Corrupt(format!(
        "chunks_head/{:06} at byte {}: no whole chunk",
        full.file, full.offset
    ))
}

fn decode(bytes: &[u8], into: &mut Columns, id: SeriesId) -> Result<(), SelectError> {
    chunk::decode(bytes, into)
        .map_err(|_| SelectError::Corrupt(format!("open chunk of series in slot {}", slot_of(id))))
}

/// Removes from `columns`, from `start` on, what lies outside the range.
pub(crate) fn trim(columns: &mut Columns, start: usize, range: TimeRange) {
    let added = columns.times.get(start..).unwrap_or_default();
    let end = start + added.partition_point(|&time| time <= range.end);
    columns.times.truncate(end);
    columns.values.truncate(end);
    let added = columns.times.get(start..).unwrap_or_default();
    let early = start + added.partition_point(|&time| time < range.start);
    columns.times.drain(start..early);
    columns.values.drain(start..early);
}

/// Removes from `columns`, from `start` on, what lies from `first` to `last`.
pub(crate) fn cut_out(columns: &mut Columns, start: usize, first: i64, last: i64) {
    let added = columns.times.get(start..).unwrap_or_default();
    let from = start + added.partition_point(|&time| time < first);
    let to = start + added.partition_point(|&time| time <= last);
    if from < to {
        columns.times.drain(from..to);
        columns.values.drain(from..to);
    }
}
