//! `load`: remote write by itself.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use crate::exposition::Page;
use crate::hold::now;
use crate::remote_write::{self, Writer};
use crate::report::Report;
use crate::servers::{self, Kind, Program, Server};
use crate::watch;

/// Remote write.
#[derive(Args, Clone)]
pub(crate) struct LoadOptions {
    /// How many targets samples are made up for.
    #[arg(long, default_value_t = 400)]
    targets: usize,
    /// Series of each target.
    #[arg(long, default_value_t = 577)]
    series: usize,
    /// Samples of each series, 15 seconds apart.
    #[arg(long, default_value_t = 40)]
    rounds: u32,
    /// Samples a request. May be given again.
    #[arg(long, default_values_t = [2_000, 10_000])]
    batch: Vec<usize>,
    /// Writes to a server that runs already, such as http://127.0.0.1:9090, and to no other: only
    /// the speed is told then.
    #[arg(long)]
    url: Option<String>,
}

/// Between two samples of a series, in milliseconds.
const STEP: i64 = 15_000;
/// What counts as rest before the cost is read.
const QUIET: Duration = Duration::from_secs(5);

/// What a server without scrapes is configured with.
pub(crate) const EMPTY: &str = "scrape_configs: []\n";

/// The flags that let a server receive.
pub(crate) fn flags(kind: Kind) -> Vec<String> {
    match kind {
        Kind::Prometheus => vec!["--web.enable-remote-write-receiver".to_owned()],
        Kind::Argand | Kind::VictoriaMetrics | Kind::Alertmanager => Vec::new(),
    }
}

/// What one server took for one size of requests.
struct Taken {
    kind: Kind,
    samples: f64,
    wall: f64,
    cpu: f64,
    usage: watch::Usage,
    disk: f64,
}

impl LoadOptions {
    /// Runs the measurement.
    pub(crate) fn run(&self, programs: &[Program], report: &mut Report) -> Result<()> {
        let page = Page::new(self.series);
        let series = remote_write::encode(&page);
        report.note(format!(
            "load: {} targets x {} series, {} samples each, remote write 1.0 over one connection; \
             CPU until the server has come to rest, the flush included",
            self.targets, self.series, self.rounds
        ));
        for &batch in &self.batch {
            if let Some(url) = &self.url {
                let mut writer = Writer::new(url, &page, &series, batch);
                let wall = self.write(&mut writer)?;
                let rate = writer.sent as f64 / wall;
                report.note(format!(
                    "load: {url} took {rate:.0} samples a second, {batch} a request"
                ));
                continue;
            }
            let mut taken = Vec::new();
            for program in programs {
                eprintln!("{batch} samples a request to {}", program.kind);
                let folder = tempfile::tempdir()?;
                let flags = receiving(program);
                let server = Server::start(program, folder.path(), EMPTY, &flags)?;
                if !remote_write::is_received(&server.url)? {
                    report.note(format!(
                        "load: {} answers 404 to {}: it has no receiver and is not measured",
                        program.kind,
                        remote_write::PATH
                    ));
                    continue;
                }
                let mut writer = Writer::new(&server.url, &page, &series, batch);
                taken.push(self.measure(&server, &mut writer)?);
            }
            rows(report, batch, self.targets * self.series, &taken);
        }
        Ok(())
    }

    /// Writes all rounds and answers the seconds it took.
    fn write(&self, writer: &mut Writer<'_>) -> Result<f64> {
        let began = Instant::now();
        let end = (now() * 1e3) as i64;
        let start = end - i64::from(self.rounds) * STEP;
        for round in 0..i64::from(self.rounds) {
            let after = round * STEP;
            for target in 0..self.targets {
                writer.write(target, "load", after as f64 / 1e3, start + after)?;
            }
            writer.flush()?;
        }
        Ok(began.elapsed().as_secs_f64())
    }

    fn measure(&self, server: &Server, writer: &mut Writer<'_>) -> Result<Taken> {
        let before = server.usage()?;
        let wall = self.write(writer)?;
        server.settle(QUIET)?;
        let usage = server.usage()?;
        server.merge(QUIET)?;
        Ok(Taken {
            kind: server.kind,
            samples: writer.sent as f64,
            wall,
            cpu: usage.cpu - before.cpu,
            usage,
            disk: watch::bytes_below(&server.data) as f64,
        })
    }
}

/// The flags, as far as the program knows them.
fn receiving(program: &Program) -> Vec<String> {
    let flags = flags(program.kind);
    if program.kind == Kind::Argand && servers::knows(program, "web.enable-remote-write-receiver") {
        return self::flags(Kind::Prometheus);
    }
    flags
}

fn rows(report: &mut Report, batch: usize, series: usize, taken: &[Taken]) {
    type Figure = (&'static str, fn(&Taken, f64) -> f64);
    const FIGURES: [Figure; 7] = [
        ("CPU, µs a sample", |t, _| t.cpu * 1e6 / t.samples),
        ("samples a second (more is better)", |t, _| {
            t.samples / t.wall
        }),
        ("resident, bytes a series", |t, series| {
            t.usage.resident as f64 / series
        }),
        ("resident, peak, bytes a series", |t, series| {
            t.usage.peak as f64 / series
        }),
        ("written (write_bytes), bytes a sample", |t, _| {
            t.usage.written as f64 / t.samples
        }),
        ("write calls (wchar), bytes a sample", |t, _| {
            t.usage.write_calls as f64 / t.samples
        }),
        ("disk once settled, bytes a sample", |t, _| {
            t.disk / t.samples
        }),
    ];
    for (figure, of) in FIGURES {
        let values = taken
            .iter()
            .map(|one| (one.kind, Some(of(one, series as f64))));
        report.row("load", format!("{batch} a request: {figure}"), values);
    }
}
