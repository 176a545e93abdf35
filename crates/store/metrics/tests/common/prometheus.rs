//! The real Prometheus as a child process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Names a folder with the program of a newer version.
const NEXT: &str = "ARGAND_PROMETHEUS_NEXT";

/// A running Prometheus, killed with the value.
pub(crate) struct Prometheus(Child, u16);

impl Prometheus {
    /// Starts it on `dir/data`. `None`, with a reason printed, where the program is not installed.
    pub(crate) fn start(dir: &Path, port: u16) -> Option<Self> {
        Self::start_flagged(dir, port, &[])
    }

    /// [`Prometheus::start`] with further flags.
    pub(crate) fn start_flagged(dir: &Path, port: u16, flags: &[&str]) -> Option<Self> {
        let config = format!(
            "scrape_configs: [{{job_name: self, scrape_interval: 1s, \
             static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]"
        );
        Self::start_with(dir, port, &config, flags)
    }

    /// Starts it on `dir/data` with a configuration and further flags.
    pub(crate) fn start_with(dir: &Path, port: u16, config: &str, flags: &[&str]) -> Option<Self> {
        let file = dir.join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let child = Command::new(program())
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                dir.join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(flags)
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            let _ = writeln!(
                std::io::stderr(),
                "skipped: the program prometheus is not installed"
            );
            return None;
        };
        let server = Self(child, port);
        for _ in 0..300 {
            if server
                .get("/-/ready")
                .is_some_and(|answer| answer.contains(" 200 "))
            {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("prometheus does not become ready");
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn end(mut self) {
        let pid = self.0.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.unwrap().success());
        self.0.wait().unwrap();
    }

    /// The whole answer to a GET, header included.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.1)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

/// The program: a newer one where the environment names its folder.
fn program() -> PathBuf {
    path_of("prometheus")
}

fn path_of(name: &str) -> PathBuf {
    match std::env::var_os(NEXT) {
        Some(folder) => Path::new(&folder).join(name),
        None => PathBuf::from(name),
    }
}

/// What promtool of the same version prints; an error is what it complains of. `None`, with a
/// reason printed, where it is not installed.
pub(crate) fn promtool(arguments: &[&str]) -> Option<Result<String, String>> {
    let Ok(done) = Command::new(path_of("promtool")).args(arguments).output() else {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: the program promtool is not installed"
        );
        return None;
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(if done.status.success() {
        Ok(text(&done.stdout))
    } else {
        Err(text(&done.stderr) + &text(&done.stdout))
    })
}

/// Whether the version knows a line of a scrape configuration; false where none is installed.
pub(crate) fn knows(dir: &Path, line: &str) -> bool {
    let file = dir.join("try.yml");
    let config = format!("scrape_configs: [{{job_name: try, {line}}}]");
    std::fs::write(&file, config).unwrap();
    let path = file.to_str().unwrap();
    promtool(&["check", "config", path]).is_some_and(|said| said.is_ok())
}

impl Prometheus {
    /// The body of the answer to a POST, which must succeed.
    pub(crate) fn post(&self, path: &str, headers: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.1)).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST {path} HTTP/1.0\r\n{headers}Content-Length: {length}\r\n\r\n"
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 ") || head.contains(" 204 "), "{answer}");
        body.to_owned()
    }
}

impl Prometheus {
    /// Asks it to end and waits until it has.
    pub(crate) fn stop(mut self) {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
