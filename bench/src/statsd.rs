//! `statsd`: lines of StatsD, mapped and counted: Argand against statsd_exporter, one after the
//! other.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::report::Report;
use crate::servers::{Kind, Program, agent, free_port};
use crate::watch;

/// Lines of StatsD.
#[derive(Args, Clone)]
pub(crate) struct StatsdOptions {
    /// Lines over TCP, of each kind.
    #[arg(long, default_value_t = 3_000_000)]
    lines: usize,
    /// Lines a second over UDP.
    #[arg(long, default_value_t = 200_000)]
    rate: usize,
    /// Seconds of that.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The original's binary: a path, or a name on PATH.
    #[arg(long, default_value = "statsd_exporter")]
    statsd_exporter: PathBuf,
}

/// Names of StatsD, fewer than either keeps with their mappings.
const NAMES: usize = 900;

/// Lines of a datagram: what clients send that buffer.
const LINES_A_DATAGRAM: usize = 10;

/// How long a program may take until it answers.
const START: Duration = Duration::from_secs(30);

/// How long nothing must come any more for all to have come.
const QUIET: Duration = Duration::from_secs(2);

/// Time between two questions whether all has come: an answer costs CPU, too.
const ASK: Duration = Duration::from_millis(250);

/// Globs with labels, histograms for timings.
const MAPPING: &str = "
defaults: {observer_type: histogram}
mappings:
- {match: app.*.requests.*, name: requests_total, labels: {service: $1, code: $2}}
- {match: app.*.queue.*, name: queue_length, labels: {service: $1, shard: $2}}
- {match: app.*.latency.*, name: latency_seconds, labels: {service: $1, route: $2}}
";

/// What lines took.
struct Measured {
    kind: Kind,
    /// Microseconds of CPU a line, without tags and with them, and by datagrams.
    plain: f64,
    tagged: f64,
    datagrams: f64,
    /// Lines a second over TCP, without tags.
    speed: f64,
    /// Of 100 lines in datagrams, those that did not arrive.
    lost: f64,
    resident: u64,
}

impl StatsdOptions {
    /// Runs the measurement.
    pub(crate) fn run(&self, programs: &[Program], report: &mut Report) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let mut measured = Vec::new();
        for program in programs {
            let receiver = match program.kind {
                Kind::Argand => Receiver::argand(&program.path, folder.path())?,
                Kind::Prometheus => {
                    let original = Program::find(Kind::Prometheus, &self.statsd_exporter)
                        .context("statsd_exporter is not installed")?;
                    Receiver::original(&original.path, folder.path())?
                }
                _ => continue,
            };
            measured.push(self.measure(program.kind, &receiver)?);
        }
        self.report(&measured, report);
        Ok(())
    }

    fn measure(&self, kind: Kind, receiver: &Receiver) -> Result<Measured> {
        // Names and series are there before anything is measured.
        self.stream(receiver, NAMES * 3, false)?;
        let (plain, speed) = self.stream(receiver, self.lines, false)?;
        let (tagged, _) = self.stream(receiver, self.lines, true)?;
        let (datagrams, lost) = self.datagrams(receiver)?;
        Ok(Measured {
            kind,
            plain,
            tagged,
            datagrams,
            speed,
            lost,
            resident: watch::usage(receiver.child.id())?.resident,
        })
    }

    /// Sends lines as fast as they are taken: microseconds of CPU a line, and lines a second.
    fn stream(&self, receiver: &Receiver, lines: usize, tagged: bool) -> Result<(f64, f64)> {
        let text = lines_of(NAMES * 3, tagged);
        let (cpu, before) = (receiver.cpu()?, receiver.samples()?);
        let began = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", receiver.port))?;
        let rounds = lines.div_ceil(NAMES * 3);
        for _ in 0..rounds {
            stream.write_all(text.as_bytes())?;
        }
        drop(stream);
        let sent = (rounds * NAMES * 3) as u64;
        while receiver.samples()? < before + sent {
            if began.elapsed() > START + Duration::from_secs(sent / 10_000) {
                bail!("{} of {sent} lines came", receiver.samples()? - before);
            }
            std::thread::sleep(ASK);
        }
        let speed = sent as f64 / began.elapsed().as_secs_f64();
        Ok(((receiver.cpu()? - cpu) * 1e6 / sent as f64, speed))
    }

    /// Sends datagrams at the rate: microseconds of CPU a line that came, and percent that did not.
    fn datagrams(&self, receiver: &Receiver) -> Result<(f64, f64)> {
        let text = lines_of(NAMES * 3, false);
        let lines: Vec<&str> = text.lines().collect();
        let packets: Vec<String> = lines
            .chunks(LINES_A_DATAGRAM)
            .map(|c| c.join("\n"))
            .collect();
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(("127.0.0.1", receiver.port))?;
        let (cpu, before) = (receiver.cpu()?, receiver.samples()?);
        let began = Instant::now();
        let mut sent = 0u64;
        for packet in packets.iter().cycle() {
            let due = sent as f64 / self.rate.max(1) as f64;
            if due >= self.seconds as f64 {
                break;
            }
            let early = due - began.elapsed().as_secs_f64();
            if early > 0.001 {
                std::thread::sleep(Duration::from_secs_f64(early));
            }
            // What the receiver has no room for, the kernel drops without a word.
            socket.send(packet.as_bytes())?;
            sent += LINES_A_DATAGRAM as u64;
        }
        std::thread::sleep(QUIET);
        let came = receiver.samples()? - before;
        let lost = 100.0 * sent.saturating_sub(came) as f64 / sent as f64;
        Ok(((receiver.cpu()? - cpu) * 1e6 / came.max(1) as f64, lost))
    }

    fn report(&self, measured: &[Measured], report: &mut Report) {
        report.note(format!(
            "statsd: {} lines over TCP of each kind and {} a second over UDP for {} s, {NAMES} names of each of \
             three types behind three globs; prometheus stands for statsd_exporter; one after the other",
            self.lines, self.rate, self.seconds
        ));
        type Figure = (&'static str, fn(&Measured) -> f64);
        const FIGURES: [Figure; 6] = [
            ("CPU microseconds a line", |m| m.plain),
            ("CPU microseconds a line with two tags", |m| m.tagged),
            ("CPU microseconds a line in datagrams of ten", |m| {
                m.datagrams
            }),
            ("lines a second over one connection", |m| m.speed),
            ("percent of lines in datagrams that were lost", |m| m.lost),
            ("resident, MB", |m| m.resident as f64 / 1e6),
        ];
        for (figure, of) in FIGURES {
            let values = measured.iter().map(|one| (one.kind, Some(of(one))));
            report.row("statsd", figure, values);
        }
    }
}

/// Counters, gauges and timings in turn.
fn lines_of(count: usize, tagged: bool) -> String {
    let tags = match tagged {
        true => "|#zone:eu-west-1,version:1.2.3",
        false => "",
    };
    let mut text = String::new();
    for number in 0..count {
        let (name, kind) = match number % 3 {
            0 => ("requests", "c"),
            1 => ("queue", "g"),
            _ => ("latency", "ms"),
        };
        let (service, part) = (number / 3 % 30, number / 90 % 30);
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "app.service-{service}.{name}.{part}:{}|{kind}{tags}",
            number % 700
        );
    }
    text
}

/// A running receiver; ended with the value.
struct Receiver {
    child: Child,
    /// What it says of itself.
    metrics: String,
    port: u16,
    agent: ureq::Agent,
}

impl Receiver {
    fn argand(program: &Path, folder: &Path) -> Result<Self> {
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, "global: {scrape_interval: 15s}\n")?;
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ));
        Self::start(command, folder, "/exporters/statsd")
    }

    fn original(program: &Path, folder: &Path) -> Result<Self> {
        Self::start(Command::new(program), folder, "/metrics")
    }

    fn start(mut command: Command, folder: &Path, path: &str) -> Result<Self> {
        let mapping = folder.join("mapping.yml");
        std::fs::write(&mapping, MAPPING)?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let port = free_port()?;
        let log = std::fs::File::create(folder.join("log"))?;
        command
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--statsd.listen-udp=127.0.0.1:{port}"))
            .arg(format!("--statsd.listen-tcp=127.0.0.1:{port}"))
            .arg(format!("--statsd.mapping-config={}", mapping.display()))
            // More than there are, for both.
            .arg(format!("--statsd.cache-size={}", NAMES * 4))
            .stdout(log.try_clone()?)
            .stderr(log);
        let receiver = Self {
            child: command.spawn().context("starting a receiver of StatsD")?,
            metrics: format!("http://{address}{path}"),
            port,
            agent: agent(),
        };
        let began = Instant::now();
        while receiver.samples().is_err() {
            if began.elapsed() > START {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                bail!("a receiver of StatsD does not start:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(receiver)
    }

    /// Samples that are in their series so far.
    fn samples(&self) -> Result<u64> {
        let mut answer = self.agent.get(&self.metrics).call()?;
        let text = answer.body_mut().read_to_string()?;
        let lines = text.lines();
        let counts = lines.filter(|line| line.starts_with("statsd_exporter_events_total{"));
        let count = |line: &str| line.rsplit(' ').next().unwrap_or_default().parse::<f64>();
        let counts: Vec<f64> = counts.map(count).collect::<Result<_, _>>()?;
        Ok(counts.iter().sum::<f64>() as u64)
    }

    /// Seconds of CPU so far.
    fn cpu(&self) -> Result<f64> {
        Ok(watch::cpu_milliseconds(self.child.id())? / 1e3)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
