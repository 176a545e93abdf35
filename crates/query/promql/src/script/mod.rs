//! Test scripts: load samples, evaluate, compare.
//!
//! The language is that of Prometheus' own test files: `load 5m` with lines of series and values
//! (`1+2x3`, `_`, `stale`), `clear`, `eval instant at 50m …` and `eval range from … to … step …`
//! with the expected lines below, and `expect warn|info|no_warn|no_info|fail|ordered|string`, or
//! `expect range vector from … to … step …` for an instant query whose value has a sample at each
//! of those moments. `load_with_nhcb` loads classic histograms a second time as native ones; `{{…}}` is a histogram
//! and a line `…@st` before a series says when the counting of its samples began. [`run`] answers
//! one [`Case`] for each evaluation.

mod at;
mod compare;
mod expect;
mod hints;
mod histogram;
mod lines;
mod load;
mod nhcb;
mod notation;
pub mod series;
mod starts;

use std::convert::Infallible;
use std::time::Duration;

use contract::memory::MemoryStore;

use crate::{Engine, EngineOptions, Features};

/// What became of one evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Passed,
    /// Otherwise; says what was expected and what came.
    Failed(String),
}

/// One evaluation of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The line of the `eval` command, from one.
    pub line: usize,
    /// The query.
    pub query: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// A script that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ScriptError {
    /// The line, from one.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl ScriptError {
    fn new(line: usize, reason: impl Into<String>) -> Self {
        Self {
            line,
            reason: reason.into(),
        }
    }
}

/// The engine that upstream's scripts expect.
pub fn engine() -> Engine {
    Engine::new(EngineOptions {
        max_samples: 10_000,
        timeout: Duration::from_secs(100),
        features: Features::ALL,
        delayed_name_removal: true,
        type_and_unit_labels: true,
        use_start_timestamps: true,
        ..EngineOptions::default()
    })
}

/// Runs a script on an engine.
///
/// # Errors
/// Where a line of it cannot be read.
pub fn run(engine: &Engine, script: &str) -> Result<Vec<Case>, ScriptError> {
    let mut cases = Vec::new();
    let ended = run_each(engine, script, |case| {
        cases.push(case);
        Ok::<_, Infallible>(())
    })?;
    match ended {
        Ok(()) => Ok(cases),
    }
}

/// Runs a script and gives each case as soon as it is done; a failure of the receiver ends it and
/// is the inner result.
///
/// # Errors
/// Where a line cannot be read; the cases above it have been given.
pub fn run_each<E>(
    engine: &Engine,
    script: &str,
    mut give: impl FnMut(Case) -> Result<(), E>,
) -> Result<Result<(), E>, ScriptError> {
    let mut lines = lines::Lines::new(script);
    let mut store = MemoryStore::new();
    while let Some((line, text)) = lines.next_command() {
        let command = text.split_whitespace().next().unwrap_or("");
        match command {
            "clear" => store = MemoryStore::new(),
            "load" | "load_with_nhcb" => {
                let block = lines.block();
                load::load(&store, line, text, &block)?;
            }
            _ if command.starts_with("eval") => {
                let case = expect::parse(line, text, &mut lines)?;
                let outcome = compare::run(engine, &store, &case);
                let query = case.query;
                let given = give(Case {
                    line,
                    query,
                    outcome,
                });
                if given.is_err() {
                    return Ok(given);
                }
            }
            _ => {
                let reason = format!("unknown command {command:?}");
                return Err(ScriptError::new(line, reason));
            }
        }
    }
    Ok(Ok(()))
}
