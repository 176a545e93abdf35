//! A process that is Alertmanager alone: listens, routes, ends in order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use api::{Role, role_router};
use contract::Gather;
use exporters::ProcessExporter;
use guard::Guard;
use routing::Limits;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::service::{Alertmanager, Source};
use crate::flags::Flags;
use crate::systemd::Systemd;
use crate::{listen, options, signals};

/// Work that has not ended by then is cut off; all of it can be.
const AT_THE_END: Duration = Duration::from_secs(5);

/// Requests to reload that may wait for the one under way.
const RELOAD_QUEUE: usize = 4;

/// The folder within the storage path.
const FOLDER: &str = "alertmanager";

/// Checked values of the flags.
pub(crate) struct Options {
    config_file: PathBuf,
    listen: Vec<SocketAddr>,
    web_config: Option<PathBuf>,
    max_connections: usize,
    prefix: String,
    external_url: String,
    expands: bool,
    routing: routing::Options,
    cluster: Option<cluster::Options>,
}

impl Options {
    pub(crate) fn new(flags: &Flags) -> Result<Self> {
        let listen: Vec<SocketAddr> = flags
            .list("web.listen-address")
            .iter()
            .map(|address| options::listen_address(address))
            .collect::<Result<_>>()?;
        let limit = |name: &str, default: usize| -> Result<usize> {
            let given = options::required(flags, name, options::count)?;
            Ok(match usize::try_from(given)? {
                0 => default,
                given => given,
            })
        };
        let defaults = Limits::default();
        let data = PathBuf::from(flags.text("storage.path")).join(FOLDER);
        let routing = routing::Options {
            retention: options::required(flags, "data.retention", options::length)?,
            limits: Limits {
                alerts: limit("alerts.max-alerts", defaults.alerts)?,
                alerts_per_name: limit("alerts.per-alertname-limit", 0)?,
                silences: limit("silences.max-silences", defaults.silences)?,
                silence_bytes: limit("silences.max-silence-size-bytes", defaults.silence_bytes)?,
                ..defaults
            },
            refuse_silencing_everything: !flags.is_on("silences.allow-everything"),
            start_delay: options::required(flags, "dispatch.start-delay", options::any_length)?,
            ..routing::Options::new(data)
        };
        let max_connections = options::required(flags, "web.max-connections", options::count)?;
        if max_connections == 0 {
            bail!("--web.max-connections: at least 1 was expected");
        }
        Ok(Self {
            config_file: PathBuf::from(flags.text("config.file")),
            web_config: options::web_config(flags),
            max_connections: usize::try_from(max_connections)?,
            prefix: options::prefix(
                flags.text("web.external-url"),
                flags.text("web.route-prefix"),
            ),
            external_url: options::external_url(flags.text("web.external-url"), &listen),
            expands: flags.is_on("config.expand-env"),
            listen,
            routing,
            cluster: super::cluster_options(flags, "")?,
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
    let guard = Guard::open(options.web_config.as_deref()).context("--web.config.file")?;
    let mut listeners: Vec<TcpListener> = Vec::new();
    for address in &options.listen {
        listeners.push(listen::bind(*address).await?);
    }
    let source = Source {
        file: options.config_file,
        external_url: options.external_url,
        expands: options.expands,
    };
    let alertmanager = Alertmanager::start(source, options.routing, options.cluster).await?;
    let (reload, requests) = mpsc::channel(RELOAD_QUEUE);
    let router = role_router(
        &alertmanager.face(),
        Role {
            reload: reload.clone(),
            gatherers: vec![
                Arc::new(ProcessExporter) as Arc<dyn Gather>,
                Arc::clone(&alertmanager) as Arc<dyn Gather>,
                Arc::clone(&guard) as Arc<dyn Gather>,
            ],
            prefix: options.prefix.clone(),
        },
    );
    let end = CancellationToken::new();
    let serving = listen::serve_all(
        listeners,
        router,
        options.prefix,
        &guard,
        None,
        listen::ClientLimits {
            connections: options.max_connections,
            patience: listen::ClientLimits::PATIENCE,
        },
        &end,
    );
    tokio::spawn(signals::forward_hangups(reload));
    tokio::spawn(Arc::clone(&alertmanager).serve_reloads(requests));
    let systemd = Systemd::from_environment();
    let alive = Arc::clone(&systemd);
    tokio::spawn(async move { alive.live().await });
    systemd.ready("ready");
    tracing::info!("ready");
    let (_keep, quit) = mpsc::channel(1);
    signals::wait_for_end(quit).await?;
    systemd.stopping();
    end.cancel();
    for server in serving {
        let _ = server.await;
    }
    alertmanager.shutdown().await;
    tracing::info!("ended; everything acknowledged is stored");
    Ok(())
}
