//! What fuzzing calls: every decoder of the store, by name, and files to begin with.
//!
//! Each target takes any bytes. It must not panic, and not take memory out of proportion.

use std::fs;
use std::path::{Path, PathBuf};

use chunk::Encoding;
use model::{Columns, Labels, Matcher};
use wal::{Reader, WalError};

use crate::block::fuzzing as block;
use crate::record::{self, Kind};

/// A decoder of bytes.
pub type Target = fn(&[u8]);

/// All targets.
pub const TARGETS: [(&str, Target); 8] = [
    ("index", |bytes| in_file("index", bytes, block::index)),
    ("chunk", chunk),
    ("chunk_segment", |bytes| {
        in_file("000001", bytes, block::segment)
    }),
    ("tombstones", block::tombstones),
    ("meta", block::meta),
    ("head_chunks", head_chunks),
    ("log", |bytes| in_file("00000000", bytes, log)),
    ("record", log_record),
];

/// Calls `read` with the path of a file with these bytes, in a folder of its own in memory.
fn in_file(name: &str, bytes: &[u8], read: fn(&Path)) {
    let folder = folder().join("file");
    let path = folder.join(name);
    if fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&path, bytes))
        .is_ok()
    {
        read(&path);
        let _ = fs::remove_dir_all(&folder);
    }
}

fn folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    base.join(format!("argand-fuzz-{}", std::process::id()))
}

/// The first byte is the encoding.
fn chunk(bytes: &[u8]) {
    let Some((&encoding, data)) = bytes.split_first() else {
        return;
    };
    if let Ok(encoding) = Encoding::from_byte(encoding % 7) {
        let mut columns = Columns::new();
        let _ = encoding.decode(data, &mut columns);
        columns.clear();
        let _ = encoding.decode_range(data, 0, 1_000_000, &mut columns);
        let _ = encoding.count(data);
    }
}

fn head_chunks(bytes: &[u8]) {
    let mut offset = 8;
    while let Some(parsed) = crate::head_chunks::parse(bytes, offset) {
        offset = parsed.end;
    }
    in_file("000001", bytes, |path| {
        let damages = crate::damage::Damages::new(std::sync::Arc::new(contract::SystemClock));
        for _ in 0..2 {
            if let Some(folder) = path.parent() {
                let _ = crate::head_chunks::load(folder, &damages);
            }
        }
    });
}

/// Reads a segment with all damage passed over, repairs it, and reads the same again.
fn log(path: &Path) {
    let Some(folder) = path.parent() else { return };
    let first = read_log(folder);
    if let Some(damage) = &first.1 {
        let repaired = wal::repair(damage, folder, "", 0);
        assert!(repaired.is_ok(), "{repaired:?}");
        let second = read_log(folder);
        assert!(second.1.is_none(), "damage is left: {:?}", second.1);
        assert_eq!(first.0, second.0, "a repair changes what is read");
    }
}

fn read_log(folder: &Path) -> (u64, Option<wal::Corruption>) {
    let (mut sum, mut damage) = (0u64, None);
    let Ok(mut reader) = Reader::open(folder, 0..=u64::MAX) else {
        return (sum, damage);
    };
    loop {
        match reader.next() {
            Ok(Some(bytes)) => {
                let hash = u64::from(crate::crc32c(bytes)) + bytes.len() as u64 + 1;
                sum = sum.wrapping_mul(31).wrapping_add(hash);
            }
            Ok(None) => return (sum, damage),
            Err(WalError::Corrupt(found)) => {
                damage.get_or_insert(found);
                reader.resume();
            }
            Err(_) => return (sum, damage),
        }
    }
}

fn log_record(bytes: &[u8]) {
    let _ = record::highest_reference(bytes);
    let _ = match Kind::split(bytes) {
        Some((Kind::Series, body)) => record::series::decode(body, |_, pairs| {
            let _ = Labels::from_pairs(pairs.iter().copied());
        }),
        Some((Kind::Tombstones, body)) => record::tombstones::decode(body, |_, _, _| ()),
        Some((Kind::Exemplars, body)) => record::exemplars::decode(body, |_, _| ()),
        Some((Kind::Metadata, body)) => {
            record::metadata::filter(body, &mut Vec::new(), &|reference| reference % 2 == 0)
        }
        _ => Ok(()),
    };
}

/// Writes beginnings for the targets below a folder, one folder a target: what the store itself
/// writes of a few series.
pub fn write_seeds(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let data = folder.join("store");
    write_store(&data)?;
    let mut files = Vec::new();
    list(&data, &mut files)?;
    for path in files {
        let text = path.to_string_lossy();
        let target = match () {
            () if text.ends_with("/index") => "index",
            () if text.ends_with("/tombstones") => "tombstones",
            () if text.ends_with("/meta.json") => "meta",
            () if text.contains("/chunks/") => "chunk_segment",
            () if text.contains("/chunks_head/") => "head_chunks",
            () if text.contains("/wal/") => "log",
            () => continue,
        };
        let bytes = fs::read(&path)?;
        seed(folder, target, &bytes)?;
        if target == "log"
            && let Some(above) = path.parent()
        {
            let mut reader = Reader::open(above, 0..=u64::MAX)?;
            while let Some(bytes) = reader.next()? {
                seed(folder, "record", bytes)?;
            }
        }
        if target == "head_chunks" {
            let mut offset = 8;
            while let Some(parsed) = crate::head_chunks::parse(&bytes, offset) {
                seed(folder, "chunk", &[&[1], parsed.data].concat())?;
                offset = parsed.end;
            }
        }
    }
    fs::remove_dir_all(&data)?;
    Ok(())
}

fn seed(folder: &Path, target: &str, bytes: &[u8]) -> std::io::Result<()> {
    // Longer ones make fuzzing slow, and begin like shorter ones.
    const MOST: usize = 64 << 10;
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    let bytes = bytes.get(..MOST).unwrap_or(bytes);
    fs::write(folder.join(format!("{:08x}", crate::crc32c(bytes))), bytes)
}

fn list(folder: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, into)?;
        } else {
            into.push(path);
        }
    }
    Ok(())
}

fn write_store(data: &Path) -> Result<(), Box<dyn std::error::Error>> {
    use contract::{Append, Batch, PendingSample, Select, Selection, TimeRange};
    const START: i64 = 1_700_000_040_000;
    let store = crate::Store::open(crate::StoreOptions {
        min_block_duration: std::time::Duration::from_secs(60),
        retention_time: None,
        ..crate::StoreOptions::new(data)
    })?;
    for step in 0..150i64 {
        let sets = ["a", "b", "c", "d", "e"]
            .map(|value| Labels::from_pairs([("__name__", "metric"), ("n", value)]));
        let mut ids = Vec::new();
        store.resolve(&sets, &mut ids)?;
        let samples = ids.iter().map(|&series| PendingSample {
            series,
            time: START + step * 1000,
            value: (step * step % 17) as f64 / 3.0,
        });
        let samples = samples.collect();
        store.append(&Batch {
            samples,
            ..Batch::default()
        })?;
    }
    store.compact()?;
    let range = TimeRange {
        start: i64::MIN,
        end: i64::MAX,
    };
    let matcher = Matcher::equal("__name__", "metric");
    store.select(&Selection {
        matchers: &[matcher],
        range,
        limit: 0,
    })?;
    store.close()?;
    Ok(())
}
