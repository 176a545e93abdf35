//! `argand test promql`: scripts of queries and the values they must give.
//!
//! The scripts are those of Prometheus' own suite; see [`promql::script`]. All unstable parts of
//! the language are on. A file that cannot be read counts as one failed case, and the others are
//! still run.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use promql::script::{self, Outcome};

/// Run scripts of queries and the values they must give.
#[derive(Args)]
pub(super) struct Arguments {
    /// The scripts.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Cases by what became of them.
#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
}

/// Writes a line for each failed case and one with the sums; answers whether all passed.
pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<bool> {
    let engine = script::engine();
    let mut count = Count::default();
    for file in &arguments.files {
        run_file(&engine, file, out, &mut count)?;
    }
    writeln!(out, "{} passed, {} failed", count.passed, count.failed)?;
    Ok(count.failed == 0)
}

fn run_file(
    engine: &promql::Engine,
    file: &Path,
    out: &mut impl Write,
    count: &mut Count,
) -> Result<()> {
    let name = file.display();
    let text = match std::fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            count.failed += 1;
            return Ok(writeln!(out, "{name}: {error}")?);
        }
    };
    // What stands before a line that cannot be read is still told.
    let ended = script::run_each(engine, &text, |case| {
        match case.outcome {
            Outcome::Passed => count.passed += 1,
            Outcome::Failed(difference) => {
                count.failed += 1;
                let (line, query) = (case.line, one_line(&case.query));
                writeln!(out, "{name}:{line}: {query}: {}", one_line(&difference))?;
            }
        }
        Ok::<_, std::io::Error>(())
    });
    match ended {
        Ok(written) => Ok(written?),
        Err(error) => {
            count.failed += 1;
            Ok(writeln!(
                out,
                "{name}:{}: {}",
                error.line,
                one_line(&error.reason)
            )?)
        }
    }
}

/// A text that a line can hold.
fn one_line(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}
