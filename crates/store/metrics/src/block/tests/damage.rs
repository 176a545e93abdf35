//! Damaged blocks: an error or the right samples, never a panic and never a wrong sample.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// What can be had of a block, if it can be opened.
fn try_all(path: &Path, wanted: &Content) {
    let Ok(block) = Block::open(path) else {
        return;
    };
    let Ok(found) = block.select(&[], ALL) else {
        return;
    };
    for series in found {
        let mut columns = Columns::new();
        let (Ok(labels), Ok(())) = (
            block.labels(&series),
            block.read(&series, ALL, &mut columns),
        ) else {
            continue;
        };
        let samples: Vec<(i64, u64)> = columns
            .iter()
            .map(|s| (s.time, s.value.to_bits()))
            .collect();
        assert_eq!(wanted.get(&labels), Some(&samples), "{labels}");
    }
    for matcher in [
        Matcher::equal("job", "even"),
        Matcher::new("instance", MatchOp::Regex, "host-1|host-2").unwrap(),
        Matcher::new("instance", MatchOp::NotRegex, "host-.*").unwrap(),
    ] {
        if let Ok(found) = read(&block, std::slice::from_ref(&matcher), ALL) {
            for (labels, samples) in &found {
                assert_eq!(wanted.get(labels), Some(samples));
            }
            let fits = |labels: &Labels| matcher.matches(labels.get(matcher.name()).unwrap_or(""));
            let count = wanted.keys().filter(|labels| fits(labels)).count();
            assert_eq!(found.len(), count, "{matcher}");
        }
        let _ = block.label_names(std::slice::from_ref(&matcher));
        let _ = block.label_values("instance", &[matcher]);
    }
}

fn files(path: &Path) -> Vec<PathBuf> {
    vec![
        path.join("index"),
        path.join("chunks/000001"),
        path.join("tombstones"),
    ]
}

#[test]
fn a_flipped_bit_anywhere_is_survived_and_no_wrong_sample_appears() {
    let dir = tempfile::tempdir().unwrap();
    let content = content(5, 12);
    let path = dir
        .path()
        .join(write(dir.path(), &content, 5).unwrap().ulid);
    for file in files(&path) {
        let bytes = fs::read(&file).unwrap();
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << (place % 8);
            fs::write(&file, &damaged).unwrap();
            try_all(&path, &content);
        }
        fs::write(&file, &bytes).unwrap();
    }
    let block = Block::open(&path).unwrap();
    assert_eq!(read(&block, &[], ALL).unwrap(), content);
}

#[test]
fn a_file_cut_off_anywhere_is_survived_and_seen() {
    let dir = tempfile::tempdir().unwrap();
    let content = content(5, 12);
    let path = dir
        .path()
        .join(write(dir.path(), &content, 5).unwrap().ulid);
    let mut all = files(&path);
    all.push(path.join("meta.json"));
    for file in all {
        let bytes = fs::read(&file).unwrap();
        for end in 0..bytes.len() {
            fs::write(&file, &bytes[..end]).unwrap();
            let whole = Block::open(&path).and_then(|block| {
                read(&block, &[], ALL).map_err(|error| StoreError::Block {
                    folder: path.clone(),
                    reason: error.to_string(),
                })
            });
            assert!(whole.is_err(), "{} cut at {end}", file.display());
            try_all(&path, &content);
        }
        fs::write(&file, &bytes).unwrap();
    }
}

#[test]
fn damage_to_a_part_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let content = content(5, 12);
    let path = dir
        .path()
        .join(write(dir.path(), &content, 5).unwrap().ulid);
    for (file, place, reason) in [
        ("index", 4, "version is not 2"),
        ("index", 12, "symbols are damaged"),
        ("chunks/000001", 20, "000001 at byte 8"),
        ("chunks/000001", 4, "chunk segment of version 1"),
        ("tombstones", 4, "tombstones is damaged"),
    ] {
        let bytes = fs::read(path.join(file)).unwrap();
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        fs::write(path.join(file), &damaged).unwrap();
        let told = match Block::open(&path) {
            Ok(block) => read(&block, &[], ALL).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(told.contains(reason), "{told}");
        fs::write(path.join(file), &bytes).unwrap();
    }
}
