//! Reading the head: a view of the series that a query selected.
//!
//! A view remembers of each series how many samples its open chunk had. Chunks only grow at their
//! end and full ones never change, so reading that many later gives what was there at the moment
//! of the selection. Nothing is copied until a series is read, and then only its one open chunk
//! under the lock. What came out of order does not change once it is there, and is taken along.

mod packed;
mod warm;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chunk::{BadChunk, Encoding};
use contract::{Patient, SelectError, TimeRange, Watch};
use model::{Columns, Labels, Matcher};
use parking_lot::RwLock;

use super::dictionary::Dictionary;
use super::out_of_order::{Late, LateChunk};
use super::series::{FullChunk, NONE, Series};
use super::{Head, slot_of};
use crate::columns::{Mark, cut_out, forget_resets, join, put_in_order};
use crate::head_chunks::{HeadChunks, Maps, Parsed, parse};
use contract::SeriesId;
use warm::SIDE_BY_SIDE;

/// Label sets that are looked up before appenders may have the lock.
const SETS_UNDER_LOCK: usize = 1024;

/// Series that are noted before the watch is asked: less than a millisecond.
const SERIES_AT_ONCE: usize = 4096;

/// Chunks of a series that are decoded before the watch is asked: some thousand samples.
pub(crate) const CHUNKS_AT_ONCE: usize = 64;

/// Bytes of what was read, about.
pub(crate) fn held_by(columns: &Columns) -> usize {
    let words = columns.times.capacity() + columns.values.capacity();
    words * size_of::<u64>() + columns.histograms.len() * size_of::<model::HistogramSample>()
}

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

/// The times that a view is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranges {
    /// Of samples that came in order.
    pub(crate) in_order: TimeRange,
    /// Of those that did not; `None` leaves them out.
    pub(crate) late: Option<TimeRange>,
}

impl From<TimeRange> for Ranges {
    fn from(in_order: TimeRange) -> Self {
        Self {
            in_order,
            late: None,
        }
    }
}

/// Nothing.
const NOTHING: TimeRange = TimeRange {
    start: i64::MAX,
    end: i64::MIN,
};

/// Series of the head that later appends do not change.
pub(crate) struct HeadView {
    head: Arc<RwLock<Head>>,
    files: Arc<HeadChunks>,
    maps: Maps,
    dictionary: Arc<RwLock<Dictionary>>,
    series: Vec<Seen>,
    pairs: Vec<u32>,
    range: TimeRange,
    /// By place; only series that have any.
    late: Vec<(u32, Arc<Late>)>,
    late_range: TimeRange,
    truncations: u64,
    /// Asked while series are looked for and read.
    watch: Arc<dyn Watch>,
    /// Chunks that were decoded.
    decoded: AtomicU64,
    /// Keeps truncation waiting while the view lives.
    _pin: Arc<()>,
}

/// Bytes of chunks that a read collects, so that decoding happens without the lock.
#[derive(Default)]
struct Gathered {
    /// Newest first.
    full: Vec<(FullChunk, Option<u16>)>,
    open: Option<(Encoding, Vec<u8>)>,
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
    pub(super) fn may_overlap(&self, series: &Series, range: TimeRange) -> bool {
        let last = self.last(series).map(|(last, _)| last);
        if last.is_none_or(|last| last < range.start) {
            return false;
        }
        let open = self.open_range(series);
        // The list of full chunks is long, and far apart in memory.
        open.is_some_and(|(first, ..)| first <= range.end)
            || self.full.list(series.full).any(|c| c.first <= range.end)
    }

    /// The slots of the series that all matchers fit.
    pub(crate) fn matching(&self, matchers: &[Matcher]) -> roaring::RoaringBitmap {
        // Whoever waits for ever is never stopped.
        self.matching_watched(matchers, &Patient)
            .unwrap_or_default()
    }

    /// How many series fit all matchers at most; `None` where a pattern would have to be tried on
    /// values, nothing narrows the series down, or others have the dictionary.
    pub(crate) fn at_most(&self, matchers: &[Matcher]) -> Option<usize> {
        let dictionary = self.dictionary.try_read()?;
        self.postings.at_most(&dictionary, matchers)
    }

    /// The same; stops where the watch does not go on.
    fn matching_watched(
        &self,
        matchers: &[Matcher],
        watch: &dyn Watch,
    ) -> Result<roaring::RoaringBitmap, SelectError> {
        let dictionary = self.dictionary.read();
        self.postings.matching(&dictionary, matchers, watch)
    }

    fn see(
        &self,
        slot: u32,
        range: TimeRange,
        has_late: bool,
        pairs: &mut Vec<u32>,
    ) -> Option<Seen> {
        let id = self.id(slot)?;
        let series = self.series(id)?;
        if !has_late && !self.may_overlap(series, range) {
            return None;
        }
        let place = u32::try_from(pairs.len()).ok()?;
        let list = self.pairs_of(series);
        pairs.push(list.len() as u32);
        pairs.extend_from_slice(list);
        // Chunks before the range may go while the view lives, and are not looked at.
        let newest = self.full.list(series.full).next();
        let is_wanted = newest.is_some_and(|chunk| chunk.last() >= range.start);
        let (open_first, _, open_count) = self.open_range(series).unwrap_or_default();
        Some(Seen {
            id,
            pairs: place,
            full: if is_wanted { series.full } else { NONE },
            open_first,
            open_count,
        })
    }

    /// The first samples of the open chunk of a series.
    pub(super) fn copy_open(&self, series: &Series, count: u16) -> Option<(Encoding, Vec<u8>)> {
        let mut bytes = Vec::new();
        if series.open.count() > 0 {
            series.open.copy(&self.segments, count, &mut bytes);
            return Some((Encoding::Xor, bytes));
        }
        let chunk = self.histograms.get(series.reference())?;
        chunk.copy(count, &mut bytes);
        Some((chunk.encoding(), bytes))
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
            let is_open = self
                .open_range(series)
                .is_some_and(|(first, ..)| first == seen.open_first);
            if is_open {
                gathered.open = self.copy_open(series, seen.open_count);
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
    /// Selects series of the head; stops where the watch does not go on, and so does reading the
    /// view. The locks are held while slots are noted, not while samples are read.
    pub(crate) fn new(
        head: &Arc<RwLock<Head>>,
        files: &Arc<HeadChunks>,
        pin: Arc<()>,
        matchers: &[Matcher],
        ranges: impl Into<Ranges>,
        limit: usize,
        watch: Arc<dyn Watch>,
    ) -> Result<Self, SelectError> {
        let ranges: Ranges = ranges.into();
        let range = ranges.in_order;
        let state = head.read();
        let slots = state.matching_watched(matchers, watch.as_ref())?;
        let most = usize::try_from(slots.len()).unwrap_or(limit).min(limit);
        let mut view = Self::empty((head, &state), files, pin, range);
        view.late_range = ranges.late.unwrap_or(NOTHING);
        if !watch.goes_on(most * size_of::<Seen>()) {
            return Err(SelectError::Stopped);
        }
        view.watch = watch;
        view.series.reserve(most);
        let mut ahead = slots.iter();
        for (done, slot) in slots.iter().enumerate() {
            if view.series.len() == limit {
                break;
            }
            if done % SIDE_BY_SIDE == 0 {
                state.warm(ahead.by_ref().take(SIDE_BY_SIDE));
            }
            if done % SERIES_AT_ONCE == 0 && !view.watch.goes_on(view.size()) {
                return Err(SelectError::Stopped);
            }
            let late = ranges.late.and_then(|range| {
                let late = state.out_of_order.get(slot)?;
                late.overlaps(range).then(|| Arc::clone(late))
            });
            if let Some(seen) = state.see(slot, range, late.is_some(), &mut view.pairs) {
                let place = view.series.len() as u32;
                view.late.extend(late.map(|late| (place, late)));
                view.series.push(seen);
            }
        }
        drop(state);
        view.map()
    }

    /// The series with samples that came out of order and are in head chunk files up to `file`;
    /// only with those.
    pub(crate) fn late(
        head: &Arc<RwLock<Head>>,
        files: &Arc<HeadChunks>,
        pin: Arc<()>,
        file: u32,
    ) -> Result<Self, SelectError> {
        let state = head.read();
        let mut view = Self::empty((head, &state), files, pin, NOTHING);
        let mut all: Vec<(u32, Late)> = state
            .out_of_order
            .iter()
            .map(|(slot, late)| (slot, late.in_files(file)))
            .filter(|(_, late)| !late.chunks().is_empty())
            .collect();
        all.sort_unstable_by_key(|&(slot, _)| slot);
        for (slot, late) in all {
            if let Some(seen) = state.see(slot, NOTHING, true, &mut view.pairs) {
                let place = view.series.len() as u32;
                view.late.push((place, Arc::new(late)));
                view.series.push(seen);
            }
        }
        drop(state);
        view.map()
    }

    fn empty(
        (head, state): (&Arc<RwLock<Head>>, &Head),
        files: &Arc<HeadChunks>,
        pin: Arc<()>,
        range: TimeRange,
    ) -> Self {
        Self {
            head: head.clone(),
            files: files.clone(),
            maps: Maps::new(),
            dictionary: state.dictionary.clone(),
            series: Vec::new(),
            pairs: Vec::new(),
            range,
            late: Vec::new(),
            late_range: NOTHING,
            truncations: state.truncations,
            watch: Arc::new(Patient),
            decoded: AtomicU64::new(0),
            _pin: pin,
        }
    }

    /// Maps the files that the series have chunks in.
    fn map(mut self) -> Result<Self, SelectError> {
        let has_full = self.series.iter().any(|seen| seen.full != NONE)
            || self.late.iter().any(|(_, late)| !late.chunks().is_empty());
        if has_full {
            self.maps = self.files.maps().map_err(unmapped)?;
        }
        Ok(self)
    }

    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    /// Bytes of the view in memory, about.
    pub(crate) fn size(&self) -> usize {
        self.series.capacity() * size_of::<Seen>() + self.pairs.capacity() * size_of::<u32>()
    }

    /// How many chunks were decoded.
    pub(crate) fn decoded(&self) -> u64 {
        self.decoded.load(Ordering::Relaxed)
    }

    /// The labels of a series.
    pub(crate) fn labels(&self, place: usize) -> Labels {
        self.dictionary.read().labels(self.pairs(place))
    }

    /// The texts behind the numbers of [`HeadView::pairs`].
    pub(crate) fn dictionary(&self) -> &RwLock<Dictionary> {
        &self.dictionary
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

    /// The slots of the series, rising.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> {
        self.series.iter().map(|seen| slot_of(seen.id))
    }

    /// The place of the series in a slot.
    pub(crate) fn place_of(&self, slot: u32) -> Option<usize> {
        let found = self
            .series
            .binary_search_by_key(&slot, |seen| slot_of(seen.id));
        found.ok()
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

    /// Appends the newest sample of a series where that takes no decoding: it is in the range, its
    /// chunk is as it was when the view was made, and nothing was deleted or came out of order.
    /// Answers whether it did.
    pub(crate) fn read_newest(&self, place: usize, into: &mut Columns) -> bool {
        let Some(seen) = self.series.get(place) else {
            return false;
        };
        if !self.late.is_empty() && self.late_of(place).is_some() {
            return false;
        }
        let newest = {
            let head = self.head.read();
            if !head.deleted.is_empty() && head.deleted.contains_key(&slot_of(seen.id)) {
                return false;
            }
            head.series(seen.id).and_then(|series| {
                let open = &series.open;
                let is_same = open.count() == seen.open_count && open.first == seen.open_first;
                open.last_sample().filter(|_| is_same)
            })
        };
        match newest {
            Some((time, value)) if self.range.contains(time) => {
                into.push(time, value);
                true
            }
            _ => false,
        }
    }

    /// Appends the samples of a series that lie in the ranges, those that came in order and those
    /// that did not.
    pub(crate) fn read(&self, place: usize, into: &mut Columns) -> Result<(), SelectError> {
        let start = Mark::end_of(into);
        self.read_in_order(place, into)?;
        let middle = Mark::end_of(into);
        self.read_late(place, self.late_range, into)?;
        join(into, start, middle);
        Ok(())
    }

    /// Where the samples of a series that came out of order are in files.
    pub(crate) fn late_chunks(&self, place: usize) -> &[LateChunk] {
        self.late_of(place).map_or(&[], |late| late.chunks())
    }

    fn late_of(&self, place: usize) -> Option<&Late> {
        let found = self
            .late
            .binary_search_by_key(&place, |&(at, _)| at as usize);
        self.late.get(found.ok()?).map(|(_, late)| &**late)
    }

    /// The range of the samples that came out of order.
    pub(crate) fn late_range(&self) -> TimeRange {
        self.late_range
    }

    /// Appends the samples of a series that came out of order and lie in a range.
    pub(crate) fn read_late(
        &self,
        place: usize,
        range: TimeRange,
        into: &mut Columns,
    ) -> Result<(), SelectError> {
        let (Some(late), Some(seen)) = (self.late_of(place), self.series.get(place)) else {
            return Ok(());
        };
        let start = Mark::end_of(into);
        for chunk in late.chunks_in(range) {
            let located = chunk.located();
            self.with_full(&located, |chunk| {
                let encoding = chunk.encoding.map_err(|_| BadChunk)?;
                encoding.decode_range(chunk.data, range.start, range.end, into)
            })?
            .map_err(|_| lost(&located))?;
        }
        late.read_buffer(range, into);
        // Of samples of one time the one that was stored first comes first, and stays.
        put_in_order(into, start);
        forget_resets(into, start);
        let head = self.head.read();
        if head.series(seen.id).is_some() {
            for &(first, last) in head.deleted.get(&slot_of(seen.id)).into_iter().flatten() {
                cut_out(into, start, first, last);
            }
        }
        Ok(())
    }

    /// Appends the samples of a series that came in order and lie in the range.
    pub(crate) fn read_in_order(
        &self,
        place: usize,
        into: &mut Columns,
    ) -> Result<(), SelectError> {
        let Some(seen) = self.series.get(place) else {
            return Ok(());
        };
        let gathered = self.gather(seen)?;
        let start = Mark::end_of(into);
        for (done, (full, count)) in gathered.full.iter().rev().enumerate() {
            if done % CHUNKS_AT_ONCE == CHUNKS_AT_ONCE - 1 && !self.watch.goes_on(held_by(into)) {
                return Err(SelectError::Stopped);
            }
            self.decode_full(full, *count, into)?;
        }
        if let Some((encoding, bytes)) = &gathered.open {
            let TimeRange { start, end } = self.range;
            let decoded = encoding.decode_range(bytes, start, end, into);
            decoded.map_err(|_| {
                let slot = slot_of(seen.id);
                SelectError::Corrupt(format!("open chunk of series in slot {slot}"))
            })?;
        }
        for &(first, last) in &gathered.deleted {
            cut_out(into, start, first, last);
        }
        Ok(())
    }

    /// The chunks of a series that may have samples in the range.
    fn gather(&self, seen: &Seen) -> Result<Gathered, SelectError> {
        let head = self.head.read();
        if head.truncations != self.truncations && self.range.start < head.kept_from {
            return Err(SelectError::Io(
                "the head was truncated while the query waited; ask again".to_owned(),
            ));
        }
        let gathered = head.gather(seen, self.range);
        drop(head);
        let chunks = gathered.full.len() + usize::from(gathered.open.is_some());
        self.decoded.fetch_add(chunks as u64, Ordering::Relaxed);
        Ok(gathered)
    }

    /// Calls `use_it` with a full chunk.
    pub(crate) fn with_full<T>(
        &self,
        full: &FullChunk,
        use_it: impl FnOnce(&Parsed<'_>) -> T,
    ) -> Result<T, SelectError> {
        let offset = full.offset as usize;
        if let Some(parsed) = self.maps.get(&full.file).and_then(|map| parse(map, offset)) {
            return Ok(use_it(&parsed));
        }
        // The chunk was still open when the query began, or waits for room on the disk.
        let fresh = self.files.chunk(full.file, full.offset).map_err(unmapped)?;
        let parsed = parse(&fresh, 0).ok_or_else(|| lost(full))?;
        Ok(use_it(&parsed))
    }
}

pub(super) fn unmapped(error: std::io::Error) -> SelectError {
    SelectError::Io(format!("head chunk files: {error}"))
}

pub(super) fn lost(full: &FullChunk) -> SelectError {
    SelectError::Corrupt(format!(
        "chunks_head/{:06} at byte {}: no whole chunk",
        full.file, full.offset
    ))
}
