//! `argand-bench`: the same load on Argand and on its peers, side by side in one run.
//!
//! | command | what it measures |
//! |---|---|
//! | `targets` | nothing: serves the synthetic targets for a server started by hand |
//! | `scrape` | CPU, memory, bytes written and on disk, missed scrapes; loss at `kill -9`, restart |
//! | `churn` | the cost of targets that come and go |
//! | `compaction` | memory while the head is cut and blocks are compacted |
//! | `million` | a million series at 100,000 samples a second |
//! | `mixed` | a small query beside heavy ones, while scrapes come in |
//! | `alerts` | rules, routing and receivers, against Prometheus and Alertmanager together |
//! | `push` | a push gateway that holds many groups, against the original |
//! | `statsd` | StatsD lines, against statsd_exporter |
//! | `query` | queries on the same 83 M samples |
//! | `kubernetes` | discovery in a cluster of 10,000 pods that come and go |
//! | `load`, or `remote-write` | remote write |
//! | `all` | all of them |
//!
//! What comes out is one table in Markdown on stdout, the same in JSON where asked, and the
//! progress on stderr. A figure is only ever of use as a ratio to a peer of the same run: machines
//! differ and are noisy. Everything stays on this machine's loopback addresses.

#![expect(clippy::print_stdout, reason = "a report is what this program is for")]

mod alerts;
mod dataset;
mod exposition;
mod hold;
mod kubernetes;
mod load;
mod mixed;
mod push;
mod queries;
mod query;
mod receiver;
mod remote_write;
mod report;
mod restart;
mod scrapes;
mod servers;
mod statsd;
mod targets;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use report::Report;
use servers::{Kind, Program};

#[derive(Parser)]
#[command(about = "Load generator and side-by-side measurements")]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What all measurements share.
#[derive(Args)]
struct Common {
    /// Argand's binary.
    #[arg(long, global = true, default_value = "target/release/argand")]
    argand: PathBuf,
    /// Prometheus' binary: a path, or a name on PATH.
    #[arg(long, global = true, default_value = "prometheus")]
    prometheus: PathBuf,
    /// VictoriaMetrics' binary: a path, or a name on PATH.
    #[arg(long, global = true, default_value = "victoria-metrics")]
    victoria_metrics: PathBuf,
    /// Leaves a peer out: `prometheus` or `victoria-metrics`. May be given again.
    #[arg(long, global = true)]
    without: Vec<String>,
    /// Loads the servers one after another rather than all at once.
    #[arg(long, global = true)]
    in_turn: bool,
    /// File for the report in JSON.
    #[arg(long, global = true)]
    out: Option<PathBuf>,
}

/// The synthetic targets.
#[derive(Args, Clone)]
pub(crate) struct Load {
    /// How many targets, each on a loopback address of its own.
    #[arg(long, default_value_t = 1_000)]
    targets: usize,
    /// Series each target exposes.
    #[arg(long, default_value_t = 577)]
    series: usize,
    /// Port of all targets.
    #[arg(long, default_value_t = 22_900)]
    port: u16,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the targets until it is stopped.
    Targets(Load),
    /// Scrapes steadily, then kills the servers and starts them again.
    Scrape(scrapes::Scrape),
    /// Scrapes without and with targets that are replaced by new ones.
    Churn(scrapes::ChurnOptions),
    /// Scrapes with short blocks, so that heads are cut and blocks compacted.
    Compaction(scrapes::Compaction),
    /// Scrapes a million series with Argand, and with its peers where asked.
    Million(scrapes::Million),
    /// Asks a small query beside heavy ones while a load of scrapes comes in.
    Mixed(mixed::Mixed),
    /// Evaluates alerting rules and tells a webhook of their alerts.
    Alerts(alerts::AlertsOptions),
    /// Pushes metrics into groups of a push gateway.
    Push(push::PushOptions),
    /// Sends StatsD lines.
    Statsd(statsd::StatsdOptions),
    /// Asks the same queries on the same samples.
    Query(query::QueryOptions),
    /// Follows a cluster whose pods come and go.
    Kubernetes(kubernetes::KubernetesOptions),
    /// Writes by remote write.
    #[command(visible_alias = "remote-write")]
    Load(load::LoadOptions),
    /// Runs all measurements, each with its defaults or with the flags given for it.
    All(All),
}

/// Flags of each measurement, as one text each: `--scrape '--targets 100 --minutes 2'`.
#[derive(Args)]
struct All {
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    scrape: String,
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    churn: String,
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    compaction: String,
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    million: String,
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    mixed: String,
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    alerts: String,
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    push: String,
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    statsd: String,
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    query: String,
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    load: String,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Command::Targets(load) = &arguments.command {
        return serve(load);
    }
    let programs = programs(&arguments.common)?;
    let mut report = Report::default();
    let in_turn = arguments.common.in_turn;
    measure(&arguments.command, &programs, in_turn, &mut report)?;
    report.finish(&programs, arguments.common.out.as_deref())
}

fn measure(
    command: &Command,
    programs: &[Program],
    in_turn: bool,
    report: &mut Report,
) -> Result<()> {
    match command {
        Command::Targets(load) => serve(load),
        Command::Scrape(scrape) => scrape.run(programs, in_turn, report),
        Command::Churn(churn) => churn.run(programs, in_turn, report),
        Command::Compaction(compaction) => compaction.run(programs, in_turn, report),
        Command::Million(million) => million.run(programs, in_turn, report),
        Command::Mixed(mixed) => mixed.run(programs, report),
        Command::Alerts(alerts) => alerts.run(programs, report),
        Command::Push(push) => push.run(programs, report),
        Command::Statsd(statsd) => statsd.run(programs, report),
        Command::Query(query) => query.run(programs, report),
        Command::Kubernetes(kubernetes) => kubernetes.run(programs, report),
        Command::Load(load) => load.run(programs, report),
        Command::All(all) => all.run(programs, in_turn, report),
    }
}

impl All {
    fn run(&self, programs: &[Program], in_turn: bool, report: &mut Report) -> Result<()> {
        let all = [
            ("scrape", &self.scrape),
            ("churn", &self.churn),
            ("compaction", &self.compaction),
            ("million", &self.million),
            ("mixed", &self.mixed),
            ("alerts", &self.alerts),
            ("push", &self.push),
            ("statsd", &self.statsd),
            ("query", &self.query),
            ("load", &self.load),
        ];
        // Read before anything is measured: a wrong flag is not found after an hour.
        let commands = all.map(|(name, flags)| {
            let words = ["argand-bench", name].into_iter();
            Arguments::try_parse_from(words.chain(flags.split_whitespace()))
        });
        let commands = commands.into_iter().collect::<Result<Vec<_>, _>>()?;
        for ((name, _), arguments) in all.iter().zip(commands) {
            eprintln!("== {name}");
            // What the others found is worth its hours.
            if let Err(error) = measure(&arguments.command, programs, in_turn, report) {
                report.note(format!("{name} failed: {error:#}"));
            }
        }
        Ok(())
    }
}

fn serve(load: &Load) -> Result<()> {
    let targets = targets::Targets::start(load)?;
    println!("{} targets at 127.1.0.1:{} and on", load.targets, load.port);
    loop {
        std::thread::sleep(Duration::from_secs(10));
        let served = targets.served();
        let scrapes: u64 = served.values().map(|served| served.scrapes).sum();
        println!("{scrapes} scrapes served");
    }
}

/// Argand, and every peer that is installed and not left out.
fn programs(common: &Common) -> Result<Vec<Program>> {
    let argand = Program::find(Kind::Argand, &common.argand).with_context(|| {
        let path = common.argand.display();
        format!("{path}: build it first: cargo build --release")
    })?;
    let mut programs = vec![argand];
    for (kind, path) in [
        (Kind::Prometheus, &common.prometheus),
        (Kind::VictoriaMetrics, &common.victoria_metrics),
    ] {
        if common.without.contains(&kind.to_string()) {
            continue;
        }
        match Program::find(kind, path) {
            Some(program) => programs.push(program),
            None => eprintln!("{} is not installed and is left out", path.display()),
        }
    }
    Ok(programs)
}
