//! `argand test rules`: files of tests of rules, with promtool's arguments, output and exit codes.

mod case;
mod difference;
mod input;
mod insight;
mod junit;
mod words;

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use config::{RuleTestFile, find_rule_files, load_rule_tests};
use model::Search;
use promql::EngineOptions;

use self::case::Case;
use self::insight::Insight;
use self::junit::{Report, Suite};
use crate::tools::progress::Progress;
use crate::tools::values::existing_file;

/// Unit tests for rules.
#[derive(Args)]
pub(super) struct Arguments {
    /// File path to store JUnit XML test results.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print what is stored behind each test, and how long tests take.
    #[arg(long)]
    debug: bool,
    /// Print colored differential output between expected & received alerts.
    #[arg(long)]
    diff: bool,
    /// If set, will only run test groups whose names match the regular expression. Can be
    /// specified multiple times.
    #[arg(long, value_name = "REGEX")]
    run: Vec<String>,
    /// Ignore unknown fields in the test and rule files. A server refuses such rule files.
    #[arg(long)]
    ignore_unknown_fields: bool,
    /// The unit test file.
    #[arg(required = true, value_name = "test-rule-file", value_parser = existing_file)]
    files: Vec<PathBuf>,
}

/// Runs all files; answers whether all tests passed.
pub(super) fn run(
    arguments: &Arguments,
    engine: &EngineOptions,
    out: &mut impl Write,
) -> Result<bool> {
    let chosen = chosen(&arguments.run).context("--run")?;
    let (mut passed, mut report) = (true, Report::default());
    let progress = match arguments.debug {
        true => Progress::hidden(),
        false => Progress::of(arguments.files.len()),
    };
    for (place, file) in arguments.files.iter().enumerate() {
        progress.at(place, file.display());
        let mut suite = Suite::new(file);
        let faults = match load_rule_tests(file, arguments.ignore_unknown_fields) {
            Ok(tests) => run_file(&tests, arguments, engine, chosen.as_ref(), &mut suite)?,
            Err(error) => {
                suite.broken(&error.to_string());
                vec![error.to_string()]
            }
        };
        report.add(suite);
        passed &= faults.is_empty();
        progress.aside(|| tell(&faults, out))?;
    }
    drop(progress);
    if let Some(file) = &arguments.junit {
        report.write(file)?;
    }
    Ok(passed)
}

/// Tells what became of a file.
fn tell(faults: &[String], out: &mut impl Write) -> Result<()> {
    if faults.is_empty() {
        writeln!(out, "  SUCCESS\n")?;
        return Ok(out.flush()?);
    }
    // What goes to the two outputs keeps its order where both are one.
    out.flush()?;
    let mut errors = io::stderr().lock();
    writeln!(errors, "  FAILED:")?;
    for fault in faults {
        writeln!(errors, "{fault}")?;
        writeln!(out)?;
        out.flush()?;
    }
    writeln!(out)?;
    Ok(out.flush()?)
}

/// What the names of tests must match somewhere, where any is given.
fn chosen(patterns: &[String]) -> Result<Option<Search>> {
    if patterns.is_empty() {
        return Ok(None);
    }
    Ok(Some(Search::new(&patterns.join("|"))?))
}

/// What is wrong with a file, or with what its rules give.
fn run_file(
    file: &RuleTestFile,
    arguments: &Arguments,
    engine: &EngineOptions,
    chosen: Option<&Search>,
    suite: &mut Suite,
) -> Result<Vec<String>> {
    for pattern in &file.rule_files {
        if find_rule_files(std::slice::from_ref(pattern)).is_ok_and(|found| found.is_empty()) {
            let pattern = pattern.display();
            writeln!(io::stderr(), "  WARNING: no file match pattern {pattern}")?;
        }
    }
    let order = file.group_order.iter().enumerate();
    for (place, name) in order {
        if file
            .group_order
            .iter()
            .take(place)
            .any(|before| before == name)
        {
            let fault = format!("group name repeated in evaluation order: {name}");
            suite.broken(&fault);
            return Ok(vec![fault]);
        }
    }
    suite.begins();
    let mut faults = Vec::new();
    for (place, test) in file.tests.iter().enumerate() {
        if chosen.is_some_and(|chosen| !chosen.matches(&test.name)) {
            continue;
        }
        let case = Case {
            file,
            test,
            unknown_keys: arguments.ignore_unknown_fields,
            is_compared: arguments.diff,
            is_debugged: arguments.debug,
            engine,
        };
        let name = match test.name.as_str() {
            "" => format!("unnamed#{place}"),
            name => name.to_owned(),
        };
        let insight = arguments.debug.then(|| Insight::begins(&name));
        let found = match case.run() {
            Ok(found) => found,
            Err(found) => vec![format!("{found:#}")],
        };
        if let Some(insight) = insight {
            insight.ends();
        }
        suite.case(name, found.clone());
        faults.extend(found);
    }
    Ok(faults)
}
