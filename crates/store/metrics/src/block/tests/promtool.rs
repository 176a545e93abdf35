//! Our blocks in Prometheus' own tool, and its blocks in ours.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;

use super::*;

/// What promtool prints; `None`, with a reason printed, where it is not installed.
fn promtool(arguments: &[&str]) -> Option<String> {
    let Ok(output) = Command::new("promtool").args(arguments).output() else {
        {
            let _ = writeln!(
                std::io::stderr(),
                "skipped: the program promtool is not installed"
            );
        }
        return None;
    };
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn promtool_reads_what_we_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let content = content(70, 300);
    let meta = write(dir.path(), &content, 120).unwrap();
    // promtool opens no data folder without one.
    std::fs::create_dir(dir.path().join("wal")).unwrap();
    let Some(listed) = promtool(&["tsdb", "list", path]) else {
        return;
    };
    let row: Vec<&str> = listed.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[0], meta.ulid);
    assert_eq!(&row[4..7], ["21000", "210", "70"], "{listed}");
    let analyzed = promtool(&["tsdb", "analyze", path, &meta.ulid]).unwrap();
    assert!(analyzed.contains("Series: 70\n"), "{analyzed}");
    assert!(analyzed.contains("Label names: 3\n"), "{analyzed}");
    let mut wanted: Vec<String> = Vec::new();
    for (labels, samples) in &content {
        for (time, bits) in samples {
            wanted.push(format!("{labels} {} {time}", f64::from_bits(*bits)));
        }
    }
    let dumped = promtool(&["tsdb", "dump", path]).unwrap();
    let mut dumped: Vec<&str> = dumped.lines().collect();
    wanted.sort();
    dumped.sort_unstable();
    assert_eq!(dumped, wanted);
    let some = promtool(&[
        "tsdb",
        "dump",
        r#"--match={instance=~"host-(1|2)",job!="even"}"#,
        path,
    ]);
    assert_eq!(some.unwrap().lines().count(), 300);

    let folder = dir.path().join(&meta.ulid);
    let reference = Block::open(&folder).unwrap().select(&[], ALL).unwrap()[5].reference();
    let first = 1_700_000_000_000;
    let stones = tombstones::encode(&[(reference, first + 15_000, first + 45_000)]);
    std::fs::write(folder.join("tombstones"), stones).unwrap();
    let dumped = promtool(&["tsdb", "dump", path]).unwrap();
    assert_eq!(dumped.lines().count(), wanted.len() - 3);
}

#[test]
fn we_read_what_promtool_wrote_and_would_write_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let content = content(70, 100);
    let mut text = String::new();
    for (labels, samples) in &content {
        for (time, bits) in samples {
            writeln!(
                text,
                "{}{} {} {}",
                labels.metric().unwrap(),
                labels.without_metric().to_string().replace(", ", ","),
                f64::from_bits(*bits),
                time / 1000
            )
            .unwrap();
        }
    }
    text.push_str("# EOF\n");
    let input = dir.path().join("in.om");
    std::fs::write(&input, text).unwrap();
    let theirs = dir.path().join("theirs");
    if promtool(&[
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        input.to_str().unwrap(),
        theirs.to_str().unwrap(),
    ])
    .is_none()
    {
        return;
    }
    let opened = open_all(&theirs, &damages()).unwrap();
    assert_eq!(opened.damaged, 0);
    let mut all = Content::new();
    for block in &opened.blocks {
        let read = read(block, &[], ALL).unwrap();
        same_bytes(block, &read, dir.path());
        for (labels, samples) in read {
            all.entry(labels).or_default().extend(samples);
        }
    }
    assert_eq!(all, content);
}

/// Writes the content of a block again and compares the files.
fn same_bytes(block: &Block, content: &Content, dir: &Path) {
    let mut symbols = symbols(content);
    // Upstream's head counts the empty text of the postings of all series.
    symbols.insert(String::new());
    let range = block.range();
    let span = BlockSpan {
        min_time: range.start,
        max_time: range.end + 1,
    };
    let series = content
        .iter()
        .map(|(labels, samples)| Ok((labels.clone(), chunks(samples, 120))));
    let meta = write_block(dir, span, symbols.into_iter(), series)
        .unwrap()
        .unwrap();
    let ours = dir.join(&meta.ulid);
    for file in ["index", "chunks/000001", "tombstones", "meta.json"] {
        let bytes = |path: &Path| std::fs::read(path.join(file)).unwrap();
        if file == "meta.json" {
            let theirs = String::from_utf8(bytes(block.path())).unwrap();
            let ours = String::from_utf8(bytes(&ours)).unwrap();
            assert_eq!(ours.replace(&meta.ulid, &block.meta().ulid), theirs);
        } else {
            assert!(bytes(&ours) == bytes(block.path()), "{file} differs");
        }
    }
}
