//! `kill -9`, a start, and what is missing afterwards.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::hold::now;
use crate::servers::{Server, number_of};
use crate::watch;

/// What a kill and a start cost one server.
pub(crate) struct Restart {
    /// Seconds until it said that it is ready.
    pub(crate) ready_cpu: f64,
    pub(crate) ready_wall: f64,
    /// Seconds until it had answered a query over all series.
    pub(crate) answer_cpu: f64,
    pub(crate) answer_wall: f64,
    /// Seconds between the newest sample it had shown before and the newest it has: of the worst
    /// target and on average.
    pub(crate) lost_most: f64,
    pub(crate) lost_mean: f64,
    /// Series it had shown before and does not find any more.
    pub(crate) lost_series: f64,
    /// Bytes of disk once everything was flushed and merged.
    pub(crate) disk: f64,
}

/// How long the first query may fail while a server reads its log.
const FIRST_ANSWER: Duration = Duration::from_secs(900);
/// What counts as rest before the disk is read.
const QUIET: Duration = Duration::from_secs(5);
/// How far back the newest sample is looked for, in seconds: a loss is never found longer.
const LOOKBACK: f64 = 300.0;

const ALL: &str = "count({job=\"load\"})";
/// One series of each target.
const NEWEST: &str = "timestamp(node_cpu_seconds_total{job=\"load\",cpu=\"0\",mode=\"idle\"})";

/// Kills all servers within moments, then starts and asks one after another. `stop_targets` makes
/// that nothing is scraped after the start.
pub(crate) fn run(
    servers: &mut [Server],
    stop_targets: impl FnOnce() -> Result<()>,
) -> Result<Vec<Restart>> {
    let mut shown = Vec::new();
    for server in &mut *servers {
        let series = server.number(ALL, now())?;
        let moment = now();
        let newest = newest(server, moment)?;
        server.kill()?;
        shown.push((moment, series, newest));
    }
    stop_targets()?;
    let mut all = Vec::new();
    for (server, (moment, series, newest)) in servers.iter_mut().zip(shown) {
        eprintln!("{} starts again", server.kind);
        all.push(start_again(server, moment, series, &newest)?);
        // The next one starts on a machine that is as idle.
        server.kill()?;
    }
    Ok(all)
}

fn start_again(
    server: &mut Server,
    moment: f64,
    series: f64,
    shown: &BTreeMap<String, f64>,
) -> Result<Restart> {
    let began = Instant::now();
    let ready = server.start_again()?;
    let found = loop {
        match server.number(ALL, moment) {
            Ok(found) => break found,
            Err(error) if began.elapsed() > FIRST_ANSWER => {
                bail!("{} does not answer after its start: {error:#}", server.kind)
            }
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let answer_wall = began.elapsed().as_secs_f64();
    let answer_cpu = server.usage()?.cpu;
    let newest = newest(server, moment)?;
    let lost: Vec<f64> = shown
        .iter()
        .map(|(instance, shown)| {
            let kept = newest.get(instance).copied();
            (shown - kept.unwrap_or(moment - LOOKBACK)).max(0.0)
        })
        .collect();
    server.merge(QUIET)?;
    Ok(Restart {
        ready_cpu: ready.cpu,
        ready_wall: ready.wall,
        answer_cpu,
        answer_wall,
        lost_most: lost.iter().copied().fold(0.0, f64::max),
        lost_mean: lost.iter().sum::<f64>() / lost.len().max(1) as f64,
        lost_series: (series - found).max(0.0),
        disk: watch::bytes_below(&server.data) as f64,
    })
}

/// The time of the newest sample of each target.
fn newest(server: &Server, moment: f64) -> Result<BTreeMap<String, f64>> {
    let found = server.query(NEWEST, moment)?;
    let pairs = found.iter().filter_map(|one| {
        let instance = one.pointer("/metric/instance")?.as_str()?;
        Some((instance.to_owned(), number_of(one)?))
    });
    Ok(pairs.collect())
}
