//! The push gateway of a process, as long as it lives.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use api::{PushFace, PushIntake};
use contract::{Append, Clock, Gather, SystemClock};
use parking_lot::Mutex;
use push::Pushgateway;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::flags::Flags;
use crate::{listen, options};

/// The folder within that of the samples.
const FOLDER: &str = "pushgateway";

/// Time between two looks at what is due; what a power cut may cost.
const TENDING: Duration = Duration::from_secs(1);

/// Time between two samples of what nobody pushes, until the configuration says another: upstream's
/// scrape interval.
const INTERVAL: Duration = Duration::from_secs(60);

/// What is held, and what goes on beside requests.
pub(crate) struct PushService {
    pub(crate) gateway: Arc<Pushgateway>,
    /// Milliseconds between two samples of what nobody pushes.
    interval: AtomicU64,
}

impl PushService {
    /// Reads the log of pushes back.
    pub(crate) async fn open(
        flags: &Flags,
        folder: PathBuf,
        own: &[Arc<dyn Gather>],
    ) -> Result<Arc<Self>> {
        let mut options = push::Options {
            most_groups: options::number(flags, "push.max-groups")?,
            most_series: options::number(flags, "push.max-series")?,
            ..push::Options::new(Some(folder.clone()))
        };
        for gatherer in own {
            gatherer.gather(&mut options.own);
        }
        let open = move || Pushgateway::open(options, Arc::new(SystemClock));
        let gateway = tokio::task::spawn_blocking(open).await?;
        let gateway =
            gateway.with_context(|| format!("the log of pushes in {}", folder.display()))?;
        let groups = gateway.groups().len();
        tracing::info!(data = %folder.display(), groups, "pushed metrics are held");
        Ok(Arc::new(Self {
            gateway: Arc::new(gateway),
            interval: AtomicU64::new(INTERVAL.as_millis() as u64),
        }))
    }

    /// What the routes ask.
    pub(crate) fn face(&self, flags: &Flags, quit: Option<mpsc::Sender<()>>) -> PushFace {
        PushFace {
            gateway: Arc::clone(&self.gateway),
            clock: Arc::new(SystemClock),
            started: SystemClock.now(),
            version: env!("CARGO_PKG_VERSION"),
            flags: flags.shown(),
            admin_api: flags.is_on("web.enable-admin-api"),
            quit,
            answers_unchecked: flags.is_on("push.disable-consistency-check"),
            metrics_path: "/metrics".to_owned(),
            gatherers: Vec::new(),
            intake: PushIntake::default(),
        }
    }

    /// Does what is due until `end`.
    pub(crate) fn tend(self: &Arc<Self>, end: CancellationToken) -> JoinHandle<()> {
        let service = Arc::clone(self);
        tokio::spawn(async move {
            let mut fails = false;
            while end
                .run_until_cancelled(tokio::time::sleep(TENDING))
                .await
                .is_some()
            {
                let gateway = Arc::clone(&service.gateway);
                let interval = Duration::from_millis(service.interval.load(Ordering::Relaxed));
                let tended = tokio::task::spawn_blocking(move || gateway.tend(interval)).await;
                let failed = fails;
                fails = !matches!(tended, Ok(Ok(())));
                if let (Ok(Err(error)), false) = (tended, failed) {
                    tracing::error!(%error, "the log of pushes cannot be kept; pushes go on where they can be logged");
                }
            }
            let gateway = Arc::clone(&service.gateway);
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || gateway.sync()).await {
                tracing::error!(%error, "the log of pushes could not be forced to the disk");
            }
        })
    }
}

/// The push gateway within the server.
pub(crate) struct Within {
    service: Arc<PushService>,
    pub(crate) face: Arc<PushFace>,
    tending: Mutex<Option<JoinHandle<()>>>,
    /// Beside `end` of the server: samples go to its store, which closes last.
    stop: CancellationToken,
    serving: Mutex<Vec<JoinHandle<()>>>,
}

impl Within {
    /// Starts it, where it is switched on, with the ports of its own.
    pub(crate) async fn start(
        flags: &Flags,
        options: &options::Options,
        quit: Option<mpsc::Sender<()>>,
        guard: &Arc<guard::Guard>,
        end: &CancellationToken,
    ) -> Result<Option<Arc<Self>>> {
        if !flags.is_on("push.enable") {
            return Ok(None);
        }
        let mut listeners: Vec<TcpListener> = Vec::new();
        for text in flags
            .list("push.listen-address")
            .iter()
            .filter(|a| !a.is_empty())
        {
            let address = options::address("push.listen-address", text)?;
            listeners.push(
                listen::bind(address)
                    .await
                    .context("--push.listen-address")?,
            );
        }
        let service = PushService::open(flags, options.data.join(FOLDER), &[]).await?;
        let face = Arc::new(service.face(flags, quit));
        for listener in &listeners {
            let address = listener.local_addr()?;
            tracing::info!(%address, "the push gateway has a port of its own");
        }
        let serving = listen::serve_all(
            listeners,
            api::push_router(&face, ""),
            guard,
            listen::Serving {
                prefix: String::new(),
                face: None,
                connections: options.max_connections,
                patience: options.read_timeout,
                spans: Arc::default(),
            },
            end,
        );
        let stop = CancellationToken::new();
        Ok(Some(Arc::new(Self {
            tending: Mutex::new(Some(service.tend(stop.clone()))),
            service,
            face,
            stop,
            serving: Mutex::new(serving),
        })))
    }

    /// From now on samples go to this store, those of all groups at once.
    pub(crate) fn feed(&self, store: Arc<dyn Append>) {
        self.service.gateway.feed(store);
    }

    /// Who takes this long between two scrapes wants as many samples.
    pub(crate) fn set_interval(&self, interval: Duration) {
        let millis = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        self.service.interval.store(millis, Ordering::Relaxed);
    }

    /// Ends, once requests have.
    pub(crate) async fn end(&self) {
        let serving = std::mem::take(&mut *self.serving.lock());
        for server in serving {
            let _ = server.await;
        }
        self.stop.cancel();
        let tending = self.tending.lock().take();
        if let Some(tending) = tending {
            let _ = tending.await;
        }
    }
}
