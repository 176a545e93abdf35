//! Records go round through real files, whole and damaged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use wal::{Corruption, Options, PAGE_BYTES, Reader, Wal, WalError, repair, segment_path, segments};

fn read(dir: &Path) -> (Vec<Vec<u8>>, Option<Corruption>) {
    let mut reader = Reader::open(dir, 0..=u64::MAX).unwrap();
    let mut records = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(record)) => records.push(record.to_vec()),
            Ok(None) => return (records, None),
            Err(WalError::Corrupt(corruption)) => return (records, Some(corruption)),
            Err(other) => panic!("{other}"),
        }
    }
}

fn write(dir: &Path, options: Options, calls: &[Vec<Vec<u8>>]) -> Wal {
    let mut log = Wal::open(dir, options).unwrap();
    for call in calls {
        let records: Vec<&[u8]> = call.iter().map(Vec::as_slice).collect();
        let before = log.position();
        assert!(log.log(&records).unwrap() >= before);
    }
    log
}

fn record() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 0..200),
        2 => (any::<u8>(), 0..100_000usize).prop_map(|(byte, size)| vec![byte; size]),
        1 => (0..70_000usize).prop_map(|size| (0..size).map(|i| ((i * i) >> 3) as u8).collect()),
    ]
}

fn calls() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
    proptest::collection::vec(proptest::collection::vec(record(), 0..4), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(calls in calls(), compress: bool, pages in 1..8u64) {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { compress, segment_size: pages * PAGE_BYTES as u64 };
        let log = write(dir.path(), options, &calls);
        prop_assert_eq!(log.size().unwrap(), segments(dir.path()).unwrap().iter().map(|s| s.bytes).sum::<u64>());
        prop_assert_eq!(read(dir.path()), (calls.concat(), None));
        let mut reader = Reader::open(dir.path(), 0..=u64::MAX).unwrap();
        let mut even = Vec::new();
        while let Some(record) = reader.next_of(|first| first % 2 == 0).unwrap() {
            even.push(record.to_vec());
        }
        // What has no first byte is given out too.
        let expected: Vec<_> = calls.concat().into_iter()
            .filter(|record| record.first().is_none_or(|first| first % 2 == 0)).collect();
        prop_assert_eq!(even, expected);
    }

    #[test]
    fn damage_loses_nothing_before_it(
        calls in calls(), compress: bool, cut: bool, place in 0.0..1.0f64, bit in 0..8u8
    ) {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { compress, segment_size: 4 * PAGE_BYTES as u64 };
        let mut log = Wal::open(dir.path(), options).unwrap();
        let mut ends = Vec::new();
        for record in calls.concat() {
            let end = log.log(&[&record]).unwrap();
            ends.push((end, record));
        }
        let all = segments(dir.path()).unwrap();
        let victim = &all[(place * all.len() as f64) as usize];
        let mut bytes = fs::read(&victim.path).unwrap();
        let at = (place * 7919.0).fract() * bytes.len() as f64;
        let at = at as usize;
        if cut {
            bytes.truncate(at);
        } else if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << bit;
        }
        fs::write(&victim.path, bytes).unwrap();

        let kept: Vec<&Vec<u8>> = ends
            .iter()
            .filter(|(end, _)| end.segment < victim.number || (end.segment == victim.number && end.offset <= at as u64))
            .map(|(_, record)| record)
            .collect();
        let (records, corruption) = read(dir.path());
        prop_assert!(records.iter().zip(&kept).all(|(a, b)| a == *b) && records.len() >= kept.len());
        if let Some(corruption) = corruption {
            prop_assert_eq!(corruption.segment, victim.number);
            repair(dir.path(), &corruption).unwrap();
            prop_assert_eq!(read(dir.path()), (records, None));
            let mut log = Wal::open(dir.path(), options).unwrap();
            prop_assert_eq!(log.segment(), victim.number + 1);
            log.log(&[b"after"]).unwrap();
            let last = read(dir.path()).0.pop();
            prop_assert_eq!(last, Some(b"after".to_vec()));
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(9), any::<u8>()], 0..2000)) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(segment_path(dir.path(), 0), bytes).unwrap();
        read(dir.path());
    }
}

#[test]
fn a_torn_end_differs_from_damage_in_the_middle() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        compress: false,
        ..Options::default()
    };
    write(
        dir.path(),
        options,
        &[vec![b"first".to_vec(), b"second".to_vec()]],
    );
    write(
        dir.path(),
        options,
        &[vec![b"third".to_vec(), b"fourth".to_vec()]],
    );
    let whole = fs::read(segment_path(dir.path(), 1)).unwrap();

    fs::write(segment_path(dir.path(), 1), &whole[..whole.len() - 3]).unwrap();
    let (records, corruption) = read(dir.path());
    let corruption = corruption.unwrap();
    assert_eq!(records.len(), 3);
    assert!(corruption.torn, "{corruption}");
    assert_eq!((corruption.segment, corruption.offset), (1, 12));

    fs::write(segment_path(dir.path(), 1), &whole).unwrap();
    let mut first = fs::read(segment_path(dir.path(), 0)).unwrap();
    *first.last_mut().unwrap() ^= 1;
    fs::write(segment_path(dir.path(), 0), &first).unwrap();
    let (records, corruption) = read(dir.path());
    let corruption = corruption.unwrap();
    assert_eq!(records, [b"first"]);
    assert!(!corruption.torn, "{corruption}");
    let aside = repair(dir.path(), &corruption).unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(fs::read(&aside[0]).unwrap(), whole);
}

#[test]
fn a_call_lies_in_one_segment_and_old_ones_can_go() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        compress: false,
        segment_size: 1000,
    };
    let mut log = write(
        dir.path(),
        options,
        &[
            vec![vec![1; 600]],
            vec![vec![2; 300], vec![3; 300]],
            vec![vec![4; 5000]],
        ],
    );
    assert_eq!(log.segment(), 2);
    let handle = log.sync_handle();
    handle.sync().unwrap();
    assert_eq!(handle.until(), log.position());
    log.truncate_before(1).unwrap();
    assert_eq!(segments(dir.path()).unwrap()[0].number, 1);
    log.truncate_before(99).unwrap();
    assert_eq!(read(dir.path()).0, [vec![4; 5000]]);
}

#[test]
fn a_zstd_record_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(segment_path(dir.path(), 0), [0x11, 0, 1, 0, 0, 0, 0, 7]).unwrap();
    let corruption = read(dir.path()).1.unwrap();
    assert!(corruption.reason.contains("zstd"), "{corruption}");
}

#[test]
fn a_missing_segment_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for number in [0, 2] {
        fs::write(segment_path(dir.path(), number), b"").unwrap();
    }
    let error = segments(dir.path()).unwrap_err();
    assert!(error.to_string().contains("00000001"), "{error}");
}
