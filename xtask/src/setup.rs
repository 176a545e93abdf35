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

/// Clients in Python: that of StatsD, which Airflow uses, and Prometheus' own, which jobs push with;
/// and the folder where tests look for them.
const PYTHON_CLIENTS: [&str; 2] = ["statsd==4.0.1", "prometheus_client==0.23.1"];
const PYTHON_FOLDER: &str = "target/python-clients";

/// Installs what is missing, and says what it could not.
pub(crate) fn run() -> Result<()> {
    if let Err(error) = python_clients() {
        let clients = PYTHON_CLIENTS.join(", ");
        eprintln!("xtask: not installed: {clients}; their tests are skipped: {error:#}");
    }
    programs()
}

fn python_clients() -> Result<()> {
    let folder = command::root().join(PYTHON_FOLDER);
    let pip = folder.join("bin/pip");
    let has_clients = Command::new(folder.join("bin/python"))
        .args(["-c", "import statsd, prometheus_client"])
        .status()
        .is_ok_and(|status| status.success());
    if has_clients {
        return Ok(());
    }
    let folder = folder.display().to_string();
    command::run(".", "python3", &["-m", "venv", &folder])?;
    let pip = pip.display().to_string();
    let mut arguments = vec!["install", "--quiet"];
    arguments.extend(PYTHON_CLIENTS);
    command::run(".", &pip, &arguments)
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
