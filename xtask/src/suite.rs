//! The crates: formatting, lints and tests.

use anyhow::Result;

use crate::command::run;

/// Unit, property and black-box tests of every crate. The binary is built first, for the
/// black-box tests start it.
pub(crate) fn crates() -> Result<()> {
    run(".", "cargo", &["build", "--workspace"])?;
    run(".", "cargo", &["test", "--workspace"])
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
