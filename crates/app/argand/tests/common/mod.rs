//! What the tests of the command line share: a directory that a real Prometheus wrote.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod remote_write;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use remote_write::{Bucketed, Series, request};

/// Milliseconds of a block.
const BLOCK: i64 = 2 * 3_600_000;
/// Milliseconds between samples.
const STEP: i64 = 15_000;

/// How long a server is given to end what it does behind a block that is written.
const SETTLE: Duration = Duration::from_secs(2);

/// The programs that are compared with: a newer Prometheus where the environment names one, else
/// the installed one. `None`, with a reason printed, where there is none.
pub(crate) fn programs() -> Option<(PathBuf, PathBuf)> {
    let pair = match std::env::var_os("ARGAND_PROMETHEUS_NEXT") {
        Some(folder) => {
            let folder = PathBuf::from(folder);
            (folder.join("prometheus"), folder.join("promtool"))
        }
        None => ("prometheus".into(), "promtool".into()),
    };
    let runs = Command::new(&pair.1).arg("--version").output().is_ok();
    if !runs {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: the program promtool is not installed"
        );
        return None;
    }
    Some(pair)
}

/// Whether the programs are newer than 2.x, whose output is another in places.
pub(crate) fn is_new(promtool: &Path) -> bool {
    let asked = ["tsdb", "dump-openmetrics", "--help"];
    let output = Command::new(promtool).args(asked).output().unwrap();
    output.status.success()
}

/// What this program does with arguments.
pub(crate) fn argand(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_argand"))
        .args(arguments)
        .output()
        .unwrap()
}

pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap().as_millis() as i64
}

/// A running Prometheus, killed with the value.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    pub(crate) fn start(program: &Path, dir: &Path, port: u16) -> Self {
        let config = dir.join("prometheus.yml");
        fs::write(
            &config,
            "storage: {tsdb: {out_of_order_time_window: 30m}}\n",
        )
        .unwrap();
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                dir.join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args([
                "--web.enable-remote-write-receiver",
                "--web.enable-admin-api",
            ])
            .arg("--enable-feature=native-histograms,exemplar-storage")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port };
        for _ in 0..300 {
            if server
                .ask("GET", "/-/ready", "", &[])
                .is_some_and(|a| a.contains(" 200 "))
            {
                return server;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("prometheus does not become ready");
    }

    /// The whole answer, header included.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\n{headers}Content-Length: {length}\r\n\r\n"
        )
        .ok()?;
        stream.write_all(body).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    fn push(&self, series: &[Series]) {
        let headers = "Content-Encoding: snappy\r\nContent-Type: application/x-protobuf\r\n\
                       X-Prometheus-Remote-Write-Version: 0.1.0\r\n";
        let answer = self
            .ask("POST", "/api/v1/write", headers, &request(series))
            .unwrap();
        assert!(answer.contains(" 204 "), "{answer}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The labels of the n-th series.
fn labels(n: usize, is_new: bool) -> Vec<(String, String)> {
    let mut labels = vec![
        ("__name__".to_owned(), format!("metric_{}", n % 4)),
        ("n".to_owned(), n.to_string()),
        (
            "text".to_owned(),
            ["plain", "a\"b\\c\nd\te", "grüße ☃", ""][n % 4].to_owned(),
        ),
    ];
    if is_new && n == 5 {
        labels.push(("with.dots".to_owned(), "x".to_owned()));
    }
    labels.retain(|label| !label.1.is_empty());
    labels.sort();
    labels
}

fn value(n: usize, step: i64) -> f64 {
    match (n, step % 50) {
        (3, 7) => f64::INFINITY,
        (3, 8) => f64::NAN,
        (3, 9) => f64::from_bits(0x7ff0_0000_0000_0002),
        (n, _) if n.is_multiple_of(2) => (step * n as i64) as f64,
        (n, _) => (step as f64 * 0.37 + n as f64).sin() * 1e7,
    }
}

/// The n-th kind of histogram at a step.
fn bucketed(n: usize, step: i64) -> Bucketed {
    let grown = step.max(0) as u64;
    Bucketed {
        is_float: n == 1,
        schema: if n == 2 { -53 } else { 3 },
        sum: grown as f64 * 1.5,
        zero: if n == 2 { 0 } else { grown },
        spans: vec![(if n == 2 { 0 } else { -2 }, 2), (1, 1)],
        buckets: vec![grown, 2 * grown, 3 * grown],
        custom: if n == 2 {
            vec![0.1, 0.5, 2.5, 10.0]
        } else {
            Vec::new()
        },
    }
}

/// Has a Prometheus write `dir/data`: blocks, a log, head chunks, late samples, deletions, native
/// histograms, labels of many kinds. It is killed at the end.
pub(crate) fn written(dir: &Path, port: u16) -> Option<(PathBuf, PathBuf)> {
    let (prometheus, promtool) = programs()?;
    let is_new = is_new(&promtool);
    let server = Server::start(&prometheus, dir, port);
    let end = now() / STEP * STEP - STEP;
    let (steps, slice) = (7 * 3_600_000 / STEP, 40);
    let start = end - steps * STEP;
    for first in (0..steps).step_by(slice as usize) {
        let mut batch = Vec::new();
        for n in 0..16 {
            let last = if n == 7 { 900 } else { steps };
            let samples = (first..(first + slice).min(last))
                .map(|step| (start + step * STEP + n as i64, value(n, step)));
            batch.push(Series::floats(labels(n, is_new), samples.collect()));
        }
        for n in 0..if is_new { 3 } else { 1 } {
            let mut labels = labels(n, false);
            labels[0].1 = "histogram".to_owned();
            let samples =
                (first..first + slice).map(|step| (start + step * STEP, bucketed(n, step)));
            batch.push(Series::histograms(labels, samples.collect()));
        }
        batch.retain(|series| !series.is_empty());
        server.push(&batch);
    }
    let data = dir.join("data");
    // Until the head is as short as it gets, so that no block is cut while samples are deleted.
    let newest = |data: &Path| {
        let text = argand(&["tsdb", "list", data.to_str().unwrap()]).stdout;
        let text = String::from_utf8(text).unwrap();
        let last = text.lines().skip(1).last().map(str::to_owned);
        let time = last.and_then(|line| line.split_whitespace().nth(2)?.parse().ok());
        time.unwrap_or(0i64)
    };
    for _ in 0..600 {
        if newest(&data) >= end - BLOCK - BLOCK / 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(blocks(&data).len() >= 2, "no blocks");
    std::thread::sleep(SETTLE);
    // Late samples, and a few in order, so that both logs grow.
    for minutes in [20, 10, 5] {
        let time = end - minutes * 60_000 + 1;
        let samples = (0..40)
            .map(|step| (time + step * 1000, step as f64))
            .collect();
        server.push(&[Series::floats(labels(2, is_new), samples)]);
    }
    let (from, to) = ((start + BLOCK) / 1000, (start + BLOCK) / 1000 + 900);
    let delete = "/api/v1/admin/tsdb/delete_series?match[]=metric_1";
    for (from, to) in [(from, to), (end / 1000 - 600, end / 1000 - 300)] {
        let path = format!("{delete}&start={from}&end={to}");
        let answer = server.ask("POST", &path, "", &[]).unwrap();
        assert!(answer.contains(" 204 "), "{answer}");
    }
    drop(server);
    Some((data, promtool))
}

/// The names of the blocks in a folder.
pub(crate) fn blocks(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.contains('.') && dir.join(name).join("meta.json").exists())
        .collect();
    names.sort();
    names
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All files below a folder with their lengths and times of change.
pub(crate) fn listing(dir: &Path) -> Vec<(PathBuf, u64, SystemTime)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::metadata(&path).unwrap();
        if meta.is_dir() {
            found.extend(listing(&path));
        }
        found.push((path, meta.len(), meta.modified().unwrap()));
    }
    found.sort();
    found
}
