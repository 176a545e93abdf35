//! Running programs: shown before they run, and an error when they fail.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Runs a program in a folder of the checkout.
pub(crate) fn run(folder: &str, program: &str, arguments: &[&str]) -> Result<()> {
    run_with(folder, program, arguments, &[])
}

/// Runs a program with further environment variables.
pub(crate) fn run_with(
    folder: &str,
    program: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Result<()> {
    eprintln!("xtask: {program} {}", arguments.join(" "));
    let status = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(root().join(folder))
        .status()
        .with_context(|| format!("starting {program}"))?;
    if !status.success() {
        bail!("{program} {}: {status}", arguments.join(" "));
    }
    Ok(())
}

/// A program that runs beside others and says nothing until it has ended.
pub(crate) struct Beside {
    words: String,
    child: Child,
}

impl Beside {
    /// Starts a program in the root of the checkout.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Result<Self> {
        let words = format!("{program} {}", arguments.join(" "));
        eprintln!("xtask: {words} (beside what follows)");
        let child = Command::new(program)
            .args(arguments)
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        Ok(Self { words, child })
    }

    /// Waits for its end and shows what it said.
    pub(crate) fn end(self) -> Result<()> {
        let output = self.child.wait_with_output()?;
        eprintln!(
            "xtask: {}\n{}",
            self.words,
            String::from_utf8_lossy(&output.stdout)
        );
        if !output.status.success() {
            bail!("{}: {}", self.words, output.status);
        }
        Ok(())
    }
}

/// Whether a program is on the path.
pub(crate) fn exists(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}
