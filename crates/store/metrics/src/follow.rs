//! The log as others follow it ([`contract::Follow`]): names and samples from a place on.
//!
//! Whoever reads has no part in the locks of appenders, but for a moment to learn where the log
//! ends. Beyond that place nothing is read: it is a write that is not finished. Segments and names
//! that are still to be read outlive truncations of the head; see [`Store::shorten_log`].

use std::path::{Path, PathBuf};

use contract::{Follow, FollowError, LogKind, LogPosition, LogSink, Taken};
use wal::{Position, Reader, WalError};

use crate::Store;
use crate::record::{self, BadRecord, Kind};

/// What is said in the store's list of damage.
const PASSED_OVER: &str = "passed over by what is sent on; the records behind it were read";

impl Follow for Store {
    fn end(&self) -> Result<LogPosition, FollowError> {
        let appender = self.appender.lock();
        let log = appender.log.as_ref().ok_or(FollowError::Closed)?;
        Ok(place(log.position()))
    }

    fn names(&self, until: LogPosition, sink: &mut dyn LogSink) -> Result<(), FollowError> {
        let folder = self.log_folder();
        let checkpoint = wal::checkpoints(&folder).map_err(unreadable)?.pop();
        let mut from = LogPosition::default();
        if let Some(checkpoint) = checkpoint {
            let end = LogPosition {
                segment: u64::MAX,
                offset: 0,
            };
            let is_name = |byte| matches!(byte, record::SERIES | record::METADATA);
            self.run(&checkpoint.path, from, end, &is_name, sink)?;
            from.segment = checkpoint.number + 1;
        }
        if from < until {
            let is_name = |byte| matches!(byte, record::SERIES | record::METADATA);
            self.run(&folder, from, until, &is_name, sink)?;
        }
        Ok(())
    }

    fn read(
        &self,
        from: LogPosition,
        until: LogPosition,
        sink: &mut dyn LogSink,
    ) -> Result<LogPosition, FollowError> {
        self.run(&self.log_folder(), from, until, &|_| true, sink)
    }

    fn keep_from(&self, position: Option<LogPosition>) {
        *self.followed.lock() = position;
    }

    fn bytes_from(&self, position: LogPosition) -> Result<u64, FollowError> {
        let segments = wal::segments(&self.log_folder()).map_err(unreadable)?;
        let bytes =
            segments
                .iter()
                .filter_map(|segment| match segment.number.cmp(&position.segment) {
                    std::cmp::Ordering::Less => None,
                    std::cmp::Ordering::Equal => {
                        Some(segment.bytes.saturating_sub(position.offset))
                    }
                    std::cmp::Ordering::Greater => Some(segment.bytes),
                });
        Ok(bytes.sum())
    }

    fn names_version(&self) -> Result<u64, FollowError> {
        let newest = wal::checkpoints(&self.log_folder()).map_err(unreadable)?;
        Ok(newest.last().map_or(0, |newest| newest.number + 1))
    }

    fn taken(&self) -> Taken {
        let meters = &self.meters;
        let newest = self.head.read().span.1;
        Taken {
            samples: meters.samples_appended.get(),
            histograms: meters.histograms_appended.get(),
            exemplars: meters.exemplars_appended.get(),
            newest: (newest != i64::MIN).then_some(newest),
        }
    }
}

fn place(position: Position) -> LogPosition {
    LogPosition {
        segment: position.segment,
        offset: position.offset,
    }
}

fn unreadable(error: WalError) -> FollowError {
    FollowError::Unreadable(error.to_string())
}

impl Store {
    fn log_folder(&self) -> PathBuf {
        self.options.dir.join("wal")
    }

    /// Tells of the records of a log between two places whose first byte is `wanted`.
    fn run(
        &self,
        folder: &Path,
        from: LogPosition,
        until: LogPosition,
        wanted: &dyn Fn(u8) -> bool,
        sink: &mut dyn LogSink,
    ) -> Result<LogPosition, FollowError> {
        let start = Position {
            segment: from.segment,
            offset: from.offset,
        };
        let mut reader = Reader::open_from(folder, start, until.segment).map_err(unreadable)?;
        let mut at = from;
        while at < until {
            let is_wanted = |byte| wanted(byte) && kind_of(byte).is_some_and(|k| sink.wants(k));
            let goes_on = match reader.next_of(is_wanted) {
                Ok(None) => return Ok(until),
                Ok(Some(bytes)) => tell(bytes, at, sink).unwrap_or_else(|error| {
                    tracing::debug!(%error, "log record passed over by what is sent on");
                    sink.end()
                }),
                Err(WalError::Corrupt(damage)) => {
                    self.note_log_damage(&damage.path, &damage.to_string(), PASSED_OVER);
                    reader.resume();
                    true
                }
                Err(error) => return Err(unreadable(error)),
            };
            at = reader.position().map_or(until, place).max(at);
            if !goes_on {
                break;
            }
        }
        Ok(at.min(until))
    }
}

/// What a record holds by its first byte, as far as others are told of it.
fn kind_of(byte: u8) -> Option<LogKind> {
    match Kind::split(&[byte])?.0 {
        Kind::Series => Some(LogKind::Series),
        Kind::Samples | Kind::SamplesWithStarts => Some(LogKind::Samples),
        Kind::Histograms(_) => Some(LogKind::Histograms),
        Kind::Exemplars => Some(LogKind::Exemplars),
        Kind::Metadata => Some(LogKind::Metadata),
        Kind::Tombstones | Kind::Markers | Kind::Other(_) => None,
    }
}

/// Tells what a record holds; answers whether to go on.
fn tell(bytes: &[u8], at: LogPosition, sink: &mut dyn LogSink) -> Result<bool, BadRecord> {
    // A record packed with zstd comes unasked: its first byte was not known.
    let Some((kind, (known, body))) = bytes
        .first()
        .and_then(|&byte| kind_of(byte))
        .filter(|&kind| sink.wants(kind))
        .zip(Kind::split(bytes))
    else {
        return Ok(true);
    };
    sink.begin(at, kind);
    match known {
        Kind::Series => record::series::decode(body, |r, pairs| sink.series(r, pairs))?,
        Kind::Samples => record::samples::decode(body, |r, t, v| sink.sample(r, t, v))?,
        Kind::SamplesWithStarts => {
            record::samples::decode_with_starts(body, |r, t, v| sink.sample(r, t, v))?;
        }
        Kind::Histograms(form) => {
            record::histograms::decode(form, body, |r, t, value| sink.histogram(r, t, value))?;
        }
        Kind::Exemplars => record::exemplars::decode(body, |r, e| sink.exemplar(r, e))?,
        Kind::Metadata => {
            record::metadata::decode(body, |r, kind, unit, help| {
                sink.metadata(r, kind, unit, help);
            })?;
        }
        Kind::Tombstones | Kind::Markers | Kind::Other(_) => {}
    }
    Ok(sink.end())
}
