//! The bytes that the pages of `docs/formats` show are real: each example is read here.

use std::path::Path;

use contract::TimeRange;
use model::Columns;
use wal::Reader;

use super::head_file::{self, Step};
use super::read::decode;
use crate::block::{BlockMeta, CHUNK_HEADER, ChunkMeta, check_index, check_tombstones, chunk_at};
use crate::record;
use crate::record::bytes::Cursor;

/// The first time of the examples.
const START: i64 = 1_700_000_000_000;
/// What the chunk of the examples holds.
const SAMPLES: [(i64, f64); 2] = [(START, 1.0), (START + 15_000, 1.0)];

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/formats");
    std::fs::read_to_string(path.join(name)).unwrap()
}

/// What stands in a page between the marks of a kind of example.
fn example(name: &str, kind: &str) -> String {
    let page = page(name);
    let (_, rest) = page.split_once(&format!("```{kind}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// The bytes of a page's example; each line says its offset, its bytes and what they are.
fn bytes(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in example(name, "bytes").lines() {
        let (numbers, _) = line.split_once(';').unwrap();
        let mut words = numbers.split_whitespace();
        let offset = usize::from_str_radix(words.next().unwrap(), 16).unwrap();
        assert_eq!(offset, bytes.len(), "{name}: {line}");
        bytes.extend(words.map(|word| u8::from_str_radix(word, 16).unwrap()));
    }
    bytes
}

/// The records of a page whose example is a segment.
fn records(name: &str) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("00000000"), bytes(name)).unwrap();
    let mut reader = Reader::open(dir.path(), 0..=u64::MAX).unwrap();
    let mut records = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        records.push(record.to_vec());
    }
    records
}

fn samples(encoding: u8, data: &[u8]) -> Vec<(i64, f64)> {
    let all = TimeRange {
        start: i64::MIN,
        end: i64::MAX,
    };
    let mut columns = Columns::new();
    decode(encoding, data, all, &mut columns).unwrap();
    columns
        .iter()
        .map(|sample| (sample.time, sample.value))
        .collect()
}

fn logged(record: &[u8]) -> Vec<(u64, i64, f64)> {
    let mut found = Vec::new();
    record::samples::decode(&record[1..], |r, t, v| found.push((r, t, v))).unwrap();
    found
}

#[test]
fn the_log() {
    let records = records("wal.md");
    assert_eq!(records.iter().map(|r| r[0]).collect::<Vec<_>>(), [1, 2]);
    let mut named = Vec::new();
    record::series::decode(&records[0][1..], |reference, pairs| {
        named.push((reference, pairs[0].0.to_owned(), pairs[0].1.to_owned()));
    })
    .unwrap();
    assert_eq!(named, [(1, "__name__".to_owned(), "up".to_owned())]);
    let wanted = SAMPLES.map(|(time, value)| (1, time, value));
    assert_eq!(logged(&records[1]), wanted);
}

#[test]
fn the_log_of_late_samples() {
    let records = records("wbl.md");
    assert_eq!(logged(&records[0]), [(1, START - 60_000, 0.5)]);
    let mut marker = Cursor(&records[1]);
    assert_eq!(marker.byte(), Some(5));
    let fields = [
        marker.u64(),
        marker.u32().map(u64::from),
        marker.u32().map(u64::from),
    ];
    assert_eq!(fields, [Some(1), Some(3), Some(8)]);
    assert!(marker.is_empty());
}

#[test]
fn head_chunks() {
    let file = bytes("head-chunks.md");
    assert!(file.starts_with(&head_file::HEADER));
    let Step::Chunk(chunk, next) = head_file::step(&file, 8) else {
        panic!("no chunk");
    };
    assert_eq!(
        (chunk.reference, chunk.first, chunk.last),
        (1, START, START + 15_000)
    );
    assert_eq!(samples(chunk.encoding, chunk.data), SAMPLES);
    assert_eq!(next, file.len());
}

#[test]
fn chunks() {
    let segment = bytes("chunks.md");
    assert!(segment.starts_with(&CHUNK_HEADER));
    let (encoding, data, length) = chunk_at(&segment, 8).unwrap();
    assert_eq!(samples(encoding, data), SAMPLES);
    assert_eq!(8 + length, segment.len() as u64);
}

#[test]
fn an_index() {
    let mut chunks: Vec<ChunkMeta> = Vec::new();
    let mut wrong = Vec::new();
    let count = check_index(
        &bytes("index.md"),
        &mut |_, found| chunks.extend_from_slice(found),
        &mut |at, text| wrong.push((at, text)),
    );
    assert_eq!((count, wrong), (1, Vec::new()));
    let place = ChunkMeta {
        min: START,
        max: START + 15_000,
        reference: 8,
    };
    assert_eq!(chunks, [place]);
}

#[test]
fn every_flipped_bit_of_an_index_is_found() {
    let index = bytes("index.md");
    for bit in 0..index.len() * 8 {
        let mut damaged = index.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let mut found = 0;
        check_index(&damaged, &mut |_, _| (), &mut |_, _| found += 1);
        assert!(found > 0, "bit {bit}");
    }
    for end in 0..index.len() {
        let mut found = 0;
        check_index(&index[..end], &mut |_, _| (), &mut |_, _| found += 1);
        assert!(found > 0, "{end} bytes");
    }
}

#[test]
fn tombstones() {
    let stones = check_tombstones(&bytes("tombstones.md"));
    assert_eq!(stones, Ok(vec![(5, START, START + 60_000)]));
}

#[test]
fn meta() {
    let meta = BlockMeta::parse(example("meta.md", "json").as_bytes()).unwrap();
    assert_eq!((meta.min_time, meta.max_time), (START, START + 15_001));
    assert_eq!(meta.stats.num_samples, 2);
}

#[test]
fn a_snapshot() {
    let records = records("chunk-snapshot.md");
    let mut cursor = Cursor(&records[0]);
    assert_eq!((cursor.byte(), cursor.u64()), (Some(1), Some(1)));
    let mut pairs = Vec::new();
    record::series::take_labels(&mut cursor, &mut pairs).unwrap();
    assert_eq!(pairs, [("__name__", "up")]);
    assert_eq!((cursor.u64(), cursor.uvarint()), (Some(0), Some(1)));
    let times = [cursor.u64(), cursor.u64()].map(|time| time.map(|time| time as i64));
    assert_eq!(times, [Some(START), Some(START + 15_000)]);
    let encoding = cursor.byte().unwrap();
    let length = cursor.uvarint().unwrap();
    assert_eq!(
        samples(encoding, cursor.take(length as usize).unwrap()),
        SAMPLES
    );
    cursor.take(56).unwrap();
    assert_eq!(cursor.u64().map(f64::from_bits), Some(1.0));
    assert!(cursor.is_empty());
}

#[test]
fn pages_lead_to_pages_that_there_are() {
    for name in [
        "directory.md",
        "wal.md",
        "wbl.md",
        "head-chunks.md",
        "chunks.md",
        "index.md",
    ] {
        let page = page(name);
        for (_, rest) in page
            .match_indices("](")
            .map(|(at, _)| page.split_at(at + 2))
        {
            let target = rest.split_once(')').unwrap().0;
            assert!(!self::page(target).is_empty(), "{name}: {target}");
        }
    }
}
