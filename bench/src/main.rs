//! `argand-bench`: the same load on Argand and on its peers, side by side in one run.
//!
//! | command | what it measures |
//! |---|---|
//! | `targets` | nothing: serves the synthetic targets for a server started by hand |
//! | `scrape` | CPU a sample, memory a series, disk and missed scrapes while scraping |
//!
//! A figure is only ever reported as a ratio to a peer of the same run: machines differ and are
//! noisy. Everything stays on this machine's loopback addresses.

#![expect(clippy::print_stdout, reason = "a report is what this program is for")]

mod exposition;
mod peers;
mod report;
mod scrape;
mod targets;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Load generator and side-by-side measurements")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// The synthetic targets.
#[derive(Args, Clone)]
struct Load {
    /// How many targets, each on a loopback address of its own.
    #[arg(long, default_value_t = 400)]
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
    Targets {
        #[command(flatten)]
        load: Load,
    },
    /// Scrapes the targets with Argand and with each peer that is installed, all at once.
    Scrape {
        #[command(flatten)]
        load: Load,
        /// Seconds between two scrapes of a target.
        #[arg(long, default_value_t = 5)]
        interval: u64,
        /// Minutes the load is held.
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// Argand's binary.
        #[arg(long, default_value = "target/release/argand")]
        argand: PathBuf,
        /// Leaves a peer out: `prometheus` or `victoria-metrics`.
        #[arg(long)]
        without: Vec<String>,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Targets { load } => {
            let targets = targets::Targets::start(&load)?;
            println!("{} targets at 127.1.0.1:{} and on", load.targets, load.port);
            loop {
                std::thread::sleep(Duration::from_secs(10));
                println!("{} scrapes served", targets.served().values().sum::<u64>());
            }
        }
        Command::Scrape {
            load,
            interval,
            minutes,
            argand,
            without,
        } => scrape::run(&scrape::Plan {
            load,
            interval: Duration::from_secs(interval),
            duration: Duration::from_secs_f64(minutes * 60.0),
            argand,
            without,
        }),
    }
}
