//! What the routes ask: the stages behind them, and what is known of the running program.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use contract::{
    Alertmanagers, Clock, Exemplars, Gather, RuleStates, Select, StoreAdmin, StoreStatus, Targets,
};
use dashboards::Library;
use model::Labels;
use promql::Engine;
use receive::{Otlp, RemoteWrite};
use tokio::sync::{mpsc, oneshot, watch};

use crate::alertmanager::{AlertmanagerFace, alertmanager_routes};
use crate::batch::ScrapeIntervals;
use crate::cors::CorsOrigin;
use crate::debug::HeapParts;
use crate::features::FeatureList;
use crate::intake::Intake;
use crate::known_labels::KnownLabels;
use crate::notices::{Notices, RELOAD_FAILED};
use crate::observe::RequestMetrics;
use crate::push::{PushFace, mounted_router};
use crate::remote_read::RemoteRead;
use crate::tally::Tally;

/// The stages that answer, once they can.
pub struct Services {
    /// Where series come from, other servers among it.
    pub select: Arc<dyn Select>,
    /// The series that are stored here.
    pub local: Arc<dyn Select>,
    /// Where exemplars come from.
    pub exemplars: Arc<dyn Exemplars>,
    /// What the store says of itself.
    pub store: Arc<dyn StoreStatus>,
    /// Who carries an operator's orders out.
    pub admin: Arc<dyn StoreAdmin>,
    /// What is scraped.
    pub targets: Arc<dyn Targets>,
    /// Who evaluates rules.
    pub rules: Arc<dyn RuleStates>,
    /// Who tells other Alertmanagers.
    pub alertmanagers: Arc<dyn Alertmanagers>,
    /// Who evaluates queries.
    pub engine: Arc<Engine>,
    /// Who answers what other servers ask by remote read.
    pub remote_read: Arc<RemoteRead>,
    /// Who takes what other servers push, where switched on.
    pub remote_write: Option<Arc<RemoteWrite>>,
    /// Who takes what programs push that measure with OpenTelemetry, where switched on.
    pub otlp: Option<Arc<Otlp>>,
    /// What Prometheus Operator's objects are turned into, where they are followed.
    pub objects: Option<watch::Receiver<Arc<operator::Outcome>>>,
    /// What the stages say of themselves at `/metrics`.
    pub gatherers: Vec<Arc<dyn Gather>>,
}

/// A request to read the configuration again; the answer is what was wrong with it.
pub type Reload = oneshot::Sender<Result<(), String>>;

/// The routes that steer the process, where they are switched on.
pub struct Lifecycle {
    /// Takes reload requests.
    pub reload: mpsc::Sender<Reload>,
    /// Takes the request to end.
    pub quit: mpsc::Sender<()>,
}

/// What is known of the running program.
pub struct Runtime {
    /// When it started, in milliseconds since the epoch.
    pub started: i64,
    /// All flags with the values in force.
    pub flags: BTreeMap<String, String>,
    /// How long samples are kept, in words.
    pub retention: String,
    /// Argand's own version.
    pub version: &'static str,
    /// What the operator must hear of at once.
    pub notices: Notices,
    config: ArcSwap<String>,
    external_labels: ArcSwap<Labels>,
    reload_ok: AtomicBool,
    reload_error: ArcSwap<String>,
    /// When the configuration in force was read, in milliseconds since the epoch.
    config_time: AtomicI64,
}

impl Runtime {
    /// A program that has just started and has read no configuration yet.
    pub fn new(
        started: i64,
        version: &'static str,
        flags: BTreeMap<String, String>,
        retention: String,
    ) -> Self {
        Self {
            started,
            flags,
            retention,
            version,
            notices: Notices::default(),
            config: ArcSwap::default(),
            external_labels: ArcSwap::default(),
            reload_ok: AtomicBool::new(false),
            reload_error: ArcSwap::default(),
            config_time: AtomicI64::new(started),
        }
    }

    /// The same, where so many may listen to notices at once.
    #[must_use]
    pub fn with_listeners(self, most: usize) -> Self {
        Self {
            notices: Notices::new(most),
            ..self
        }
    }

    /// A configuration has come into force; `redacted` is shown on the status page, and
    /// `external_labels` go with what other servers take from here.
    pub fn config_loaded(&self, redacted: String, external_labels: Labels, time: i64) {
        self.config.store(Arc::new(redacted));
        self.external_labels.store(Arc::new(external_labels));
        self.config_time.store(time, Ordering::Relaxed);
        self.reload_error.store(Arc::default());
        self.reload_ok.store(true, Ordering::Relaxed);
        self.notices.lower(RELOAD_FAILED);
    }

    /// A configuration was refused at a moment in milliseconds since the epoch; the one in force
    /// stays.
    pub fn config_refused(&self, error: String, time: i64) {
        self.notices.raise(RELOAD_FAILED, time);
        self.reload_error.store(Arc::new(error));
        self.reload_ok.store(false, Ordering::Relaxed);
    }

    pub(crate) fn external_labels(&self) -> Arc<Labels> {
        self.external_labels.load_full()
    }

    pub(crate) fn config(&self) -> Arc<String> {
        self.config.load_full()
    }

    /// Whether the last attempt to read the configuration succeeded.
    pub fn reload_ok(&self) -> bool {
        self.reload_ok.load(Ordering::Relaxed)
    }

    pub(crate) fn reload_error(&self) -> Arc<String> {
        self.reload_error.load_full()
    }

    /// When the configuration in force was read, in milliseconds since the epoch.
    pub fn config_time(&self) -> i64 {
        self.config_time.load(Ordering::Relaxed)
    }
}

/// How a face is set up.
pub struct FaceOptions {
    /// What is known of the program.
    pub runtime: Arc<Runtime>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Reload and quit, where switched on.
    pub lifecycle: Option<Lifecycle>,
    /// Whether orders to the store are taken.
    pub admin_api: bool,
    /// What every path begins with, such as `/argand`; empty for none.
    pub prefix: String,
    /// What `features` says is on and off.
    pub features: FeatureList,
    /// Names that one search may ask for at most, 0 for any number; `None` where searching is
    /// switched off.
    pub search_limit: Option<usize>,
    /// What the allocator says of the memory it holds.
    pub heap: HeapParts,
    /// Which web pages elsewhere may ask.
    pub cors: CorsOrigin,
    /// A query may take this long; requests may ask for less.
    pub query_timeout: Duration,
    /// What `/metrics` tells from the first moment on.
    pub gatherers: Vec<Arc<dyn Gather>>,
    /// Built-in exporters by name, each under `/exporters/<name>`.
    pub exporters: BTreeMap<String, Arc<dyn Gather>>,
}

/// Everything the routes ask.
pub struct Face {
    pub(crate) options: FaceOptions,
    pub(crate) requests: Arc<RequestMetrics>,
    pub(crate) tally: Tally,
    pub(crate) known_labels: KnownLabels,
    pub(crate) scrape_intervals: ScrapeIntervals,
    pub(crate) intake: Intake,
    /// Alertmanager's API, where it runs in this process.
    pub(crate) alertmanager: OnceLock<Router>,
    /// The push gateway's, where there is one.
    pub(crate) push: OnceLock<Router>,
    /// The dashboards of folders, where some are named.
    pub(crate) dashboards: OnceLock<Arc<Library>>,
    services: OnceLock<Services>,
}

impl Face {
    /// A face that answers 503 until it is opened.
    pub fn new(options: FaceOptions) -> Arc<Self> {
        let requests = RequestMetrics::new("prometheus", &options.prefix);
        Arc::new(Self {
            options,
            requests: Arc::new(requests),
            tally: Tally::default(),
            known_labels: KnownLabels::default(),
            scrape_intervals: ScrapeIntervals::default(),
            intake: Intake::default(),
            alertmanager: OnceLock::new(),
            push: OnceLock::new(),
            dashboards: OnceLock::new(),
            services: OnceLock::new(),
        })
    }

    /// From now on questions are answered. A second call changes nothing.
    pub fn open(&self, services: Services) {
        let _ = self.services.set(services);
    }

    /// From now on Alertmanager's API answers, too, under `/api/v2` and `/alertmanager/api/v2`. A
    /// second call changes nothing.
    pub fn open_alertmanager(&self, alertmanager: &Arc<AlertmanagerFace>) {
        let _ = self.alertmanager.set(alertmanager_routes(alertmanager));
    }

    /// From now on the push gateway answers, too, under `/pushgateway`. A second call changes nothing.
    pub fn open_push(&self, push: &Arc<PushFace>) {
        let _ = self.push.set(mounted_router(push, &self.options.prefix));
    }

    /// From now on dashboards are answered. A second call changes nothing.
    pub fn open_dashboards(&self, library: Arc<Library>) {
        let _ = self.dashboards.set(library);
    }

    pub(crate) fn services(&self) -> Option<&Services> {
        self.services.get()
    }

    pub(crate) fn now(&self) -> i64 {
        self.options.clock.now()
    }
}
