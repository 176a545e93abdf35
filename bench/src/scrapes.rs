//! The measurements that scrape: `scrape`, `churn`, `compaction`, `million`.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::hold::{self, Churn, Held, Plan};
use crate::report::Report;
use crate::restart::Restart;
use crate::servers::{Kind, Program};
use crate::{Load, watch};

/// A load of scrapes.
#[derive(Args, Clone)]
pub(crate) struct Scrape {
    #[command(flatten)]
    load: Load,
    /// Seconds between two scrapes of a target.
    #[arg(long, default_value_t = 15)]
    interval: u64,
    /// Minutes the load is measured.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
}

/// The same load without and with new targets.
#[derive(Args, Clone)]
pub(crate) struct ChurnOptions {
    #[command(flatten)]
    load: Load,
    /// Seconds between two scrapes of a target.
    #[arg(long, default_value_t = 5)]
    interval: u64,
    /// Minutes each run is measured.
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// Percent of the targets that are replaced at a time.
    #[arg(long, default_value_t = 30.0)]
    percent: f64,
    /// Rounds between two times.
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// How often there is a run without churn and one with it.
    #[arg(long, default_value_t = 2)]
    pairs: usize,
}

/// A head that is cut and blocks that are compacted.
#[derive(Args, Clone)]
pub(crate) struct Compaction {
    #[command(flatten)]
    load: Load,
    /// Seconds between two scrapes of a target.
    #[arg(long, default_value_t = 5)]
    interval: u64,
    /// Minutes the load is measured.
    #[arg(long, default_value_t = 15.0)]
    minutes: f64,
    /// Minutes of the shortest blocks; the longest are nine times as long.
    #[arg(long, default_value_t = 2)]
    block_minutes: u64,
}

/// A million series.
#[derive(Args, Clone)]
pub(crate) struct Million {
    /// How many targets, each on a loopback address of its own.
    #[arg(long, default_value_t = 1_734)]
    targets: usize,
    /// Series each target exposes.
    #[arg(long, default_value_t = 577)]
    series: usize,
    /// Port of all targets.
    #[arg(long, default_value_t = 22_900)]
    port: u16,
    /// Seconds between two scrapes of a target: 10 are 100,000 samples a second.
    #[arg(long, default_value_t = 10)]
    interval: u64,
    /// Minutes the load is measured.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Measures the peers too.
    #[arg(long)]
    peers: bool,
}

fn plan(load: &Load, interval: u64, minutes: f64, in_turn: bool) -> Plan {
    Plan {
        load: load.clone(),
        interval: Duration::from_secs(interval.max(1)),
        duration: Duration::from_secs_f64(minutes.max(0.0) * 60.0),
        churn: None,
        kill: false,
        in_turn,
        flags: |_, _| Vec::new(),
        block: None,
    }
}

/// Says what was held.
fn describe(report: &mut Report, measurement: &str, plan: &Plan) {
    report.note(format!(
        "{measurement}: {} targets x {} series every {:?}, measured for {:?}; servers {}",
        plan.load.targets,
        plan.load.series,
        plan.interval,
        plan.duration,
        if plan.in_turn {
            "one after another"
        } else {
            "all at once"
        },
    ));
}

/// Adds a figure of every server.
fn add(
    report: &mut Report,
    measurement: &'static str,
    figure: &str,
    held: &[Held],
    of: impl Fn(&Held) -> Option<f64>,
) {
    report.row(
        measurement,
        figure,
        held.iter().map(|one| (one.kind, of(one))),
    );
}

/// What a steady load of scrapes costs.
fn costs(report: &mut Report, name: &'static str, plan: &Plan, held: &[Held]) {
    let series = (plan.load.targets * plan.load.series) as f64;
    add(report, name, "CPU, µs a sample", held, |one| {
        Some(one.cpu() * 1e6 / one.samples)
    });
    add(
        report,
        name,
        "resident, steady, bytes a series",
        held,
        |one| Some(one.steady() / series),
    );
    add(
        report,
        name,
        "of it without a file, bytes a series",
        held,
        |one| Some(one.after.anonymous as f64 / series),
    );
    add(
        report,
        name,
        "resident, peak since the start, bytes a series",
        held,
        |one| Some(one.after.peak as f64 / series),
    );
    add(report, name, "scrapes missed", held, |one| one.missed);
    add(report, name, "targets up at the end", held, |one| {
        Some(one.up)
    });
    add(
        report,
        name,
        "written (write_bytes), bytes a sample",
        held,
        |one| Some((one.after.written - one.before.written) as f64 / one.samples),
    );
    add(
        report,
        name,
        "write calls (wchar), bytes a sample",
        held,
        |one| Some((one.after.write_calls - one.before.write_calls) as f64 / one.samples),
    );
}

fn restarts(report: &mut Report, name: &'static str, held: &[Held]) {
    type Figure = (&'static str, fn(&Restart) -> f64);
    const FIGURES: [Figure; 7] = [
        ("kill -9: acknowledged seconds lost, worst target", |r| {
            r.lost_most
        }),
        ("kill -9: acknowledged seconds lost, mean", |r| r.lost_mean),
        ("kill -9: series lost", |r| r.lost_series),
        ("restart until ready, CPU s", |r| r.ready_cpu),
        ("restart until ready, wall s", |r| r.ready_wall),
        ("restart until count of all series, CPU s", |r| r.answer_cpu),
        ("restart until count of all series, wall s", |r| {
            r.answer_wall
        }),
    ];
    for (figure, of) in FIGURES {
        add(report, name, figure, held, |one| {
            one.restart.as_ref().map(of)
        });
    }
    add(
        report,
        name,
        "disk once settled, bytes a sample",
        held,
        |one| Some(one.restart.as_ref()?.disk / one.all_samples),
    );
}

impl Scrape {
    /// Runs the measurement.
    pub(crate) fn run(
        &self,
        programs: &[Program],
        in_turn: bool,
        report: &mut Report,
    ) -> Result<()> {
        let mut plan = plan(&self.load, self.interval, self.minutes, in_turn);
        plan.kill = true;
        let held = hold::run(&plan, programs)?;
        describe(report, "scrape", &plan);
        costs(report, "scrape", &plan, &held);
        restarts(report, "scrape", &held);
        Ok(())
    }
}

impl ChurnOptions {
    /// Runs the measurement.
    pub(crate) fn run(
        &self,
        programs: &[Program],
        in_turn: bool,
        report: &mut Report,
    ) -> Result<()> {
        let mut plan = plan(&self.load, self.interval, self.minutes, in_turn);
        let targets = (self.load.targets as f64 * self.percent / 100.0).ceil() as usize;
        let rounds = self.rounds.max(1);
        let churn = Churn { targets, rounds };
        let mut pairs = Vec::new();
        for pair in 1..=self.pairs.max(1) {
            eprintln!("pair {pair}, without churn");
            plan.churn = None;
            let calm = hold::run(&plan, programs)?;
            eprintln!("pair {pair}, with churn");
            plan.churn = Some(churn);
            pairs.push((calm, hold::run(&plan, programs)?));
        }
        describe(report, "churn", &plan);
        report.note(format!(
            "churn: {targets} targets are replaced every {rounds} rounds; {} runs without churn \
             and with it take turns, each with fresh servers and folders. What a run with churn \
             takes more CPU, a sample for a sample, is that of its new series",
            pairs.len()
        ));
        let name = "churn";
        let mut row = |figure: &str, of: &dyn Fn(&[Pair<'_>]) -> Option<f64>| {
            let kinds = programs.iter().map(|program| program.kind);
            let figures = kinds.map(|kind| {
                let own = |held: &'_ [Held]| held.iter().position(|one| one.kind == kind);
                let runs: Vec<Pair<'_>> = pairs
                    .iter()
                    .filter_map(|(calm, busy)| Some((calm.get(own(calm)?)?, busy.get(own(busy)?)?)))
                    .collect();
                (kind, of(&runs))
            });
            report.row(name, figure, figures);
        };
        row("CPU without churn, µs a sample", &|runs| {
            micros(runs.iter().map(|run| run.0))
        });
        row("CPU with churn, µs a sample", &|runs| {
            micros(runs.iter().map(|run| run.1))
        });
        row("CPU of a new series, µs", &|runs| of_new_series(runs));
        row("CPU of a new series, least of a pair, µs", &|runs| {
            each_pair(runs).reduce(f64::min)
        });
        row("CPU of a new series, most of a pair, µs", &|runs| {
            each_pair(runs).reduce(f64::max)
        });
        row("new series, all runs together", &|runs| {
            Some(runs.iter().map(|run| run.1.new_series).sum())
        });
        row("peak memory without churn, MB", &|runs| {
            peak(runs.iter().map(|run| run.0))
        });
        row("peak memory with churn, MB", &|runs| {
            peak(runs.iter().map(|run| run.1))
        });
        Ok(())
    }
}

/// What a server took without churn, and with it.
type Pair<'a> = (&'a Held, &'a Held);

/// Microseconds of CPU a sample, over several runs.
fn micros<'a>(runs: impl Iterator<Item = &'a Held> + Clone) -> Option<f64> {
    let samples: f64 = runs.clone().map(|one| one.samples).sum();
    let cpu: f64 = runs.map(Held::cpu).sum();
    (samples > 0.0).then(|| cpu * 1e6 / samples)
}

/// Megabytes of the highest peak of several runs.
fn peak<'a>(runs: impl Iterator<Item = &'a Held>) -> Option<f64> {
    runs.map(|one| one.after.peak as f64 / 1e6).reduce(f64::max)
}

/// Microseconds of CPU that runs with churn take more than those without, by new series.
fn of_new_series(runs: &[Pair<'_>]) -> Option<f64> {
    let steady = micros(runs.iter().map(|run| run.0))?;
    let busy = micros(runs.iter().map(|run| run.1))?;
    let samples: f64 = runs.iter().map(|run| run.1.samples).sum();
    let new: f64 = runs.iter().map(|run| run.1.new_series).sum();
    (new > 0.0).then(|| (busy - steady) * samples / new)
}

/// The same of each pair of runs.
fn each_pair<'a>(runs: &'a [Pair<'a>]) -> impl Iterator<Item = f64> + use<'a> {
    runs.chunks(1).filter_map(of_new_series)
}

impl Compaction {
    /// Runs the measurement.
    pub(crate) fn run(
        &self,
        programs: &[Program],
        in_turn: bool,
        report: &mut Report,
    ) -> Result<()> {
        let mut plan = plan(&self.load, self.interval, self.minutes, in_turn);
        let block = self.block_minutes * 60;
        // A head is cut once it is half again as long as a block.
        let cut = Duration::from_secs(block * 3 / 2);
        if plan.duration <= cut {
            bail!(
                "--minutes: in {:?} no head is cut; more than {cut:?} are needed with --block-minutes {}",
                plan.duration,
                self.block_minutes
            );
        }
        plan.block = Some(block);
        plan.flags = |kind, plan| match (kind, plan.block) {
            (Kind::Argand | Kind::Prometheus, Some(block)) => vec![
                format!("--storage.tsdb.min-block-duration={block}s"),
                format!("--storage.tsdb.max-block-duration={}s", block * 9),
            ],
            _ => Vec::new(),
        };
        let held = hold::run(&plan, programs)?;
        describe(report, "compaction", &plan);
        report.note(format!(
            "compaction: shortest blocks of {block} s; steady is the median of resident memory \
             before the first cut can happen, peak the most from then on, read ten times a \
             second; VictoriaMetrics merges by itself and has no such blocks"
        ));
        let name = "compaction";
        let before_cut = |one: &Held| cut.saturating_sub(one.warm_up);
        let steady = |one: &Held| {
            let calm = one.trace.iter().filter(|(when, _)| *when < before_cut(one));
            let calm: Vec<u64> = calm.map(|(_, bytes)| *bytes).collect();
            watch::median(&calm).map(|bytes| bytes as f64)
        };
        let peak = |one: &Held| {
            let later = one
                .trace
                .iter()
                .filter(|(when, _)| *when >= before_cut(one));
            later
                .map(|(_, bytes)| *bytes)
                .max()
                .map(|bytes| bytes as f64)
        };
        add(
            report,
            name,
            "resident before the first cut, MB",
            &held,
            |one| Some(steady(one)? / 1e6),
        );
        add(
            report,
            name,
            "peak while cutting and compacting, MB",
            &held,
            |one| Some(peak(one)? / 1e6),
        );
        add(report, name, "peak in parts of steady", &held, |one| {
            Some(peak(one)? / steady(one)?)
        });
        add(report, name, "CPU, µs a sample", &held, |one| {
            Some(one.cpu() * 1e6 / one.samples)
        });
        add(report, name, "scrapes missed", &held, |one| one.missed);
        add(
            report,
            name,
            "written (write_bytes), bytes a sample",
            &held,
            |one| Some((one.after.written - one.before.written) as f64 / one.samples),
        );
        add(report, name, "blocks at the end", &held, |one| {
            Some(one.blocks?.0 as f64)
        });
        add(report, name, "highest level of compaction", &held, |one| {
            Some(one.blocks?.1 as f64)
        });
        Ok(())
    }
}

impl Million {
    /// Runs the measurement.
    pub(crate) fn run(
        &self,
        programs: &[Program],
        in_turn: bool,
        report: &mut Report,
    ) -> Result<()> {
        let load = Load {
            targets: self.targets,
            series: self.series,
            port: self.port,
        };
        let plan = plan(&load, self.interval, self.minutes, in_turn);
        let taking_part = programs.iter();
        let taking_part = taking_part.filter(|program| self.peers || program.kind == Kind::Argand);
        let held = hold::run(&plan, &taking_part.cloned().collect::<Vec<_>>())?;
        describe(report, "million", &plan);
        costs(report, "million", &plan, &held);
        add(report, "million", "samples a second", &held, |one| {
            Some(one.samples / plan.duration.as_secs_f64())
        });
        add(report, "million", "resident, steady, MB", &held, |one| {
            Some(one.steady() / 1e6)
        });
        add(report, "million", "resident, peak, MB", &held, |one| {
            Some(one.after.peak as f64 / 1e6)
        });
        Ok(())
    }
}
