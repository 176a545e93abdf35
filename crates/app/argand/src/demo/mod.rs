//! `argand demo`: this program with a fleet to look at, in a folder that goes when it ends.
//!
//! ```text
//! fleet (examples/fleet, in this process) ─> scraped by the server
//!                                batch job ─> pushed to the server's push gateway
//! rules and dashboards of packs/, embedded ─> loaded by the server
//! ```
//!
//! In comes an address, out goes a running server. Invariants: nothing outside the scratch folder
//! is written; the fleet listens on loopback, at ports that are free. Absent: settings of the
//! server itself; what is shown here is loaded in the same way by `argand --config.file`.

mod files;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory, Parser};
use fleet::{Fleet, batch};
use tokio::runtime::Runtime;

use crate::flags::Flags;
use crate::options::Options;
use crate::tools::Out;
use crate::{logging, pipeline, tools};

/// Mean time between two orders to the fleet: enough for rates that look alive, and a few percent
/// of one processor.
const PACE: Duration = Duration::from_millis(200);

/// Time between two runs of the batch job.
const BATCH_PAUSE: Duration = Duration::from_secs(15);

/// Threads of the fleet: it mostly waits.
const FLEET_THREADS: usize = 1;

/// A fleet of five services and a batch job is started, scraped and watched, with rules, alerts and
/// dashboards, in a folder that is removed at the end. Ctrl-C ends it.
#[derive(Parser)]
struct Line {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
    listen: SocketAddr,
    /// Work in this folder, which must be empty or not there yet, and keep it.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// What the fleet's chance begins with.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Only messages of this level or above are logged.
    #[arg(long, value_name = "LEVEL", default_value = "warn", value_parser = ["debug", "info", "warn", "error"])]
    log_level: String,
}

/// What the command takes, for those who write about it.
pub(crate) fn command() -> Command {
    Line::command().name("demo")
}

/// Does what a command line, the program's name before the word `demo` included, says.
pub(crate) fn run(_: &'static str, arguments: &[OsString]) -> ExitCode {
    let own = arguments.get(1..).unwrap_or_default();
    tools::run("argand demo", own, |line: Line, out| line.run(out))
}

impl Line {
    fn run(self, out: &mut Out) -> Result<ExitCode> {
        let address = free(self.listen)?;
        logging::start(&self.log_level, "logfmt");
        let folder = Folder::new(self.keep.as_deref())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(FLEET_THREADS)
            .thread_name("fleet")
            .enable_all()
            .build()
            .context("starting the threads of the fleet")?;
        let fleet = start_fleet(&runtime, address, self.seed)?;
        files::write(folder.path(), address, fleet.addresses())?;
        files::tell(out, folder.path(), address, fleet.addresses())?;
        let served = serve(folder.path(), address);
        runtime.block_on(fleet.stop());
        served?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The address as others reach it, with a port where any was wanted.
fn free(wanted: SocketAddr) -> Result<SocketAddr> {
    let listener = TcpListener::bind(wanted).with_context(|| {
        format!("listening on {wanted}; --listen=127.0.0.1:PORT names another address")
    })?;
    Ok(listener.local_addr()?)
}

/// The fleet, with a batch job that pushes to the server.
fn start_fleet(runtime: &Runtime, server: SocketAddr, seed: u64) -> Result<Fleet> {
    let options = fleet::Options {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        free_ports: true,
        seed,
        pace: PACE,
    };
    runtime.block_on(async {
        let mut fleet = Fleet::start(&options).await.context("the fleet")?;
        let gateway = format!("http://{}/pushgateway", files::reached(server));
        fleet.spawn(batch::run(&gateway, BATCH_PAUSE, seed).context("the batch job")?);
        Ok(fleet)
    })
}

/// Runs the server on what was written, until it is asked to end.
fn serve(folder: &Path, address: SocketAddr) -> Result<()> {
    let flag = |name: &str, value: &dyn std::fmt::Display| format!("--{name}={value}");
    let arguments = [
        "argand".to_owned(),
        flag("config.file", &folder.join(files::CONFIGURATION).display()),
        flag("storage.tsdb.path", &folder.join("data").display()),
        flag("web.listen-address", &address),
        flag(
            "alertmanager.config.file",
            &folder.join(files::ALERTMANAGER).display(),
        ),
        flag("dashboards.path", &folder.join(files::DASHBOARDS).display()),
    ];
    // The flags are ours, so that a refusal would be a mistake of this program.
    let flags = Flags::parse(arguments.map(OsString::from)).map_err(|refused| {
        let text = refused.to_string();
        anyhow::anyhow!("the demo's own flags: {text}")
    })?;
    pipeline::run(&flags, Options::new(&flags)?)
}

/// Where everything is written: removed at the end unless somebody named it.
enum Folder {
    Scratch(PathBuf),
    Kept(PathBuf),
}

impl Folder {
    fn new(kept: Option<&Path>) -> Result<Self> {
        let Some(kept) = kept else {
            let name = format!("argand-demo-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            // Not `create_dir_all`: a folder that somebody else made here is not ours to fill.
            std::fs::create_dir(&folder)
                .with_context(|| format!("making the scratch folder {}", folder.display()))?;
            return Ok(Self::Scratch(folder));
        };
        let context = || format!("--keep: {}", kept.display());
        std::fs::create_dir_all(kept).with_context(context)?;
        let mut entries = std::fs::read_dir(kept).with_context(context)?;
        anyhow::ensure!(
            entries.next().is_none(),
            "--keep: {} has files already; name an empty folder",
            kept.display()
        );
        Ok(Self::Kept(std::path::absolute(kept)?))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Scratch(path) | Self::Kept(path) => path,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Scratch(path) = self
            && let Err(error) = std::fs::remove_dir_all(&*path)
        {
            tracing::warn!(folder = %path.display(), %error, "the scratch folder is left");
        }
    }
}
