//! What the head of a server would hold, put together from its log and its head chunk files.
//!
//! Of each series: its labels, the places of its full chunks, and the samples that only the log
//! has, packed. A sample of the log counts where it is later than all before it of its series;
//! late ones come from the log of late samples (`wbl/`) and from chunks marked so, as when a server
//! replays.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use contract::TimeRange;
use model::{Columns, HistogramSample, Labels, Matcher};
use wal::{Reader, WalError};

use super::head_file::{self, HEADER, Step};
use super::packed::Packed;
use crate::StoreError;
use crate::record::{self, Kind};

/// A full chunk in a head chunk file.
#[derive(Clone, Copy, Debug)]
struct Place {
    file: u32,
    encoding: u8,
    /// Where its data begins, and its length, in bytes.
    offset: u64,
    length: u32,
    first: i64,
    last: i64,
}

/// Full chunks by the reference of their series, each with whether its samples came late.
type Waiting = HashMap<u64, Vec<(Place, bool)>>;

/// A series of the head.
#[derive(Debug)]
struct HeadSeries {
    labels: Labels,
    chunks: Vec<Place>,
    packed: Packed,
    histograms: Vec<HistogramSample>,
    /// The latest sample so far, those that came late left aside.
    latest: i64,
    /// Deleted stretches, both times included.
    deleted: Vec<(i64, i64)>,
}

/// The head as far as it is on the disk.
#[derive(Debug, Default)]
pub(super) struct OfflineHead {
    /// Samples before this are in blocks.
    from: i64,
    series: Vec<HeadSeries>,
    by_reference: HashMap<u64, u32>,
    files: HashMap<u32, (PathBuf, File)>,
    /// What was passed over, for whoever wants to know.
    pub(super) warnings: Vec<String>,
}

impl OfflineHead {
    /// Reads log and head chunks of a data directory; samples before `from` are in its blocks.
    ///
    /// A log that is cut off at its very end is read up to there, with a warning: a server may be
    /// writing it.
    pub(super) fn read(dir: &Path, from: i64) -> Result<Self, StoreError> {
        let mut head = Self {
            from,
            ..Self::default()
        };
        let mut waiting = head.list_chunks(&dir.join("chunks_head"))?;
        let mut by_labels: HashMap<Labels, u32> = HashMap::new();
        let log = dir.join("wal");
        if log.is_dir() {
            let failed = || StoreError::log::<WalError>(&log);
            let checkpoint = wal::checkpoints(&log).map_err(failed())?.pop();
            let next = checkpoint.as_ref().map_or(0, |c| c.number + 1);
            let mut replay = Replay {
                head: &mut head,
                waiting: &mut waiting,
                by_labels: &mut by_labels,
                is_late: false,
            };
            if let Some(checkpoint) = checkpoint {
                let reader = Reader::open(&checkpoint.path, 0..=u64::MAX).map_err(failed())?;
                replay.all(reader, &log)?;
            }
            let reader = Reader::open(&log, next..=u64::MAX).map_err(failed())?;
            replay.all(reader, &log)?;
        }
        let late = dir.join("wbl");
        if late.is_dir() {
            let reader = Reader::open(&late, 0..=u64::MAX);
            let reader = reader.map_err(StoreError::log::<WalError>(&late))?;
            let mut replay = Replay {
                head: &mut head,
                waiting: &mut waiting,
                by_labels: &mut by_labels,
                is_late: true,
            };
            replay.all(reader, &late)?;
        }
        head.by_reference = HashMap::new();
        Ok(head)
    }

    /// The series that all matchers of one of the sets fit, by label order.
    pub(super) fn select(&self, sets: &[Vec<Matcher>]) -> Vec<u32> {
        let fits = |series: &HeadSeries, set: &Vec<Matcher>| {
            set.iter()
                .all(|matcher| matcher.matches(series.labels.get(matcher.name()).unwrap_or("")))
        };
        let mut found: Vec<(&Labels, u32)> = (0..)
            .zip(&self.series)
            .filter(|(_, series)| sets.iter().any(|set| fits(series, set)))
            .map(|(place, series)| (&series.labels, place))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, place)| place).collect()
    }

    /// The labels of a series.
    pub(super) fn labels(&self, series: u32) -> Labels {
        let found = self.series.get(series as usize);
        found.map_or_else(Labels::empty, |series| series.labels.clone())
    }

    /// Appends the samples of a series in the range to columns, unsorted.
    pub(super) fn samples(
        &self,
        series: u32,
        range: TimeRange,
        into: &mut Columns,
    ) -> Result<(), StoreError> {
        let Some(series) = self.series.get(series as usize) else {
            return Ok(());
        };
        let mut all = Columns::new();
        let mut data = Vec::new();
        for place in &series.chunks {
            if place.first > range.end || place.last < range.start {
                continue;
            }
            let Some((path, file)) = self.files.get(&place.file) else {
                continue;
            };
            data.resize(place.length as usize, 0);
            file.read_exact_at(&mut data, place.offset)
                .map_err(StoreError::io(path))?;
            super::read::decode(place.encoding, &data, range, &mut all).map_err(|reason| {
                let reason = format!("chunk data at byte {}: {reason}", place.offset);
                StoreError::io(path)(std::io::Error::other(reason))
            })?;
        }
        series.packed.unpack(&mut all);
        all.histograms.extend_from_slice(&series.histograms);
        let is_kept = |time: i64| {
            let is_deleted = |&(first, last): &(i64, i64)| first <= time && time <= last;
            range.start <= time && time <= range.end && !series.deleted.iter().any(is_deleted)
        };
        for sample in all.iter().filter(|sample| is_kept(sample.time)) {
            into.push(sample.time, sample.value);
        }
        let histograms = all.histograms.into_iter();
        into.histograms
            .extend(histograms.filter(|sample| is_kept(sample.time)));
        Ok(())
    }

    /// Lists the chunks of all files by the reference of their series.
    fn list_chunks(&mut self, folder: &Path) -> Result<Waiting, StoreError> {
        let mut found = Waiting::new();
        for (number, path) in head_file::files(folder)? {
            let bytes = head_file::content(&path)?;
            if !bytes.starts_with(&HEADER) {
                if bytes.iter().any(|&byte| byte != 0) {
                    let reason = "it does not begin as a file of head chunks";
                    self.warnings.push(format!("{}: {reason}", path.display()));
                }
                continue;
            }
            let mut at = HEADER.len();
            loop {
                match head_file::step(&bytes, at) {
                    Step::Chunk(chunk, next) => {
                        let place = Place {
                            file: number,
                            encoding: chunk.encoding,
                            offset: (next - 4 - chunk.data.len()) as u64,
                            length: u32::try_from(chunk.data.len()).unwrap_or(u32::MAX),
                            first: chunk.first,
                            last: chunk.last,
                        };
                        if chunk.is_out_of_order || chunk.last >= self.from {
                            let list = found.entry(chunk.reference).or_default();
                            list.push((place, chunk.is_out_of_order));
                        }
                        at = next;
                    }
                    Step::End => break,
                    Step::Cut | Step::Damaged(_) => {
                        // Its samples are in the log as well.
                        let text = format!("{}: damaged at byte {at}", path.display());
                        self.warnings.push(text);
                        break;
                    }
                }
            }
            let file = File::open(&path).map_err(StoreError::io(&path))?;
            self.files.insert(number, (path, file));
        }
        Ok(found)
    }
}

/// Takes the records of a log.
struct Replay<'a> {
    head: &'a mut OfflineHead,
    waiting: &'a mut Waiting,
    by_labels: &'a mut HashMap<Labels, u32>,
    /// Whether this is the log of late samples.
    is_late: bool,
}

impl Replay<'_> {
    fn all(&mut self, mut reader: Reader, folder: &Path) -> Result<(), StoreError> {
        loop {
            match reader.next() {
                Ok(Some(bytes)) => self.record(bytes),
                Ok(None) => return Ok(()),
                Err(WalError::Corrupt(damage)) if damage.torn => {
                    self.head.warnings.push(damage.to_string());
                    return Ok(());
                }
                Err(error) => return Err(StoreError::log(folder)(error)),
            }
        }
    }

    fn record(&mut self, bytes: &[u8]) {
        let Some((kind, body)) = Kind::split(bytes) else {
            return;
        };
        let outcome = match kind {
            Kind::Series => record::series::decode(body, |reference, pairs| {
                self.series(reference, Labels::from_pairs(pairs.iter().copied()));
            }),
            Kind::Samples => record::samples::decode(body, |reference, time, value| {
                if let Some(series) = self.place_for(reference, time) {
                    series.packed.push(time, value);
                }
            }),
            Kind::Tombstones => record::tombstones::decode(body, |reference, first, last| {
                if let Some(series) = self.find(reference) {
                    series.deleted.push((first, last));
                }
            }),
            Kind::SamplesWithStarts => {
                record::samples::decode_with_starts(body, |reference, time, value| {
                    if let Some(series) = self.place_for(reference, time) {
                        series.packed.push(time, value);
                    }
                })
            }
            Kind::Histograms(form) => {
                record::histograms::decode(form, body, |reference, time, value| {
                    if let Some(series) = self.place_for(reference, time) {
                        series.histograms.push(HistogramSample { time, value });
                    }
                })
            }
            Kind::Exemplars | Kind::Metadata | Kind::Markers | Kind::Other(_) => Ok(()),
        };
        if let Err(error) = outcome {
            self.head.warnings.push(error.to_string());
        }
    }

    fn series(&mut self, reference: u64, labels: Labels) {
        let next = u32::try_from(self.head.series.len()).unwrap_or(u32::MAX);
        let place = *self.by_labels.entry(labels.clone()).or_insert(next);
        if place == next {
            self.head.series.push(HeadSeries {
                labels,
                chunks: Vec::new(),
                packed: Packed::default(),
                histograms: Vec::new(),
                latest: i64::MIN,
                deleted: Vec::new(),
            });
        }
        self.head.by_reference.insert(reference, place);
        let Some(series) = self.head.series.get_mut(place as usize) else {
            return;
        };
        for (chunk, is_late) in self.waiting.remove(&reference).unwrap_or_default() {
            series.chunks.push(chunk);
            if !is_late {
                series.latest = series.latest.max(chunk.last);
            }
        }
    }

    fn find(&mut self, reference: u64) -> Option<&mut HeadSeries> {
        let place = *self.head.by_reference.get(&reference)?;
        self.head.series.get_mut(place as usize)
    }

    /// The series of a sample, where the sample counts.
    fn place_for(&mut self, reference: u64, time: i64) -> Option<&mut HeadSeries> {
        let (is_late, from) = (self.is_late, self.head.from);
        let series = self.find(reference)?;
        if is_late {
            return Some(series);
        }
        if time < from || time <= series.latest {
            return None;
        }
        series.latest = time;
        Some(series)
    }
}
