//! Random queries over random data, to Argand and to the originals: the same answers.
//!
//! `ARGAND_DIFF_SEED` (1) chooses data and queries, `ARGAND_DIFF_QUERIES` (2000) how many queries
//! each original is asked. What differs is made small and printed as a script.
//!
//! Compared with a Prometheus of the version that Argand follows, known by its `fill` modifier:
//! values to the bit but for [`TRANSCENDENTAL`], labels, kinds and texts of errors, warnings and
//! infos. With one before: values to one part in 10⁹, labels, kinds of errors. What is not
//! compared:
//!
//! | what | why |
//! |---|---|
//! | samples on the left edge of a range | in it before 3.0, and not since; no query is asked so that one lies there |
//! | series of the same value in topk, limitk and their like, over what functions make | have no order in range queries |
//! | which group a duplicate is found in | depends on the order of series |
//! | logarithms, powers and `atan2` of subnormal numbers | the original's are wrong, or lose the sign |
//! | deviations of the largest numbers | overflow or not by the order of series, which ranges do not have |
//! | sines of what grows fast | the last digit of the one decides on the first of the other |
//! | `predict_linear` of a subquery with `@`, and `timestamp` of a selector with `@` and an offset | the original applies the offset twice |
//! | the warning of a `sort` over such a `timestamp` | the original takes it for a constant |
//! | `absent` of two matchers on one label | depends on the order in which the original's store has put them |
//! | means over a union | its series have no order in range queries |
//! | how many samples were mended, in the note on it | the original counts some again at each step |
//!
//! And of versions before:
//!
//! | what | why |
//! |---|---|
//! | native histograms | rules have changed |
//! | values beyond nine digits, and what is nearly nothing | sums are compensated since |
//! | texts of errors and notes | have changed |
//! | rates of what begins near zero | extrapolation ended there in another way |
//! | `atan2` | kept the metric's name |
//! | deviations and slopes of NaN and infinity, sums of the largest numbers | have been mended |
//! | topk and bottomk | picked others of equal values |
//! | whether a comparison's matches are unique | was asked of those it kept |
//! | subqueries of constants and of what `@` fixes | had a point behind their end |
//! | quantiles of histograms with NaN for counts | were numbers |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "tests may stop at the first surprise, and their numbers are small"
)]

mod answers;
mod data;
mod queries;
mod random;
#[path = "../../../crates/app/argand/tests/common/remote_write.rs"]
mod remote_write;
mod shrink;

use std::path::{Path, PathBuf};
use std::process::Command;

use answers::{Strictness, ask, difference};
use argand_tests::{Argand, Server, free_port, installed, post};
use queries::{Dialect, When, Writer};
use random::Random;

/// Values of the version that Argand follows are the same to the bit, but for [`TRANSCENDENTAL`] functions.
const NEW: Strictness = Strictness {
    tolerance: 0.0,
    nothing: 0.0,
    texts: true,
};

/// The last digits of a sine, a logarithm or a power are those of each one's mathematical library,
/// and what is computed of them can magnify the difference.
const TRANSCENDENTAL: [&str; 22] = [
    "exp(", "ln(", "log2(", "log10(", "sin(", "cos(", "tan(", "sinh(", "cosh(", "tanh(", "^",
    "atan2", "stddev", "stdvar", "quantile", "fraction", "rad(", "deg(", "asinh(", "acosh(",
    "atanh(", "atan(",
];

/// What they may make of it. Means of histograms whose resolutions differ, and rates of those that
/// a subquery makes, are added up in another order, too.
const MAGNIFIED: f64 = 1e-9;

const OLD: Strictness = Strictness {
    tolerance: 1e-9,
    nothing: 1e-12,
    texts: false,
};

/// Differences that are made small and shown; of more only the number is told.
const SHOWN: usize = 12;

const FEATURES: &str = "native-histograms,promql-at-modifier,promql-negative-offset,promql-experimental-functions,promql-extended-range-selectors,promql-binop-fill-modifiers";

/// The two servers.
struct Pair<'s> {
    theirs: &'s str,
    ours: &'s str,
    how: Strictness,
    /// Copies of data that shrinking has written.
    copies: usize,
}

impl Pair<'_> {
    fn write(&self, series: &[data::Series]) {
        for body in data::requests(series) {
            for server in [self.theirs, self.ours] {
                let url = format!("{server}/api/v1/write");
                let answer = post(&url, "application/x-protobuf", &body).unwrap();
                assert!(answer.status < 300, "{server}: {}", answer.text);
            }
        }
    }

    fn difference(&self, query: &str, when: When) -> Option<String> {
        let (theirs, ours) = (ask(self.theirs, query, when), ask(self.ours, query, when));
        let ordered = query.starts_with("sort") && matches!(when, When::Instant(_));
        let mut how = self.how;
        let native = query.contains("mnative") || query.contains("mmixed");
        let reordered = native && (query.contains("avg") || query.contains(")["));
        if reordered || TRANSCENDENTAL.iter().any(|word| query.contains(word)) {
            how.tolerance = how.tolerance.max(MAGNIFIED);
        }
        difference(&theirs, &ours, ordered, how)
    }
}

fn variable(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => default,
    }
}

fn original(program: &Path, folder: &Path) -> Server {
    let port = free_port().unwrap();
    let file = folder.join("original.yml");
    std::fs::write(&file, "{}\n").unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("original").display()
        ))
        .arg("--storage.tsdb.retention.time=100y")
        .arg("--web.enable-remote-write-receiver")
        .arg(format!("--enable-feature={FEATURES}"));
    let url = format!("http://127.0.0.1:{port}");
    Server::start(command, url, "/-/ready", &folder.join("original.log")).unwrap()
}

/// What a server understands; found by asking it.
fn dialect(server: &str) -> Dialect {
    let reads = |query: &str| {
        !matches!(
            ask(server, query, When::Instant(0)),
            answers::Answer::Failed { .. }
        )
    };
    Dialect {
        is_new: reads("up + fill (1) up"),
    }
}

fn compare(program: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let original = original(program, folder.path());
    let feature = format!("--enable-feature={FEATURES}");
    let flags = [
        "--web.enable-remote-write-receiver",
        "--storage.tsdb.retention.time=100y",
        feature.as_str(),
    ];
    let argand = Argand::start("scrape_configs: []\n", &flags).unwrap();
    let dialect = dialect(&original.url);
    let seed = variable("ARGAND_DIFF_SEED", 1);
    let mut random = Random::new(seed);
    let series = data::series(&mut random, dialect.is_new);
    let mut pair = Pair {
        theirs: &original.url,
        ours: &argand.server.url,
        how: if dialect.is_new { NEW } else { OLD },
        copies: 0,
    };
    pair.write(&series);
    let count = variable("ARGAND_DIFF_QUERIES", 2_000);
    let (mut differing, mut shown) = (0, String::new());
    for _ in 0..count {
        let (query, when) = Writer {
            random: &mut random,
            dialect,
        }
        .query();
        if pair.difference(&query, when).is_none() {
            continue;
        }
        differing += 1;
        if differing <= SHOWN {
            shown.push_str(&format!("\n# {query}\n"));
            shown.push_str(&shrink::shrink(&mut pair, &query, when, &series));
        }
    }
    eprintln!("{}: {count} queries, {differing} differ", program.display());
    assert!(
        differing == 0,
        "{differing} of {count} queries with ARGAND_DIFF_SEED={seed} differ from {}:\n{shown}",
        program.display()
    );
}

#[test]
fn the_installed_prometheus() {
    if let Some(program) = installed("prometheus") {
        compare(&program);
    }
}

#[test]
fn a_newer_prometheus() {
    match std::env::var_os("ARGAND_PROMETHEUS_NEXT") {
        Some(folder) => compare(&PathBuf::from(folder).join("prometheus")),
        None => eprintln!("skipped: ARGAND_PROMETHEUS_NEXT is not set"),
    }
}
