//! Argand on a port and in a folder that outlive it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use argand_tests::{Server, binary, free_port, query};

/// How long something may take to come, debug builds on busy machines included.
const PATIENCE: Duration = Duration::from_secs(60);

/// Argand, which can be killed and comes back as it was.
pub(crate) struct Near {
    pub(crate) server: Server,
    folder: tempfile::TempDir,
    port: u16,
}

impl Near {
    /// Starts with a configuration in which `SELF` is its own address.
    pub(crate) fn start(configuration: &str) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port().unwrap());
        configure(folder.path(), port, configuration);
        let server = run(folder.path(), port);
        Self {
            server,
            folder,
            port,
        }
    }

    pub(crate) fn kill(&mut self) {
        self.server.kill();
    }

    pub(crate) fn start_again(&mut self) {
        self.server = run(self.folder.path(), self.port);
    }

    /// Puts another configuration in force.
    pub(crate) fn reload(&self, configuration: &str) {
        configure(self.folder.path(), self.port, configuration);
        let url = format!("{}/-/reload", self.server.url);
        let answer = argand_tests::post(&url, "text/plain", b"").unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub(crate) fn write_url(&self) -> String {
        format!("{}/api/v1/write", self.server.url)
    }

    /// The value that a query finds, where it finds one.
    pub(crate) fn value(&self, text: &str) -> Option<f64> {
        value(&self.server.url, text)
    }
}

/// The value that a query to a server finds, where it finds one.
pub(crate) fn value(server: &str, text: &str) -> Option<f64> {
    let found = query(server, text).ok()?;
    found.first()?["value"][1].as_str()?.parse().ok()
}

/// Looks again and again until something is there.
pub(crate) fn wait<T>(what: &str, log: impl Fn() -> String, look: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} did not come\n{}", log());
}

fn configure(folder: &Path, port: u16, configuration: &str) {
    let text = configuration.replace("SELF", &format!("127.0.0.1:{port}"));
    std::fs::write(folder.join("prometheus.yml"), text).unwrap();
}

fn run(folder: &Path, port: u16) -> Server {
    let mut command = Command::new(binary().unwrap());
    command
        .current_dir(folder)
        .arg("--config.file=prometheus.yml")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--web.enable-remote-write-receiver")
        .arg("--web.enable-lifecycle");
    let url = format!("http://127.0.0.1:{port}");
    Server::start(command, url, "/-/ready", &folder.join("argand.log")).unwrap()
}
