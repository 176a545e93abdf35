//! `kill -9` at random moments under load: nothing that was answered once is lost, and every
//! start succeeds.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use argand_tests::{Argand, Page, Target, query};

/// Kills in one run; the long sweep sets `ARGAND_KILLS`.
const KILLS: u32 = 20;

const SERIES: usize = 500;

/// Series by name; each has its samples by time, as text.
type Seen = BTreeMap<String, BTreeMap<String, String>>;

/// Reads every sample of the last minutes.
fn read(server: &str) -> Option<Seen> {
    let list = query(server, "{job=\"load\"}[15m]").ok()?;
    let mut seen = Seen::new();
    for series in list {
        let samples = series["values"].as_array().unwrap().iter();
        let samples = samples.map(|s| (s[0].to_string(), s[1].as_str().unwrap().to_owned()));
        seen.entry(series["metric"].to_string())
            .or_default()
            .extend(samples);
    }
    Some(seen)
}

/// Samples that were seen and are not there any more, or are others now.
fn lost(seen: &Seen, now: &Seen) -> Vec<String> {
    let mut lost = Vec::new();
    for (series, samples) in seen {
        for (time, value) in samples {
            let found = now.get(series).and_then(|samples| samples.get(time));
            if found != Some(value) {
                lost.push(format!("{series} {time}: {value}, now {found:?}"));
            }
        }
    }
    lost
}

#[test]
fn nothing_answered_is_lost() {
    let scrapes = AtomicU64::new(0);
    let target = Target::start(move |_| {
        let scrape = scrapes.fetch_add(1, Ordering::Relaxed);
        let mut body = String::new();
        for series in 0..SERIES {
            writeln!(
                body,
                "load{{series=\"{series}\"}} {}",
                scrape * 1000 + series as u64
            )
            .unwrap();
        }
        // New series at every scrape, so that the log holds records of each kind.
        writeln!(body, "churn{{scrape=\"{scrape}\"}} 1").unwrap();
        Page::text(body)
    })
    .unwrap();
    let configuration = format!(
        "global:\n  scrape_interval: 100ms\n  scrape_timeout: 100ms\nscrape_configs:\n  - job_name: load\n    static_configs: [{{targets: ['{}']}}]\n",
        target.address
    );
    let folder = tempfile::tempdir().unwrap();
    let kills = std::env::var("ARGAND_KILLS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(KILLS);
    let mut seen = Seen::new();
    let mut random = std::process::id();
    for kill in 0..kills {
        let mut argand = Argand::start_in(folder.path(), &configuration, &[])
            .unwrap_or_else(|error| panic!("start {kill} failed: {error}"));
        let first = read(&argand.server.url).unwrap();
        let missing = lost(&seen, &first);
        assert!(
            missing.is_empty(),
            "after kill {kill}: {} lost: {:?}",
            missing.len(),
            missing.first()
        );
        // A linear congruence is random enough for a moment between 0.2 and 1.2 seconds.
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let until = Instant::now() + Duration::from_millis(200 + u64::from(random >> 16) % 1000);
        while Instant::now() < until {
            if let Some(now) = read(&argand.server.url) {
                seen.extend(now);
            }
        }
        argand.server.kill();
    }
    let argand = Argand::start_in(folder.path(), &configuration, &[]).unwrap();
    let missing = lost(&seen, &read(&argand.server.url).unwrap());
    assert!(
        missing.is_empty(),
        "{} lost: {:?}",
        missing.len(),
        missing.first()
    );
    let samples: usize = seen.values().map(BTreeMap::len).sum();
    assert!(
        samples > SERIES * kills as usize,
        "only {samples} samples were seen at all"
    );
    println!("{kills} kills, {samples} samples seen before them, none lost");
}
