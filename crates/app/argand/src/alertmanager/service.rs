//! Routing with its configuration, as long as the process lives: read, started, read again.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use anyhow::{Context, Result};
use api::{AlertmanagerFace, Reload};
use cluster::Cluster;
use config::alertmanager::{AlertmanagerConfig, Environment};
use contract::{Clock, Gather, Peers, Replica, SystemClock};
use model::{Family, FamilyKind};
use parking_lot::Mutex;
use routing::{Options, Receivers, Routing};
use template::alertmanager::{TemplateFile, Templates};
use tokio::sync::mpsc;

use super::predecessor;

/// Where the configuration comes from.
pub(crate) struct Source {
    pub(crate) file: PathBuf,
    /// Where people reach this server, for links in notifications.
    pub(crate) external_url: String,
    /// Whether `${NAME}` stands for what the environment says.
    pub(crate) expands: bool,
}

impl Source {
    /// Reads the file and the templates it names, and makes the receivers. `more` is what objects
    /// of Kubernetes add.
    fn read(&self, more: Option<&str>) -> Result<Loaded> {
        let environment = |name: &str| std::env::var(name).ok();
        let environment: Option<Environment<'_>> = self.expands.then_some(&environment);
        let config = match more {
            Some(more) => config::alertmanager::load_with(&self.file, environment, more)?,
            None => config::alertmanager::load(&self.file, environment)?,
        };
        let templates = read_templates(&config.templates)?;
        let mut receivers: Receivers = HashMap::new();
        for receiver in &config.receivers {
            let integrations = notify_receivers::build(receiver, &templates, &self.external_url)?;
            receivers.insert(receiver.name.clone(), integrations);
        }
        for section in &config.inactive {
            tracing::warn!(section, "this section is checked but not active yet");
        }
        Ok(Loaded { config, receivers })
    }
}

/// A configuration that can be put in force.
pub(crate) struct Loaded {
    config: AlertmanagerConfig,
    receivers: Receivers,
}

/// Reads the files that the patterns name.
pub(crate) fn read_templates(patterns: &[PathBuf]) -> Result<Templates> {
    let mut files: Vec<(String, String)> = Vec::new();
    for pattern in patterns {
        let text = pattern.to_string_lossy();
        let found = glob::glob(&text).with_context(|| format!("templates: {text}"))?;
        for path in found {
            let path = path.with_context(|| format!("templates: {text}"))?;
            let content = std::fs::read_to_string(&path)
                .with_context(|| format!("reading the templates of {}", path.display()))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.push((name.into_owned(), content));
        }
    }
    let files: Vec<TemplateFile<'_>> = files
        .iter()
        .map(|(name, text)| TemplateFile { name, text })
        .collect();
    Templates::load(&files).context("templates")
}

/// Alertmanager in this process.
pub(crate) struct Alertmanager {
    source: Source,
    pub(crate) routing: Arc<Routing>,
    cluster: Option<Arc<Cluster>>,
    /// What objects of Kubernetes add to the file.
    objects: Mutex<Option<String>>,
    reload_ok: AtomicBool,
    /// When the configuration in force was read, in milliseconds since the epoch.
    config_time: AtomicI64,
    config_hash: AtomicU64,
}

impl Alertmanager {
    /// Reads the configuration and what was known, and begins; with others, where they are named.
    pub(crate) async fn start(
        source: Source,
        mut options: Options,
        others: Option<cluster::Options>,
    ) -> Result<Arc<Self>> {
        let Loaded { config, receivers } = source.read(None)?;
        let cluster = match others {
            Some(others) => Some(Cluster::bind(others).await?),
            None => None,
        };
        if let Some(cluster) = &cluster {
            options.peers = Arc::clone(cluster) as Arc<dyn Peers>;
        }
        let clock = Arc::new(SystemClock);
        let options = predecessor::taken_over(&options)?;
        let routing = Routing::start(&config, receivers, &options, clock)?;
        if let Some(cluster) = &cluster {
            cluster.start(Arc::clone(&routing) as Arc<dyn Replica>);
        }
        tracing::info!(
            configuration = %source.file.display(),
            data = %options.data.display(),
            receivers = config.receivers.len(),
            "alerts are routed"
        );
        let alertmanager = Self {
            source,
            routing,
            cluster,
            objects: Mutex::default(),
            reload_ok: AtomicBool::new(false),
            config_time: AtomicI64::new(0),
            config_hash: AtomicU64::new(0),
        };
        alertmanager.in_force(&config);
        Ok(Arc::new(alertmanager))
    }

    fn in_force(&self, config: &AlertmanagerConfig) {
        let hash = model::fingerprint(&model::Labels::from_pairs([("config", &config.redacted)]));
        // What a float holds exactly.
        self.config_hash.store(hash >> 16, Ordering::Relaxed);
        self.config_time.store(SystemClock.now(), Ordering::Relaxed);
        self.reload_ok.store(true, Ordering::Relaxed);
    }

    /// Ends: what was told last is still said to the others, then they are left.
    pub(crate) async fn shutdown(&self) {
        self.routing.shutdown().await;
        if let Some(cluster) = &self.cluster {
            cluster.shutdown().await;
        }
    }

    /// Reads the configuration again; nothing changes yet.
    pub(crate) fn load(&self) -> Result<Loaded> {
        let more = self.objects.lock().clone();
        let loaded = self.source.read(more.as_deref());
        if loaded.is_err() {
            self.reload_ok.store(false, Ordering::Relaxed);
        }
        loaded
    }

    /// From the next reading on this is what objects of Kubernetes add.
    pub(crate) fn add(&self, objects: Option<String>) {
        *self.objects.lock() = objects;
    }

    /// Puts in force what was loaded.
    pub(crate) fn apply(&self, loaded: Loaded) {
        self.routing.reload(&loaded.config, loaded.receivers);
        self.in_force(&loaded.config);
    }

    /// Reads the configuration again; a bad one changes nothing.
    fn reload(&self) -> Result<(), String> {
        match self.load() {
            Ok(loaded) => {
                self.apply(loaded);
                tracing::info!("configuration reloaded");
                Ok(())
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "configuration not reloaded; the former one goes on");
                Err(error)
            }
        }
    }

    /// Answers requests to reload until nobody can ask any more.
    pub(crate) async fn serve_reloads(self: Arc<Self>, mut requests: mpsc::Receiver<Reload>) {
        while let Some(done) = requests.recv().await {
            // Whoever asked may have gone.
            let _ = done.send(self.reload());
        }
    }

    /// What the API asks.
    pub(crate) fn face(&self) -> Arc<AlertmanagerFace> {
        Arc::new(AlertmanagerFace {
            routing: Arc::clone(&self.routing),
            version: env!("CARGO_PKG_VERSION"),
        })
    }
}

impl Gather for Alertmanager {
    fn gather(&self, families: &mut Vec<Family>) {
        let build = Family::new(
            "alertmanager_build_info",
            "What was built; the value is 1.",
            FamilyKind::Gauge,
        );
        let is_ok = self.reload_ok.load(Ordering::Relaxed);
        families.extend([
            build.with([("version", env!("CARGO_PKG_VERSION"))], 1.0),
            Family::gauge(
                "alertmanager_cluster_enabled",
                "Indicates whether the clustering is enabled or not.",
                f64::from(u8::from(self.cluster.is_some())),
            ),
            Family::gauge(
                "alertmanager_config_hash",
                "Hash of the currently loaded alertmanager configuration.",
                self.config_hash.load(Ordering::Relaxed) as f64,
            ),
            Family::gauge(
                "alertmanager_config_last_reload_successful",
                "Whether the last configuration reload attempt was successful.",
                f64::from(u8::from(is_ok)),
            ),
            Family::gauge(
                "alertmanager_config_last_reload_success_timestamp_seconds",
                "Timestamp of the last successful configuration reload.",
                self.config_time.load(Ordering::Relaxed) as f64 / 1000.0,
            ),
        ]);
        self.routing.gather(families);
        if let Some(cluster) = &self.cluster {
            cluster.gather(families);
        }
    }
}
