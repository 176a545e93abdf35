//! Installs what the black-box tests compare with. Nothing of it is needed to build or to run.

use std::process::Command;

use anyhow::Result;

use crate::command::{exists, run_with};

/// A program and the Debian package that has it.
const PROGRAMS: [(&str, &str); 6] = [
    ("prometheus", "prometheus"),
    ("prometheus-node-exporter", "prometheus-node-exporter"),
    ("prometheus-pushgateway", "prometheus-pushgateway"),
    ("chromium", "chromium"),
    ("npm", "npm"),
    // libFuzzer is C++.
    ("c++", "g++"),
];

/// Installs what is missing where this user may, and otherwise says what to install.
pub(crate) fn run() -> Result<()> {
    let missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, _)| !exists(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !(exists("apt-get") && is_root()) {
        eprintln!(
            "xtask: not installed: {0}; tests that compare with them are skipped. On Debian: apt-get install {0}",
            missing.join(" ")
        );
        return Ok(());
    }
    let quiet = [("DEBIAN_FRONTEND", "noninteractive")];
    run_with(".", "apt-get", &["update", "-qq"], &quiet)?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(missing);
    run_with(".", "apt-get", &arguments, &quiet)
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|answer| answer.stdout == b"0\n")
}
