//! Holding a load of scrapes on servers, at once or one after another, and what it took.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use crate::Load;
use crate::restart::{self, Restart};
use crate::servers::{Kind, Program, Server};
use crate::targets::{self, Served, Targets};
use crate::watch::{self, Trace, Tracer, Usage};

/// What is held.
pub(crate) struct Plan {
    pub(crate) load: Load,
    /// Between two scrapes of a target.
    pub(crate) interval: Duration,
    /// How long it is measured, after the warm-up.
    pub(crate) duration: Duration,
    /// How targets are replaced, if they are.
    pub(crate) churn: Option<Churn>,
    /// Whether servers are killed and started again at the end.
    pub(crate) kill: bool,
    /// Servers one after another rather than all at once.
    pub(crate) in_turn: bool,
    /// Further flags of a server.
    pub(crate) flags: fn(Kind, &Plan) -> Vec<String>,
    /// Span of the shortest blocks in seconds, where not the default.
    pub(crate) block: Option<u64>,
}

/// How targets are replaced by new ones.
#[derive(Clone, Copy)]
pub(crate) struct Churn {
    /// How many at a time.
    pub(crate) targets: usize,
    /// Rounds between two times.
    pub(crate) rounds: u32,
}

/// What one server took.
pub(crate) struct Held {
    pub(crate) kind: Kind,
    /// Samples it was given while it was measured.
    pub(crate) samples: f64,
    /// Samples it was given since it started.
    pub(crate) all_samples: f64,
    /// Series among them that it had not seen before.
    pub(crate) new_series: f64,
    /// At the begin and the end of the measurement.
    pub(crate) before: Usage,
    pub(crate) after: Usage,
    /// Resident memory while it was measured.
    pub(crate) trace: Trace,
    /// From the start of the servers to the measurement.
    pub(crate) warm_up: Duration,
    /// Targets up at the end.
    pub(crate) up: f64,
    /// Scrapes that targets are short of, over all of them; not known where targets come and go.
    pub(crate) missed: Option<f64>,
    pub(crate) restart: Option<Restart>,
    /// Blocks in the folder at the end, and the highest level of compaction among them.
    pub(crate) blocks: Option<(usize, u64)>,
}

impl Held {
    /// Seconds of CPU while it was measured.
    pub(crate) fn cpu(&self) -> f64 {
        self.after.cpu - self.before.cpu
    }

    /// The resident bytes in the middle of what was read while it was measured.
    pub(crate) fn steady(&self) -> f64 {
        let bytes: Vec<u64> = self.trace.iter().map(|(_, bytes)| *bytes).collect();
        watch::median(&bytes).unwrap_or_default() as f64
    }
}

/// Rounds between the moment when every server has seen every target and the measurement, so that
/// what is measured is the steady state.
const WARM_UP_ROUNDS: u32 = 2;
/// How long that moment is waited for; a server that takes longer is measured as it is.
const LONGEST_WARM_UP: Duration = Duration::from_secs(300);
/// How often the long wait tells how far it is.
const PROGRESS: Duration = Duration::from_secs(30);

/// Holds the load on all programs.
pub(crate) fn run(plan: &Plan, programs: &[Program]) -> Result<Vec<Held>> {
    if plan.in_turn {
        let each = programs.chunks(1);
        let held = each.map(|program| hold(plan, program));
        Ok(held
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect())
    } else {
        hold(plan, programs)
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

fn hold(plan: &Plan, programs: &[Program]) -> Result<Vec<Held>> {
    let folder = tempfile::tempdir()?;
    let list = folder.path().join("targets.json");
    list_targets(&list, plan, 0..plan.load.targets)?;
    let targets = Targets::start(&plan.load)?;
    let mut servers = Vec::new();
    let started = Instant::now();
    for program in programs {
        let kind = program.kind;
        let mut flags = (plan.flags)(kind, plan);
        if kind == Kind::VictoriaMetrics {
            let seconds = plan.interval.as_secs();
            flags.push(format!("-promscrape.fileSDCheckInterval={seconds}s"));
        }
        let configuration = configuration(plan, kind, &list);
        let place = folder.path().join(kind.to_string());
        servers.push(Server::start(program, &place, &configuration, &flags)?);
    }
    warm_up(plan, programs, &targets);
    let warm_up = started.elapsed();
    let before: Vec<Usage> = servers.iter().map(Server::usage).collect::<Result<_>>()?;
    let served_before = targets.served();
    let tracers: Vec<Tracer> = servers.iter().map(|s| Tracer::start(s.id())).collect();
    let began = Instant::now();
    wait(plan, &list)?;
    let after: Vec<Usage> = servers.iter().map(Server::usage).collect::<Result<_>>()?;
    let (elapsed, served) = (began.elapsed(), targets.served());
    let mut all = Vec::new();
    let traces = tracers.into_iter().map(Tracer::stop);
    for (((server, before), after), trace) in servers.iter().zip(before).zip(after).zip(traces) {
        let of = |all: &std::collections::BTreeMap<String, Served>| {
            all.get(&server.kind.to_string())
                .cloned()
                .unwrap_or_default()
        };
        let (first, last) = (of(&served_before), of(&served));
        let series = plan.load.series as f64;
        let missed = match plan.churn {
            None => Some(missed(plan, server, elapsed)?),
            Some(_) => None,
        };
        all.push(Held {
            kind: server.kind,
            samples: (last.scrapes - first.scrapes) as f64 * series,
            all_samples: last.scrapes as f64 * series,
            new_series: last.targets.difference(&first.targets).count() as f64 * series,
            before,
            after,
            trace,
            warm_up,
            up: server.number("sum(up{job=\"load\"})", now())?,
            missed,
            restart: None,
            blocks: blocks(&server.data),
        });
    }
    if plan.kill {
        // Whoever starts again finds no targets: a start is measured, not scrapes.
        for (held, restart) in all.iter_mut().zip(restart::run(&mut servers, || {
            std::fs::write(&list, "[]").context("emptying the list of targets")
        })?) {
            held.restart = Some(restart);
        }
    }
    Ok(all)
}

/// Waits until the load is steady. Prometheus, for one, begins with new targets after 5 seconds.
pub(crate) fn warm_up(plan: &Plan, programs: &[Program], targets: &Targets) {
    eprintln!("warming up");
    let began = Instant::now();
    let all_seen = || {
        let served = targets.served();
        programs.iter().all(|program| {
            let own = served.get(&program.kind.to_string());
            own.is_some_and(|own| own.targets.len() >= plan.load.targets)
        })
    };
    while !all_seen() && began.elapsed() < LONGEST_WARM_UP {
        std::thread::sleep(Duration::from_millis(200));
    }
    std::thread::sleep(plan.interval * WARM_UP_ROUNDS);
}

fn wait(plan: &Plan, list: &Path) -> Result<()> {
    let began = Instant::now();
    let mut told = began;
    let mut replaced = 0;
    while began.elapsed() < plan.duration {
        if let Some(churn) = plan.churn {
            let times = began.elapsed().as_secs_f64() / plan.interval.as_secs_f64();
            let due = (times / f64::from(churn.rounds)) as usize;
            if due > replaced {
                replaced = due;
                let first = due * churn.targets;
                list_targets(list, plan, first..first + plan.load.targets)?;
            }
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            let rest = plan.duration.saturating_sub(began.elapsed());
            eprintln!("{} s to go", rest.as_secs());
        }
        let rest = plan.duration.saturating_sub(began.elapsed());
        std::thread::sleep(rest.min(Duration::from_millis(200)));
    }
    Ok(())
}

/// Counted by the server itself, in what it stored. Where a scrape falls within the stretch that
/// is asked for is left open by half an interval, so that each target's first miss may hide.
pub(crate) fn missed(plan: &Plan, server: &Server, elapsed: Duration) -> Result<f64> {
    let rounds = (elapsed.as_secs_f64() / plan.interval.as_secs_f64()).floor() - 1.0;
    if rounds < 1.0 {
        return Ok(0.0);
    }
    let window = (rounds + 0.5) * plan.interval.as_secs_f64() * 1e3;
    let query = format!("sum_over_time(up{{job=\"load\"}}[{window:.0}ms])");
    let found = server.query(&query, now())?;
    let absent = plan.load.targets.saturating_sub(found.len()) as f64 * rounds;
    let counts = found.iter().filter_map(crate::servers::number_of);
    Ok(absent + counts.map(|count| (rounds - count).max(0.0)).sum::<f64>())
}

/// Prometheus' blocks below a folder.
fn blocks(data: &Path) -> Option<(usize, u64)> {
    let folders = std::fs::read_dir(data).ok()?.filter_map(Result::ok);
    let levels = folders.filter_map(|folder| {
        let meta = std::fs::read(folder.path().join("meta.json")).ok()?;
        let meta: serde_json::Value = serde_json::from_slice(&meta).ok()?;
        meta.pointer("/compaction/level")?.as_u64()
    });
    let levels: Vec<u64> = levels.collect();
    let highest = levels.iter().copied().max()?;
    Some((levels.len(), highest))
}

/// Writes the list that servers find their targets in, whole or not at all.
pub(crate) fn list_targets(file: &Path, plan: &Plan, places: std::ops::Range<usize>) -> Result<()> {
    let port = plan.load.port;
    let addresses = places.map(|place| format!("{}:{port}", targets::address(place)));
    let list = serde_json::json!([{ "targets": addresses.collect::<Vec<_>>() }]);
    let new = file.with_extension("new");
    std::fs::write(&new, list.to_string())?;
    Ok(std::fs::rename(new, file)?)
}

pub(crate) fn configuration(plan: &Plan, kind: Kind, list: &Path) -> String {
    let interval = plan.interval.as_secs();
    let list = list.display();
    let mut text = format!(
        "global:\n  scrape_interval: {interval}s\n  scrape_timeout: {interval}s\n\
         scrape_configs:\n  - job_name: load\n    params:\n      server: ['{kind}']\n    \
         file_sd_configs:\n      - files: ['{list}']\n"
    );
    // VictoriaMetrics has a flag for it.
    if kind != Kind::VictoriaMetrics {
        text.push_str(&format!("        refresh_interval: {interval}s\n"));
    }
    text
}
