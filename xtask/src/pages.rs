//! The pages: built, compared with what is committed, and tried in a browser.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::{exists, root, run, run_with};

/// Builds `ui/dist` anew.
pub(crate) fn build() -> Result<()> {
    run("ui", "npm", &["ci", "--no-audit", "--no-fund"])?;
    run("ui", "npm", &["run", "build"])
}

/// Fails where the committed pages differ from a fresh build or have grown too large, and runs
/// the browser tests against the binary of this build.
pub(crate) fn check() -> Result<()> {
    if !exists("npm") {
        println!("skipped: the pages' tests, for npm is not installed");
        return Ok(());
    }
    run("ui", "npm", &["ci", "--no-audit", "--no-fund"])?;
    for step in ["typecheck", "check-dist", "check-size"] {
        run("ui", "npm", &["run", "--silent", step])?;
    }
    if !exists("chromium") {
        println!("skipped: the browser tests, for chromium is not installed");
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("argand-pages-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let server = Server::start(&folder)?;
    let outcome = run_with(
        "ui",
        "npm",
        &["test"],
        &[
            ("ARGAND_URL", server.url.as_str()),
            // The pictures are taken of a server of their own, whose contents never change.
            ("ARGAND_BINARY", &binary()?.to_string_lossy()),
        ],
    );
    drop(server);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

/// Rules that fire, wait and record; the second alert is inhibited by the first.
const RULES: &str = "groups:
- name: availability
  rules:
  - {alert: TargetDown, expr: 'up == 0', labels: {severity: page}, annotations: {summary: '{{ $labels.instance }} is down'}}
  - {alert: Waits, expr: 'up == 1', for: 1h}
  - {alert: Quiet, expr: vector(1), labels: {severity: warning}}
- name: recorded
  rules:
  - {record: 'job:up:sum', expr: 'sum by (job) (up)'}
";

/// Whoever is told does not listen: the pages are what is tried.
const ALERTMANAGER: &str = "route: {receiver: nobody, group_by: [alertname], group_wait: 1s}
receivers: [{name: nobody, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]
inhibit_rules:
- {source_matchers: ['severity=page'], target_matchers: ['severity=warning']}
";

/// The binary of this build, watching itself, this machine, and a target that does not answer.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(folder: &Path) -> Result<Self> {
        let binary = binary()?;
        let free = || -> Result<u16> { Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port()) };
        let (port, closed) = (free()?, free()?);
        let configuration = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: argand
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
  - job_name: node
    metrics_path: /exporters/node
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
  - job_name: closed
    static_configs: [{{targets: ['127.0.0.1:{closed}']}}]
    relabel_configs: [{{target_label: zone, replacement: a}}]
"
        );
        std::fs::write(folder.join("prometheus.yml"), configuration)?;
        std::fs::write(folder.join("rules.yml"), RULES)?;
        std::fs::write(folder.join("alertmanager.yml"), ALERTMANAGER)?;
        copy_dashboards(&folder.join("dashboards"))?;
        let log = std::fs::File::create(folder.join("argand.log"))?;
        let child = Command::new(binary)
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--alertmanager.config.file=alertmanager.yml")
            .arg("--dashboards.path=dashboards")
            // Tests push what nothing on this machine exposes: exemplars and native histograms.
            .arg("--web.enable-otlp-receiver")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("starting argand")?;
        Ok(Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
        })
    }
}

/// The program that the pages are tried with.
fn binary() -> Result<PathBuf> {
    let path = root().join("target/debug/argand");
    if !path.is_file() {
        bail!(
            "no {} to test the pages with: cargo build --workspace",
            path.display()
        );
    }
    Ok(path)
}

/// The dashboards that the tests look at, where they may be saved over.
fn copy_dashboards(to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(root().join("ui/tests/dashboards"))? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
