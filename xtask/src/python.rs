//! The Python package: built into an environment of its own, typed and tested.
//!
//! Not part of `test`: it is a workspace of its own, whose first build takes longer than a
//! minute, and the server needs nothing of it.

use std::path::Path;

use anyhow::Result;

use crate::command::{root, run, run_with};

/// Where its environment is; removed to begin anew.
const ENVIRONMENT: &str = "target/python";

/// What builds and tests it, beside what `pyproject.toml` names.
const TOOLS: [&str; 5] = ["maturin>=1.9,<2", "fastapi", "httpx", "mypy", "pytest"];

/// Builds the package and runs its tests.
pub(crate) fn check() -> Result<()> {
    let environment = root().join(ENVIRONMENT);
    if !environment.join("bin/maturin").is_file() {
        run(".", "python3", &["-m", "venv", ENVIRONMENT])?;
        let mut install = vec!["install", "-q"];
        install.extend(TOOLS);
        run(".", &program(&environment, "pip"), &install)?;
    }
    let build = root().join("target/python-build");
    let variables = [
        ("VIRTUAL_ENV", &*environment.to_string_lossy()),
        // Beside the server's own files, which are of other versions of the same crates.
        ("CARGO_TARGET_DIR", &*build.to_string_lossy()),
    ];
    let package = "sdk/python";
    let maturin = program(&environment, "maturin");
    run_with(package, &maturin, &["develop", "-q"], &variables)?;
    run(package, &program(&environment, "mypy"), &[])?;
    // The types that are written down are those of the native module.
    let stubs = ["--ignore-missing-stub", "argand_client._native"];
    run(package, &program(&environment, "stubtest"), &stubs)?;
    run(package, &program(&environment, "pytest"), &["-q"])
}

/// A program of the environment.
fn program(environment: &Path, name: &str) -> String {
    let path = environment.join("bin").join(name);
    path.to_string_lossy().into_owned()
}
