//! Measures what a line costs on the two ways through a body: `next`, and `next_if_known` with
//! the series of the scrape before.
//!
//! ```sh
//! cargo run --release -p argand-wire --example speed -- <file with a text exposition>
//! ```
//!
//! Without a file a body like that of a node exporter is made up.
#![allow(
    clippy::print_stdout,
    reason = "the result of a measurement is printed"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use wire::exposition::{Entry, Format, TextParser};

/// Rounds, of which the fastest counts: the others were disturbed.
const ROUNDS: usize = 2000;

fn main() {
    let body = match std::env::args().nth(1).map(std::fs::read).transpose() {
        Ok(Some(body)) => body,
        Ok(None) => made_up().into_bytes(),
        Err(error) => return println!("the file cannot be read: {error}"),
    };
    let known = series(&body);
    let (lines, bytes) = (known.len(), body.len());
    println!("{lines} samples in {bytes} bytes");
    for (way, walk) in [
        ("next", next as fn(&[u8], &[Vec<u8>]) -> f64),
        ("next_if_known", next_if_known),
    ] {
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            black_box(walk(black_box(&body), black_box(&known)));
            best = best.min(start.elapsed());
        }
        let line = best.as_nanos() as f64 / lines as f64;
        let speed = bytes as f64 / best.as_nanos() as f64;
        println!("{way}: {line:.1} ns a sample, {speed:.2} GB/s");
    }
}

fn series(body: &[u8]) -> Vec<Vec<u8>> {
    let mut parser = TextParser::new(body, Format::Text004);
    let mut known = Vec::new();
    while let Some(Ok(entry)) = parser.next() {
        if let Entry::Series(line) = entry {
            known.push(line.series.to_vec());
        }
    }
    known
}

fn next(body: &[u8], _known: &[Vec<u8>]) -> f64 {
    let mut parser = TextParser::new(body, Format::Text004);
    let mut sum = 0.0;
    while let Some(Ok(entry)) = parser.next() {
        if let Entry::Series(line) = entry {
            sum += line.value;
        }
    }
    sum
}

fn next_if_known(body: &[u8], known: &[Vec<u8>]) -> f64 {
    let mut parser = TextParser::new(body, Format::Text004);
    let mut sum = 0.0;
    for series in known {
        loop {
            if let Some(Ok(line)) = parser.next_if_known(series.len(), |bytes| bytes == series) {
                sum += line.value;
                break;
            }
            if !matches!(parser.next(), Some(Ok(_))) {
                return sum;
            }
        }
    }
    sum
}

fn made_up() -> String {
    let mut body = String::new();
    for metric in 0..60 {
        let _ = writeln!(
            body,
            "# HELP node_made_up_{metric}_total Something that is counted."
        );
        let _ = writeln!(body, "# TYPE node_made_up_{metric}_total counter");
        for cpu in 0..10 {
            let value = f64::from(metric * 7919 + cpu * 104_729) * 0.37;
            let _ = writeln!(
                body,
                "node_made_up_{metric}_total{{cpu=\"{cpu}\",device=\"sda{cpu}\",mode=\"idle\"}} {value:.2}"
            );
        }
    }
    body
}
