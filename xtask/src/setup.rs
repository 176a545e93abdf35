//! Installs what the black-box tests compare with. Nothing of it is needed to build or to run.

use std::process::Command;

use anyhow::Result;

use crate::command::{self, exists, run_with};

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

/// The client of StatsD that Airflow uses, and the folder below `target` where tests look for it.
const STATSD_CLIENT: &str = "statsd==4.0.1";
const STATSD_FOLDER: &str = "target/statsd-client";

/// Installs what is missing, and says what it could not.
pub(crate) fn run() -> Result<()> {
    if let Err(error) = statsd_client() {
        eprintln!("xtask: not installed: {STATSD_CLIENT}; its test is skipped: {error:#}");
    }
    programs()
}

fn statsd_client() -> Result<()> {
    let folder = command::root().join(STATSD_FOLDER);
    let pip = folder.join("bin/pip");
    let has_client = Command::new(folder.join("bin/python"))
        .args(["-c", "import statsd"])
        .status()
        .is_ok_and(|status| status.success());
    if has_client {
        return Ok(());
    }
    let folder = folder.display().to_string();
    command::run(".", "python3", &["-m", "venv", &folder])?;
    let pip = pip.display().to_string();
    command::run(".", &pip, &["install", "--quiet", STATSD_CLIENT])
}

/// Installs what is missing where this user may, and otherwise says what to install.
fn programs() -> Result<()> {
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
