//! Every expression of upstream's own case files parses, unless the case says it must not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

use std::{env, fs, path::PathBuf};

use promql::{Features, parse_with};

/// The expression of an `eval` line, and whether the line itself expects a failure.
fn expression(line: &str) -> Option<(&str, bool)> {
    let (command, rest) = line.split_once(' ')?;
    let fails = match command {
        "eval" | "eval_ordered" | "eval_warn" | "eval_info" => false,
        "eval_fail" => true,
        _ => return None,
    };
    let words = if rest.starts_with("range") { 7 } else { 3 };
    let mut rest = rest;
    for _ in 0..words {
        rest = rest.trim_start();
        rest = &rest[rest.find(' ')?..];
    }
    Some((rest.trim(), fails))
}

#[test]
fn upstream_cases_parse() {
    let Ok(root) = env::var("ARGAND_CONFORMANCE") else {
        println!("skipped: ARGAND_CONFORMANCE names no folder of upstream's case files");
        return;
    };
    let mut count = 0;
    let mut failures = Vec::new();
    for entry in fs::read_dir(PathBuf::from(root).join("promql")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some((query, mut fails)) = expression(line) else {
                continue;
            };
            fails |= lines[at + 1..]
                .iter()
                .take_while(|l| l.trim_start().starts_with("expect"))
                .any(|l| l.trim_start().starts_with("expect fail"));
            count += 1;
            match parse_with(query, &Features::ALL) {
                Ok(expr) => {
                    let once = expr.to_string();
                    let again = parse_with(&once, &Features::ALL);
                    if again.as_ref().map(ToString::to_string) != Ok(once.clone()) {
                        failures.push(format!("{}:{}: {once}: {again:?}", path.display(), at + 1));
                    }
                }
                Err(_) if fails => {}
                Err(error) => {
                    failures.push(format!("{}:{}: {query}: {error}", path.display(), at + 1));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count > 1000, "only {count} expressions found");
    println!("{count} expressions");
}
