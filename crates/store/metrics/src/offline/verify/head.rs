//! The head chunk files.

use std::path::Path;

use contract::TimeRange;
use model::Columns;

use super::Check;
use crate::offline::head_file::{self, HEADER, HeadChunk, Step};
use crate::offline::read::decode;

/// Checks all files of a folder.
pub(super) fn check(check: &mut Check<'_>, folder: &Path) {
    let files = match head_file::files(folder) {
        Ok(files) => files,
        Err(error) => return check.damage(folder, None, error.to_string()),
    };
    let last = files.last().map(|(number, _)| *number);
    for (number, path) in files {
        check.begin(&path);
        match head_file::content(&path) {
            Ok(bytes) => {
                file(check, &path, &bytes, Some(number) == last);
                check.end(bytes.len() as u64);
            }
            Err(error) => check.damage(&path, None, error.to_string()),
        }
    }
}

fn file(check: &mut Check<'_>, path: &Path, bytes: &[u8], is_last: bool) {
    if !bytes.starts_with(&HEADER) {
        if bytes.iter().any(|&byte| byte != 0) {
            check.damage(path, 0, "the file does not begin as a file of head chunks");
        }
        return;
    }
    let mut at = HEADER.len();
    loop {
        match head_file::step(bytes, at) {
            Step::Chunk(found, next) => {
                chunk(check, path, &found);
                at = next;
            }
            Step::End => return,
            Step::Cut if is_last => {
                return check.note(path, at as u64, "the last chunk was not written to its end");
            }
            Step::Cut => return check.damage(path, at as u64, "a chunk is cut off"),
            Step::Damaged(reason) => {
                let text = format!("{reason}; what follows in this file was not read");
                return check.damage(path, at as u64, text);
            }
        }
    }
}

fn chunk(check: &mut Check<'_>, path: &Path, found: &HeadChunk<'_>) {
    let at = found.offset as u64;
    match facts(found.encoding, found.data) {
        Err(reason) => check.damage(path, at, reason),
        Ok(facts) => {
            check.report.chunks += 1;
            check.report.samples += facts.samples;
            if (facts.first, facts.last) != (found.first, found.last) {
                let text = format!(
                    "the chunk says it is from {} to {}, and its samples are from {} to {}",
                    found.first, found.last, facts.first, facts.last
                );
                check.damage(path, at, text);
            }
        }
    }
}

/// What the data of a chunk holds.
pub(super) struct Facts {
    pub(super) samples: u64,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// Decodes the data of a chunk; says what is wrong.
pub(super) fn facts(encoding: u8, data: &[u8]) -> Result<Facts, String> {
    let all = TimeRange {
        start: i64::MIN,
        end: i64::MAX,
    };
    let mut columns = Columns::new();
    decode(encoding, data, all, &mut columns)?;
    let histograms = columns.histograms.iter().map(|sample| sample.time);
    let times: Vec<i64> = columns.times.iter().copied().chain(histograms).collect();
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
        return Err("the chunk has no samples".to_owned());
    };
    if !times.is_sorted_by(|a, b| a < b) {
        return Err("the samples of the chunk are not in the order of time".to_owned());
    }
    Ok(Facts {
        samples: times.len() as u64,
        first,
        last,
    })
}
