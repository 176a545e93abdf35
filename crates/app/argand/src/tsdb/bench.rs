//! `argand tsdb bench write`: how many samples a second the store takes on this disk.
//!
//! Series are read from a file and scraped as if by many targets, faster than any clock; the store
//! is the one of the server, in a folder of its own.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use contract::{Append, Batch, PendingSample, SeriesId};
use metrics_store::{Store, StoreOptions};
use model::Labels;

use crate::tools::go_time;
use crate::tools::progress::Progress;

/// Milliseconds between two scrapes.
const INTERVAL: i64 = 30_000;
/// Series of a target.
const OF_TARGET: usize = 1000;
/// What the values of every series begin behind.
const FIRST: f64 = 123_456_789.0;
/// What each scrape adds to them.
const GROWTH: f64 = 1000.0;

/// Run benchmarks.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Write(WriteArguments),
}

/// Run a write performance benchmark.
#[derive(Args)]
struct WriteArguments {
    /// Set the output path; the samples of an earlier run there are removed.
    #[arg(long, default_value = "benchout")]
    out: PathBuf,
    /// Number of metrics to read.
    #[arg(long, default_value_t = 10_000)]
    metrics: usize,
    /// Number of scrapes to simulate.
    #[arg(long, default_value_t = 3000)]
    scrapes: u32,
    /// Input file with series, the labels of one a line as JSON.
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let Command::Write(arguments) = &arguments.command;
    let folder = arguments.out.join("storage");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("removing {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let (series, _) = stage("readData", out, |_| {
        series(&arguments.file, arguments.metrics)
    })?;
    let store = Store::open(StoreOptions {
        // The samples are as old as time itself.
        retention_time: None,
        ..StoreOptions::new(folder)
    })?;
    let (samples, took) = stage("ingestScrapes", out, |out| {
        let samples = ingest(store.as_ref(), &series, arguments.scrapes)?;
        writeln!(out, "ingestion completed")?;
        Ok(samples)
    })?;
    writeln!(out, " > total samples: {samples}")?;
    let rate = samples as f64 / took.as_secs_f64();
    writeln!(out, " > samples/sec: {rate}")?;
    stage("stopStorage", out, |_| Ok(store.close()?))?;
    Ok(())
}

/// Does a part of the work and tells how long it took.
fn stage<T, W: Write>(
    name: &str,
    out: &mut W,
    work: impl FnOnce(&mut W) -> Result<T>,
) -> Result<(T, Duration)> {
    writeln!(out, ">> start stage={name}")?;
    out.flush()?;
    let began = Instant::now();
    let made = work(out)?;
    let took = began.elapsed();
    let shown = go_time::duration(i64::try_from(took.as_millis())?);
    writeln!(out, ">> completed stage={name} duration={shown}")?;
    Ok((made, took))
}

/// The first series of a file, each once.
fn series(file: &Path, most: usize) -> Result<Vec<Labels>> {
    let open = File::open(file).with_context(|| format!("opening {}", file.display()))?;
    let mut seen = HashSet::new();
    let mut series = Vec::new();
    for (place, line) in BufReader::new(open).lines().enumerate() {
        if series.len() == most {
            break;
        }
        let at = || format!("{}:{}", file.display(), place + 1);
        let line = line.with_context(at)?;
        let labels: BTreeMap<String, String> = serde_json::from_str(&line).with_context(at)?;
        let labels = Labels::from_pairs(&labels);
        if seen.insert(labels.clone()) {
            series.push(labels);
        }
    }
    if series.is_empty() {
        bail!("{}: no series", file.display());
    }
    Ok(series)
}

/// Appends a sample of every series for each scrape; answers how many were stored.
fn ingest(store: &dyn Append, series: &[Labels], scrapes: u32) -> Result<u64> {
    let progress = Progress::of(scrapes as usize);
    let mut ids: Vec<SeriesId> = Vec::new();
    store.resolve(series, &mut ids)?;
    let mut batch = Batch::default();
    let mut stored = 0;
    for scrape in 1..=scrapes {
        progress.at(scrape as usize, "scrapes");
        for target in ids.chunks(OF_TARGET) {
            batch.clear();
            batch
                .samples
                .extend(target.iter().map(|series| PendingSample {
                    series: *series,
                    time: INTERVAL * i64::from(scrape),
                    value: FIRST + GROWTH * f64::from(scrape),
                }));
            stored += store.append(&batch)?.stored as u64;
        }
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use contract::memory::MemoryStore;

    use super::*;

    #[test]
    fn every_series_is_scraped() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("series.json");
        let lines = "{\"__name__\":\"a\",\"b\":\"c\"}\n{\"__name__\":\"a\",\"b\":\"c\"}\n{\"__name__\":\"d\"}\n{\"__name__\":\"e\"}\n";
        std::fs::write(&file, lines).unwrap();
        let found = series(&file, 2).unwrap();
        assert_eq!(found.len(), 2);
        let store = MemoryStore::new();
        assert_eq!(ingest(&store, &found, 3).unwrap(), 6);
        let dump = store.dump();
        assert_eq!((dump.len(), dump[0].1.iter().count()), (2, 3));
        std::fs::write(&file, "{").unwrap();
        assert!(series(&file, 2).is_err());
    }
}
