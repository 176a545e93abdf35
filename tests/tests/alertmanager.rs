//! The timed cases of `cases/alertmanager`, on Argand and on the original: the same is told, in
//! the same groups, in the same spans of time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use argand_tests::alerting::{Alertmanager, Case, Hook, check, play};
use argand_tests::installed;

/// One test at a time: each runs a dozen programs, and lateness is counted.
static TURN: Mutex<()> = Mutex::new(());

/// All cases by name.
fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/alertmanager");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            let case = Case::parse(&text).unwrap_or_else(|e| panic!("{}: {e:#}", file.display()));
            (
                file.file_stem().unwrap().to_string_lossy().into_owned(),
                case,
            )
        })
        .collect()
}

/// What receivers can tell groups apart by, in the order of the text.
type Groups = Vec<(String, String, String)>;

/// Plays a case; answers the groups that were told of.
fn run(case: &Case, start: impl Fn(&Path, &str) -> Result<Alertmanager>) -> Result<Groups> {
    let folder = tempfile::tempdir()?;
    let hook = Hook::start()?;
    let (_, config) = case.configs.first().context("a configuration")?;
    let alertmanager = start(folder.path(), &config.replace("HOOK", &hook.url))?;
    let began = play(case, &alertmanager, &hook)?;
    let told = hook.told();
    check(case, &told, began).with_context(|| alertmanager.server.log())?;
    let field = |body: &serde_json::Value, name: &str| body[name].to_string();
    let mut groups: Groups = told
        .iter()
        .map(|told| {
            let body = &told.body;
            (
                field(body, "groupKey"),
                field(body, "groupLabels"),
                field(body, "receiver"),
            )
        })
        .collect();
    groups.sort();
    Ok(groups)
}

/// Plays all cases, at the same time, since they mostly wait.
fn run_all(start: impl Fn(&Path, &str) -> Result<Alertmanager> + Sync) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let cases = cases();
    assert!(cases.len() > 10, "the cases were found");
    let start = &start;
    let failed: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = cases
            .iter()
            .map(|(name, case)| (name, scope.spawn(move || run(case, start))))
            .collect();
        running
            .into_iter()
            .filter_map(|(name, thread)| {
                let error = thread.join().unwrap().err()?;
                Some(format!("{name}: {error:#}"))
            })
            .collect()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn argand_tells_what_the_cases_say() {
    run_all(Alertmanager::argand);
}

#[test]
fn the_original_tells_what_the_cases_say() {
    if let Some(program) = installed("prometheus-alertmanager") {
        run_all(|folder, config| Alertmanager::original(&program, folder, config));
    }
}

#[test]
fn groups_have_the_same_names() {
    let Some(program) = installed("prometheus-alertmanager") else {
        return;
    };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, case) in cases() {
        if ["routes", "all_labels"].contains(&name.as_str()) {
            let argand = run(&case, Alertmanager::argand).unwrap();
            let start =
                |folder: &Path, config: &str| Alertmanager::original(&program, folder, config);
            assert_eq!(argand, run(&case, start).unwrap(), "{name}");
        }
    }
}
