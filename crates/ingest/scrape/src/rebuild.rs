//! Reading a body that differs from the last one, and making the next layout on the way.
//!
//! Lines that the old layout has keep their ids, whatever their order; the others are registered
//! with the store in one call at the end. What the old layout had and the body has not is marked
//! as ended.

use std::collections::HashSet;
use std::ops::Range;

use contract::{Append, AppendError, Batch, SeriesId};
use model::{FamilyKind, Labels};
use rapidhash::RapidHashMap;
use wire::exposition::Format;

use crate::bounds::Kinds;
use crate::error::ScrapeError;
use crate::ingest::{Output, Said};
use crate::layout::{Entry, Flags, Key, Layout};
use crate::limits::DEFAULT_SAMPLES;

/// Lines that metric relabelling drops cost memory too: of each sample that may be stored a
/// target may send this many.
const LINES_PER_SAMPLE: u64 = 4;

pub(crate) struct Rebuild<'o> {
    old: &'o Layout,
    /// Which lines of the old layout the body has had so far.
    seen: Vec<bool>,
    /// The line of the old layout that is expected next.
    cursor: usize,
    /// Lines of the old layout by hash; made when the first line is not the expected one.
    index: Option<RapidHashMap<u64, usize>>,
    /// Lines of `next` that the old layout has not, by hash.
    fresh: RapidHashMap<u64, usize>,
    next: Layout,
    /// The types that the body says.
    kinds: Kinds<'o>,
    unresolved: Vec<Labels>,
    late: Vec<Late>,
    over_limit: bool,
}

/// What waits for the id of a new series: a line, and its places in the batch.
struct Late {
    line: usize,
    samples: Range<usize>,
    histograms: Range<usize>,
    exemplars: Range<usize>,
}

/// Where a line stands in a body.
#[derive(Clone, Copy)]
pub(crate) struct At {
    /// From 1.
    pub(crate) number: usize,
    /// Where it begins or ends, in bytes; `None` in protobuf.
    pub(crate) place: Option<usize>,
}

/// How much a batch holds.
struct Lengths {
    samples: usize,
    histograms: usize,
    exemplars: usize,
}

impl Lengths {
    fn of(batch: &Batch) -> Self {
        Self {
            samples: batch.samples.len(),
            histograms: batch.histograms.len(),
            exemplars: batch.exemplars.len(),
        }
    }
}

/// What is known of a line's series.
enum Known {
    /// It is a line of the old layout, and this is its first sample.
    Old(usize),
    /// An earlier line of this body had it: the flags, and the id where there is one already.
    Repeated(Flags, Option<SeriesId>),
    /// Nothing.
    New,
}

impl<'o> Rebuild<'o> {
    /// Starts from the first lines of the old layout, which the body has had.
    pub(crate) fn new(old: &'o Layout, lines: usize, body: &'o [u8], format: Format) -> Self {
        let mut next = old.prefix(lines);
        next.format = Some(format);
        next.alive = true;
        let mut seen = vec![false; old.len()];
        for flag in seen.iter_mut().take(lines) {
            *flag = true;
        }
        Self {
            seen,
            cursor: lines,
            // Texts of another form say nothing about this one.
            index: (old.format != Some(format)).then(RapidHashMap::default),
            fresh: RapidHashMap::default(),
            next,
            kinds: Kinds::new(body, format),
            unresolved: Vec::new(),
            late: Vec::new(),
            over_limit: false,
            old,
        }
    }

    /// Takes a sample; `line` says where it stands.
    pub(crate) fn take(
        &mut self,
        series: &[u8],
        said: Said,
        line: At,
        output: &mut Output<'_>,
    ) -> Result<(), ScrapeError> {
        let Some(key) = Key::of(series) else {
            let limit = output.rules.limits.body_bytes;
            return Err(ScrapeError::BodySize { limit });
        };
        let known = self.look_up(key);
        let (id, flags, labels) = match known {
            Known::Old(place) => {
                let entry = self.old.entry(place);
                let id = entry.map_or(SeriesId(0), |entry| entry.id);
                (id, entry.map_or(Flags::DROPPED, Entry::flags), None)
            }
            Known::Repeated(flags, Some(id)) => (id, flags.repeated(), None),
            Known::Repeated(..) | Known::New => {
                let (format, kinds) = (self.format(), &mut self.kinds);
                // Bounds in protobuf are numbers, and written alike from the start.
                let kind = || line.place.map_or(FamilyKind::Unknown, |at| kinds.at(at));
                match output.rules.labels(series, format, line.number, kind)? {
                    None => (SeriesId(0), Flags::DROPPED, None),
                    labels => (SeriesId(0), Flags::TRACKED, labels),
                }
            }
        };
        let flags = match known {
            Known::Repeated(..) => flags.repeated(),
            _ => flags,
        };
        if self.past_limit(flags, output)? {
            return Ok(());
        }
        let place = self.next.len();
        self.next.push(key, id, flags);
        if let Known::New = known {
            self.fresh.insert(key.hash, place);
            output.counts.added += u64::from(labels.is_some());
        }
        self.store(place, said, labels, output);
        Ok(())
    }

    fn format(&self) -> Format {
        self.next.format.unwrap_or(Format::Text004)
    }

    fn store(&mut self, place: usize, said: Said, labels: Option<Labels>, output: &mut Output<'_>) {
        let Some(entry) = self.next.entry_mut(place) else {
            return;
        };
        let before = Lengths::of(&output.scratch.batch);
        output.push_said(entry, said);
        let Some(labels) = labels else {
            return;
        };
        let after = Lengths::of(&output.scratch.batch);
        self.unresolved.push(labels);
        self.late.push(Late {
            line: place,
            samples: before.samples..after.samples,
            histograms: before.histograms..after.histograms,
            exemplars: before.exemplars..after.exemplars,
        });
    }

    /// Counts a line that lies beyond the limit, or ends the scrape where nobody asked for the
    /// count: then the rest of the body is not worth reading.
    fn past_limit(&mut self, flags: Flags, output: &mut Output<'_>) -> Result<bool, ScrapeError> {
        let limits = &output.rules.limits;
        let exceeded = Err(ScrapeError::SampleLimit {
            limit: limits.samples,
        });
        let lines = limits.samples.max(DEFAULT_SAMPLES);
        if output.counts.scraped >= lines.saturating_mul(LINES_PER_SAMPLE) {
            return exceeded;
        }
        self.over_limit |= !flags.is_dropped() && output.counts.kept >= limits.samples;
        if !self.over_limit {
            return Ok(false);
        }
        if !limits.counts_beyond {
            return exceeded;
        }
        output.counts.scraped += 1;
        output.counts.kept += u64::from(!flags.is_dropped());
        Ok(true)
    }

    fn look_up(&mut self, key: Key) -> Known {
        let old = self.old;
        let expected = |cursor: usize, seen: &[bool]| {
            seen.get(cursor) == Some(&false)
                && old.entry(cursor).is_some_and(|e| !e.flags().is_repeated())
        };
        let same_form = old.format == self.next.format;
        while same_form && self.cursor < old.len() && !expected(self.cursor, &self.seen) {
            self.cursor += 1;
        }
        let is_at = |layout: &Layout, place| layout.entry(place).is_some_and(|e| e.key() == key);
        if same_form && is_at(old, self.cursor) {
            return self.first_time(self.cursor);
        }
        let index = self.index.get_or_insert_with(|| {
            (0..)
                .zip(old.entries())
                .filter(|(_, entry)| !entry.flags().is_repeated())
                .map(|(place, entry)| (entry.key().hash, place))
                .collect()
        });
        if let Some(&place) = index.get(&key.hash)
            && is_at(old, place)
        {
            if self.seen.get(place) == Some(&false) {
                return self.first_time(place);
            }
            return match old.entry(place) {
                Some(entry) => Known::Repeated(entry.flags(), Some(entry.id)),
                None => Known::New,
            };
        }
        let fresh = self.fresh.get(&key.hash);
        match fresh.and_then(|&place| self.next.entry(place)) {
            Some(entry) if entry.key() != key => Known::New,
            Some(entry) if entry.flags().is_dropped() => {
                Known::Repeated(entry.flags(), Some(entry.id))
            }
            Some(_) => Known::Repeated(Flags::TRACKED, None),
            None => Known::New,
        }
    }

    fn first_time(&mut self, place: usize) -> Known {
        if let Some(seen) = self.seen.get_mut(place) {
            *seen = true;
        }
        self.cursor = place.saturating_add(1);
        Known::Old(place)
    }

    /// The body has ended: registers what is new and marks the end of what is gone.
    pub(crate) fn finish(
        mut self,
        store: &dyn Append,
        output: &mut Output<'_>,
    ) -> Result<Layout, ScrapeError> {
        let limit = output.rules.limits.samples;
        if output.counts.kept > limit {
            return Err(ScrapeError::SampleLimit { limit });
        }
        self.resolve(store, output)?;
        if self.old.alive {
            self.end_missing(output);
        }
        self.next.shrink();
        Ok(self.next)
    }

    fn resolve(&mut self, store: &dyn Append, output: &mut Output<'_>) -> Result<(), ScrapeError> {
        let limit = output.rules.limits.series;
        if let Some(kept) = self.beyond(limit) {
            self.give_up(kept, ScrapeError::TargetSeries { limit }, output);
        }
        if self.unresolved.is_empty() {
            return Ok(());
        }
        let mut ids = Vec::with_capacity(self.unresolved.len());
        match store.resolve(&self.unresolved, &mut ids) {
            Ok(()) => {}
            Err(error @ AppendError::SeriesLimit { .. }) => {
                self.give_up(0, error.into(), output);
                return Ok(());
            }
            Err(other) => return Err(other.into()),
        }
        for (late, id) in self.late.iter().zip(ids) {
            if let Some(entry) = self.next.entry_mut(late.line) {
                entry.id = id;
            }
            let batch = &mut output.scratch.batch;
            let samples = batch.samples.get_mut(late.samples.clone());
            for sample in samples.unwrap_or_default() {
                sample.series = id;
            }
            let histograms = batch.histograms.get_mut(late.histograms.clone());
            for histogram in histograms.unwrap_or_default() {
                histogram.series = id;
            }
            let exemplars = batch.exemplars.get_mut(late.exemplars.clone());
            for pending in exemplars.unwrap_or_default() {
                pending.series = id;
            }
        }
        Ok(())
    }

    /// Where among the late lines the target's limit is passed, if it is.
    fn beyond(&self, limit: u64) -> Option<usize> {
        let is_new = |late: &Late| {
            let entry = self.next.entry(late.line);
            entry.is_some_and(|entry| !entry.flags().is_repeated())
        };
        let entries = self.next.entries().iter();
        let stored = entries.filter(|e| !e.flags().is_dropped() && !e.flags().is_repeated());
        let (stored, new) = (
            stored.count(),
            self.late.iter().filter(|l| is_new(l)).count(),
        );
        let room = limit.saturating_sub(stored.saturating_sub(new) as u64);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let mut places = (0..).zip(&self.late).filter(|(_, late)| is_new(late));
        places.nth(room).map(|(place, _)| place)
    }

    /// Takes back all new series but the first `kept`: there is no room for them. The known ones
    /// go on, and the next scrape tries again.
    fn give_up(&mut self, kept: usize, error: ScrapeError, output: &mut Output<'_>) {
        let late = self.late.split_off(kept);
        self.unresolved.truncate(kept);
        let batch = &mut output.scratch.batch;
        without(&mut batch.samples, late.iter().map(|late| &late.samples));
        without(
            &mut batch.histograms,
            late.iter().map(|late| &late.histograms),
        );
        without(
            &mut batch.exemplars,
            late.iter().map(|late| &late.exemplars),
        );
        let lines: Vec<usize> = late.iter().map(|late| late.line).collect();
        self.next = self.next.without(&lines);
        let refused = lines.len() as u64;
        output.counts.added = output.counts.added.saturating_sub(refused);
        let before = output.scratch.refused.take().map_or(0, |(count, _)| count);
        output.scratch.refused = Some((before + lines.len(), error));
    }

    fn end_missing(&mut self, output: &mut Output<'_>) {
        let missing: Vec<SeriesId> = self
            .old
            .entries()
            .iter()
            .zip(&self.seen)
            .filter(|(entry, seen)| !**seen && entry.flags().ends_marked())
            .map(|(entry, _)| entry.id)
            .collect();
        if missing.is_empty() {
            return;
        }
        // The same series may stand there in other words.
        let mut present: HashSet<SeriesId> = self
            .next
            .entries()
            .iter()
            .filter(|entry| !entry.flags().is_dropped())
            .map(|entry| entry.id)
            .collect();
        for id in missing {
            if present.insert(id) {
                output.stale(id);
            }
        }
    }
}

/// Takes out what lies at the places named, which are in rising order.
fn without<'a, T>(list: &mut Vec<T>, places: impl Iterator<Item = &'a Range<usize>>) {
    let mut gone = places.cloned().flatten().peekable();
    let mut place = 0_usize..;
    list.retain(|_| {
        let at = place.next();
        gone.next_if(|gone| Some(*gone) == at).is_none()
    });
}
