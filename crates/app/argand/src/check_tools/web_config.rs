//! `argand check web-config`: whether a server would take files of TLS and users.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::Verdict;
use crate::tools::values::existing_file;

/// Check if the web config files are valid or not.
#[derive(Args)]
pub(super) struct Arguments {
    /// The config files to check.
    #[arg(required = true, value_name = "web-config-files", value_parser = existing_file)]
    files: Vec<PathBuf>,
}

/// Checks all files, certificates and keys that they name included.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict> {
    // Only fails where another provider was installed before, and nothing else does that.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut errors = io::stderr().lock();
    let mut verdict = Verdict::Fine;
    for file in &arguments.files {
        let name = file.display();
        match guard::Guard::open(Some(file)) {
            Ok(_) => writeln!(errors, "{name} SUCCESS")?,
            Err(error) => {
                writeln!(errors, "{name} FAILED: {error}")?;
                verdict = Verdict::Wrong;
            }
        }
    }
    Ok(verdict)
}
