//! Blocks as a whole.

mod damage;
mod promtool;

use std::collections::BTreeMap;
use std::path::Path;

use chunk::XorChunk;
use contract::TimeRange;
use model::{Columns, Labels, MatchOp, Matcher};
use proptest::prelude::*;

use super::*;
use crate::StoreError;
use crate::damage::Damages;

/// The bits of each sample, so that NaN equals NaN.
pub(super) type Content = BTreeMap<Labels, Vec<(i64, u64)>>;

pub(super) const ALL: TimeRange = TimeRange {
    start: i64::MIN,
    end: i64::MAX,
};

/// Cuts samples into XOR chunks of at most `most` samples.
pub(super) fn chunks(samples: &[(i64, u64)], most: usize) -> Vec<ChunkData> {
    samples
        .chunks(most)
        .map(|samples| {
            let mut chunk = XorChunk::new(samples[0].0, f64::from_bits(samples[0].1));
            for &(time, bits) in &samples[1..] {
                chunk.push(time, f64::from_bits(bits));
            }
            let mut bytes = Vec::new();
            chunk.copy(&mut bytes);
            ChunkData {
                min: samples[0].0,
                max: samples[samples.len() - 1].0,
                encoding: XOR,
                samples: samples.len() as u32,
                bytes,
            }
        })
        .collect()
}

pub(super) fn span(content: &Content) -> BlockSpan {
    let times = || content.values().flatten().map(|sample| sample.0);
    BlockSpan {
        min_time: times().min().unwrap_or_default(),
        max_time: times().max().unwrap_or_default() + 1,
    }
}

pub(super) fn symbols(content: &Content) -> std::collections::BTreeSet<String> {
    content
        .keys()
        .flat_map(Labels::iter)
        .flat_map(|(name, value)| [name.to_owned(), value.to_owned()])
        .collect()
}

pub(super) fn write(dir: &Path, content: &Content, most: usize) -> Option<BlockMeta> {
    let series = content
        .iter()
        .map(|(labels, samples)| Ok((labels.clone(), chunks(samples, most))));
    write_block(dir, span(content), symbols(content).into_iter(), series).unwrap()
}

/// All that a selection finds.
pub(super) fn read(
    block: &Block,
    matchers: &[Matcher],
    range: TimeRange,
) -> Result<Content, contract::SelectError> {
    let mut content = Content::new();
    for series in block.select(matchers, range)? {
        let mut columns = Columns::new();
        block.read(&series, range, &mut columns)?;
        let samples = columns
            .iter()
            .map(|s| (s.time, s.value.to_bits()))
            .collect();
        content.insert(block.labels(&series)?, samples);
    }
    Ok(content)
}

pub(super) fn content(series: usize, samples: i64) -> Content {
    (0..series)
        .map(|n| {
            let labels = Labels::from_pairs([
                ("__name__", format!("metric_{}", n % 3)),
                ("instance", format!("host-{n}")),
                ("job", if n % 2 == 0 { "even" } else { "" }.to_owned()),
            ]);
            let samples = (0..samples)
                .map(|i| {
                    (
                        1_700_000_000_000 + i * 15_000,
                        (n as f64 + i as f64 / 4.0).to_bits(),
                    )
                })
                .collect();
            (labels, samples)
        })
        .collect()
}

fn any_content() -> impl Strategy<Value = Content> {
    let labels =
        proptest::collection::btree_map("[a-d]", "[a-cé]{0,2}", 0..4).prop_map(Labels::from_iter);
    let value = prop_oneof![any::<u64>(), (0u32..9).prop_map(|n| f64::from(n).to_bits())];
    let samples = proptest::collection::btree_map(-1000i64..100_000, value, 1..60)
        .prop_map(|samples| samples.into_iter().collect());
    proptest::collection::btree_map(labels, samples, 1..50)
}

fn any_matcher() -> impl Strategy<Value = Matcher> {
    let op = prop_oneof![
        Just(MatchOp::Equal),
        Just(MatchOp::NotEqual),
        Just(MatchOp::Regex),
        Just(MatchOp::NotRegex)
    ];
    (
        "[a-e]",
        op,
        prop_oneof![
            "[a-c]{0,2}",
            Just("a|b".to_owned()),
            Just("a.*|".to_owned()),
            Just(".+".to_owned())
        ],
    )
        .prop_map(|(name, op, value)| Matcher::new(&name, op, &value).unwrap())
}

fn damages() -> Damages {
    Damages::new(std::sync::Arc::new(contract::SystemClock))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
#[test]
    fn answers_are_those_of_the_model(
        content in any_content(),
        most in 1usize..30,
        matchers in proptest::collection::vec(any_matcher(), 0..4),
        (start, end) in (-1000i64..100_000, -1000i64..100_000),
        name in "[a-d]",
    ) {
        let dir = tempfile::tempdir().unwrap();
        let meta = write(dir.path(), &content, most).unwrap();
        let block = Block::open(&dir.path().join(&meta.ulid)).unwrap();
        prop_assert_eq!(block.meta(), &meta);
        prop_assert_eq!(meta.stats.num_series, content.len() as u64);
        prop_assert_eq!(&read(&block, &[], ALL).unwrap(), &content);

        let fits = |labels: &Labels| matchers.iter().all(|m| m.matches(labels.get(m.name()).unwrap_or("")));
        let fitting = || content.iter().filter(|(labels, _)| fits(labels));
        let range = TimeRange { start, end };
        let mut found = read(&block, &matchers, range).unwrap();
        found.retain(|_, samples| !samples.is_empty());
        let wanted: Content = fitting()
            .map(|(labels, samples)| {
                let inside = samples.iter().copied().filter(|s| range.contains(s.0)).collect();
                (labels.clone(), inside)
            })
            .filter(|(_, samples): &(_, Vec<_>)| !samples.is_empty())
            .collect();
        prop_assert_eq!(found, wanted);

        let names: std::collections::BTreeSet<String> = fitting()
            .flat_map(|(labels, _)| labels.iter().map(|(n, _)| n.to_owned()).collect::<Vec<_>>())
            .collect();
        prop_assert_eq!(block.label_names(&matchers).unwrap(), Vec::from_iter(names));
        let values: std::collections::BTreeSet<String> = fitting()
            .filter_map(|(labels, _)| labels.get(&name).map(str::to_owned))
            .collect();
        prop_assert_eq!(block.label_values(&name, &matchers).unwrap(), Vec::from_iter(values));
    }
}

#[test]
fn a_block_without_samples_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut empty = content(3, 1);
    assert!(write(dir.path(), &Content::new(), 120).is_none());
    empty.values_mut().for_each(Vec::clear);
    assert!(write(dir.path(), &empty, 120).is_none());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn what_would_make_a_wrong_block_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let content = content(2, 10);
    let good: Vec<(Labels, Vec<ChunkData>)> = content
        .iter()
        .map(|(labels, samples)| (labels.clone(), chunks(samples, 4)))
        .collect();
    type Change = fn(&mut Vec<(Labels, Vec<ChunkData>)>);
    let cases: [(&str, Change); 6] = [
        ("does not follow", |series| series.reverse()),
        ("does not follow", |series| series[0].1.reverse()),
        ("is not within", |series| series[0].1[0].min -= 1),
        ("is not within", |series| series[1].1[2].max += 1),
        ("has not the 3 samples", |series| series[0].1[0].samples = 3),
        ("is not in the symbols", |series| {
            series[1].0 = Labels::from_pairs([("zzz", "zzz")]);
        }),
    ];
    for (reason, change) in cases {
        let mut series = good.clone();
        change(&mut series);
        let error = write_block(
            dir.path(),
            span(&content),
            symbols(&content).into_iter(),
            series.into_iter().map(Ok),
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains(reason), "{error}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
    let failing: [Result<(Labels, _), _>; 1] = [Err(StoreError::Option {
        name: "of the caller",
        reason: "broke off".to_owned(),
    })];
    let names = symbols(&content).into_iter();
    let error = write_block(dir.path(), span(&content), names, failing.into_iter());
    assert!(error.unwrap_err().to_string().contains("of the caller"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn segments_end_in_time_and_all_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = segments::SegmentWriter::new(dir.path().to_owned(), 1000);
    let content = content(40, 30);
    let all: Vec<ChunkData> = content.values().flat_map(|s| chunks(s, 10)).collect();
    let references: Vec<u64> = all.iter().map(|c| writer.push(c).unwrap()).collect();
    writer.finish().unwrap();
    let segments = segments::Segments::open(dir.path()).unwrap();
    for (chunk, reference) in all.iter().zip(&references) {
        assert_eq!(segments.chunk(*reference).unwrap(), (XOR, &chunk.bytes[..]));
    }
    let files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().collect();
    assert_eq!(
        references[references.len() - 1] >> 32,
        files.len() as u64 - 1
    );
    assert!(files.len() > 3);
    for file in files {
        assert!(file.metadata().unwrap().len() <= 1000);
    }
}

#[test]
fn a_missing_segment_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = segments::SegmentWriter::new(dir.path().to_owned(), 100);
    for chunk in content(9, 10)
        .values()
        .flat_map(|samples| chunks(samples, 10))
    {
        writer.push(&chunk).unwrap();
    }
    writer.finish().unwrap();
    assert!(segments::Segments::open(dir.path()).is_ok());
    std::fs::remove_file(dir.path().join("000002")).unwrap();
    let error = segments::Segments::open(dir.path())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("000002: the chunk segment is missing"),
        "{error}"
    );
}

#[test]
fn a_block_is_copied_chunk_by_chunk() {
    let dir = tempfile::tempdir().unwrap();
    let content = content(20, 50);
    let meta = write(dir.path(), &content, 12).unwrap();
    let block = Block::open(&dir.path().join(&meta.ulid)).unwrap();
    let series = block.select(&[], ALL).unwrap();
    let copied = series.iter().map(|series| {
        let chunks = series
            .chunks()
            .iter()
            .map(|meta| block.chunk(meta).unwrap());
        Ok((block.labels(series).unwrap(), chunks.collect()))
    });
    let compaction = Compaction {
        level: 2,
        parents: vec![Parent {
            ulid: meta.ulid.clone(),
            min_time: meta.min_time,
            max_time: meta.max_time,
        }],
        ..meta.compaction.clone()
    };
    let span = span(&content);
    let copy = write_compacted(
        dir.path(),
        span,
        Some(compaction.clone()),
        block.symbols(),
        copied,
    )
    .unwrap()
    .unwrap();
    let path = dir.path().join(&copy.ulid);
    assert_eq!(Block::open(&path).unwrap().meta().compaction, compaction);
    for file in ["index", "chunks/000001"] {
        let bytes = |path: &Path| std::fs::read(path.join(file)).unwrap();
        assert!(bytes(&path) == bytes(block.path()), "{file} differs");
    }
}

#[test]
fn chunks_that_overlap_are_read_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let labels = Labels::from_pairs([("a", "b")]);
    let content = Content::from([(labels.clone(), (0..10).map(|n| (n, 0)).collect())]);
    let path = dir
        .path()
        .join(write(dir.path(), &content, 120).unwrap().ulid);
    for name in ["index", "chunks/000001"] {
        std::fs::remove_file(path.join(name)).unwrap();
    }
    let mut segments = segments::SegmentWriter::new(path.join("chunks"), 1000);
    let mut index =
        index_write::IndexWriter::create(path.join("index"), ["a", "b"].iter()).unwrap();
    let samples = [[(0, 7), (5, 7)], [(3, 8), (5, 8)]];
    let metas = samples.map(|samples| {
        let chunk = chunks(&samples, 120).remove(0);
        ChunkMeta {
            min: chunk.min,
            max: chunk.max,
            reference: segments.push(&chunk).unwrap(),
        }
    });
    index.push(&labels, &metas).unwrap();
    index.finish().unwrap();
    segments.finish().unwrap();
    let found = read(&Block::open(&path).unwrap(), &[], ALL).unwrap();
    assert_eq!(found[&labels], [(0, 7), (3, 8), (5, 7)]);
}

#[test]
fn an_encoding_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let content = content(1, 10);
    let series = content.iter().map(|(labels, samples)| {
        let mut chunks = chunks(samples, 120);
        chunks[0].encoding = 0xff;
        Ok((labels.clone(), chunks))
    });
    let meta = write_block(
        dir.path(),
        span(&content),
        symbols(&content).into_iter(),
        series,
    );
    let block = Block::open(&dir.path().join(meta.unwrap().unwrap().ulid)).unwrap();
    let error = read(&block, &[], ALL).unwrap_err().to_string();
    let said = "encoding 255 (downsampled by Thanos) cannot be read";
    assert!(error.contains(said), "{error}");
    let named = |text: &str| error.contains(text);
    assert!(
        named(block.meta().ulid.as_str()) && named("series {"),
        "{error}"
    );
}

#[test]
fn deleted_stretches_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let content = content(2, 100);
    let path = dir
        .path()
        .join(write(dir.path(), &content, 30).unwrap().ulid);
    let block = Block::open(&path).unwrap();
    let second = content.keys().nth(1).unwrap();
    let times: Vec<i64> = content[second].iter().map(|s| s.0).collect();
    let (first, last) = (times[10], times[50]);
    let reference = block.select(&[], ALL).unwrap()[1].reference();
    std::fs::write(
        path.join("tombstones"),
        tombstones::encode(&[(reference, first, last), (reference, times[98], i64::MAX)]),
    )
    .unwrap();
    let mut wanted = content.clone();
    let deleted = |time: i64| (first..=last).contains(&time) || time >= times[98];
    wanted.get_mut(second).unwrap().retain(|s| !deleted(s.0));
    let block = Block::open(&path).unwrap();
    assert_eq!(read(&block, &[], ALL).unwrap(), wanted);
    assert_eq!(block.size(), crate::files::folder_size(&path));
}

#[test]
fn a_folder_is_opened_in_order_and_tidied() {
    let dir = tempfile::tempdir().unwrap();
    let shifted = |by: i64| -> Content {
        let mut content = content(2, 10);
        for sample in content.values_mut().flatten() {
            sample.0 += by;
        }
        content
    };
    let names: Vec<String> = [5_000_000, 0, 9_000_000]
        .map(|by| write(dir.path(), &shifted(by), 120).unwrap().ulid)
        .to_vec();
    for folder in [
        "wal".to_owned(),
        format!("{}.tmp-for-creation", names[0].replace('0', "1")),
        format!("{}.tmp-for-deletion", names[0].replace('0', "2")),
    ] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
    }
    std::fs::write(dir.path().join("lock"), "").unwrap();
    std::fs::remove_file(dir.path().join(&names[2]).join("index")).unwrap();
    let opened = open_all(dir.path(), &damages()).unwrap();
    let found: Vec<&str> = opened
        .blocks
        .iter()
        .map(|b| b.meta().ulid.as_str())
        .collect();
    assert_eq!(found, [&names[1], &names[0]]);
    assert_eq!(opened.damaged, 1);

    // Whoever holds a block reads on when it goes.
    delete(&dir.path().join(&names[1])).unwrap();
    assert_eq!(read(&opened.blocks[0], &[], ALL).unwrap(), shifted(0));
    let mut left: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    let mut wanted = vec![
        names[0].clone(),
        format!("{}.damaged", names[2]),
        "lock".to_owned(),
        "wal".to_owned(),
    ];
    wanted.sort();
    assert_eq!(left, wanted);
    assert_eq!(open_all(dir.path(), &damages()).unwrap().damaged, 0);
}
