//! Joins the stages, runs them, and ends them in order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::{CorsOrigin, Face, FaceOptions, Lifecycle, Runtime, Services};
use config::Config;
use contract::{
    Alertmanagers, Append, Clock, Exemplars, Follow, Gather, RuleStates, Select, StoreAdmin,
    StoreStatus, SystemClock, TargetSink, Targets,
};
use exporters::{HostExporter, ProcessExporter};
use guard::Guard;
use metrics_store::{Retention, Store, StoreOptions, WalSync};
use model::{Labels, duration};
use promql::{Engine, EngineOptions, QueryObserver};
use remote::read::RemoteRead;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::alerting::Alerting;
use crate::alertmanager::{self, Alertmanager};
use crate::allocator::{self, AllocatorMetrics};
use crate::configuration::{self, Apply, Source};
use crate::connections::ConnectionMetrics;
use crate::dashboards;
use crate::flags::Flags;
use crate::objects::Objects;
use crate::options::{DEFAULT_RETENTION, Options};
use crate::own::OwnState;
use crate::pushgateway;
use crate::query_log::{ActiveQueries, QueryLog, SlowQueries};
use crate::receivers::Receivers;
use crate::spans::Spans;
use crate::statsd_receiver::StatsdReceiver;
use crate::systemd::Systemd;
use crate::{feature_list, features, listen, machine, remote_read, signals};

/// Time between two moments at which the log is forced to the disk: what a power cut may cost.
const WAL_SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// Work that has not ended by then is cut off; all of it can be.
const AT_THE_END: Duration = Duration::from_secs(5);

/// Threads that may block for other reasons than a query that runs or waits: lookups of series and
/// labels, orders, the store's start.
const OTHER_BLOCKING: usize = 256;

/// Requests to reload that may wait for the one under way.
const RELOAD_QUEUE: usize = 4;

/// Runs the program until it is asked to end.
pub(crate) fn run(flags: &Flags, options: Options) -> Result<()> {
    // Only fails where another provider was installed before, and nothing else does that.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let queries = options
        .query_concurrency
        .saturating_add(options.query_queue);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(queries.saturating_add(OTHER_BLOCKING))
        .build()
        .context("starting the threads for requests")?;
    // Scrapes have a thread of their own: no burst of requests delays them, and on one thread
    // they cost a third less than spread over several, which wake each other (bench/).
    let scraping = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("scrape")
        .enable_all()
        .build()
        .context("starting the thread for scrapes")?;
    let outcome = runtime.block_on(serve(flags, options, scraping.handle()));
    scraping.shutdown_timeout(AT_THE_END);
    runtime.shutdown_timeout(AT_THE_END);
    outcome
}

async fn serve(flags: &Flags, options: Options, scraping: &Handle) -> Result<()> {
    for flag in &flags.without_effect {
        tracing::warn!(flag, "this flag is accepted but has no effect yet");
    }
    machine::raise_file_limit();
    let systemd = Systemd::from_environment();
    systemd.status("reading the log back");
    let guard = Guard::open(options.web_config.as_deref()).context("--web.config.file")?;
    let mut listeners = Vec::new();
    for address in &options.listen {
        listeners.push(listen::bind(*address).await?);
    }
    let statsd = StatsdReceiver::start(flags).await?;
    let source = Source {
        file: options.config_file.clone(),
        address: own_address(&listeners)?,
        prefix: options.prefix.clone(),
        statsd: statsd.is_some(),
    };
    let config = source.read()?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        configuration = %source,
        data = %options.data.display(),
        jobs = config.scrape_configs.len(),
        "starting"
    );
    configuration::report_inactive(&config);

    let runtime = Runtime::new(
        SystemClock.now(),
        env!("CARGO_PKG_VERSION"),
        flags.shown(),
        retention_in_words(&options, &config),
    );
    let runtime = runtime.with_listeners(options.notification_listeners);
    let runtime = Arc::new(runtime);
    runtime.notices.raise(api::STARTING, SystemClock.now());
    configuration::notice_inactive(!config.inactive.is_empty(), &runtime);
    runtime.config_loaded(
        config.redacted.clone(),
        config.global.external_labels.clone(),
        SystemClock.now(),
    );
    let queries = Queries::new(&options);
    let engine = Arc::new(engine(flags, &options, &queries));
    let (reload, reload_requests) = mpsc::channel(RELOAD_QUEUE);
    let (quit, quit_requests) = mpsc::channel(1);
    let push_quit = flags.is_on("web.enable-lifecycle").then(|| quit.clone());
    let face = Face::new(FaceOptions {
        runtime: Arc::clone(&runtime),
        clock: Arc::new(SystemClock),
        lifecycle: flags.is_on("web.enable-lifecycle").then(|| Lifecycle {
            reload: reload.clone(),
            quit,
        }),
        admin_api: flags.is_on("web.enable-admin-api"),
        features: feature_list::list(flags),
        search_limit: options.search_limit,
        heap: allocator::parts,
        prefix: options.prefix.clone(),
        cors: CorsOrigin::new(flags.text("web.cors.origin")).context("--web.cors.origin")?,
        query_timeout: options.query_timeout,
        gatherers: vec![
            Arc::new(ProcessExporter),
            Arc::new(AllocatorMetrics),
            Arc::new(ConnectionMetrics),
            Arc::new(OwnState(Arc::clone(&runtime))),
            Arc::clone(&engine) as Arc<dyn Gather>,
            Arc::clone(&guard) as Arc<dyn Gather>,
            Arc::clone(&queries.log) as Arc<dyn Gather>,
            Arc::clone(&queries.spans) as Arc<dyn Gather>,
        ],
        exporters: exporters(statsd.as_deref()),
    });
    let end = CancellationToken::new();
    if source.file.is_none() && (guard.asks() || guard.tls().is_some()) {
        tracing::warn!(
            "the built-in jobs know neither TLS nor passwords of this server and cannot scrape it; a prometheus.yml can tell them"
        );
    }
    let scheme = if guard.tls().is_some() {
        "https"
    } else {
        "http"
    };
    let serving = listen::serve_all(
        listeners,
        api::router(Arc::clone(&face)),
        &guard,
        listen::Serving {
            prefix: options.prefix.clone(),
            face: Some(Arc::clone(&face)),
            connections: options.max_connections,
            patience: options.read_timeout,
            spans: Arc::clone(&queries.spans),
        },
        &end,
    );
    tracing::info!(page = %format!("{scheme}://{}{}/", source.address, options.prefix), "the page is open");

    face.open_dashboards(dashboards::open(flags).await?);
    let alertmanager = start_alertmanager(flags, &options).await?;
    if let Some(alertmanager) = &alertmanager {
        face.open_alertmanager(&alertmanager.face());
    }
    let store = start_store(flags, &options, &config).await?;
    // The directory is this process' own from here on.
    queries
        .active
        .open(&options.data, options.query_concurrency)
        .context("the list of running queries in the data directory")?;
    let push = pushgateway::Within::start(flags, &options, push_quit, &guard, &end).await?;
    if let Some(push) = &push {
        face.open_push(&push.face);
    }
    let joined = remote_read::joined(&store, options.min_block);
    let alerting = Alerting::start(
        &store,
        Arc::clone(&joined) as Arc<dyn Select>,
        Arc::clone(&engine),
        &options.alerting,
        alertmanager.clone(),
    );
    let mut receivers = Receivers::new(flags, &options, &(Arc::clone(&store) as Arc<dyn Append>))?;
    receivers.statsd = statsd;
    let stages = Stages::start(
        Arc::clone(&store),
        scraping,
        options.clone(),
        Arc::clone(&joined),
        alerting,
        &queries,
        Beside {
            receivers: receivers.clone(),
            objects: Arc::new(Objects::start(flags, &options)?),
            push: push.clone(),
        },
    );
    let stages = Arc::new(stages);
    let mut gatherers = stages.gatherers(Arc::clone(&store) as Arc<dyn Gather>);
    gatherers.extend(receivers.gatherers());
    let pushed = push.as_ref().map(|push| Arc::clone(&push.face));
    gatherers.extend(pushed.map(|face| face as Arc<dyn Gather>));
    let remote_read = remote_read::server(flags)?;
    gatherers.push(Arc::clone(&remote_read) as Arc<dyn Gather>);
    gatherers.push(Arc::clone(&joined) as Arc<dyn Gather>);
    // From here on the page tells how far reading back the log is; questions wait for its end.
    face.open(Services {
        select: Arc::clone(&joined) as Arc<dyn Select>,
        local: Arc::clone(&store) as Arc<dyn Select>,
        exemplars: Arc::clone(&store) as Arc<dyn Exemplars>,
        store: Arc::clone(&store) as Arc<dyn StoreStatus>,
        admin: Arc::clone(&store) as Arc<dyn StoreAdmin>,
        targets: Arc::clone(&stages.scrape) as Arc<dyn Targets>,
        rules: Arc::clone(&stages.alerting.rules) as Arc<dyn RuleStates>,
        alertmanagers: Arc::clone(&stages.alerting.sender) as Arc<dyn Alertmanagers>,
        engine,
        remote_read,
        remote_write: receivers.remote_write,
        otlp: receivers.otlp,
        objects: stages.objects.outcomes(),
        gatherers,
    });
    tokio::spawn(signals::forward_hangups(reload));
    let (alive, telling) = (Arc::clone(&systemd), Arc::clone(&systemd));
    tokio::spawn(async move { alive.live().await });
    let ending = Arc::clone(&runtime);
    let reading = async {
        read_back(&store, &stages, config).await?;
        runtime.notices.lower(api::STARTING);
        let (objects, all) = (Arc::clone(&stages.objects), Arc::clone(&stages));
        tokio::spawn(async move { objects.follow(all.as_ref()).await });
        tokio::spawn(configuration::serve_reloads(
            source,
            runtime,
            Arc::clone(&stages) as Arc<dyn Apply>,
            reload_requests,
            Arc::clone(&telling),
        ));
        tracing::info!("ready");
        telling.ready("ready");
        std::future::pending::<Result<()>>().await
    };
    tokio::select! {
        failed = reading => failed?,
        asked = signals::wait_for_end(quit_requests) => asked?,
    }
    systemd.stopping();
    end.cancel();
    ending.notices.close();
    for server in serving {
        let _ = server.await;
    }
    stages.end().await;
    tokio::task::spawn_blocking(move || store.close())
        .await?
        .context("closing the store")?;
    tracing::info!("ended; everything acknowledged is stored");
    Ok(())
}

/// What answers under `/exporters`.
fn exporters(statsd: Option<&StatsdReceiver>) -> BTreeMap<String, Arc<dyn Gather>> {
    let mut exporters =
        BTreeMap::from([("node".to_owned(), Arc::new(HostExporter) as Arc<dyn Gather>)]);
    if let Some(statsd) = statsd {
        exporters.insert("statsd".to_owned(), statsd.gatherer());
    }
    exporters
}

/// Alertmanager in this process, where its configuration is named.
async fn start_alertmanager(flags: &Flags, options: &Options) -> Result<Option<Arc<Alertmanager>>> {
    let file = flags.text("alertmanager.config.file");
    if file.is_empty() {
        return Ok(None);
    }
    let source = alertmanager::Source {
        file: PathBuf::from(file),
        external_url: options.alerting.external_url.clone(),
        expands: flags.is_on("alertmanager.config.expand-env"),
    };
    let data = match flags.text("alertmanager.storage.path") {
        "" => options.data.clone(),
        path => PathBuf::from(path),
    };
    let data = routing::Options::new(data.join("alertmanager"));
    let others = alertmanager::cluster_options(flags, "alertmanager.")?;
    Alertmanager::start(source, data, others).await.map(Some)
}

/// Where this process itself can be reached.
fn own_address(listeners: &[TcpListener]) -> Result<String> {
    let first = listeners
        .first()
        .context("--web.listen-address: no address was given")?;
    let mut address = first.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Ok(address.to_string())
}

/// Who is told of queries.
struct Queries {
    active: Arc<ActiveQueries>,
    log: Arc<QueryLog>,
    slow: Option<Arc<SlowQueries>>,
    spans: Arc<Spans>,
}

impl Queries {
    fn new(options: &Options) -> Self {
        Self {
            active: Arc::default(),
            log: Arc::default(),
            spans: Arc::default(),
            slow: options.slow_query.map(|t| Arc::new(SlowQueries::new(t))),
        }
    }

    fn observers(&self) -> Vec<Arc<dyn QueryObserver>> {
        let mut observers: Vec<Arc<dyn QueryObserver>> = vec![
            Arc::clone(&self.active) as Arc<dyn QueryObserver>,
            Arc::clone(&self.log) as Arc<dyn QueryObserver>,
            Arc::clone(&self.spans) as Arc<dyn QueryObserver>,
        ];
        let slow = self.slow.clone();
        observers.extend(slow.map(|slow| slow as Arc<dyn QueryObserver>));
        observers
    }
}

fn engine(flags: &Flags, options: &Options, queries: &Queries) -> Engine {
    let mut chosen = EngineOptions {
        max_samples: options.query_samples,
        max_memory_per_query: options.query_memory,
        max_memory: options.all_query_memory,
        max_queue: options.query_queue,
        timeout: options.query_timeout,
        lookback: i64::try_from(options.lookback.as_millis()).unwrap_or(i64::MAX),
        max_concurrency: options.query_concurrency,
        ..EngineOptions::default()
    };
    features::apply(flags, &mut chosen);
    Engine::new(chosen).observed_by(queries.observers())
}

/// What the file says wins over the flags, as upstream has it; without either, the default holds.
fn retention(options: &Options, config: &Config) -> Retention {
    let kept = &config.storage.retention;
    let given = Retention {
        time: kept.time.or(options.retention_time),
        size: kept.size.or(options.retention_size),
        percentage: kept.percentage,
    };
    if given == Retention::default() {
        return Retention {
            time: Some(DEFAULT_RETENTION),
            ..given
        };
    }
    given
}

fn retention_in_words(options: &Options, config: &Config) -> String {
    let kept = retention(options, config);
    let milliseconds = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let time = kept.time.map(|time| duration::format(milliseconds(time)));
    let size = kept.size.map(|bytes| format!("{bytes}B"));
    let share = kept.percentage.map(|percent| format!("{percent}%"));
    let words: Vec<String> = [time, size, share].into_iter().flatten().collect();
    words.join(" or ")
}

/// Opens the data directory, on a thread that may block; its log is not read back yet.
async fn start_store(flags: &Flags, options: &Options, config: &Config) -> Result<Arc<Store>> {
    let kept = retention(options, config);
    let store = StoreOptions {
        retention_time: kept.time,
        retention_size: kept.size,
        retention_percentage: kept.percentage,
        max_block_duration: options.max_block,
        max_series: options.max_series,
        min_block_duration: options.min_block,
        out_of_order_window: config.storage.out_of_order_window,
        wal_compression: flags.is_on("storage.tsdb.wal-compression"),
        wal_sync: match flags.text("storage.wal-sync") {
            "always" => WalSync::Always,
            _ => WalSync::Every(WAL_SYNC_INTERVAL),
        },
        no_lockfile: flags.is_on("storage.tsdb.no-lockfile"),
        ..StoreOptions::new(PathBuf::from(&options.data))
    };
    let folder = options.data.display().to_string();
    tokio::task::spawn_blocking(move || Store::start(store))
        .await?
        .with_context(|| format!("opening the data directory {folder}"))
}

/// Reads the log back on threads that may block. Targets are scraped as soon as the names of its
/// series are known; rules are evaluated once all of it has been read.
async fn read_back(store: &Arc<Store>, stages: &Stages, config: Config) -> Result<()> {
    let names = Arc::clone(store);
    tokio::task::spawn_blocking(move || names.admit())
        .await?
        .context("reading the names of series from the log")?;
    if let Some(push) = &stages.push {
        push.feed(Arc::clone(store) as Arc<dyn Append>);
    }
    stages.apply(config)?;
    let samples = Arc::clone(store);
    tokio::task::spawn_blocking(move || samples.replay())
        .await?
        .context("reading samples from the log")?;
    stages.alerting.open();
    Ok(())
}

/// A number that differs from machine to machine, so that several servers with the same targets
/// do not scrape them at the same moments.
fn seed() -> u64 {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Labels::from_pairs([("host", name.trim())]).hash64()
}

/// The stages that follow the configuration.
struct Stages {
    store: Arc<Store>,
    options: Options,
    discovery: Arc<discovery::Manager>,
    scrape: Arc<scrape::Manager>,
    scraping: Handle,
    remote_read: Arc<RemoteRead>,
    remote_write: Arc<remote::write::RemoteWrite>,
    alerting: Alerting,
    query_log: Arc<QueryLog>,
    spans: Arc<Spans>,
    receivers: Receivers,
    objects: Arc<Objects>,
    push: Option<Arc<pushgateway::Within>>,
}

/// What stands beside the stages and follows the configuration too.
struct Beside {
    receivers: Receivers,
    objects: Arc<Objects>,
    push: Option<Arc<pushgateway::Within>>,
}

impl Stages {
    fn start(
        store: Arc<Store>,
        scraping: &Handle,
        options: Options,
        remote_read: Arc<RemoteRead>,
        alerting: Alerting,
        queries: &Queries,
        beside: Beside,
    ) -> Self {
        let limits = scrape::Options {
            seed: seed(),
            series_per_target: options.series_per_target,
            ..scrape::Options::default()
        };
        let entered = scraping.enter();
        let scrape = Arc::new(scrape::Manager::new(
            Arc::clone(&store) as Arc<dyn Append>,
            Arc::new(SystemClock),
            &limits,
        ));
        drop(entered);
        let sink = Arc::clone(&scrape) as Arc<dyn TargetSink>;
        let remote_write = remote::write::RemoteWrite::new(
            Arc::clone(&store) as Arc<dyn Follow>,
            Arc::clone(&scrape) as Arc<dyn Targets>,
            Arc::new(SystemClock),
            &options.remote_write,
            Handle::current(),
        );
        Self {
            store,
            remote_write: Arc::new(remote_write),
            options,
            discovery: Arc::new(discovery::Manager::new("scrape", sink)),
            scrape,
            scraping: scraping.clone(),
            remote_read,
            alerting,
            query_log: Arc::clone(&queries.log),
            spans: Arc::clone(&queries.spans),
            receivers: beside.receivers,
            objects: beside.objects,
            push: beside.push,
        }
    }

    fn gatherers(&self, store: Arc<dyn Gather>) -> Vec<Arc<dyn Gather>> {
        let mut gatherers = vec![
            store,
            Arc::clone(&self.scrape) as Arc<dyn Gather>,
            Arc::clone(&self.discovery) as Arc<dyn Gather>,
            Arc::clone(&self.remote_write) as Arc<dyn Gather>,
        ];
        gatherers.extend(self.alerting.gatherers());
        gatherers.extend(self.objects.gatherer());
        gatherers
    }

    async fn end(&self) {
        self.objects.end().await;
        if let Some(push) = &self.push {
            push.end().await;
        }
        self.receivers.end().await;
        self.alerting.end().await;
        self.discovery.shutdown().await;
        self.scrape.shutdown().await;
        self.remote_write.shutdown().await;
        self.spans.end().await;
    }
}

impl Apply for Stages {
    fn apply(&self, config: Config) -> Result<()> {
        self.objects.join(config, |joined, routes| {
            self.alerting.add_objects(routes);
            self.put_in_force(joined)
        })
    }
}

impl Stages {
    fn put_in_force(&self, config: Config) -> Result<()> {
        // What can be wrong is found before anything changes.
        let alerting = self.alerting.load(&config)?;
        let external = &config.global.external_labels;
        let servers = self.remote_read.load(&config.remote_read, external)?;
        let remote_write = self.remote_write.load(&config)?;
        let spans = self.spans.load(config.tracing.as_ref())?;
        let statsd = self.receivers.load_statsd()?;
        self.remote_read.apply(servers);
        self.spans.apply(spans);
        let window = config.storage.out_of_order_window;
        self.store.set_out_of_order_window(window);
        self.store.set_retention(retention(&self.options, &config));
        let log = config.global.query_log_file.as_deref();
        if let Err(error) = self.query_log.write_to(log) {
            tracing::error!(%error, file = ?log, "the query log cannot be opened; what was goes on");
        }
        let jobs = config
            .scrape_configs
            .iter()
            .map(|job| (job.job_name.clone(), job.discovery.clone()))
            .collect();
        let entered = self.scraping.enter();
        // What the first scrapes bring is sent as well.
        self.remote_write.apply(remote_write);
        self.scrape.apply(&config.scrape_configs);
        drop(entered);
        self.discovery.apply(jobs);
        if let Some(push) = &self.push {
            push.set_interval(config.global.scrape_interval);
        }
        self.receivers.apply(&config.otlp, statsd);
        self.alerting.apply(&config, alerting);
        Ok(())
    }
}
