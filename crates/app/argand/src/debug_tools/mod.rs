//! `argand debug …`: what a server can tell of itself, packed into `debug.tar.gz` for whoever is to
//! find a fault.

mod archive;

use std::io::{Read as _, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use flate2::read::GzDecoder;

use crate::tools::Out;
use crate::tools::server::{Server, shown};
use archive::Archive;

/// The file that is written, in the folder one is in.
const ARCHIVE: &str = "debug.tar.gz";
/// How long an answer may take: profiles cover half a minute.
const PATIENCE: Duration = Duration::from_secs(120);
/// Bytes of a profile at most.
const MOST_PROFILE: u64 = 1 << 30;

/// Paths of profiles, and the files that they become.
const PROFILES: [(&str, &str); 7] = [
    ("/debug/pprof/profile?seconds=30", "cpu.pb"),
    ("/debug/pprof/block", "block.pb"),
    ("/debug/pprof/goroutine", "goroutine.pb"),
    ("/debug/pprof/heap", "heap.pb"),
    ("/debug/pprof/mutex", "mutex.pb"),
    ("/debug/pprof/threadcreate", "threadcreate.pb"),
    ("/debug/pprof/trace?seconds=30", "trace.pb"),
];
const METRICS: [(&str, &str); 1] = [("/metrics", "metrics.txt")];

/// Fetch debug information.
#[derive(Args)]
pub(crate) struct Family {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch profiling debug information.
    Pprof(Arguments),
    /// Fetch metrics debug information.
    Metrics(Arguments),
    /// Fetch all debug information.
    All(Arguments),
}

#[derive(Args)]
struct Arguments {
    /// Prometheus server to get the information from.
    server: String,
}

impl Family {
    pub(crate) fn run(&self, out: &mut Out) -> Result<ExitCode> {
        let (server, paths) = match &self.command {
            Command::Pprof(arguments) => (&arguments.server, PROFILES.to_vec()),
            Command::Metrics(arguments) => (&arguments.server, METRICS.to_vec()),
            Command::All(arguments) => (&arguments.server, [&PROFILES[..], &METRICS].concat()),
        };
        collect(server, &paths, out).context("error completing debug command")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Fetches paths of a server into the archive; it is complete or, after an error, not there.
fn collect(url: &str, paths: &[(&str, &str)], out: &mut impl Write) -> Result<()> {
    let server = Server::new(url, None, PATIENCE)?;
    let mut archive = Archive::new();
    for (path, file) in paths {
        let from = shown(url.trim_end_matches('/'));
        writeln!(out, "collecting: {from}{path}")?;
        out.flush()?;
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (*path, None),
        };
        let mut address = server.at(path);
        address.set_query(query);
        let answer = server
            .get(&address)
            .context("error executing HTTP request")?;
        if !answer.status.is_success() {
            bail!("{address}: server returned HTTP status {}", answer.status);
        }
        archive
            .add(file, &unpacked(answer.body)?)
            .context("error writing into the archive")?;
    }
    archive
        .write(Path::new(ARCHIVE))
        .with_context(|| format!("error creating archive {ARCHIVE:?}"))?;
    writeln!(
        out,
        "Compiling debug information complete, all files written in {ARCHIVE:?}."
    )?;
    Ok(())
}

/// Profiles come compressed; the archive is compressed as a whole.
fn unpacked(body: Vec<u8>) -> Result<Vec<u8>> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return Ok(body);
    }
    let mut plain = Vec::new();
    GzDecoder::new(&*body)
        .take(MOST_PROFILE)
        .read_to_end(&mut plain)
        .context("error post-processing HTTP response body")?;
    Ok(plain)
}
