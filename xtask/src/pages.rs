//! The pages: built, compared with what is committed, and tried in a browser.

use anyhow::{Result, bail};

use crate::command::{exists, root, run, run_with};

/// Builds `ui/dist` anew.
pub(crate) fn build() -> Result<()> {
    run("ui", "npm", &["ci", "--no-audit", "--no-fund"])?;
    run("ui", "npm", &["run", "build"])
}

/// Fails where the committed pages differ from a fresh build, and runs the browser tests against
/// the binary of this build.
pub(crate) fn check() -> Result<()> {
    if !exists("npm") {
        println!("skipped: the pages' tests, for npm is not installed");
        return Ok(());
    }
    run("ui", "npm", &["ci", "--no-audit", "--no-fund"])?;
    run("ui", "npm", &["run", "check"])?;
    if !exists("chromium") {
        println!("skipped: the browser tests, for chromium is not installed");
        return Ok(());
    }
    let binary = root().join("target/debug/argand");
    let Some(binary) = binary.to_str().filter(|_| binary.is_file()) else {
        bail!("no {} to test the pages with", binary.display());
    };
    run_with("ui", "npm", &["test"], &[("ARGAND_BINARY", binary)])
}
