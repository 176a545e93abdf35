//! The servers under load: Argand, Prometheus, VictoriaMetrics, each with its defaults.
//!
//! Only limits that would refuse a measurement are raised: retention, and how many series a query
//! of VictoriaMetrics may touch.

use std::fmt;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::watch;

/// How long a server may take until it is ready.
const START: Duration = Duration::from_secs(900);
/// How often a starting server is asked: what the figure of a restart is exact to.
const ASK: Duration = Duration::from_millis(5);
/// The ports that servers listen on.
const PORTS: std::ops::Range<u16> = 22_000..22_900;
/// How long a server may take until nothing happens any more.
const LONGEST_SETTLING: Duration = Duration::from_secs(900);

/// A program that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Argand,
    Prometheus,
    VictoriaMetrics,
    /// Beside Prometheus only.
    Alertmanager,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Argand => "argand",
            Self::Prometheus => "prometheus",
            Self::VictoriaMetrics => "victoria-metrics",
            Self::Alertmanager => "alertmanager",
        })
    }
}

/// A program on this machine.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) kind: Kind,
    pub(crate) path: PathBuf,
    /// As it calls itself, or else its package.
    pub(crate) version: String,
}

impl Program {
    /// Finds a program: a path as it is, a bare name on PATH.
    pub(crate) fn find(kind: Kind, named: &Path) -> Option<Self> {
        let path = if named.components().count() > 1 {
            Some(named.to_owned()).filter(|path| path.is_file())
        } else {
            let path = std::env::var_os("PATH")?;
            let mut files = std::env::split_paths(&path).map(|folder| folder.join(named));
            files.find(|file| file.is_file())
        }?;
        let path = path.canonicalize().ok()?;
        let version = version(kind, &path).unwrap_or_else(|| "unknown".to_owned());
        Some(Self {
            kind,
            path,
            version,
        })
    }
}

fn version(kind: Kind, path: &Path) -> Option<String> {
    let output = |command: &mut Command| {
        let output = command.output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let said = output(Command::new(path).arg("--version")).unwrap_or_default();
    let mut words = said.lines().next().unwrap_or_default().split_whitespace();
    let version = match kind {
        Kind::Argand => words.nth(1),
        // prometheus, version 2.42.0 (branch: …)
        Kind::Prometheus | Kind::Alertmanager => words.nth(2),
        Kind::VictoriaMetrics => words.next(),
    };
    if let Some(version) = version.filter(|version| !version.is_empty()) {
        return Some(version.to_owned());
    }
    // Debian's build of VictoriaMetrics does not know its version.
    let owner = output(Command::new("dpkg-query").arg("-S").arg(path))?;
    let package = owner.split(':').next()?;
    output(Command::new("dpkg-query").args(["-W", "-f", "${Version}", package]))
        .filter(|version| !version.is_empty())
}

/// What a start took, until the server said that it is ready.
#[derive(Clone, Copy)]
pub(crate) struct Started {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
}

/// A running server; ended with the value.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    /// Where it answers.
    pub(crate) url: String,
    /// Where its data lies.
    pub(crate) data: PathBuf,
    command: Command,
    log: PathBuf,
    child: Child,
    agent: ureq::Agent,
}

impl Server {
    /// Starts a program on a folder, which may hold `data` of before, and waits until it is ready.
    ///
    /// `configuration` is in Prometheus' form; `extra` are further flags.
    pub(crate) fn start(
        program: &Program,
        folder: &Path,
        configuration: &str,
        extra: &[String],
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, configuration)?;
        let port = free_port()?;
        let data = folder.join("data");
        let log = folder.join("log");
        let mut command = Command::new(&program.path);
        let (file, data_text) = (file.display(), data.display());
        match program.kind {
            Kind::Argand | Kind::Prometheus => command.args([
                format!("--config.file={file}"),
                format!("--web.listen-address=127.0.0.1:{port}"),
                format!("--storage.tsdb.path={data_text}"),
                "--storage.tsdb.retention.time=100d".to_owned(),
            ]),
            Kind::Alertmanager => command.args([
                format!("--config.file={file}"),
                format!("--web.listen-address=127.0.0.1:{port}"),
                format!("--storage.path={data_text}"),
                "--cluster.listen-address=".to_owned(),
            ]),
            Kind::VictoriaMetrics => command.args([
                format!("-promscrape.config={file}"),
                format!("-httpListenAddr=127.0.0.1:{port}"),
                format!("-storageDataPath={data_text}"),
                "-retentionPeriod=100d".to_owned(),
                "-search.maxUniqueTimeseries=100000000".to_owned(),
                "-search.maxSeries=100000000".to_owned(),
                "-search.maxQueryDuration=300s".to_owned(),
            ]),
        };
        command.args(extra).stdin(Stdio::null());
        let child = spawn(&mut command, &log)?;
        let server = Self {
            kind: program.kind,
            url: format!("http://127.0.0.1:{port}"),
            data,
            command,
            log,
            child,
            agent: agent(),
        };
        server.await_ready(Instant::now())?;
        Ok(server)
    }

    /// Ends the server as `kill -9` does.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Ends the server in order and waits until it has ended.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let id = i32::try_from(self.id())?;
        let id = rustix::process::Pid::from_raw(id).context("a process without a number")?;
        rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts the server again after [`Server::kill`].
    pub(crate) fn start_again(&mut self) -> Result<Started> {
        // Its connections ended with the process.
        self.agent = agent();
        let began = Instant::now();
        self.child = spawn(&mut self.command, &self.log)?;
        self.await_ready(began)
    }

    fn await_ready(&self, began: Instant) -> Result<Started> {
        while self.get("/-/ready", &[]).is_err() {
            let id = self.id();
            let ended = watch::usage(id).is_err();
            if ended || began.elapsed() > START {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                bail!("{} does not start:\n{log}", self.kind);
            }
            std::thread::sleep(ASK);
        }
        Ok(Started {
            cpu: watch::usage(self.id())?.cpu,
            wall: began.elapsed().as_secs_f64(),
        })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it and its children take.
    pub(crate) fn usage(&self) -> Result<watch::Usage> {
        watch::usage(self.id())
    }

    /// The body of an answer.
    pub(crate) fn get(&self, path: &str, parameters: &[(&str, String)]) -> Result<String> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in parameters {
            request = request.query(*name, value);
        }
        let mut answer = request.call()?;
        if answer.status() != 200 {
            let text = answer.body_mut().read_to_string().unwrap_or_default();
            bail!("{} {path}: {}: {text}", self.kind, answer.status());
        }
        // An answer over all series is longer than the client's default of 10 MB.
        let body = answer.body_mut().with_config().limit(u64::MAX);
        Ok(body.read_to_string()?)
    }

    /// The list of results of an instant query at a moment in seconds.
    pub(crate) fn query(&self, query: &str, time: f64) -> Result<Vec<Value>> {
        let parameters = [
            ("query", query.to_owned()),
            ("time", format!("{time:.3}")),
            // VictoriaMetrics would answer from its cache, and hide the last 30 seconds.
            ("nocache", "1".to_owned()),
        ];
        let text = self.get("/api/v1/query", &parameters)?;
        let value: Value = serde_json::from_str(&text)?;
        let list = value.pointer("/data/result").and_then(Value::as_array);
        list.cloned()
            .with_context(|| format!("{}: {query}: {text}", self.kind))
    }

    /// The one number of an instant query; 0 where nothing was found.
    pub(crate) fn number(&self, query: &str, time: f64) -> Result<f64> {
        Ok(self
            .query(query, time)?
            .first()
            .and_then(number_of)
            .unwrap_or(0.0))
    }

    /// Has what was taken merged as far as it can be, and waits for it: the disk is read then. It
    /// is more than a server does of its own accord, so CPU is read before.
    pub(crate) fn merge(&self, quiet: Duration) -> Result<()> {
        if self.kind == Kind::VictoriaMetrics {
            self.get("/internal/force_merge", &[])?;
        }
        self.settle(quiet)
    }

    /// Waits until what was taken is on the disk: no CPU to speak of and no change of the folder
    /// for as long as `quiet`.
    pub(crate) fn settle(&self, quiet: Duration) -> Result<()> {
        /// Seconds of CPU a second of an idle server.
        const IDLE: f64 = 0.05;
        if self.kind == Kind::VictoriaMetrics {
            self.get("/internal/force_flush", &[])?;
        }
        let began = Instant::now();
        loop {
            let before = (self.usage()?.cpu, watch::bytes_below(&self.data));
            std::thread::sleep(quiet);
            let after = (self.usage()?.cpu, watch::bytes_below(&self.data));
            if after.0 - before.0 < IDLE * quiet.as_secs_f64() && after.1 == before.1 {
                return Ok(());
            }
            if began.elapsed() > LONGEST_SETTLING {
                eprintln!("{} does not come to rest", self.kind);
                return Ok(());
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// The number of one result of an instant query.
pub(crate) fn number_of(result: &Value) -> Option<f64> {
    result.pointer("/value/1")?.as_str()?.parse().ok()
}

/// A client that tells every status as an answer.
pub(crate) fn agent() -> ureq::Agent {
    let configuration = ureq::Agent::config_builder().http_status_as_error(false);
    configuration.build().into()
}

fn spawn(command: &mut Command, log: &Path) -> Result<Child> {
    let log = std::fs::File::create(log)?;
    command.stdout(log.try_clone()?).stderr(log);
    let child = command.spawn();
    child.with_context(|| format!("starting {}", command.get_program().display()))
}

pub(crate) fn free_port() -> Result<u16> {
    let mut ports = PORTS;
    // Two runs at once begin at different places.
    let offset = (std::process::id() * 37 % u32::from(PORTS.end - PORTS.start)) as u16;
    ports
        .find_map(|port| {
            let port = PORTS.start + (port - PORTS.start + offset) % (PORTS.end - PORTS.start);
            TcpListener::bind(("127.0.0.1", port)).ok().map(|_| port)
        })
        .context("no port is free between 22000 and 22899")
}

/// Whether a program's help names a flag.
pub(crate) fn knows(program: &Program, flag: &str) -> bool {
    let output = Command::new(&program.path).arg("--help").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(flag))
}
