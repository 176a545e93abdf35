//! Upstream's own test scripts, where the folder `$ARGAND_CONFORMANCE/promql` is present.
//!
//! `conformance-exceptions.txt` lists the cases that do not pass, by file and reason. The test
//! fails on a case that newly fails and on one that newly passes;
//! `ARGAND_CONFORMANCE_UPDATE=1` writes the list anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use promql::script::{Outcome, engine, run};

const EXCEPTIONS: &str = include_str!("conformance-exceptions.txt");

/// Why a case does not pass, in few words.
fn reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Passed => None,
        Outcome::Failed(text) => Some(text.clone()),
    }
}

#[test]
fn upstream_scripts_pass_but_for_the_listed_cases() {
    let Some(folder) = std::env::var_os("ARGAND_CONFORMANCE") else {
        eprintln!("ARGAND_CONFORMANCE is not set: upstream's scripts are not run");
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(Path::new(&folder).join("promql"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "test"))
        .collect();
    files.sort();
    let engine = engine();
    let mut exceptions: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for path in &files {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let script = std::fs::read_to_string(path).unwrap();
        let cases = run(&engine, &script).unwrap_or_else(|e| panic!("{file}: {e}"));
        let count = cases.len();
        let mut passed = 0;
        for case in cases {
            match reason(&case.outcome) {
                None => passed += 1,
                Some(reason) => {
                    let key = (file.clone(), reason);
                    exceptions.entry(key).or_default().push(case.line);
                }
            }
        }
        eprintln!("{file}: {passed} of {count} pass");
    }
    let mut list = String::new();
    for ((file, reason), lines) in &exceptions {
        let lines: Vec<_> = lines.iter().map(usize::to_string).collect();
        writeln!(list, "{file} | {reason} | {}", lines.join(" ")).unwrap();
    }
    if std::env::var_os("ARGAND_CONFORMANCE_UPDATE").is_some() {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance-exceptions.txt");
        std::fs::write(place, list).unwrap();
        return;
    }
    let (now, listed): (Vec<_>, Vec<_>) = (list.lines().collect(), EXCEPTIONS.lines().collect());
    let more: Vec<_> = now.iter().filter(|line| !listed.contains(line)).collect();
    let fewer: Vec<_> = listed.iter().filter(|line| !now.contains(line)).collect();
    assert!(
        more.is_empty() && fewer.is_empty(),
        "the cases that do not pass are now:\n{more:#?}\ninstead of:\n{fewer:#?}"
    );
}
