//! A process that is a push gateway alone: listens, holds, ends in order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use contract::Gather;
use exporters::ProcessExporter;
use guard::Guard;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::predecessor;
use super::service::PushService;
use crate::flags::Flags;
use crate::systemd::Systemd;
use crate::{listen, options, signals};

/// Work that has not ended by then is cut off; all of it can be.
const AT_THE_END: Duration = Duration::from_secs(5);

/// The folder within the storage path.
const FOLDER: &str = "pushgateway";

/// Checked values of the flags.
pub(crate) struct Options {
    listen: Vec<SocketAddr>,
    web_config: Option<PathBuf>,
    max_connections: usize,
    prefix: String,
    metrics_path: String,
    folder: PathBuf,
    /// The original's file, where one is named.
    predecessor: Option<PathBuf>,
}

impl Options {
    pub(crate) fn new(flags: &Flags) -> Result<Self> {
        let metrics_path = flags.text("web.telemetry-path").to_owned();
        if !metrics_path.starts_with('/') {
            bail!("--web.telemetry-path={metrics_path}: a path that begins with / was expected");
        }
        let file = Some(flags.text("persistence.file")).filter(|file| !file.is_empty());
        Ok(Self {
            listen: flags
                .list("web.listen-address")
                .iter()
                .map(|address| options::listen_address(address))
                .collect::<Result<_>>()?,
            web_config: options::web_config(flags),
            max_connections: options::number(flags, "web.max-connections")?,
            prefix: options::prefix(
                flags.text("web.external-url"),
                flags.text("web.route-prefix"),
            ),
            metrics_path,
            folder: match file {
                Some(file) => PathBuf::from(format!("{file}.log")),
                None => PathBuf::from(flags.text("storage.path")).join(FOLDER),
            },
            predecessor: file.map(PathBuf::from),
        })
    }
}

/// Runs until the process is asked to end.
pub(crate) fn run(flags: &Flags, options: Options) -> Result<()> {
    // Only fails where another provider was installed before, and nothing else does that.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the threads")?;
    let outcome = runtime.block_on(serve(flags, options));
    runtime.shutdown_timeout(AT_THE_END);
    outcome
}

async fn serve(flags: &Flags, options: Options) -> Result<()> {
    for flag in &flags.without_effect {
        tracing::warn!(flag, "this flag is accepted but has no effect yet");
    }
    if let Some(file) = &options.predecessor {
        predecessor::mention(file);
    }
    let guard = Guard::open(options.web_config.as_deref()).context("--web.config.file")?;
    let mut listeners: Vec<TcpListener> = Vec::new();
    for address in &options.listen {
        listeners.push(listen::bind(*address).await?);
    }
    let own = vec![
        Arc::new(ProcessExporter) as Arc<dyn Gather>,
        Arc::clone(&guard) as Arc<dyn Gather>,
    ];
    let service = PushService::open(flags, options.folder, &own).await?;
    let (quit, quit_requests) = mpsc::channel(1);
    let mut face = service.face(flags, flags.is_on("web.enable-lifecycle").then_some(quit));
    face.gatherers = own;
    face.metrics_path = options.metrics_path;
    let end = CancellationToken::new();
    let serving = listen::serve_all(
        listeners,
        api::push_router(&Arc::new(face), &options.prefix),
        &guard,
        listen::Serving {
            prefix: options.prefix,
            face: None,
            connections: options.max_connections,
            patience: listen::PATIENCE,
            spans: Arc::default(),
        },
        &end,
    );
    let stop = CancellationToken::new();
    let tending = service.tend(stop.clone());
    let systemd = Systemd::from_environment();
    let alive = Arc::clone(&systemd);
    tokio::spawn(async move { alive.live().await });
    systemd.ready("ready");
    tracing::info!("ready");
    signals::wait_for_end(quit_requests).await?;
    systemd.stopping();
    end.cancel();
    for server in serving {
        let _ = server.await;
    }
    stop.cancel();
    let _ = tending.await;
    tracing::info!("ended; everything acknowledged is stored");
    Ok(())
}
