//! Many targets over HTTP: CPU a sample of the scraping process alone.
//!
//! `scrape_many serve <address> <body.txt>` in one process, `scrape_many scrape <address>
//! <targets> <seconds>` in another.
#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use contract::{
    Append, AppendError, Appended, Batch, SeriesId, SystemClock, TargetGroup, TargetSink,
};
use model::Labels;
use scrape::{Manager, Options};

#[path = "../src/fixture.rs"]
mod fixture;

/// Takes everything and keeps nothing but the count.
#[derive(Default)]
struct Sink {
    series: AtomicU64,
    samples: AtomicU64,
}

impl Append for Sink {
    fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError> {
        let first = self
            .series
            .fetch_add(series.len() as u64, Ordering::Relaxed);
        ids.extend((first..).map(SeriesId).take(series.len()));
        Ok(())
    }

    fn append(&self, batch: &Batch) -> Result<Appended, AppendError> {
        let stored = batch.samples.len();
        self.samples.fetch_add(stored as u64, Ordering::Relaxed);
        Ok(Appended {
            stored,
            rejected: Vec::new(),
        })
    }
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

async fn serve(address: &str, path: &str) -> Outcome {
    let body: &'static str = std::fs::read_to_string(path)?.leak();
    let listener = tokio::net::TcpListener::bind(address).await?;
    let kind = [("content-type", "text/plain; version=0.0.4")];
    let app = Router::new().fallback(move || async move { (kind, body) });
    Ok(axum::serve(listener, app).await?)
}

async fn scrape(address: &str, targets: usize, seconds: u64) -> Outcome {
    let mut section = fixture::section("many");
    section.interval = Duration::from_secs(5);
    section.timeout = Duration::from_secs(5);
    let sink = Arc::new(Sink::default());
    let store: Arc<dyn Append> = Arc::<Sink>::clone(&sink);
    let manager = Manager::new(store, Arc::new(SystemClock), &Options::default());
    manager.apply(&[section]);
    let target = |number| {
        let path = format!("/{number}");
        Labels::from_pairs([
            ("__address__", address),
            ("__metrics_path__", &path),
            ("number", &path),
        ])
    };
    let group = TargetGroup {
        source: String::new(),
        labels: Labels::empty(),
        targets: (0..targets).map(target).collect(),
    };
    manager.replace("many", vec![Arc::new(group)]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    let (cpu, samples) = (cpu_seconds()?, sink.samples.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let cpu = cpu_seconds()? - cpu;
    let samples = sink.samples.load(Ordering::Relaxed) - samples;
    let series = sink.series.load(Ordering::Relaxed);
    println!("{series} series, {samples} samples, {cpu:.2} s of CPU");
    println!("{:.3} µs a sample", cpu * 1e6 / samples as f64);
    let status = std::fs::read_to_string("/proc/self/status")?;
    let resident = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap_or_default();
    println!("{resident}");
    manager.shutdown().await;
    Ok(())
}

/// CPU time of this process, as the kernel counts it, in ticks of 10 ms.
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    Ok(ticks / 100.0)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", address, body] => serve(address, body).await,
        ["scrape", address, targets, seconds] => {
            scrape(address, targets.parse()?, seconds.parse()?).await
        }
        _ => Err("scrape_many serve ADDRESS BODY | scrape ADDRESS TARGETS SECONDS".into()),
    }
}
