//! `argand tsdb …` and promtool on the same directories, which a real Prometheus wrote.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Server, argand, blocks, copy, is_new, listing, programs, written};

/// What promtool prints, and its exit code.
fn promtool(program: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(program).args(arguments).output().unwrap();
    (
        String::from_utf8(output.stdout).unwrap(),
        output.status.code(),
    )
}

fn ours(arguments: &[&str]) -> (String, Option<i32>) {
    let output = argand(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() || !errors.is_empty());
    (text, output.status.code())
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// The first line in which two sorted texts differ.
fn same(arguments: &[&str], ours: &[&str], theirs: &[&str]) {
    let place = ours.iter().zip(theirs).position(|(a, b)| a != b);
    let place = place.unwrap_or(ours.len().min(theirs.len()));
    let context =
        |lines: &[&str]| lines[place.saturating_sub(2)..lines.len().min(place + 3)].join("\n");
    assert!(
        ours == theirs,
        "{arguments:?}: {} and {} lines\nours:\n{}\ntheirs:\n{}",
        ours.len(),
        theirs.len(),
        context(ours),
        context(theirs)
    );
}

#[test]
fn the_same_directory_gives_the_same_text() {
    let dir = tempfile::tempdir().unwrap();
    let Some((data, program)) = written(dir.path(), 21401) else {
        return;
    };
    let new = is_new(&program);
    let path = data.to_str().unwrap();
    // promtool writes where it reads: it has a directory of its own.
    let twin = dir.path().join("twin");
    copy(&data, &twin);
    let theirs = |arguments: &[&str]| {
        let arguments: Vec<&str> = arguments
            .iter()
            .map(|&word| {
                if word == path {
                    twin.to_str().unwrap()
                } else {
                    word
                }
            })
            .collect();
        promtool(&program, &arguments)
    };
    let before = listing(&data);
    let names = blocks(&data);
    let middle = (common::now() - 4 * 3_600_000).to_string();
    let recent = (common::now() - 20 * 60_000).to_string();

    // In full, to the byte.
    for arguments in [vec!["tsdb", "list", path], vec!["tsdb", "list", "-r", path]] {
        assert_eq!(ours(&arguments), theirs(&arguments), "{arguments:?}");
    }
    // Where equal numbers have no order of their own, sorted.
    let all = "--limit=100000";
    let mut sorted_cases = vec![
        vec!["tsdb", "dump", "--match={__name__=~\"metric_.*\"}", path],
        vec!["tsdb", "dump", "--match={n=\"3\"}", path],
    ];
    if new {
        let old = ["--min-time=0", "--max-time"];
        let until = format!("{}={middle}", old[1]);
        let since = format!("--min-time={recent}");
        for case in [
            vec!["tsdb", "analyze", all, "--extended", path, &names[0]],
            vec!["tsdb", "analyze", all, path],
            vec![
                "tsdb",
                "analyze",
                all,
                "--extended",
                "--match={n=~\"1.*\"}",
                path,
                &names[1],
            ],
            vec![
                "tsdb",
                "dump-openmetrics",
                "--match=metric_0",
                "--match={n=\"5\"}",
                path,
            ],
            vec!["tsdb", "dump-openmetrics", path],
            vec!["tsdb", "dump", "--match=metric_2", old[0], &until, path],
            vec!["tsdb", "dump", "--match=metric_2", &since, path],
        ] {
            sorted_cases.push(case.iter().map(|s| &*s.to_string().leak()).collect());
        }
    }
    for arguments in &sorted_cases {
        let (mine, code) = ours(arguments);
        let (expected, their_code) = theirs(arguments);
        assert_eq!(code, their_code, "{arguments:?}");
        assert!(!expected.is_empty());
        same(arguments, &sorted(&mine), &sorted(&expected));
    }
    // promtool loses the histograms that its first loops step over; what it has, we have.
    let arguments = ["tsdb", "dump", "--match=histogram", path];
    let (mine, _) = ours(&arguments);
    let (expected, _) = theirs(&arguments);
    let mine = sorted(&mine);
    let missing: Vec<&str> = expected
        .lines()
        .filter(|line| mine.binary_search(line).is_err())
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert_eq!(mine.len(), 1680 * if new { 3 } else { 1 });
    if new {
        assert!(expected.lines().count() > 1000, "{expected}");
    }

    // The exit codes of what cannot be done.
    for arguments in [
        vec!["tsdb", "list", "/nowhere"],
        vec!["tsdb", "dump", "--match={", path],
        vec!["tsdb", "analyze", path, "01ARZ3NDEKTSV4RRFFQ69G5FAV"],
        vec!["tsdb", "list", "--unknown", path],
        vec!["tsdb"],
    ] {
        let code = theirs(&arguments).1;
        assert_eq!(ours(&arguments).1, code, "{arguments:?}");
        assert_eq!(code, Some(1));
    }

    // Nothing was written, and nothing is damaged.
    let (text, code) = ours(&["tsdb", "verify", path]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.ends_with(": 0 damaged\n"), "{text}");
    assert_eq!(listing(&data), before);
    every_flipped_bit_is_named(dir.path(), &data);
}

/// Instead of one place in a file: many, the middle, and a number.
const INDEX: usize = 0;
const LOG: usize = 1;
const META: usize = 2;

/// One bit in every kind of file, each in a copy of the directory.
fn every_flipped_bit_is_named(dir: &Path, data: &Path) {
    let block = blocks(data).remove(0);
    let wal = newest(&data.join("wal"));
    let mut files = vec![
        (format!("wal/{wal}"), LOG),
        (
            format!("chunks_head/{}", newest(&data.join("chunks_head"))),
            500,
        ),
        (format!("{block}/index"), INDEX),
        (format!("{block}/chunks/000001"), 700),
        (format!("{block}/tombstones"), 7),
        (format!("{block}/meta.json"), META),
    ];
    if data.join("wbl").is_dir() {
        files.push((format!("wbl/{}", newest(&data.join("wbl"))), LOG));
    }
    let checkpoint = fs::read_dir(data.join("wal")).unwrap().find_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.starts_with("checkpoint.").then_some(name)
    });
    if let Some(name) = checkpoint {
        files.push((format!("wal/{name}/00000000"), LOG));
    }
    let broken = dir.join("broken");
    copy(data, &broken);
    for (file, place) in files {
        let path = broken.join(&file);
        let whole = fs::read(&path).unwrap();
        // Of an index, each of its parts; of a log, the middle of what it has.
        let length = whole.len();
        let places: Vec<usize> = match place {
            INDEX => (0..16)
                .map(|part| part * length / 16)
                .chain([length - 9])
                .collect(),
            LOG => vec![length / 2],
            // It has no checksum: what it counts is held against the block.
            META => {
                let text = String::from_utf8_lossy(&whole);
                vec![text.find("numSamples\": ").unwrap() + 13]
            }
            place => vec![place],
        };
        for place in places {
            let mut damaged = whole.clone();
            damaged[place] ^= 4;
            fs::write(&path, damaged).unwrap();
            let (text, code) = ours(&["tsdb", "verify", broken.to_str().unwrap()]);
            assert_eq!(code, Some(1), "{file} at {place}: {text}");
            assert!(
                text.contains(&format!("damaged: {file}")),
                "{file} at {place}: {text}"
            );
        }
        fs::write(&path, whole).unwrap();
    }
    let (text, code) = ours(&["tsdb", "verify", broken.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{text}");
}

/// The last of a folder's numbered files.
fn newest(folder: &Path) -> String {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.bytes().all(|b| b.is_ascii_digit()))
        .max()
        .unwrap()
}

#[test]
fn open_metrics_becomes_the_same_blocks() {
    let Some((_, program)) = programs() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::from("# TYPE requests counter\n# HELP requests How many.\n");
    for step in 0..900 {
        for n in 0..7 {
            if step % 400 < 300 {
                let time = 1_700_000_000 + step * 61;
                text.push_str(&format!(
                    "requests_total{{n=\"{n}\"}} {}.5 {time}.25\n",
                    step * n
                ));
            }
        }
    }
    text.push_str("# EOF\n");
    let input = dir.path().join("in.om");
    fs::write(&input, text).unwrap();
    // The size is that of files whose form changes a little with each version: of one it is ours.
    let version = Command::new(&program)
        .arg("--version")
        .output()
        .unwrap()
        .stdout;
    let columns = if String::from_utf8_lossy(&version).contains("version 3.5.") {
        8
    } else {
        7
    };
    let mut tables = Vec::new();
    let mut dumps = Vec::new();
    for name in ["ours", "theirs"] {
        let out = dir.path().join(name);
        let arguments = [
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            input.to_str().unwrap(),
            out.to_str().unwrap(),
        ];
        let (table, code) = match name {
            "ours" => ours(&arguments),
            _ => promtool(&program, &arguments),
        };
        assert_eq!(code, Some(0), "{table}");
        // Names are made of time and chance.
        let table: Vec<Vec<String>> = table
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .map(|words: Vec<String>| words[1..columns].to_vec())
            .collect();
        tables.push(table);
        let _ = fs::create_dir(out.join("wal"));
        dumps.push(promtool(&program, &["tsdb", "dump", out.to_str().unwrap()]).0);
        let (text, code) = ours(&["tsdb", "verify", out.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{text}");
    }
    assert_eq!(tables[0], tables[1]);
    assert!(tables[0].len() > 5, "{tables:?}");
    assert!(dumps[0] == dumps[1]);
}

#[test]
fn recording_rules_are_evaluated_over_the_past() {
    let Some((prometheus, _)) = programs() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let start = common::now() / 3_600_000 * 3600 - 8 * 3600;
    let mut text = String::from("# TYPE given gauge\n");
    for step in 0..600 {
        for n in 0..3 {
            text.push_str(&format!(
                "given{{n=\"{n}\"}} {} {}\n",
                step + n,
                start + step * 30
            ));
        }
    }
    text.push_str("# EOF\n");
    let input = dir.path().join("in.om");
    fs::write(&input, text).unwrap();
    let into = ["tsdb", "create-blocks-from", "openmetrics", "--quiet"];
    let (text, code) = ours(
        &[
            &into[..],
            &[input.to_str().unwrap(), data.to_str().unwrap()],
        ]
        .concat(),
    );
    assert_eq!((&*text, code), ("", Some(0)));
    let server = Server::start(&prometheus, dir.path(), 21402);
    let rules = dir.path().join("rules.yml");
    let groups = "groups:\n- name: a\n  interval: 1m\n  rules:\n  - {record: 'job:given:sum', \
                  expr: sum(given), labels: {by: rule}}\n  - {alert: A, expr: given > 1}\n";
    fs::write(&rules, groups).unwrap();
    let out = dir.path().join("out");
    let (text, code) = ours(&[
        "tsdb",
        "create-blocks-from",
        "rules",
        "--url=http://127.0.0.1:21402",
        &format!("--start={start}"),
        &format!("--end={}", start + 4 * 3600),
        &format!("--output-dir={}", out.display()),
        rules.to_str().unwrap(),
    ]);
    assert_eq!((&*text, code), ("", Some(0)));
    drop(server);
    let (text, _) = ours(&["tsdb", "dump", out.to_str().unwrap()]);
    let expected: String = (0..=240)
        .map(|minute| {
            let (value, time) = (3 * 2 * minute + 3, (start + minute * 60) * 1000);
            format!("{{__name__=\"job:given:sum\", by=\"rule\"}} {value} {time}\n")
        })
        .collect();
    assert_eq!(text, expected);
}
