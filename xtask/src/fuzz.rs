//! Fuzzing every reader of foreign bytes, guided by coverage, on the stable toolchain.
//!
//! The targets live in `fuzz/`, which is no member of the workspace: it is built with the
//! compiler's coverage instrumentation and linked with libFuzzer. Seeds are files that the store
//! itself writes; what a run finds worth keeping stays in `fuzz/corpus`, which is not committed.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// How the compiler is told to count which branches a run takes.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// Memory a target may take in all and at once, in MiB: several times what its longest input
/// needs, so that an allocation that trusts a length fails.
const MOST_MEMORY: &str = "-rss_limit_mb=1024";
const MOST_AT_ONCE: &str = "-malloc_limit_mb=256";

/// The longest input, in bytes: one page of a log and more.
const LONGEST: &str = "-max_len=70000";

/// Of `fuzz/src/main.rs` and of the `fuzzing` modules of crates.
const TARGETS: [&str; 26] = [
    "index",
    "chunk",
    "chunk_segment",
    "tombstones",
    "meta",
    "head_chunks",
    "log",
    "record",
    "alert_log",
    "alertmanager_files",
    "dashboards",
    "exposition_text",
    "exposition_openmetrics",
    "exposition_protobuf",
    "cluster_frame",
    "cluster_packets",
    "promql",
    "promql_answers",
    "remote_write_1",
    "remote_write_2",
    "otlp_protobuf",
    "otlp_json",
    "pushed_bodies",
    "statsd",
    "template_notification",
    "template_rule",
];

/// Seconds a target runs where nobody says how many.
const SECONDS: &str = "60";

/// Builds the targets and runs each of them; `--seconds N` says how long.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let seconds = match arguments {
        [] => SECONDS,
        [flag, seconds] if flag == "--seconds" => seconds,
        _ => bail!("fuzz takes --seconds N and nothing else"),
    };
    seconds.parse::<u32>().context("--seconds takes a number")?;
    let host = host()?;
    let build = ["build", "--release", "--bins", "--target", &host];
    command::run_with("fuzz", "cargo", &build, &[("RUSTFLAGS", COVERAGE)])?;
    let folder = format!("target/{host}/release");
    let corpus = command::root().join("fuzz/corpus");
    fs::create_dir_all(&corpus)?;
    let fuzzer = format!("{folder}/fuzz");
    command::run_with(
        "fuzz",
        &fuzzer,
        &["-runs=1"],
        &[("ARGAND_FUZZ_SEEDS", "corpus")],
    )?;
    for target in TARGETS {
        fs::create_dir_all(corpus.join(target))?;
        let time = format!("-max_total_time={seconds}");
        let place = format!("corpus/{target}");
        let arguments = [
            &*time,
            MOST_MEMORY,
            MOST_AT_ONCE,
            LONGEST,
            "-timeout=10",
            "-verbosity=0",
            "-print_final_stats=1",
            &place,
        ];
        command::run_with(
            "fuzz",
            &fuzzer,
            &arguments,
            &[("ARGAND_FUZZ_TARGET", target)],
        )
        .with_context(|| format!("target {target}: the input lies in fuzz/crash-*"))?;
    }
    Ok(())
}

/// The compiler's own target, which keeps the flags away from build scripts.
fn host() -> Result<String> {
    let told = Command::new("rustc").arg("-vV").output()?;
    let told = String::from_utf8(told.stdout)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc names no host")
}
