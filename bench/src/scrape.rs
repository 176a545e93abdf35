//! Scraping the same targets with every server at once, for as long as asked.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::peers::{self, Peer};
use crate::report::{self, Row};
use crate::targets::{self, Targets};
use crate::{Load, watch};

/// What is to be measured.
pub(crate) struct Plan {
    pub(crate) load: Load,
    pub(crate) interval: Duration,
    pub(crate) duration: Duration,
    pub(crate) argand: PathBuf,
    pub(crate) without: Vec<String>,
}

/// Rounds before the measurement begins: every server has seen every series by then, so that
/// what is measured is the steady state.
const WARM_UP_ROUNDS: u32 = 3;

/// How often the long wait tells how far it is.
const PROGRESS: Duration = Duration::from_secs(60);

/// Runs the plan and prints the report.
pub(crate) fn run(plan: &Plan) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let configuration = folder.path().join("prometheus.yml");
    std::fs::write(&configuration, configuration_text(plan))?;
    let targets = Targets::start(&plan.load)?;
    let peers = peers::start_all(folder.path(), &plan.argand, &configuration, &plan.without)?;
    std::thread::sleep(plan.interval * WARM_UP_ROUNDS);
    let before: Vec<watch::Usage> = peers
        .iter()
        .map(|peer| watch::usage(peer.id()))
        .collect::<Result<_>>()?;
    let served_before = targets.served();
    let began = Instant::now();
    wait(plan.duration);
    let mut rows = Vec::new();
    for (peer, before) in peers.iter().zip(before) {
        let after = watch::usage(peer.id())?;
        rows.push(measure(plan, peer, before, after, began.elapsed())?);
    }
    let served = targets.served();
    println!(
        "{} targets x {} series every {:?} for {:?}, all servers at once",
        plan.load.targets, plan.load.series, plan.interval, plan.duration
    );
    println!();
    report::print(&rows);
    println!();
    for (asker, count) in &served {
        let during = count - served_before.get(asker).copied().unwrap_or_default();
        println!("scrapes served to {asker}: {during}");
    }
    Ok(())
}

fn wait(duration: Duration) {
    let began = Instant::now();
    while let Some(rest) = duration
        .checked_sub(began.elapsed())
        .filter(|rest| !rest.is_zero())
    {
        eprintln!("{} s to go", rest.as_secs());
        std::thread::sleep(rest.min(PROGRESS));
    }
}

fn measure(
    plan: &Plan,
    peer: &Peer,
    before: watch::Usage,
    after: watch::Usage,
    elapsed: Duration,
) -> Result<Row> {
    let rounds = elapsed.as_secs_f64() / plan.interval.as_secs_f64();
    let series = (plan.load.targets * plan.load.series) as f64;
    let samples = rounds * series;
    // Counted by the server itself: a target that missed a scrape has fewer samples than rounds.
    let window = (rounds.floor() as u64).saturating_sub(1) * plan.interval.as_secs();
    let least = peer.number(&format!(
        "min(count_over_time(up{{job=\"load\"}}[{window}s]))"
    ))?;
    let up = peer.number("sum(up{job=\"load\"})")?;
    let fewest = (window / plan.interval.as_secs()) as f64;
    Ok(Row {
        name: peer.name,
        cpu_micros_a_sample: (after.cpu - before.cpu) * 1e6 / samples,
        resident_a_series: after.resident as f64 / series,
        anonymous_a_series: after.anonymous as f64 / series,
        peak_a_series: after.peak as f64 / series,
        written_a_sample: (after.written - before.written) as f64 / samples,
        disk_a_sample: watch::bytes_below(&peer.data) as f64 / samples,
        up,
        missed: (fewest - least).max(0.0),
    })
}

fn configuration_text(plan: &Plan) -> String {
    let interval = plan.interval.as_secs();
    let mut text = format!(
        "global:\n  scrape_interval: {interval}s\n  scrape_timeout: {interval}s\nscrape_configs:\n  - job_name: load\n    static_configs:\n      - targets:\n"
    );
    for target in 0..plan.load.targets {
        let _ = writeln!(
            text,
            "          - '{}:{}'",
            targets::address(target),
            plan.load.port
        );
    }
    text
}
