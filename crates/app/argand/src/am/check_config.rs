//! `argand am check-config`: whether files can be used, and the templates they name.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use crate::alertmanager::read_templates;

/// Checks files and the templates they name; standard input where none is given.
#[derive(Args)]
pub(super) struct Arguments {
    /// Files to be checked.
    files: Vec<PathBuf>,
    /// Replace ${NAME} in values by what the environment says.
    #[arg(long = "config.expand-env")]
    expand_env: bool,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let standard_input = [PathBuf::from("/dev/stdin")];
    let files = match &arguments.files[..] {
        [] => &standard_input[..],
        files => files,
    };
    let mut failed = 0;
    for file in files {
        failed += check(file, arguments.expand_env, out)?;
        writeln!(out)?;
    }
    if failed > 0 {
        bail!("failed to validate {failed} file(s)");
    }
    Ok(())
}

/// How many things are wrong with a file.
fn check(file: &Path, expand_env: bool, out: &mut impl Write) -> Result<usize> {
    write!(out, "Checking '{}'", file.display())?;
    let config = match super::load(file, expand_env) {
        Ok(config) => config,
        Err(error) => {
            writeln!(out, "  FAILED: {error}")?;
            return Ok(1);
        }
    };
    writeln!(out, "  SUCCESS\nFound:\n - global config\n - route")?;
    writeln!(out, " - {} inhibit rules", config.inhibit_rules.len())?;
    writeln!(out, " - {} receivers", config.receivers.len())?;
    writeln!(out, " - {} templates", config.templates.len())?;
    if config.templates.is_empty() {
        return Ok(0);
    }
    match read_templates(&config.templates) {
        Ok(_) => {
            writeln!(out, "  SUCCESS")?;
            Ok(0)
        }
        Err(error) => {
            writeln!(out, "  FAILED: {error:#}")?;
            Ok(1)
        }
    }
}
