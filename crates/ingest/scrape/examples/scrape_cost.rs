//! What a scrape costs without the network: nanoseconds a sample, and memory a series.
//!
//! `cargo run --release -p argand-scrape --example scrape_cost -- [body.txt]`: a captured body in
//! the classic text format, or else one made up in the manner of node_exporter.
#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Instant;

use contract::{Append, AppendError, Appended, Batch, SeriesId};
use model::Labels;
use scrape::measure::Replay;

#[path = "../src/fixture.rs"]
mod fixture;

/// Takes everything and keeps nothing.
#[derive(Default)]
struct Sink(Mutex<u64>);

impl Append for Sink {
    fn resolve(&self, series: &[Labels], ids: &mut Vec<SeriesId>) -> Result<(), AppendError> {
        let mut next = self.0.lock().map_err(|_| AppendError::Closed)?;
        for _ in series {
            ids.push(SeriesId(*next));
            *next += 1;
        }
        Ok(())
    }

    fn append(&self, batch: &Batch) -> Result<Appended, AppendError> {
        Ok(Appended {
            stored: std::hint::black_box(batch).samples.len(),
            rejected: Vec::new(),
        })
    }
}

/// Targets that are scraped once.
const TARGETS: usize = 300;

fn made_up() -> Result<String, std::fmt::Error> {
    let mut body = String::new();
    for family in 0..100 {
        let name = format!("node_something_measured_{family}_seconds_total");
        writeln!(body, "# HELP {name} How long something of the kind took.")?;
        writeln!(body, "# TYPE {name} counter")?;
        for cpu in 0..6 {
            let value = 1234.56 * f64::from(family + cpu);
            writeln!(body, "{name}{{cpu=\"{cpu}\",mode=\"system\"}} {value}")?;
        }
    }
    Ok(body)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let body = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(path)?,
        None => made_up()?,
    };
    let config = fixture::section("job");
    let labels = Labels::from_pairs([("instance", "host:9100"), ("job", "job")]);
    let store = Sink::default();
    let rounds = 5000_i64;

    let mut target = Replay::new(&config, labels.clone());
    let series = target.scrape(body.as_bytes(), 0, &store)?;
    // Many targets, all kept: the first alone would be a measure of cold code.
    let mut others = Vec::new();
    let began = Instant::now();
    for _ in 0..TARGETS {
        let mut other = Replay::new(&config, labels.clone());
        other.scrape(body.as_bytes(), 0, &store)?;
        others.push(other);
    }
    let first = began.elapsed().as_nanos() as f64 / (series * TARGETS) as f64;
    let began = Instant::now();
    for round in 1..=rounds {
        target.scrape(body.as_bytes(), round, &store)?;
    }
    let samples = series as f64 * rounds as f64;
    let steady = began.elapsed().as_nanos() as f64 / samples;

    // Every other scrape misses its first sample: the layout is rebuilt each time.
    let (head, tail) = body.split_once("\n").unwrap_or_default();
    let other = format!("one_more 1\n{tail}");
    let began = Instant::now();
    for round in 1..=rounds / 10 {
        let body = if round % 2 == 0 { &other } else { &body };
        target.scrape(body.as_bytes(), rounds + round, &store)?;
    }
    let rebuilt = began.elapsed().as_nanos() as f64 / (samples / 10.0);

    println!("{series} series, {} bytes, first line {head:?}", body.len());
    println!("first scrape    {first:8.1} ns a sample");
    println!("steady          {steady:8.1} ns a sample");
    println!("changing layout {rebuilt:8.1} ns a sample");
    println!(
        "cache           {:8.1} bytes a series",
        target.cache_bytes() as f64 / series as f64
    );
    Ok(())
}
