//! Queries that are running, in a file that outlives the process: after a crash the log says which
//! queries may have been the reason.
//!
//! The file is `queries.active` of the data directory, in the form that Prometheus writes and
//! reads:
//!
//! ```text
//! [ slot slot …            one slot of 1000 bytes for each query that may run at once
//! {"query":"up","timestamp_sec":1} 0 0 … ,
//! ```
//! A free slot is all zeros. What is left without the zeros, its last comma made a bracket, is a
//! JSON list. Each slot is written with one call, so that what the kernel has survives the process.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::OnceLock;

use contract::{Clock, SystemClock};
use promql::{QueryObserver, QueryRecord};
use serde::Serialize;

/// The file's name in the data directory.
const NAME: &str = "queries.active";

/// Bytes of a slot, as Prometheus has them.
const SLOT: usize = 1000;

/// Bytes of an earlier file that are read: of thousands of queries.
const LONGEST: u64 = 16 << 20;

/// The running queries; nothing is noted before the file is opened.
#[derive(Default)]
pub(crate) struct ActiveQueries(OnceLock<File>);

#[derive(Serialize)]
struct Entry<'q> {
    query: &'q str,
    timestamp_sec: i64,
}

impl ActiveQueries {
    /// Logs what the file says of the last run, and begins it anew with a slot for each place. The
    /// data directory must be this process' own.
    pub(crate) fn open(&self, folder: &Path, places: usize) -> std::io::Result<()> {
        let path = folder.join(NAME);
        if let Some(queries) = unfinished(&path) {
            tracing::info!(queries, "These queries didn't finish in the last run:");
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .open(&path)?;
        file.set_len(1 + (places * SLOT) as u64)?;
        file.write_all_at(b"[", 0)?;
        // Opened once; a second call would find the first one's file.
        let _ = self.0.set(file);
        Ok(())
    }

    fn write(&self, place: usize, slot: &[u8; SLOT]) {
        if let Some(file) = self.0.get() {
            let offset = 1 + (place * SLOT) as u64;
            if let Err(error) = file.write_all_at(slot, offset) {
                tracing::debug!(%error, "{NAME} cannot be written");
            }
        }
    }
}

/// The queries of an earlier file as a JSON list; none where there are none.
fn unfinished(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    if let Err(error) = file.take(LONGEST).read_to_end(&mut bytes) {
        tracing::warn!(%error, file = %path.display(), "the queries of the last run cannot be read");
        return None;
    }
    bytes.retain(|byte| *byte != 0);
    // The bracket at the beginning, and the last comma.
    if bytes.len() <= 2 {
        return None;
    }
    bytes.pop();
    bytes.push(b']');
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A slot with a query, its text cut where it is too long.
fn slot(query: &str, timestamp_sec: i64) -> Option<[u8; SLOT]> {
    let mut slot = [0; SLOT];
    let (comma, room) = slot.split_last_mut()?;
    *comma = b',';
    let mut text = query;
    loop {
        let entry = Entry {
            query: text,
            timestamp_sec,
        };
        let json = serde_json::to_vec(&entry).ok()?;
        if let Some(start) = room.get_mut(..json.len()) {
            start.copy_from_slice(&json);
            return Some(slot);
        }
        // Characters may take several bytes, and escapes more: at least one goes each time.
        let too_much = json.len() - room.len();
        let mut end = text.len().checked_sub(too_much.div_ceil(6))?.min(SLOT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text = text.get(..end)?;
    }
}

impl QueryObserver for ActiveQueries {
    fn began(&self, place: usize, query: &str) {
        if let Some(slot) = slot(query, SystemClock.now() / 1000) {
            self.write(place, &slot);
        }
    }

    fn left(&self, place: usize) {
        self.write(place, &[0; SLOT]);
    }

    fn ended(&self, _: &QueryRecord<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_running_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        assert_eq!(unfinished(&path), None);
        let active = ActiveQueries::default();
        active.began(0, "not open yet");
        active.open(folder.path(), 3).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 3001);
        assert_eq!(unfinished(&path), None);
        active.began(0, "one");
        active.began(2, "a{b=\"c\"}");
        active.began(1, "two");
        active.left(0);
        let found: serde_json::Value = serde_json::from_str(&unfinished(&path).unwrap()).unwrap();
        let queries: Vec<_> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|q| &q["query"])
            .collect();
        assert_eq!(queries, ["two", "a{b=\"c\"}"]);
        assert!(found[0]["timestamp_sec"].as_i64().unwrap() > 1_600_000_000);
        // The next run begins with nothing.
        ActiveQueries::default().open(folder.path(), 2).unwrap();
        assert_eq!(unfinished(&path), None);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 2001);
    }

    #[test]
    fn long_queries_are_cut_at_a_character() {
        for text in ["x".repeat(5000), "ä💡\"\n".repeat(900), "\u{1}".repeat(990)] {
            let slot = slot(&text, 7).unwrap();
            let json = slot.split(|byte| *byte == 0).next().unwrap();
            let json = json.strip_suffix(b",").unwrap_or(json);
            let entry: serde_json::Value = serde_json::from_slice(json).unwrap();
            let kept = entry["query"].as_str().unwrap();
            assert!(text.starts_with(kept) && kept.len() > 100, "{}", kept.len());
            assert_eq!(slot[SLOT - 1], b',');
        }
    }
}
