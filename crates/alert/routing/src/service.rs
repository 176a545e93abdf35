//! The running service: takes alerts and silences, gives groups their turns.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use config::alertmanager::AlertmanagerConfig;
use contract::{AlertSink, Alone, Clock, ClusterState, Peers};
use model::Alert;
use parking_lot::Mutex;
use thiserror::Error;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use wal::WalError;

use crate::import::{Imported, is_fresh};
use crate::journal::{Compaction, Journal};
use crate::limits::{CONCURRENT_ATTEMPTS, LAST_DELIVERIES, Limits, MAINTENANCE};
use crate::metrics::Metrics;
use crate::plan::{Plan, Receivers};
use crate::post::{self, PostedAlert};
use crate::silence::{Silence, SilenceError};
use crate::silences::SilenceRules;
use crate::state::{State, StateRules};
use crate::turn::World;
use crate::uuid;

/// Time between two moments at which the log is forced to the disk.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// How the service is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of its log; made where it is missing.
    pub data: PathBuf,
    /// How long ended silences, and what was told, are remembered.
    pub retention: Duration,
    /// What is bounded.
    pub limits: Limits,
    /// Whether silences that would mute every alert are refused unless that is confirmed.
    pub refuse_silencing_everything: bool,
    /// How long after the start nobody is told of anything: others may have to say their alerts
    /// first.
    pub start_delay: Duration,
    /// The other nodes with which silences, and what was told, are shared.
    pub peers: Arc<dyn Peers>,
    /// What another Alertmanager has left, to be taken over where the folder is fresh.
    pub imported: Option<Imported>,
}

impl Options {
    /// Upstream's defaults, in a folder.
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            retention: Duration::from_secs(120 * 3600),
            limits: Limits::default(),
            refuse_silencing_everything: true,
            start_delay: Duration::ZERO,
            peers: Arc::new(Alone),
            imported: None,
        }
    }
}

/// Why the service did not start, or could not keep what it was told.
#[derive(Debug, Error)]
pub enum RoutingError {
    /// The log could not be read or written.
    #[error("the log of alerts and silences: {0}; see to the folder of --storage.path")]
    Journal(#[from] WalError),
    /// Alerts of a request are invalid; the others were taken.
    #[error("{}", .0.join("; "))]
    InvalidAlerts(Vec<String>),
}

/// The service.
pub struct Routing {
    pub(crate) world: World,
    pub(crate) journal: Arc<Journal>,
    limits: Limits,
    /// A turn may have come nearer.
    wake: tokio::sync::Notify,
    end: watch::Sender<bool>,
    running: Mutex<Vec<JoinHandle<()>>>,
    pub(crate) started_at: i64,
}

impl Routing {
    /// Reads back what was known and begins. Called within a tokio runtime; blocks while the log
    /// is read.
    ///
    /// # Errors
    /// Where the log cannot be read or written.
    pub fn start(
        config: &AlertmanagerConfig,
        receivers: Receivers,
        options: &Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, RoutingError> {
        let now = clock.now();
        let metrics = Arc::new(Metrics::default());
        let rules = StateRules {
            silences: SilenceRules {
                retention: millis(options.retention),
                refuse_everything: options.refuse_silencing_everything,
                limits: options.limits,
            },
            limits: options.limits,
            retention: millis(options.retention),
            start_delay: millis(options.start_delay),
        };
        let plan = Plan::new(config, receivers);
        know_kinds(&metrics, &plan);
        let fresh = is_fresh(&options.data)?;
        let peers = Arc::clone(&options.peers);
        let counts = Arc::clone(&metrics);
        let mut state = State::open(&options.data, plan, rules, counts, peers, now)?;
        let journal = state.journal();
        if let Some(imported) = options.imported.clone().filter(|_| fresh) {
            state.import(imported, now)?;
            journal.sync()?;
        }
        let (end, ended) = watch::channel(false);
        let routing = Arc::new(Self {
            world: World {
                state: Arc::new(Mutex::new(state)),
                metrics,
                clock,
                peers: Arc::clone(&options.peers),
                attempts: Arc::new(Semaphore::new(CONCURRENT_ATTEMPTS)),
            },
            journal,
            limits: options.limits,
            wake: tokio::sync::Notify::new(),
            end,
            running: Mutex::new(Vec::new()),
            started_at: now,
        });
        let turns = tokio::spawn(Arc::clone(&routing).run(ended.clone()));
        let syncs = tokio::spawn(sync_now_and_then(Arc::clone(&routing.journal), ended));
        routing.running.lock().extend([turns, syncs]);
        Ok(routing)
    }

    /// Puts another configuration in force. Groups that it has, too, keep their rhythm, and nobody
    /// is told again of what he knows.
    pub fn reload(&self, config: &AlertmanagerConfig, receivers: Receivers) {
        let plan = Plan::new(config, receivers);
        know_kinds(&self.world.metrics, &plan);
        let now = self.now();
        self.world.state.lock().reload(plan, now);
        self.wake.notify_one();
    }

    /// Ends: deliveries under way have a few seconds, and everything is on the disk.
    pub async fn shutdown(&self) {
        let _ = self.end.send(true);
        let running = std::mem::take(&mut *self.running.lock());
        for task in running {
            let _ = task.await;
        }
        // The next start reads the state instead of all that led to it.
        let compaction = self.world.state.lock().compact();
        let journal = Arc::clone(&self.journal);
        let ending = move || {
            journal.sync()?;
            compaction.map_or(Ok(()), |compaction| journal.finish_compaction(&compaction))
        };
        if let Ok(Err(error)) = tokio::task::spawn_blocking(ending).await {
            tracing::error!(%error, "the log of alerts and silences may not be on the disk");
        }
    }

    /// The cluster that this node is in; `None` where it is alone.
    pub fn cluster(&self) -> Option<ClusterState> {
        self.world.peers.state()
    }

    /// The service's time, in milliseconds since the epoch.
    pub fn now(&self) -> i64 {
        self.world.clock.now()
    }

    /// Gives turns as they come, until the end.
    async fn run(self: Arc<Self>, mut ended: watch::Receiver<bool>) {
        // Others may have told of what this node believes to be news.
        tokio::select! {
            () = self.world.peers.settled() => {}
            _ = ended.changed() => return,
        }
        let mut deliveries = JoinSet::new();
        let mut maintenance = self.started_at.saturating_add(MAINTENANCE);
        loop {
            let now = self.now();
            let mut turns = Vec::new();
            let (next, compaction) = {
                let mut state = self.world.state.lock();
                while let Some(turn) = state.next_turn(now) {
                    turns.push(turn);
                }
                let compaction = if now >= maintenance {
                    maintenance = now.saturating_add(MAINTENANCE);
                    state.maintain(now)
                } else {
                    None
                };
                (state.groups.next_turn(), compaction)
            };
            self.finish(compaction);
            for turn in turns {
                let (world, ended) = (self.world.clone(), ended.clone());
                deliveries.spawn(async move { turn.give(&world, ended).await });
            }
            let next = next.unwrap_or(i64::MAX).min(maintenance);
            tokio::select! {
                () = tokio::time::sleep(self.world.until(next)) => {}
                () = self.wake.notified() => {}
                Some(_) = deliveries.join_next() => {}
                _ = ended.changed() => break,
            }
        }
        let rest = async { while deliveries.join_next().await.is_some() {} };
        let grace = Duration::from_millis(LAST_DELIVERIES);
        if tokio::time::timeout(grace, rest).await.is_err() {
            tracing::warn!(
                "notifications under way were cut off by the end of the program; they are made after the next start"
            );
        }
        let now = self.now();
        let _ = self.world.state.lock().maintain(now);
    }

    /// Writes a checkpoint on a thread that may block.
    fn finish(&self, compaction: Option<Compaction>) {
        let Some(compaction) = compaction else { return };
        let journal = Arc::clone(&self.journal);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = journal.finish_compaction(&compaction) {
                tracing::error!(%error, "the log of alerts and silences was not compacted");
            }
        });
    }

    fn take(&self, alerts: Vec<(Alert, bool)>, now: i64) -> Vec<String> {
        let metrics = &self.world.metrics;
        let mut valid = Vec::with_capacity(alerts.len());
        let mut wrong = Vec::new();
        for (alert, timeout) in alerts {
            if alert.is_resolved_at(now) {
                metrics.received_resolved.inc();
            } else {
                metrics.received_firing.inc();
            }
            match post::check(&alert, self.limits.alert_bytes) {
                Ok(()) => valid.push((alert, timeout)),
                Err(reason) => {
                    metrics.invalid.inc();
                    wrong.push(reason);
                }
            }
        }
        self.world.state.lock().put(valid, now);
        self.wake.notify_one();
        wrong
    }

    /// Takes alerts as a client posts them. When it returns, those that are valid are on the disk,
    /// also where others were refused.
    ///
    /// # Errors
    /// Where some are invalid, or the disk fails.
    pub async fn post_alerts(&self, alerts: Vec<PostedAlert>) -> Result<(), RoutingError> {
        let now = self.now();
        let timeout = self.world.state.lock().plan.resolve_timeout;
        let alerts = alerts
            .into_iter()
            .map(|posted| posted.complete(timeout, now));
        let wrong = self.take(alerts.collect(), now);
        self.sync().await?;
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(RoutingError::InvalidAlerts(wrong))
        }
    }

    pub(crate) async fn sync(&self) -> Result<(), WalError> {
        let journal = Arc::clone(&self.journal);
        match tokio::task::spawn_blocking(move || journal.sync()).await {
            Ok(synced) => synced,
            // Cut off by the end of the program: nothing is acknowledged any more.
            Err(cut_off) => Err(WalError::Io {
                action: "syncing",
                path: PathBuf::from("the log"),
                source: std::io::Error::other(cut_off),
            }),
        }
    }

    /// Makes a silence, or changes the one with its id; answers the id, which is another where it
    /// could not be changed in place. When it returns, the silence is on the disk.
    ///
    /// # Errors
    /// Where there is none with that id, it is invalid or too large, there are too many, it would
    /// mute every alert and that is not `confirmed`, or the disk fails.
    pub async fn set_silence(
        &self,
        silence: Silence,
        confirmed: bool,
    ) -> Result<String, SilenceError> {
        let now = self.now();
        let id = self
            .world
            .state
            .lock()
            .set_silence(silence, uuid::random(), confirmed, now)?;
        self.synced_silence().await?;
        Ok(id)
    }

    /// Ends a silence now, if it has not ended yet. When it returns, that is on the disk.
    ///
    /// # Errors
    /// Where there is none with that id, or the disk fails.
    pub async fn expire_silence(&self, id: &str) -> Result<(), SilenceError> {
        let now = self.now();
        self.world.state.lock().expire_silence(id, now)?;
        self.synced_silence().await
    }

    async fn synced_silence(&self) -> Result<(), SilenceError> {
        let synced = self.sync().await;
        synced.map_err(|error| SilenceError::Store(error.to_string()))
    }
}

impl AlertSink for Routing {
    fn send(&self, alerts: &[Alert]) {
        let now = self.now();
        let alerts = alerts.iter().map(|alert| (alert.clone(), false)).collect();
        for reason in self.take(alerts, now) {
            tracing::warn!(reason, "an alert was not taken");
        }
    }
}

async fn sync_now_and_then(journal: Arc<Journal>, mut ended: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(SYNC_INTERVAL) => {}
            _ = ended.changed() => return,
        }
        if !journal.is_dirty() {
            continue;
        }
        let journal = Arc::clone(&journal);
        let synced = tokio::task::spawn_blocking(move || journal.sync()).await;
        if let Ok(Err(error)) = synced {
            tracing::error!(%error, "the log of alerts and silences is not on the disk");
        }
    }
}

fn know_kinds(metrics: &Metrics, plan: &Plan) {
    for integration in plan.receivers.values().flatten() {
        metrics.know(integration.kind());
    }
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
