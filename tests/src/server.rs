//! Servers that live as long as a test.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// How long a server may take to answer for the first time, debug builds on busy machines
/// included.
const START: Duration = Duration::from_secs(60);

/// A port of this machine that nobody listens on.
///
/// # Errors
/// Where the machine has none left.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Where a program is, if it is installed; otherwise says that a test is skipped, past the
/// capturing of output, so that it is seen also where the test passes.
pub fn installed(program: &str) -> Option<PathBuf> {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(program))
            .find(|file| file.is_file())
    });
    if found.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: {program} is not installed");
    }
    found
}

/// A Python that has the clients which set-up installs; otherwise says that a test is skipped.
pub fn python_clients() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let python = root.join("target/python-clients/bin/python");
    if python.is_file() {
        return Some(python);
    }
    let _ = writeln!(
        std::io::stderr(),
        "skipped: clients of Python are not installed (cargo xtask setup)"
    );
    None
}

/// A running program; killed when dropped.
pub struct Server {
    child: Child,
    /// Where it answers, such as `http://127.0.0.1:40123`.
    pub url: String,
    log: PathBuf,
}

impl Server {
    /// Starts a program and waits until `ready` (a path) answers 200, or 401 where it says nothing
    /// to strangers. Of a URL without a scheme nothing is asked.
    ///
    /// # Errors
    /// Where it does not start, or ends, or does not answer; with its log.
    pub fn start(mut command: Command, url: String, ready: &str, log: &Path) -> Result<Self> {
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("starting {command:?}"))?;
        let mut server = Self {
            child,
            url,
            log: log.to_owned(),
        };
        let began = Instant::now();
        let address = format!("{}{ready}", server.url);
        let answers = || {
            !address.starts_with("http:")
                || crate::get(&address).is_ok_and(|answer| matches!(answer.status, 200 | 401))
        };
        while !answers() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{command:?} ended with {status}:\n{}", server.log());
            }
            if began.elapsed() > START {
                bail!(
                    "{command:?} does not answer at {address}:\n{}",
                    server.log()
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The process' number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as `kill -9` does, and waits for the end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal by name, such as `TERM` or `HUP`.
    ///
    /// # Errors
    /// Where it could not be sent.
    pub fn signal(&self, name: &str) -> Result<()> {
        let status = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .status()?;
        if !status.success() {
            bail!("kill -s {name} {}: {status}", self.id());
        }
        Ok(())
    }

    /// Waits for the end and answers whether it was a good one.
    ///
    /// # Errors
    /// Where waiting fails.
    pub fn wait(&mut self) -> Result<bool> {
        Ok(self.child.wait()?.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Argand in a folder of its own.
pub struct Argand {
    /// The running program.
    pub server: Server,
    folder: PathBuf,
    _owned: Option<TempDir>,
}

impl Argand {
    /// Starts the binary of this build with a configuration and further flags.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start(configuration: &str, flags: &[&str]) -> Result<Self> {
        Self::start_below("", configuration, flags)
    }

    /// Starts with flags that put all paths below a prefix.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start_below(prefix: &str, configuration: &str, flags: &[&str]) -> Result<Self> {
        let owned = tempfile::tempdir()?;
        let folder = owned.path().to_owned();
        Self::start_with(&folder, prefix, configuration, flags, Some(owned))
    }

    /// Starts in a folder that outlives the program, so that it can be started there again.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start_in(folder: &Path, configuration: &str, flags: &[&str]) -> Result<Self> {
        Self::start_with(folder, "", configuration, flags, None)
    }

    fn start_with(
        folder: &Path,
        prefix: &str,
        configuration: &str,
        flags: &[&str],
        owned: Option<TempDir>,
    ) -> Result<Self> {
        let port = free_port()?;
        let file = folder.join("prometheus.yml");
        std::fs::write(
            &file,
            configuration.replace("SELF", &format!("127.0.0.1:{port}")),
        )?;
        let mut command = Command::new(binary()?);
        command
            .current_dir(folder)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(flags);
        let url = format!("http://127.0.0.1:{port}{prefix}");
        let server = Server::start(command, url, "/-/ready", &folder.join("argand.log"))?;
        Ok(Self {
            server,
            folder: folder.to_owned(),
            _owned: owned,
        })
    }

    /// The folder with the configuration, `prometheus.yml`, and the data, `data`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A full URL.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }

    /// The result list of an instant query.
    ///
    /// # Errors
    /// Where the query fails.
    pub fn query(&self, text: &str) -> Result<Vec<serde_json::Value>> {
        query(&self.server.url, text)
    }

    /// Waits until a query answers with at least one series, and gives the list.
    ///
    /// # Errors
    /// Where it does not within a minute.
    pub fn wait_for(&self, text: &str) -> Result<Vec<serde_json::Value>> {
        let began = Instant::now();
        loop {
            let found = self.query(text)?;
            if !found.is_empty() {
                return Ok(found);
            }
            if began.elapsed() > START {
                bail!("{text}: no series after {START:?}\n{}", self.server.log());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The result list of an instant query to any server of Prometheus' API.
///
/// # Errors
/// Where the query fails.
pub fn query(server: &str, query: &str) -> Result<Vec<serde_json::Value>> {
    let body = format!("query={}", encode(query));
    let answer = crate::post(
        &format!("{server}/api/v1/query"),
        "application/x-www-form-urlencoded",
        body.as_bytes(),
    )?;
    let value: serde_json::Value = serde_json::from_str(&answer.text)
        .with_context(|| format!("{query}: status {}: {}", answer.status, answer.text))?;
    let list = value
        .pointer("/data/result")
        .and_then(|result| result.as_array());
    list.cloned()
        .with_context(|| format!("{query}: {}", answer.text))
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The binary of this build: the one cargo tells of, or the one beside the test's own.
///
/// # Errors
/// Where it has not been built.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("ARGAND_BINARY") {
        return Ok(PathBuf::from(path));
    }
    let test = std::env::current_exe()?;
    let beside = test
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("argand"))
        .find(|file| file.is_file())
        .context("no argand beside the tests: build the workspace first (cargo build --workspace), or name one in ARGAND_BINARY")?;
    Ok(beside)
}
