//! The promise of the README: one command, and a query is answered.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command;

const ADDRESS: &str = "127.0.0.1:9090";

/// How long both jobs may take to be up, counted from the start of the built program.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends the program with the check, whatever its outcome.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Builds, starts `cargo run --release` in an empty folder, and waits for both jobs to be up.
pub(crate) fn run() -> Result<()> {
    run_check(&std::env::temp_dir().join(format!("argand-cold-start-{}", std::process::id())))
}

fn run_check(folder: &std::path::Path) -> Result<()> {
    if TcpStream::connect(ADDRESS).is_ok() {
        bail!("somebody listens on {ADDRESS} already");
    }
    let began = Instant::now();
    command::run(".", "cargo", &["build", "--release"])?;
    eprintln!("xtask: built in {} s", began.elapsed().as_secs());
    std::fs::create_dir_all(folder)?;
    let manifest = command::root().join("Cargo.toml");
    let child = Command::new("cargo")
        .args(["run", "--release", "--quiet", "--manifest-path"])
        .arg(manifest)
        .current_dir(folder)
        .stdin(Stdio::null())
        .spawn()
        .context("cargo run --release")?;
    let mut running = Running(child);
    let began = Instant::now();
    loop {
        let up = query().unwrap_or_default().matches(",\"1\"]").count();
        if up >= 2 {
            println!(
                "cold start: both jobs up after {:.1} s",
                began.elapsed().as_secs_f64()
            );
            drop(running);
            let _ = std::fs::remove_dir_all(folder);
            return Ok(());
        }
        if let Some(status) = running.0.try_wait()? {
            bail!("cargo run --release ended with {status}");
        }
        if began.elapsed() > PATIENCE {
            bail!(
                "{up} jobs up after {PATIENCE:?}, 2 were promised: {:?}",
                query()
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The answer to `up` as text.
fn query() -> Result<String> {
    let mut stream = TcpStream::connect(ADDRESS)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET /api/v1/query?query=up HTTP/1.1\r\nHost: {ADDRESS}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
