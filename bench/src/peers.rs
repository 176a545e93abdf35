//! The servers under load: Argand, Prometheus, VictoriaMetrics, each with its defaults.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a server may take to answer for the first time.
const START: Duration = Duration::from_secs(60);

/// A running server; ended with the value.
pub(crate) struct Peer {
    /// Its name in reports.
    pub(crate) name: &'static str,
    /// Where it answers.
    pub(crate) url: String,
    /// Where its data lies.
    pub(crate) data: PathBuf,
    child: Child,
}

impl Peer {
    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The list of results of an instant query.
    pub(crate) fn query(&self, query: &str) -> Result<Vec<serde_json::Value>> {
        let text = ureq::get(format!("{}/api/v1/query", self.url))
            .query("query", query)
            // VictoriaMetrics would answer from its cache.
            .query("nocache", "1")
            .call()?
            .body_mut()
            .read_to_string()?;
        let value: serde_json::Value = serde_json::from_str(&text)?;
        let list = value
            .pointer("/data/result")
            .and_then(|list| list.as_array());
        list.cloned()
            .with_context(|| format!("{}: {query}: {text}", self.name))
    }

    /// The one number of an instant query.
    pub(crate) fn number(&self, query: &str) -> Result<f64> {
        let list = self.query(query)?;
        let text = list
            .first()
            .and_then(|one| one.pointer("/value/1")?.as_str());
        text.and_then(|text| text.parse().ok())
            .with_context(|| format!("{}: {query}", self.name))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts Argand and every peer that is installed and not left out.
pub(crate) fn start_all(
    folder: &Path,
    argand: &Path,
    configuration: &Path,
    without: &[String],
) -> Result<Vec<Peer>> {
    let argand = argand.canonicalize().with_context(|| {
        format!(
            "{}: build it first: cargo build --release",
            argand.display()
        )
    })?;
    let mut peers = vec![start(folder, "argand", &argand, |command, port, data| {
        prometheus_flags(command, port, data, configuration);
    })?];
    if let Some(program) = wanted("prometheus", without) {
        peers.push(start(
            folder,
            "prometheus",
            &program,
            |command, port, data| {
                prometheus_flags(command, port, data, configuration);
            },
        )?);
    }
    if let Some(program) = wanted("victoria-metrics", without) {
        peers.push(start(
            folder,
            "victoria-metrics",
            &program,
            |command, port, data| {
                command
                    .arg(format!("-promscrape.config={}", configuration.display()))
                    .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
                    .arg(format!("-storageDataPath={}", data.display()));
            },
        )?);
    }
    Ok(peers)
}

fn prometheus_flags(command: &mut Command, port: u16, data: &Path, configuration: &Path) {
    command
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!("--storage.tsdb.path={}", data.display()));
}

/// Where a program is, unless it is left out or not installed.
fn wanted(name: &str, without: &[String]) -> Option<PathBuf> {
    if without.iter().any(|one| one == name) {
        return None;
    }
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    });
    if found.is_none() {
        eprintln!("{name} is not installed and is left out");
    }
    found
}

fn start(
    folder: &Path,
    name: &'static str,
    program: &Path,
    configure: impl FnOnce(&mut Command, u16, &Path),
) -> Result<Peer> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let data = folder.join(name);
    let log = std::fs::File::create(folder.join(format!("{name}.log")))?;
    let mut command = Command::new(program);
    configure(&mut command, port, &data);
    let child = command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("starting {}", program.display()))?;
    let mut peer = Peer {
        name,
        url: format!("http://127.0.0.1:{port}"),
        data,
        child,
    };
    let began = Instant::now();
    while peer.query("vector(1)").is_err() {
        if let Some(status) = peer.child.try_wait()? {
            let log = std::fs::read_to_string(folder.join(format!("{name}.log")))?;
            bail!("{name} ended with {status}:\n{log}");
        }
        if began.elapsed() > START {
            bail!("{name} does not answer at {}", peer.url);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(peer)
}
