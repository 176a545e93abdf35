//! What the originals answer, in every form, is read: where node_exporter and Prometheus are
//! installed, they are started and scraped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use model::{Labels, LabelsBuilder};
use wire::exposition::{Entry, Format, Parser, parse_series};

/// How often a program that has just been started is asked, ten times a second.
const TRIES: usize = 200;

struct Program {
    child: Child,
    port: u16,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// `None` where it is not installed.
    fn start(name: &str, arguments: &[String]) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(name)
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        Some(Self { child, port })
    }

    /// The body of `/metrics` and the form it says it has.
    fn scrape(&self, accept: Format) -> (Vec<u8>, Format) {
        let mut connection = (0..TRIES)
            .find_map(|_| {
                let connection = TcpStream::connect(("127.0.0.1", self.port)).ok();
                if connection.is_none() {
                    std::thread::sleep(Duration::from_millis(100));
                }
                connection
            })
            .expect("the program listens");
        let accept = accept.media_type();
        write!(
            connection,
            "GET /metrics HTTP/1.0\r\nAccept: {accept}\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("a head")
            + 4;
        let body = answer.split_off(end);
        let head = String::from_utf8(answer).unwrap();
        let given = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Type: "));
        let format = given
            .and_then(Format::from_content_type)
            .expect("a form we know");
        (body, format)
    }
}

/// The series of a body, bounds of buckets and quantiles as whole numbers are written in every
/// form alike.
fn series(body: &[u8], format: Format) -> BTreeSet<Labels> {
    let mut parser = Parser::new(body, format);
    let mut all = BTreeSet::new();
    while let Some(entry) = parser.next() {
        let Entry::Series(line) = entry.expect("a body without faults") else {
            continue;
        };
        let mut labels = LabelsBuilder::new();
        parse_series(line.series, format, &mut labels).expect("a valid series");
        for bound in ["le", "quantile"] {
            if let Ok(number) = labels.get(bound).parse::<f64>() {
                labels.set(bound, &number.to_string());
            }
        }
        assert!(all.insert(labels.build()), "no series twice");
    }
    all
}

fn check(program: &Program, least: usize) {
    // Counters of requests appear with the first request of their kind.
    for format in [Format::Text004, Format::OpenMetrics001, Format::Protobuf] {
        program.scrape(format);
    }
    let (body, format) = program.scrape(Format::Text004);
    assert_eq!(format, Format::Text004);
    let text = series(&body, format);
    assert!(text.len() >= least, "{} series", text.len());
    for form in [Format::OpenMetrics001, Format::Protobuf] {
        let (body, format) = program.scrape(form);
        if format != Format::Text004 {
            assert_eq!(format, form);
        }
        let other = series(&body, format);
        let missing: Vec<&Labels> = text.difference(&other).collect();
        // Collectors may lose a device between two scrapes.
        assert!(
            missing.len() * 50 < text.len(),
            "{form:?} lacks {missing:?}"
        );
    }
}

#[test]
fn node_exporter() {
    if let Some(program) = Program::start("prometheus-node-exporter", &[]) {
        check(&program, 100);
    }
}

#[test]
fn prometheus() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prometheus.yml");
    std::fs::write(&file, "global: {}\n").unwrap();
    let arguments = [
        format!("--config.file={}", file.display()),
        format!(
            "--storage.tsdb.path={}",
            folder.path().join("data").display()
        ),
    ];
    if let Some(program) = Program::start("prometheus", &arguments) {
        check(&program, 100);
    }
}
