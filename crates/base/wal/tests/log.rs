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

use disk::faults::{FaultDisk, Random, Trouble};
use proptest::prelude::*;
use wal::{
    Corruption, Options, PAGE_BYTES, Reader, Repaired, Wal, WalError, fill_gaps, repair,
    segment_path, segments,
};

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

/// What can be read with the damage passed over, and how often there was some.
fn read_all(dir: &Path) -> (Vec<Vec<u8>>, usize) {
    let mut reader = Reader::open(dir, 0..=u64::MAX).unwrap();
    let (mut records, mut found) = (Vec::new(), 0);
    loop {
        match reader.next() {
            Ok(Some(record)) => records.push(record.to_vec()),
            Ok(None) => return (records, found),
            Err(WalError::Corrupt(_)) => {
                assert!(reader.resume());
                found += 1;
            }
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
        // Behind damage a record without bytes cannot be told from none.
        for record in calls.concat().into_iter().filter(|record| !record.is_empty()) {
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
            let (resumed, found) = read_all(dir.path());
            prop_assert!(resumed.starts_with(&records) && found > 0);
            // Only the record that was hit is lost, and where a file is cut all behind.
            let lost = if cut { ends.len() - kept.len() } else { 1 };
            prop_assert!(resumed.len() + lost >= ends.len(), "{} of {}", resumed.len(), ends.len());
            repair(&corruption, dir.path(), "", 7).unwrap();
            prop_assert_eq!(read(dir.path()), (resumed, None));
            let mut log = Wal::open(dir.path(), options).unwrap();
            prop_assert_eq!(log.segment(), all.len() as u64);
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
    let repaired = repair(&corruption, dir.path(), "", 7).unwrap();
    let aside = dir.path().join("00000000.corrupt-7");
    assert_eq!(repaired, Repaired::Rewritten(aside.clone()));
    assert_eq!(fs::read(&aside).unwrap(), first);
    let rest = ["first", "third", "fourth"].map(|record| record.as_bytes().to_vec());
    assert_eq!(read(dir.path()), (rest.to_vec(), None));
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

/// A fragment that holds a record packed with zstd.
fn zstd_fragment(packed: &[u8]) -> Vec<u8> {
    let mut fragment = vec![0x11];
    fragment.extend((packed.len() as u16).to_be_bytes());
    fragment.extend(crc_fast::crc32_iscsi(packed).to_be_bytes());
    fragment.extend(packed);
    fragment
}

#[test]
fn records_packed_with_zstd_are_read_and_a_bad_one_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let pack = |record: &[u8]| {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        ruzstd::encoding::compress_to_vec(record, level)
    };
    let given = [b"first".repeat(300), Vec::new(), b"third".to_vec()];
    let mut file: Vec<u8> = given.iter().flat_map(|r| zstd_fragment(&pack(r))).collect();
    fs::write(segment_path(dir.path(), 0), &file).unwrap();
    let (records, damage) = read(dir.path());
    assert_eq!((&records[..], damage), (&given[..], None));

    let mut bad = pack(&given[0]);
    let end = bad.len() - 4;
    bad.truncate(end);
    for packed in [&bad[..], b"no frame"] {
        file.extend(zstd_fragment(packed));
    }
    file.extend(zstd_fragment(&pack(b"last")));
    fs::write(segment_path(dir.path(), 0), &file).unwrap();
    let mut reader = Reader::open(dir.path(), 0..=u64::MAX).unwrap();
    let (mut count, mut bad) = (0, 0);
    loop {
        match reader.next() {
            Ok(Some(record)) => count += usize::from(!record.is_empty()),
            Ok(None) => break,
            Err(error) => {
                bad += 1;
                assert!(error.to_string().contains("does not decompress"), "{error}");
                assert!(reader.resume());
            }
        }
    }
    assert_eq!((count, bad), (3, 2));
}

#[test]
fn a_zstd_record_beyond_the_limit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    // A frame of blocks that each say "128 KiB of one byte".
    let mut packed = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    let blocks = wal::MAX_RECORD_BYTES / (128 << 10) + 2;
    for block in 1..=blocks {
        let head = (128u32 << 10) << 3 | 0b10 | u32::from(block == blocks);
        packed.extend(&head.to_le_bytes()[..3]);
        packed.push(7);
    }
    fs::write(segment_path(dir.path(), 0), zstd_fragment(&packed)).unwrap();
    let reason = read(dir.path()).1.unwrap().reason;
    assert!(reason.contains("larger than the limit"), "{reason}");
}

#[test]
fn a_missing_segment_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for number in [0, 2] {
        fs::write(segment_path(dir.path(), number), b"").unwrap();
    }
    let error = segments(dir.path()).unwrap_err();
    assert!(error.to_string().contains("00000001"), "{error}");
    assert_eq!(fill_gaps(dir.path()).unwrap().len(), 1);
    assert_eq!(segments(dir.path()).unwrap().len(), 3);
    fs::write(segment_path(dir.path(), 9_999_999), b"").unwrap();
    assert_eq!(fill_gaps(dir.path()).unwrap().len(), 1);
    assert_eq!(segments(dir.path()).unwrap().len(), 3);
}

/// What a loss of power leaves of a log whose syncs failed now and then.
#[test]
fn what_a_sync_confirmed_survives_a_loss_of_power_whatever_failed_before() {
    for seed in 0..100 {
        let dir = tempfile::tempdir().unwrap();
        let disk = FaultDisk::mount(dir.path(), seed).unwrap();
        let mut random = Random::new(seed);
        let options = Options {
            segment_size: 2 * PAGE_BYTES as u64,
            ..Options::default()
        };
        let mut log = Wal::open(&dir.path().join("wal"), options).unwrap();
        let (mut written, mut safe) = (Vec::new(), 0);
        for step in 0..40u64 {
            let record: Vec<u8> = (0..random.below(6000))
                .map(|_| random.next() as u8)
                .collect();
            match random.below(8) {
                0 => disk.arrange(Trouble::Unsynced, 0..1 + random.below(4)),
                1 => disk.arrange(Trouble::Full, 0..1 + random.below(3)),
                _ => {}
            }
            if random.once_in(5) {
                if log.log_synced(&[&record]).is_ok() {
                    written.push(record);
                    safe = written.len();
                }
            } else if log.log(&[&record]).is_ok() {
                written.push(record);
            }
            if random.once_in(4) {
                let handle = log.sync_handle();
                let synced = match handle.sync() {
                    Ok(()) => {
                        log.confirm(&handle);
                        Ok(())
                    }
                    Err(_) => log.sync_failed(),
                };
                if synced.is_ok() {
                    safe = written.len();
                }
            }
            let (now, _) = read_all(&dir.path().join("wal"));
            assert!(is_subsequence(&written, &now), "seed {seed}, step {step}");
        }
        drop(log);
        disk.lose_power().unwrap();
        let (left, _) = read_all(&dir.path().join("wal"));
        assert!(is_subsequence(&written[..safe], &left), "seed {seed}");
    }
}

fn is_subsequence(wanted: &[Vec<u8>], found: &[Vec<u8>]) -> bool {
    let mut found = found.iter();
    wanted
        .iter()
        .all(|record| found.any(|other| other == record))
}
