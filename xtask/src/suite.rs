//! The crates: formatting, lints and tests.

use anyhow::Result;

use crate::command::{Beside, run};

/// Tests that mostly wait, for minutes: run beside all others.
const PATIENT: [&str; 4] = [
    "alertmanager_cluster",
    "kubernetes",
    "prometheus_compact",
    "pushgateway_go",
];

/// Unit, property and black-box tests of every crate. The binary is built first, for the
/// black-box tests start it.
pub(crate) fn crates() -> Result<()> {
    run(".", "cargo", &["build", "--workspace"])?;
    run(".", "cargo", &["test", "--workspace", "--no-run"])?;
    let patient = PATIENT.map(|test| {
        // Of the whole workspace, so that nothing is built again with other features.
        let arguments = ["test", "--workspace", "--test", test, "--", "--ignored"];
        Beside::start("cargo", &arguments)
    });
    let others = run(".", "cargo", &["test", "--workspace"]);
    for test in patient {
        test?.end()?;
    }
    others
}

/// Formatting and lints, warnings being errors.
pub(crate) fn lint() -> Result<()> {
    run(".", "cargo", &["fmt", "--all", "--check"])?;
    run(
        ".",
        "cargo",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    )
}
