//! The sender: tells other Alertmanagers of alerts.
//!
//! In come alerts from rules and the Alertmanagers that discovery has found; out go requests of
//! Alertmanager's API v2. Each Alertmanager has a queue and a task of its own, so that one that is
//! slow or gone delays no other. A queue that is full forgets its oldest alerts: rules say what
//! still holds again.
//!
//! What is absent: another attempt after a failure, for the same reason.

mod body;
mod metrics;
mod queue;
mod target;

use std::collections::BTreeMap;
use std::sync::Arc;

use config::{AlertingConfig, AlertmanagerConfig, Config, DiscoveryConfig};
use contract::{AlertSink, Alertmanagers, Gather, TargetGroup, TargetSink};
use http_client::aws::Keys;
use http_client::{Client, HttpError};
use model::{Alert, Family, Labels, LabelsBuilder};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::queue::{Limits, Queue, Way};

/// Sent as `User-Agent`.
const USER_AGENT: &str = concat!("Argand/", env!("CARGO_PKG_VERSION"));

/// What `alerting` does not say.
#[derive(Clone, Copy, Debug)]
pub struct SenderOptions {
    /// Alerts that may wait for one Alertmanager.
    pub queue_capacity: usize,
    /// Alerts of one request at most.
    pub batch_size: usize,
    /// Whether what waits is sent before the end.
    pub drain_at_the_end: bool,
}

impl Default for SenderOptions {
    /// Upstream's.
    fn default() -> Self {
        Self {
            queue_capacity: 10_000,
            batch_size: 256,
            drain_at_the_end: true,
        }
    }
}

/// Sections that were checked, to be put in force by [`Sender::apply`].
pub struct LoadedAlerting {
    config: AlertingConfig,
    external_labels: Labels,
    clients: Vec<Arc<Client>>,
}

impl LoadedAlerting {
    /// Where the Alertmanagers of each section are looked for, by the name under which
    /// [`TargetSink::replace`] is to tell of them.
    pub fn jobs(&self) -> Vec<(String, Vec<DiscoveryConfig>)> {
        let sections = self.config.alertmanagers.iter().enumerate();
        sections
            .map(|(place, section)| (name(place), section.discovery.clone()))
            .collect()
    }
}

/// The name of a section, as upstream gives it.
fn name(place: usize) -> String {
    format!("config-{place}")
}

/// Tells other Alertmanagers.
pub struct Sender {
    options: SenderOptions,
    runtime: Handle,
    tasks: TaskTracker,
    end: CancellationToken,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    config: AlertingConfig,
    external_labels: Labels,
    sections: BTreeMap<String, Section>,
}

/// Alertmanagers that are told alike.
struct Section {
    config: AlertmanagerConfig,
    client: Arc<Client>,
    /// Who signs, where AWS runs them.
    keys: Option<Arc<Keys>>,
    /// By URL.
    queues: BTreeMap<String, Running>,
    /// URLs that relabelling dropped.
    dropped: Vec<String>,
}

struct Running {
    queue: Arc<Queue>,
    stop: CancellationToken,
}

impl Sender {
    /// A sender that knows nobody yet and whose tasks run on `runtime`.
    pub fn new(options: SenderOptions, runtime: Handle) -> Self {
        Self {
            options,
            runtime,
            tasks: TaskTracker::new(),
            end: CancellationToken::new(),
            state: Mutex::default(),
        }
    }

    /// Checks what a configuration says of Alertmanagers; nothing changes yet.
    pub fn load(&self, config: &Config) -> Result<LoadedAlerting, HttpError> {
        let sections = config.alerting.alertmanagers.iter();
        Ok(LoadedAlerting {
            config: config.alerting.clone(),
            external_labels: config.global.external_labels.clone(),
            clients: sections
                .map(|section| Client::new(&section.http).map(Arc::new))
                .collect::<Result<_, HttpError>>()?,
        })
    }

    /// From now on these sections are in force. One that is the same as before keeps its
    /// Alertmanagers and what waits for them.
    pub fn apply(&self, loaded: LoadedAlerting) {
        let mut state = self.state.lock();
        let mut before: Vec<Section> = std::mem::take(&mut state.sections).into_values().collect();
        let sections = loaded.config.alertmanagers.iter().zip(loaded.clients);
        for (place, (config, client)) in sections.enumerate() {
            let same = before.iter().position(|old| old.config == *config);
            let section = match same {
                Some(place) => before.swap_remove(place),
                None => Section {
                    config: config.clone(),
                    client,
                    keys: config.sigv4.clone().map(Keys::new).map(Arc::new),
                    queues: BTreeMap::new(),
                    dropped: Vec::new(),
                },
            };
            state.sections.insert(name(place), section);
        }
        state.config = loaded.config;
        state.external_labels = loaded.external_labels;
        drop(state);
        for queue in before.into_iter().flat_map(|section| section.queues) {
            queue.1.stop.cancel();
        }
    }

    /// Sends what waits, where that is asked for, and ends. An Alertmanager that does not take
    /// it is not waited for beyond one request.
    pub async fn shutdown(&self) {
        self.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn start(&self, url: String, section: &Section) -> Running {
        let stop = self.end.child_token();
        let limits = Limits {
            capacity: self.options.queue_capacity,
            batch: self.options.batch_size,
        };
        let queue = Arc::new(Queue::new(url, limits));
        let way = Way {
            client: Arc::clone(&section.client),
            keys: section.keys.clone(),
            timeout: section.config.timeout,
            drain: self.options.drain_at_the_end,
        };
        let run = queue::run(Arc::clone(&queue), way, stop.clone());
        self.tasks.spawn_on(run, &self.runtime);
        Running { queue, stop }
    }

    fn urls(&self, of: impl Fn(&Section) -> Vec<String>) -> Vec<String> {
        let state = self.state.lock();
        let mut urls: Vec<String> = state.sections.values().flat_map(of).collect();
        urls.sort_unstable();
        urls
    }
}

impl TargetSink for Sender {
    fn replace(&self, job: &str, groups: Vec<Arc<TargetGroup>>) {
        let mut state = self.state.lock();
        // Discovery may still tell of a section that has just gone.
        let Some(section) = state.sections.get_mut(job) else {
            return;
        };
        let found = target::urls(&section.config, &groups);
        let mut before = std::mem::take(&mut section.queues);
        section.dropped = found.dropped;
        for url in found.active {
            let running = match before.remove(&url) {
                Some(running) => running,
                None => self.start(url.clone(), section),
            };
            section.queues.insert(url, running);
        }
        drop(state);
        for running in before.into_values() {
            running.stop.cancel();
        }
    }
}

impl AlertSink for Sender {
    fn send(&self, alerts: &[Alert]) {
        if self.end.is_cancelled() {
            return;
        }
        let state = self.state.lock();
        if state.sections.is_empty() {
            return;
        }
        let common = &state.config.alert_relabel;
        let relabelled: Vec<(&Alert, Labels)> = alerts
            .iter()
            .filter_map(|alert| {
                let labels = with_external(&alert.labels, &state.external_labels);
                Some((alert, target::relabelled(common, labels)?))
            })
            .collect();
        let written = body::all(&relabelled);
        for section in state.sections.values().filter(|one| !one.queues.is_empty()) {
            let own = &section.config.alert_relabel;
            let of_section = if own.is_empty() {
                written.clone()
            } else {
                let relabelled = relabelled.iter().filter_map(|(alert, labels)| {
                    let labels = target::relabelled(own, labels.to_builder())?;
                    Some((*alert, labels))
                });
                body::all(&relabelled.collect::<Vec<_>>())
            };
            for running in section.queues.values() {
                running.queue.add(&of_section);
            }
        }
    }
}

/// Labels of an alert with those of this server that it has not itself.
fn with_external(labels: &Labels, external: &Labels) -> LabelsBuilder {
    let mut builder = labels.to_builder();
    for (name, value) in external.iter() {
        if builder.get(name).is_empty() {
            builder.set(name, value);
        }
    }
    builder
}

impl Alertmanagers for Sender {
    fn active(&self) -> Vec<String> {
        self.urls(|section| section.queues.keys().cloned().collect())
    }

    fn dropped(&self) -> Vec<String> {
        self.urls(|section| section.dropped.clone())
    }
}

impl Gather for Sender {
    fn gather(&self, families: &mut Vec<Family>) {
        let queues: Vec<Arc<Queue>> = {
            let state = self.state.lock();
            let sections = state.sections.values();
            sections
                .flat_map(|section| section.queues.values())
                .map(|running| Arc::clone(&running.queue))
                .collect()
        };
        metrics::gather(&queues, self.options.queue_capacity, families);
    }
}

#[cfg(test)]
mod tests;
