//! Asks a running server everything that the document of its API allows, and some that it does not:
//! no answer may be a server's fault, of a status or a type that is not documented, or of another
//! form than its schema.
//!
//! `schemathesis` from PyPI makes the questions; it is installed into a folder below `target`.
//! Where Python is not at hand or PyPI out of reach the task says so and is skipped.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command;

const PACKAGE: &str = "schemathesis==4.32.5";

/// Seconds a run takes where nobody says how many.
const SECONDS: &str = "60";

/// Questions for each route and kind of question; the time is what ends a run.
const QUESTIONS: &str = "--max-examples=100";

/// What every answer must keep to. That wrong questions are refused is no check: what is a wrong
/// query, a schema cannot say.
const CHECKS: &str = "--checks=not_a_server_error,status_code_conformance,\
     content_type_conformance,response_headers_conformance,response_schema_conformance,\
     unsupported_method";

/// Routes that end the server, answer for ever, measure for as long as they are asked to, or take
/// what this tool cannot write.
const LEFT_OUT: [&str; 7] = [
    "/-/quit",
    "/api/v1/notifications/live",
    "/debug/pprof/{name}",
    "/api/v1/write",
    "/api/v1/read",
    "/api/v1/otlp/v1/metrics",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
];

const CONFIGURATION: &str = "\
global: {scrape_interval: 1s, scrape_timeout: 1s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:9']}]}]}
scrape_configs: [{job_name: own, static_configs: [{targets: ['SELF']}]}]
";
const RULES: &str =
    "groups: [{name: g, rules: [{record: 'a:b', expr: sum(up)}, {alert: A, expr: up == 1}]}]\n";
const ROUTING: &str = "route: {receiver: x}\nreceivers: [{name: x}]\n";

/// Ends the server with the task, whatever its outcome.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Builds, starts a server and asks it; `--seconds N` says how long, `--seed N` what.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (mut seconds, mut seed) = (SECONDS, "1");
    for pair in arguments.chunks(2) {
        match pair {
            [flag, value] if flag == "--seconds" => seconds = value,
            [flag, value] if flag == "--seed" => seed = value,
            _ => bail!("openapi takes --seconds N and --seed N, and nothing else"),
        }
    }
    for number in [seconds, seed] {
        let parsed: Result<u32, _> = number.parse();
        parsed.with_context(|| format!("{number:?} is no number"))?;
    }
    let tools = command::root().join("target/schemathesis");
    if let Err(error) = install(&tools) {
        eprintln!("xtask: skipped: schemathesis cannot be installed: {error:#}");
        return Ok(());
    }
    command::run(".", "cargo", &["build", "-p", "argand"])?;
    let folder = std::env::temp_dir().join(format!("argand-openapi-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let outcome = ask(&tools, &folder, seconds, seed);
    let _ = fs::remove_dir_all(&folder);
    outcome
}

fn install(tools: &Path) -> Result<()> {
    if tools.join("bin/st").is_file() {
        return Ok(());
    }
    let folder = tools.display().to_string();
    command::run(".", "python3", &["-m", "venv", &folder])?;
    let pip = tools.join("bin/pip").display().to_string();
    command::run(".", &pip, &["install", "--quiet", PACKAGE])
}

fn ask(tools: &Path, folder: &Path, seconds: &str, seed: &str) -> Result<()> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let configuration = CONFIGURATION.replace("SELF", &address);
    for (name, text) in [
        ("prometheus.yml", configuration.as_str()),
        ("rules.yml", RULES),
        ("alertmanager.yml", ROUTING),
    ] {
        fs::write(folder.join(name), text)?;
    }
    let log = folder.join("argand.log");
    let child = Command::new(command::root().join("target/debug/argand"))
        .current_dir(folder)
        .arg(format!("--web.listen-address={address}"))
        .args(["--alertmanager.config.file=alertmanager.yml"])
        .args(["--web.enable-lifecycle", "--web.enable-admin-api"])
        .args(["--enable-feature=search-api,promql-experimental-functions"])
        .stdin(Stdio::null())
        .stderr(fs::File::create(&log)?)
        .spawn()
        .context("starting argand")?;
    let mut running = Running(child);
    let server = format!("http://{address}");
    let document = format!("{server}/api/v1/openapi.yaml");
    let (time, seed) = (format!("--max-time={seconds}"), format!("--seed={seed}"));
    let mut arguments = vec![
        "run",
        &document,
        "--url",
        &server,
        "--wait-for-schema=60",
        "--request-timeout=30",
        "--phases=examples,coverage,fuzzing",
        "--continue-on-failure",
        "--no-color",
        QUESTIONS,
        CHECKS,
        &time,
        &seed,
    ];
    for path in LEFT_OUT {
        arguments.extend(["--exclude-path", path]);
    }
    let place = folder.display().to_string();
    let asked = command::run(
        &place,
        &tools.join("bin/st").display().to_string(),
        &arguments,
    );
    let said = fs::read_to_string(&log).unwrap_or_default();
    if let Some(status) = running.0.try_wait()? {
        bail!("the server ended with {status}:\n{said}");
    }
    if let Some(panic) = said.lines().find(|line| line.contains("panicked")) {
        bail!("the server went on after a panic: {panic}");
    }
    asked
}
