//! `push`: metrics that jobs push, while many groups are held: Argand's push gateway against the
//! original, one after the other, and the same into Argand's whole server.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::report::Report;
use crate::servers::{Kind, Program, agent, free_port};
use crate::watch;

/// Pushes into groups that are held.
#[derive(Args, Clone)]
pub(crate) struct PushOptions {
    /// Groups that are held.
    #[arg(long, default_value_t = 10_000)]
    groups: usize,
    /// Series of a push.
    #[arg(long, default_value_t = 50)]
    series: usize,
    /// Pushes a second that are sent, as far as they are answered.
    #[arg(long, default_value_t = 1_000)]
    rate: usize,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// The original's binary: a path, or a name on PATH.
    #[arg(long, default_value = "prometheus-pushgateway")]
    pushgateway: PathBuf,
}

/// Connections that push at once.
const SENDERS: usize = 8;

/// How long a program may take until it answers, its groups read back.
const START: Duration = Duration::from_secs(300);

/// Lines of one family.
const LINES: usize = 10;

/// What pushing took.
struct Measured {
    pushes: u64,
    /// Seconds of CPU a push.
    cpu: f64,
    /// Seconds until the answer, of the middle push and of the slowest in a hundred.
    middle: f64,
    slow: f64,
    resident: u64,
    anonymous: u64,
}

impl PushOptions {
    /// Runs the measurement.
    pub(crate) fn run(&self, programs: &[Program], report: &mut Report) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (mut checked, mut unchecked) = (Vec::new(), Vec::new());
        for program in programs {
            let folder = folder.path().join(program.kind.to_string());
            std::fs::create_dir_all(&folder)?;
            match program.kind {
                Kind::Argand => {
                    let alone = Gateway::argand(&program.path, &folder)?;
                    self.hold(&alone)?;
                    let measured = self.push(&alone)?;
                    drop(alone);
                    unchecked.push((program.kind, measured.cpu));
                    checked.push((program.kind, measured));
                    let whole = Gateway::whole(&program.path, &folder)?;
                    self.hold(&whole)?;
                    let measured = self.push(&whole)?;
                    report.row(
                        "push",
                        "CPU milliseconds a push, samples stored and groups refreshed",
                        [(program.kind, Some(measured.cpu * 1e3))],
                    );
                }
                Kind::Prometheus => {
                    let original = Program::find(Kind::Prometheus, &self.pushgateway)
                        .context("the original push gateway is not installed")?;
                    // Held with its checks, its groups would take hours to get.
                    let quick = "--push.disable-consistency-check";
                    let mut gateway = Gateway::original(&original.path, &folder, &[quick])?;
                    self.hold(&gateway)?;
                    unchecked.push((program.kind, self.push(&gateway)?.cpu));
                    gateway.end()?;
                    let gateway = Gateway::original(&original.path, &folder, &[])?;
                    checked.push((program.kind, self.push(&gateway)?));
                }
                _ => {}
            }
        }
        self.report(&checked, &unchecked, report);
        Ok(())
    }

    /// A body; the number makes its values.
    fn body(&self, number: u64) -> String {
        let mut body = String::new();
        for line in 0..self.series {
            let family = line / LINES;
            // Writing to a text cannot fail.
            if line % LINES == 0 {
                let _ = write!(
                    body,
                    "# HELP batch_stage_{family}_seconds Time that a stage of the last run took.\n\
                     # TYPE batch_stage_{family}_seconds gauge\n"
                );
            }
            let value = (number * 37 + line as u64) % 100_000;
            let _ = writeln!(
                body,
                "batch_stage_{family}_seconds{{stage=\"stage-{line}\",queue=\"nightly\"}} {}.{:03}",
                value / 1000,
                value % 1000
            );
        }
        body
    }

    /// Pushes each group once, as fast as it goes.
    fn hold(&self, gateway: &Gateway) -> Result<()> {
        let next = AtomicU64::new(0);
        std::thread::scope(|scope| {
            let send = || -> Result<()> {
                let agent = agent();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number as usize >= self.groups {
                        return Ok(());
                    }
                    gateway.push(&agent, number, &self.body(number))?;
                }
            };
            let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(send)).collect();
            senders.into_iter().try_for_each(joined)
        })
    }

    /// Pushes into the groups in turn at the rate, or as fast as answers come.
    fn push(&self, gateway: &Gateway) -> Result<Measured> {
        // What was begun by holding is done with.
        std::thread::sleep(Duration::from_secs(3));
        let before = watch::usage(gateway.child.id())?;
        let next = AtomicU64::new(0);
        let began = Instant::now();
        let end = Duration::from_secs(self.seconds);
        let step = Duration::from_secs_f64(1.0 / self.rate.max(1) as f64);
        let mut latencies: Vec<f64> = std::thread::scope(|scope| {
            let send = || -> Result<Vec<f64>> {
                let agent = agent();
                let mut latencies = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let due = step * u32::try_from(number).unwrap_or(u32::MAX);
                    if due >= end || began.elapsed() >= end {
                        return Ok(latencies);
                    }
                    std::thread::sleep(due.saturating_sub(began.elapsed()));
                    let body = self.body(number + 1);
                    let sent = Instant::now();
                    gateway.push(&agent, number % self.groups.max(1) as u64, &body)?;
                    latencies.push(sent.elapsed().as_secs_f64());
                }
            };
            let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(send)).collect();
            let all = senders.into_iter().map(joined);
            all.collect::<Result<Vec<_>>>().map(|all| all.concat())
        })?;
        let after = watch::usage(gateway.child.id())?;
        latencies.sort_by(f64::total_cmp);
        let of = |part: f64| {
            let place = (latencies.len() as f64 * part) as usize;
            latencies.get(place).copied().unwrap_or_default()
        };
        Ok(Measured {
            pushes: latencies.len() as u64,
            cpu: (after.cpu - before.cpu) / latencies.len().max(1) as f64,
            middle: of(0.5),
            slow: of(0.99),
            resident: after.resident,
            anonymous: after.anonymous,
        })
    }

    fn report(&self, checked: &[(Kind, Measured)], unchecked: &[(Kind, f64)], report: &mut Report) {
        report.note(format!(
            "push: {} pushes a second of {} series for {} s into {} groups that are held, over {SENDERS} \
             connections; prometheus stands for its Pushgateway, which answers as many as it can; one after \
             the other",
            self.rate, self.series, self.seconds, self.groups
        ));
        type Figure = (&'static str, fn(&Measured) -> f64);
        const FIGURES: [Figure; 6] = [
            ("CPU milliseconds a push", |m| m.cpu * 1e3),
            ("pushes answered", |m| m.pushes as f64),
            ("milliseconds until the answer, middle", |m| m.middle * 1e3),
            ("milliseconds until the answer, 99 %", |m| m.slow * 1e3),
            ("resident, MB", |m| m.resident as f64 / 1e6),
            ("anonymous, MB", |m| m.anonymous as f64 / 1e6),
        ];
        for (figure, of) in FIGURES {
            let values = checked.iter().map(|(kind, one)| (*kind, Some(of(one))));
            report.row("push", figure, values);
        }
        let values = unchecked.iter().map(|(kind, cpu)| (*kind, Some(cpu * 1e3)));
        report.row(
            "push",
            "CPU milliseconds a push, the original's checks switched off",
            values,
        );
    }
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    let outcome = thread.join();
    outcome.unwrap_or_else(|_| bail!("a sender broke off"))
}

/// A running push gateway; ended with the value.
struct Gateway {
    child: Child,
    /// What paths begin with.
    url: String,
}

impl Gateway {
    fn argand(program: &Path, folder: &Path) -> Result<Self> {
        let data = format!("--storage.path={}", folder.join("gateway").display());
        let mut command = Command::new(program);
        command.arg("pushgateway").arg(data);
        Self::start(command, folder, "")
    }

    /// Argand's whole server, which watches nothing.
    fn whole(program: &Path, folder: &Path) -> Result<Self> {
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, "global: {scrape_interval: 15s}\n")?;
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ));
        Self::start(command, folder, "/pushgateway")
    }

    fn original(program: &Path, folder: &Path, extra: &[&str]) -> Result<Self> {
        let file = format!("--persistence.file={}", folder.join("groups").display());
        let mut command = Command::new(program);
        command.arg(file).args(extra);
        Self::start(command, folder, "")
    }

    fn start(mut command: Command, folder: &Path, prefix: &str) -> Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let log = std::fs::File::create(folder.join("log"))?;
        command.arg(format!("--web.listen-address={address}"));
        command.stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("starting a push gateway")?;
        let gateway = Self {
            child,
            url: format!("http://{address}{prefix}"),
        };
        let (agent, began) = (agent(), Instant::now());
        let url = format!("{}/-/ready", gateway.url);
        while !agent
            .get(&url)
            .call()
            .is_ok_and(|answer| answer.status() == 200)
        {
            if began.elapsed() > START {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                bail!("a push gateway does not start:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(gateway)
    }

    fn push(&self, agent: &ureq::Agent, group: u64, body: &str) -> Result<()> {
        let url = format!("{}/metrics/job/batch/instance/host-{group}", self.url);
        let mut answer = agent.put(&url).send(body)?;
        if !answer.status().is_success() {
            let text = answer.body_mut().read_to_string().unwrap_or_default();
            bail!("a push was refused: {}: {text}", answer.status());
        }
        Ok(())
    }

    /// Asks it to end and waits: the original writes its file then.
    fn end(&mut self) -> Result<()> {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
