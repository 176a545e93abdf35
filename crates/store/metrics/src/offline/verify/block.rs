//! All files of a block.

use std::path::{Path, PathBuf};

use memmap2::Mmap;

use super::Check;
use super::head::facts;
use crate::block::{BlockMeta, CHUNK_HEADER, ChunkMeta, check_index, check_tombstones, chunk_at};
use crate::offline::list::name_of;

/// What is counted in a block, to hold against its `meta.json`.
#[derive(Default)]
struct Counts {
    series: u64,
    chunks: u64,
    samples: u64,
}

/// A segment of chunks.
struct Segment {
    path: PathBuf,
    map: Mmap,
    /// Bytes of the chunks that series lead to.
    reached: u64,
    is_damaged: bool,
}

/// Checks a block's folder.
pub(super) fn check(check: &mut Check<'_>, folder: &Path) {
    check.report.blocks += 1;
    let meta = meta(check, folder);
    let mut segments = segments(check, &folder.join("chunks"));
    let mut counts = Counts::default();
    let index = folder.join("index");
    check.begin(&index);
    let references = match crate::files::map(&index) {
        Ok(map) => {
            let references = index_and_chunks(
                check,
                &index,
                &map,
                meta.as_ref(),
                &mut segments,
                &mut counts,
            );
            check.end(map.len() as u64);
            references
        }
        Err(error) => {
            check.damage(&index, None, error.to_string());
            Vec::new()
        }
    };
    for segment in &segments {
        unreached(check, segment);
        check.end(segment.map.len() as u64);
    }
    tombstones(check, &folder.join("tombstones"), &references);
    check.report.series += counts.series;
    check.report.chunks += counts.chunks;
    check.report.samples += counts.samples;
    if let Some(meta) = meta {
        let path = folder.join("meta.json");
        for (what, says, has) in [
            ("series", meta.stats.num_series, counts.series),
            ("chunks", meta.stats.num_chunks, counts.chunks),
            ("samples", meta.stats.num_samples, counts.samples),
        ] {
            if says != has {
                check.damage(
                    &path,
                    None,
                    format!("it says {says} {what}, and the block has {has}"),
                );
            }
        }
    }
}

fn meta(check: &mut Check<'_>, folder: &Path) -> Option<BlockMeta> {
    let path = folder.join("meta.json");
    check.begin(&path);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            check.damage(&path, None, error.to_string());
            return None;
        }
    };
    check.end(bytes.len() as u64);
    match BlockMeta::parse(&bytes) {
        Ok(meta) => {
            if meta.ulid != name_of(folder) {
                check.damage(&path, None, format!("it is of block {}", meta.ulid));
            }
            Some(meta)
        }
        Err(reason) => {
            check.damage(&path, None, reason);
            None
        }
    }
}

fn segments(check: &mut Check<'_>, folder: &Path) -> Vec<Segment> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            check.damage(folder, None, error.to_string());
            return found;
        }
    };
    let count = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .unwrap_or_default();
    for number in 1..=count {
        let path = folder.join(format!("{number:06}"));
        match crate::files::map(&path) {
            Ok(map) => {
                let is_damaged = !map.starts_with(&CHUNK_HEADER);
                if is_damaged {
                    check.damage(&path, 0, "the file does not begin as a segment of chunks");
                }
                found.push(Segment {
                    path,
                    map,
                    reached: CHUNK_HEADER.len() as u64,
                    is_damaged,
                });
            }
            Err(error) => {
                // Chunks are found by the place of their segment: those behind would be wrong.
                check.damage(&path, None, error.to_string());
                break;
            }
        }
    }
    found
}

/// Checks the index and each chunk that it leads to; answers the references of the series.
fn index_and_chunks(
    check: &mut Check<'_>,
    path: &Path,
    map: &[u8],
    meta: Option<&BlockMeta>,
    segments: &mut [Segment],
    counts: &mut Counts,
) -> Vec<u64> {
    let mut references = Vec::new();
    let mut wrong: Vec<(u64, String)> = Vec::new();
    let mut in_chunks: Vec<(PathBuf, u64, String)> = Vec::new();
    let mut each = |at: u64, chunks: &[ChunkMeta]| {
        counts.series += 1;
        references.push(at / 16);
        for chunk in chunks {
            counts.chunks += 1;
            if let Some(meta) = meta
                && (chunk.min < meta.min_time || chunk.max >= meta.max_time)
            {
                let (min, max) = (chunk.min, chunk.max);
                let text = format!("a chunk from {min} to {max} lies outside the block");
                in_chunks.push((path.to_owned(), at, text));
            }
            one_chunk(chunk, segments, counts, &mut in_chunks, (path, at));
        }
    };
    check_index(map, &mut each, &mut |at, text| wrong.push((at, text)));
    for (at, text) in wrong {
        check.damage(path, at, text);
    }
    for (path, at, text) in in_chunks {
        check.damage(&path, at, text);
    }
    references
}

fn one_chunk(
    chunk: &ChunkMeta,
    segments: &mut [Segment],
    counts: &mut Counts,
    wrong: &mut Vec<(PathBuf, u64, String)>,
    (index, at): (&Path, u64),
) {
    let place = usize::try_from(chunk.reference >> 32).unwrap_or(usize::MAX);
    let offset = u64::from(chunk.reference as u32);
    let Some(segment) = segments.get_mut(place) else {
        let text = format!(
            "a chunk lies in segment {}, and there is none",
            place.saturating_add(1)
        );
        return wrong.push((index.to_owned(), at, text));
    };
    let Some((encoding, data, length)) = chunk_at(&segment.map, offset) else {
        segment.is_damaged = true;
        let text = "no whole chunk is where the index says".to_owned();
        return wrong.push((segment.path.clone(), offset, text));
    };
    segment.reached += length;
    match facts(encoding, data) {
        Err(reason) => wrong.push((segment.path.clone(), offset, reason)),
        Ok(facts) => {
            counts.samples += facts.samples;
            if (facts.first, facts.last) != (chunk.min, chunk.max) {
                let text = format!(
                    "the index says the chunk is from {} to {}, and its samples are from {} to {}",
                    chunk.min, chunk.max, facts.first, facts.last
                );
                wrong.push((segment.path.clone(), offset, text));
            }
        }
    }
}

/// Names the first bytes of a segment that no series leads to, where there are any.
fn unreached(check: &mut Check<'_>, segment: &Segment) {
    check.begin(&segment.path);
    if segment.is_damaged || segment.reached == segment.map.len() as u64 {
        return;
    }
    let mut at = CHUNK_HEADER.len() as u64;
    while at < segment.map.len() as u64 {
        match chunk_at(&segment.map, at) {
            Some((_, _, length)) => at += length,
            None => return check.damage(&segment.path, at, "no whole chunk"),
        }
    }
    check.damage(&segment.path, None, "no series leads to some of its chunks");
}

fn tombstones(check: &mut Check<'_>, path: &Path, references: &[u64]) {
    check.begin(path);
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        // Nothing was ever deleted, and whoever wrote the block left the file out.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return check.damage(path, None, error.to_string()),
    };
    check.end(bytes.len() as u64);
    match check_tombstones(&bytes) {
        Err((at, reason)) => check.damage(path, at, reason),
        Ok(stones) => {
            for (reference, first, last) in stones {
                let is_known =
                    references.is_empty() || references.binary_search(&reference.into()).is_ok();
                if !is_known {
                    check.damage(
                        path,
                        None,
                        format!("it names series {reference}, and there is none"),
                    );
                }
                if first > last {
                    check.damage(path, None, format!("a stretch from {first} to {last}"));
                }
            }
        }
    }
}
