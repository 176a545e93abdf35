//! `argand check service-discovery`: what a job's discovery finds, and what relabelling makes of it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use config::{DiscoveryConfig, ScrapeConfig};
use contract::{TargetGroup, TargetSink};
use model::Labels;
use serde::Serialize;
use tokio::sync::mpsc;

use super::Verdict;
use crate::tools::json;
use crate::tools::values::{duration, existing_file};

/// Perform service discovery for the given job name and report the results, including relabeling.
#[derive(Args)]
pub(super) struct Arguments {
    /// The time to wait for discovery results; they are shown as soon as each mechanism of the job
    /// has answered.
    #[arg(long, default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// The prometheus config file.
    #[arg(value_name = "config-file", value_parser = existing_file)]
    file: PathBuf,
    /// The job to run service discovery for.
    job: String,
}

/// One target.
#[derive(PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    discovered_labels: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Verdict> {
    let config = config::load(&arguments.file).context("Cannot load config")?;
    let jobs = &config.scrape_configs;
    let Some(job) = jobs.iter().find(|job| job.job_name == arguments.job) else {
        let mut errors = io::stderr().lock();
        let name = &arguments.job;
        writeln!(errors, "Job {name} not found. Select one of:")?;
        for job in jobs {
            writeln!(errors, "\t{}", job.job_name)?;
        }
        return Ok(Verdict::Wrong);
    };
    for discovery in &job.discovery {
        if let DiscoveryConfig::Inactive { section } = discovery {
            writeln!(
                io::stderr(),
                "{section}: not active, nothing is found by it"
            )?;
        }
    }
    let mut found: Vec<Found> = Vec::new();
    for group in groups(job, arguments.timeout)? {
        for own in &group.targets {
            let one = resolved(job, &group.labels, own);
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    out.write_all(json::indented(&found)?.as_bytes())?;
    Ok(Verdict::Fine)
}

/// Hands what is found to whoever waits for it.
struct Handed(mpsc::UnboundedSender<Vec<Arc<TargetGroup>>>);

impl TargetSink for Handed {
    fn replace(&self, _: &str, groups: Vec<Arc<TargetGroup>>) {
        // Nobody waits for more than the first answer.
        let _ = self.0.send(groups);
    }
}

/// The first full answer of a job's discovery; nothing where it does not come in time.
fn groups(job: &ScrapeConfig, patience: Duration) -> Result<Vec<Arc<TargetGroup>>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let found = runtime.block_on(async {
        let (sender, mut answers) = mpsc::unbounded_channel();
        let manager = discovery::Manager::with_throttle(Arc::new(Handed(sender)), Duration::ZERO);
        manager.apply(vec![(job.job_name.clone(), job.discovery.clone())]);
        let answer = tokio::time::timeout(patience, answers.recv()).await;
        manager.shutdown().await;
        match answer {
            Ok(groups) => groups.ok_or_else(|| anyhow!("discovery ended without an answer")),
            Err(_) => Ok(Vec::new()),
        }
    });
    runtime.shutdown_background();
    found
}

fn resolved(job: &ScrapeConfig, shared: &Labels, own: &Labels) -> Found {
    let map = |labels: &Labels| {
        let pairs = labels.iter();
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let resolved = scrape::resolve(job, shared, own);
    Found {
        discovered_labels: map(&resolved.discovered),
        labels: match &resolved.labels {
            Ok(Some(labels)) => map(labels),
            _ => BTreeMap::new(),
        },
        error: resolved.labels.err(),
    }
}
