//! Checkpoints: what old segments of the log still have to say, so that they can go.
//!
//! `wal/checkpoint.NNNNNNNN/` is a log of its own that replaces all segments up to that number:
//! the series that live on, samples, exemplars and tombstones from the truncation time on, and
//! records of kinds that this store does not know as they are. It is written under a name that no
//! reader takes for a checkpoint, synced, and renamed.

use std::path::Path;

use wal::{Corruption, Options, Reader, Wal, WalError};

use crate::StoreError;
use crate::record::{self, Kind};

/// Records are handed to the log once this many bytes wait.
const FLUSH_BYTES: usize = 1 << 20;

/// What a checkpoint keeps.
pub(crate) struct Keep<'a> {
    /// Whether the series of a reference lives on.
    pub(crate) series: &'a dyn Fn(u64) -> bool,
    /// Whether the names of the others are kept all the same, for those who read on behind.
    pub(crate) all_names: bool,
    /// No segment from this one on is replaced.
    pub(crate) before: u64,
    /// Times before this are in blocks.
    pub(crate) from: i64,
    /// Is told of damage that is passed over.
    pub(crate) damaged: &'a dyn Fn(&Corruption),
}

/// Replaces the lower two thirds of the segments before `current` by a checkpoint. Answers the
/// last segment replaced; `None` where there are too few to be worth it.
pub(crate) fn write(
    folder: &Path,
    current: u64,
    compress: bool,
    keep: &Keep<'_>,
) -> Result<Option<u64>, StoreError> {
    let failed = || StoreError::log::<WalError>(folder);
    let older = wal::checkpoints(folder).map_err(failed())?.pop();
    let segments = wal::segments(folder).map_err(failed())?;
    let from = older.as_ref().map_or(0, |older| older.number + 1);
    let first = segments
        .iter()
        .map(|segment| segment.number)
        .find(|&number| number >= from)
        .unwrap_or(current);
    // The segment that is being written stays out, and a third of the rest.
    let Some(whole) = current.checked_sub(first).filter(|&whole| whole > 1) else {
        return Ok(None);
    };
    let last = first + whole * 2 / 3 - 1;
    let Some(last) = keep.before.checked_sub(1).map(|most| last.min(most)) else {
        return Ok(None);
    };
    if last < first {
        return Ok(None);
    }
    let path = wal::checkpoint_path(folder, last);
    let draft = path.with_extension(format!("{last:08}.tmp"));
    if draft.exists() {
        disk::remove_dir_all(&draft).map_err(StoreError::io(&draft))?;
    }
    let options = Options {
        compress,
        ..Options::default()
    };
    let written = Wal::open(&draft, options).and_then(|log| {
        let mut copy = Copy {
            log,
            keep,
            waiting: Vec::new(),
            bytes: 0,
        };
        if let Some(older) = &older {
            copy.all(Reader::open(&older.path, 0..=u64::MAX)?)?;
        }
        copy.all(Reader::open(folder, first..=last)?)?;
        copy.finish()
    });
    if let Err(error) = written {
        // Half a checkpoint would take the room that is missing, perhaps.
        let _ = disk::remove_dir_all(&draft);
        return Err(failed()(error));
    }
    disk::rename(&draft, &path).map_err(StoreError::io(&path))?;
    disk::sync_folder(folder).map_err(StoreError::io(folder))?;
    if let Some(older) = older {
        disk::remove_dir_all(&older.path).map_err(StoreError::io(&older.path))?;
    }
    Ok(Some(last))
}

struct Copy<'a> {
    log: Wal,
    keep: &'a Keep<'a>,
    waiting: Vec<Vec<u8>>,
    bytes: usize,
}

impl Copy<'_> {
    /// Copies what the records have to say; damaged ones are told of and passed over, or the log
    /// could never be shortened again.
    fn all(&mut self, mut reader: Reader) -> Result<(), WalError> {
        loop {
            let bytes = match reader.next() {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(()),
                Err(WalError::Corrupt(damage)) => {
                    (self.keep.damaged)(&damage);
                    reader.resume();
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut kept = Vec::new();
            filter(bytes, self.keep, &mut kept);
            if kept.len() > 1 {
                self.bytes += kept.len();
                self.waiting.push(kept);
            }
            if self.bytes >= FLUSH_BYTES {
                self.flush()?;
            }
        }
    }

    fn flush(&mut self) -> Result<(), WalError> {
        let records: Vec<&[u8]> = self.waiting.iter().map(Vec::as_slice).collect();
        self.log.log(&records)?;
        self.waiting.clear();
        self.bytes = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<(), WalError> {
        self.flush()?;
        self.log.sync_handle().sync()
    }
}

/// Copies what is to be kept of a record. A record that does not decode keeps what came before
/// the damage, as replay does.
fn filter(bytes: &[u8], keep: &Keep<'_>, out: &mut Vec<u8>) {
    let Some((kind, body)) = Kind::split(bytes) else {
        return;
    };
    let decoded = match kind {
        Kind::Series => {
            record::series::begin(out);
            record::series::decode(body, |reference, pairs| {
                if keep.all_names || (keep.series)(reference) {
                    let labels = model::Labels::from_pairs(pairs.iter().copied());
                    record::series::push(out, reference, &labels);
                }
            })
        }
        Kind::Samples | Kind::SamplesWithStarts => {
            let mut writer = record::samples::Writer::new(out);
            let each = |reference, time, value| {
                if time >= keep.from && (keep.series)(reference) {
                    writer.push(reference, time, value);
                }
            };
            match kind {
                Kind::SamplesWithStarts => record::samples::decode_with_starts(body, each),
                _ => record::samples::decode(body, each),
            }
        }
        Kind::Histograms(form) => {
            let mut writer = record::histograms::Writer::new(out, form);
            record::histograms::decode(form, body, |reference, time, value| {
                if time >= keep.from && (keep.series)(reference) {
                    writer.push(reference, time, &value);
                }
            })
        }
        Kind::Tombstones => record::tombstones::decode(body, |reference, first, last| {
            if last >= keep.from && (keep.series)(reference) {
                record::tombstones::push(out, reference, first, last);
            }
        }),
        Kind::Exemplars => {
            let mut kept = Vec::new();
            let decoded = record::exemplars::decode(body, |reference, exemplar| {
                if exemplar.time >= Some(keep.from) && (keep.series)(reference) {
                    kept.push((reference, exemplar));
                }
            });
            record::exemplars::encode(out, kept.iter().map(|(r, e)| (*r, e)));
            decoded
        }
        Kind::Metadata => record::metadata::filter(body, out, keep.series),
        Kind::Markers | Kind::Other(_) => {
            out.extend_from_slice(bytes);
            Ok(())
        }
    };
    if let Err(error) = decoded {
        tracing::warn!(%error, "a log record is kept in part by the checkpoint");
    }
}

#[cfg(test)]
mod tests {
    use model::Labels;

    use super::*;

    #[test]
    fn a_checkpoint_keeps_the_living_and_the_new() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Wal::open(dir.path(), Options::default()).unwrap();
        let mut series = Vec::new();
        record::series::begin(&mut series);
        for reference in 1..=3 {
            let labels = Labels::from_pairs([("n", reference.to_string())]);
            record::series::push(&mut series, reference, &labels);
        }
        log.log(&[&series]).unwrap();
        for time in 0..6 {
            let mut samples = Vec::new();
            let mut writer = record::samples::Writer::new(&mut samples);
            for reference in 1..=3 {
                writer.push(reference, time, 0.0);
            }
            log.log(&[&samples, &[200, 1, 2]]).unwrap();
            log.next_segment().unwrap();
        }
        let keep = Keep {
            series: &|reference| reference != 2,
            all_names: false,
            before: u64::MAX,
            from: 2,
            damaged: &|damage| panic!("{damage}"),
        };
        let held = Keep { before: 0, ..keep };
        assert_eq!(write(dir.path(), 6, true, &held).unwrap(), None);
        assert_eq!(write(dir.path(), 6, true, &keep).unwrap(), Some(3));
        let path = wal::checkpoint_path(dir.path(), 3);
        let mut reader = Reader::open(&path, 0..=u64::MAX).unwrap();
        let (mut names, mut kept, mut others) = (Vec::new(), Vec::new(), 0);
        while let Some(bytes) = reader.next().unwrap() {
            match Kind::split(bytes).unwrap() {
                (Kind::Series, body) => {
                    record::series::decode(body, |r, _| names.push(r)).unwrap();
                }
                (Kind::Samples, body) => {
                    record::samples::decode(body, |r, t, _| kept.push((r, t))).unwrap();
                }
                _ => others += 1,
            }
        }
        assert_eq!(names, [1, 3]);
        assert_eq!(kept, [(1, 2), (3, 2), (1, 3), (3, 3)]);
        assert_eq!(others, 4);
        // The next one takes the former over.
        let keep = Keep {
            series: &|_| false,
            all_names: true,
            before: 5,
            from: 3,
            damaged: &|damage| panic!("{damage}"),
        };
        assert_eq!(write(dir.path(), 6, true, &keep).unwrap(), Some(4));
        assert!(!path.exists());
        let path = wal::checkpoint_path(dir.path(), 4);
        let mut reader = Reader::open(&path, 0..=u64::MAX).unwrap();
        let mut names = Vec::new();
        while let Some(bytes) = reader.next().unwrap() {
            if let Some((Kind::Series, body)) = Kind::split(bytes) {
                record::series::decode(body, |r, _| names.push(r)).unwrap();
            }
        }
        assert_eq!(names, [1, 3]);
    }
}
