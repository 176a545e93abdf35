//! Reading the head chunk files of an earlier run.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::damage::Damages;

use super::file::{self, HEADER, parse};

/// Where files go that do not add up, beside `chunks_head`.
const SET_ASIDE: &str = "chunks_head.damaged";

/// A chunk that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) reference: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) file: u32,
    pub(crate) offset: u32,
    /// Whether its samples came out of order.
    pub(crate) is_late: bool,
}

/// What [`load`] found.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// All chunks, in the order they were written.
    pub(crate) chunks: Vec<Listed>,
    /// Time of the newest chunk of each file.
    pub(crate) newest: BTreeMap<u32, i64>,
    /// How many files were set aside.
    pub(crate) damaged: u64,
}

/// Lists the chunks of all files; creates the folder where it is missing.
///
/// A torn end of the last file is cut off. Of a file that is damaged elsewhere the chunks before
/// the damage stay; the file as it was, and all files after it, go to `chunks_head.damaged`: the
/// write-ahead log still has their samples. Later chunks cannot stay, for a series is read back in
/// the order of time.
pub(crate) fn load(folder: &Path, damages: &Damages) -> io::Result<Loaded> {
    disk::create_dir_all(folder)?;
    let mut files: Vec<u32> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    files.sort_unstable();
    let mut loaded = Loaded::default();
    let mut is_durable = true;
    let last = files.last().copied();
    for &number in &files {
        let scan = scan(folder, number)?;
        match scan.damaged_at {
            Some(offset) if Some(number) != last || !scan.is_torn => {
                // The last one first: no loss of power may leave a file behind a missing one.
                for &later in files.iter().rev().take_while(|&&later| later > number) {
                    let done = set_aside(folder, later);
                    let path = file::path(folder, later);
                    damages.note(&path, "it follows a damaged file", &done);
                    loaded.note_left(folder, later);
                    loaded.damaged += 1;
                }
                loaded.damaged += 1;
                let (kept, done) = keep_beginning(folder, number, offset)?;
                let what = format!("a chunk does not add up at byte {offset}");
                damages.note(&file::path(folder, number), &what, &done);
                if kept && is_durable && file::sync(folder, number) {
                    loaded.list(number, scan.chunks);
                } else {
                    loaded.note_left(folder, number);
                }
                break;
            }
            Some(offset) => {
                tracing::info!(file = number, offset, "torn end of head chunk file cut off");
                disk::File::open_existing(&file::path(folder, number))?.set_len(offset as u64)?;
            }
            None => {}
        }
        let newest = scan.chunks.iter().map(|chunk| chunk.last).max();
        match newest {
            // A run that was killed did not wait for the disk. What cannot be synced might be gone
            // one day from between others: its samples come from the log.
            Some(_) if !is_durable || !file::sync(folder, number) => {
                is_durable = false;
                loaded.newest.insert(number, i64::MIN);
            }
            Some(_) => loaded.list(number, scan.chunks),
            None => {
                if let Err(error) = disk::remove_file(&file::path(folder, number)) {
                    tracing::warn!(file = number, %error, "an empty head chunk file stays");
                    loaded.newest.insert(number, i64::MIN);
                }
            }
        }
    }
    Ok(loaded)
}

#[derive(Default)]
struct Scan {
    chunks: Vec<Listed>,
    /// Where the bytes stop adding up.
    damaged_at: Option<usize>,
    /// Whether the damage looks like an interrupted write: nothing parses after it.
    is_torn: bool,
}

fn scan(folder: &Path, number: u32) -> io::Result<Scan> {
    let mut scan = Scan::default();
    if fs::metadata(file::path(folder, number))?.len() == 0 {
        return Ok(scan);
    }
    let map = file::map(folder, number)?;
    if !map.starts_with(&HEADER) {
        let header = map.get(..HEADER.len()).unwrap_or(&map);
        // Upstream lays out a file with zeros before it writes the header.
        if header.iter().any(|&byte| byte != 0) {
            scan.damaged_at = Some(0);
        }
        return Ok(scan);
    }
    let mut offset = HEADER.len();
    while let Some(rest) = map.get(offset..).filter(|rest| !rest.is_empty()) {
        let Some(parsed) = parse(&map, offset) else {
            // Upstream lays out files with zeros at their end.
            if rest.iter().any(|&byte| byte != 0) {
                scan.damaged_at = Some(offset);
                scan.is_torn = rest.len() < (1 << 20) && runs_to_the_end(&map, offset);
            }
            break;
        };
        if parsed.encoding.is_ok() {
            scan.chunks.push(Listed {
                reference: parsed.reference,
                first: parsed.first,
                last: parsed.last,
                file: number,
                offset: u32::try_from(offset).unwrap_or(u32::MAX),
                is_late: parsed.is_late,
            });
        }
        offset = parsed.end;
    }
    Ok(scan)
}

/// Whether no whole chunk lies behind `offset`.
fn runs_to_the_end(map: &[u8], offset: usize) -> bool {
    (offset + 1..map.len()).all(|at| parse(map, at).is_none())
}

impl Loaded {
    /// Adds the chunks of a file.
    fn list(&mut self, number: u32, chunks: Vec<Listed>) {
        if let Some(newest) = chunks.iter().map(|chunk| chunk.last).max() {
            self.newest.insert(number, newest);
            self.chunks.extend(chunks);
        }
    }

    /// A file that could not be moved away keeps its number, and goes when the head is truncated.
    fn note_left(&mut self, folder: &Path, number: u32) {
        if file::path(folder, number).exists() {
            self.newest.insert(number, i64::MIN);
        }
    }
}

/// Moves a damaged file away and puts a file with the chunks before the damage in its place;
/// answers whether there is one now, and what was done, in words.
fn keep_beginning(folder: &Path, number: u32, end: usize) -> io::Result<(bool, String)> {
    let path = file::path(folder, number);
    let bytes = fs::read(&path)?;
    let mut done = set_aside(folder, number);
    let good = bytes.get(..end).unwrap_or_default();
    if good.len() <= HEADER.len() || path.exists() {
        return Ok((false, done));
    }
    let kept = disk::File::create_new(&path).and_then(|new| new.write_all_at(good, 0));
    done.push_str(match &kept {
        Ok(()) => "; the chunks before the damage were kept",
        Err(_) => "; the chunks before the damage could not be kept",
    });
    if kept.is_err() {
        // A part of it would do no harm, but takes room.
        let _ = disk::remove_file(&path);
    }
    Ok((kept.is_ok(), done))
}

/// Moves a file away; answers what was done, in words.
fn set_aside(folder: &Path, number: u32) -> String {
    let aside = folder.with_file_name(SET_ASIDE);
    let mut name = file::path(&aside, number);
    while name.exists() {
        // Of an earlier damage.
        name.as_mut_os_string().push(".later");
    }
    let moved = disk::create_dir_all(&aside)
        .and_then(|()| disk::rename(&file::path(folder, number), &name))
        .and_then(|()| disk::sync_folder(&aside))
        .and_then(|()| disk::sync_folder(folder));
    match moved {
        Ok(()) => format!("moved to {}; its samples come from the log", name.display()),
        Err(error) => format!("left out; moving it failed: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use contract::SystemClock;

    use super::super::HeadChunks;
    use super::*;
    use chunk::Encoding;

    fn load(folder: &Path) -> io::Result<Loaded> {
        super::load(folder, &Damages::new(Arc::new(SystemClock)))
    }

    fn written(folder: &Path) -> Vec<(u32, u32)> {
        let files = HeadChunks::new(folder.to_owned(), &Loaded::default());
        let mut places = Vec::new();
        for n in 0..6 {
            if n == 3 {
                files.rotate();
            }
            places.push(files.push(
                n,
                (n as i64 * 10, n as i64 * 10 + 9),
                Encoding::Xor,
                &[n as u8; 50],
            ));
        }
        files.flush().unwrap();
        places
    }

    #[test]
    fn chunks_are_found_again_and_files_end_when_asked() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("chunks_head");
        load(&folder).unwrap();
        let places = written(&folder);
        let loaded = load(&folder).unwrap();
        let found: Vec<(u32, u32)> = loaded.chunks.iter().map(|c| (c.file, c.offset)).collect();
        assert_eq!(found, places);
        assert_eq!(loaded.newest, BTreeMap::from([(1, 29), (2, 59)]));
        let files = HeadChunks::new(folder, &loaded);
        let maps = files.maps().unwrap();
        let (file, offset) = places[4];
        assert_eq!(
            parse(&maps[&file], offset as usize).unwrap().data,
            [4u8; 50]
        );
        assert_eq!(files.remove_before(30).unwrap(), 1);
    }

    #[test]
    fn damage_sets_the_rest_aside_and_a_torn_end_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("chunks_head");
        load(&folder).unwrap();
        written(&folder);
        let second = file::path(&folder, 2);
        let bytes = fs::read(&second).unwrap();
        fs::write(&second, &bytes[..bytes.len() - 1]).unwrap();
        let loaded = load(&folder).unwrap();
        assert_eq!((loaded.chunks.len(), loaded.damaged), (5, 0));

        let first = file::path(&folder, 1);
        let mut bytes = fs::read(&first).unwrap();
        bytes[40] ^= 1;
        fs::write(&first, bytes).unwrap();
        let loaded = load(&folder).unwrap();
        assert_eq!((loaded.chunks.len(), loaded.damaged), (0, 2));
        assert!(dir.path().join(SET_ASIDE).join("000002").exists());

        // What lies before the damage stays.
        let files = HeadChunks::new(folder.clone(), &loaded);
        let places: Vec<u32> = (0..3)
            .map(|n| files.push(n, (0, 9), chunk::Encoding::Xor, &[1; 50]).1)
            .collect();
        files.flush().unwrap();
        let mut bytes = fs::read(&first).unwrap();
        bytes[places[1] as usize + 30] ^= 1;
        fs::write(&first, bytes).unwrap();
        let loaded = load(&folder).unwrap();
        assert_eq!((loaded.chunks.len(), loaded.damaged), (1, 1));
        assert!(dir.path().join(SET_ASIDE).join("000001.later").exists());
        assert_eq!(load(&folder).unwrap().damaged, 0);
    }
}
