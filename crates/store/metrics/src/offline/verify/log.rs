//! The logs: `wal/`, its checkpoints, `wbl/`, and snapshots of the head, which have the same form.

use std::path::Path;

use wal::{Corruption, Reader, WalError};

use super::Check;
use crate::record::{self, Kind};

/// How a reader of the log calls a fragment that is there in full and not what was written.
const WRONG_SUM: &str = "checksum";
/// The record types of a snapshot: series, tombstones, exemplars.
const SNAPSHOT_TYPES: std::ops::RangeInclusive<u8> = 1..=3;

/// Checks the log and its checkpoints.
pub(super) fn check_wal(check: &mut Check<'_>, folder: &Path) {
    if !folder.is_dir() {
        return check.note(folder, None, "there is no log");
    }
    match wal::checkpoints(folder) {
        Ok(found) => {
            for checkpoint in found {
                segments(check, &checkpoint.path, false, decode);
            }
        }
        Err(error) => check.damage(folder, None, error.to_string()),
    }
    segments(check, folder, true, decode);
}

/// Checks the log of late samples.
pub(super) fn check_wbl(check: &mut Check<'_>, folder: &Path) {
    if folder.is_dir() {
        segments(check, folder, true, decode);
    }
}

/// Checks a snapshot of the head.
pub(super) fn check_snapshot(check: &mut Check<'_>, folder: &Path) {
    segments(check, folder, false, |_, bytes| match bytes.first() {
        Some(kind) if SNAPSHOT_TYPES.contains(kind) => Ok(()),
        Some(kind) => Err(format!(
            "a record of type {kind}, and a snapshot has none such"
        )),
        None => Err("a record without bytes".to_owned()),
    });
}

/// Reads all segments of a folder, each for itself, so that damage in one hides nothing of the
/// next. `is_live`: a server may be writing the last.
fn segments(
    check: &mut Check<'_>,
    folder: &Path,
    is_live: bool,
    mut each: impl FnMut(&mut Check<'_>, &[u8]) -> Result<(), String>,
) {
    let found = match wal::segments(folder) {
        Ok(found) => found,
        Err(error) => return check.damage(folder, None, error.to_string()),
    };
    let last = found.last().map(|segment| segment.number);
    for segment in found {
        check.begin(&segment.path);
        let is_last = is_live && Some(segment.number) == last;
        match Reader::open(folder, segment.number..=segment.number) {
            Ok(reader) => records(check, &segment.path, reader, is_last, &mut each),
            Err(error) => check.damage(&segment.path, None, error.to_string()),
        }
        check.end(segment.bytes);
    }
}

fn records(
    check: &mut Check<'_>,
    path: &Path,
    mut reader: Reader,
    is_last: bool,
    each: &mut impl FnMut(&mut Check<'_>, &[u8]) -> Result<(), String>,
) {
    loop {
        let start = reader.position().map_or(0, |position| position.offset);
        match reader.next() {
            Ok(Some(bytes)) => {
                check.report.records += 1;
                if let Err(reason) = each(check, bytes) {
                    check.damage(path, start, reason);
                }
            }
            Ok(None) => return,
            Err(WalError::Corrupt(damage)) if is_last && is_unfinished(&damage) => {
                let text = format!("the last write was not finished: {}", damage.reason);
                return check.note(path, damage.offset, text);
            }
            Err(WalError::Corrupt(damage)) => {
                let text = format!("{}; what follows in this file was not read", damage.reason);
                return check.damage(path, damage.offset, text);
            }
            Err(error) => return check.damage(path, start, error.to_string()),
        }
    }
}

/// Whether damage is what an interrupted write leaves: bytes that are missing, not wrong ones.
fn is_unfinished(damage: &Corruption) -> bool {
    damage.torn && !damage.reason.starts_with(WRONG_SUM)
}

/// Decodes a record of a log.
fn decode(check: &mut Check<'_>, bytes: &[u8]) -> Result<(), String> {
    let Some((kind, body)) = Kind::split(bytes) else {
        return Err("a record without bytes".to_owned());
    };
    let decoded = match kind {
        Kind::Series => record::series::decode(body, |reference, _| {
            check.references.insert(reference);
        }),
        Kind::Samples => record::samples::decode(body, |_, _, _| ()),
        Kind::Tombstones => record::tombstones::decode(body, |_, _, _| ()),
        Kind::Exemplars => record::exemplars::decode(body, |_, _| ()),
        Kind::Metadata => record::metadata::filter(body, &mut Vec::new(), |_| false),
        Kind::SamplesWithStarts => record::samples::decode_with_starts(body, |_, _, _| ()),
        Kind::Histograms(form) => record::histograms::decode(form, body, |_, _, _| ()),
        Kind::Markers => record::markers::decode(body, |_, _| ()),
        Kind::Other(kind) => return Err(format!("a record of unknown type {kind}")),
    };
    decoded.map_err(|error| error.to_string())
}
