//! The manager: starts, keeps and ends mechanisms as the configuration asks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use config::DiscoveryConfig;
use contract::{Gather, TargetSink};
use model::Family;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::mechanism::Publisher;
use crate::metrics::Metrics;
use crate::sources;
use crate::state::{Entry, Job, Shared, State};

/// Shortest time between two sendings of one job, as upstream has it. A job's first sending, and
/// the first after its configuration changed, go at once.
pub const THROTTLE: Duration = Duration::from_secs(5);

/// Runs the mechanisms of all jobs.
pub struct Manager {
    shared: Arc<Shared>,
    sender: Mutex<Option<JoinHandle<()>>>,
}

impl Manager {
    /// A manager without jobs that will send to `sink`. Must be called inside a Tokio runtime.
    /// `name` tells in metrics whom it looks for targets: `scrape`, or `notify`.
    pub fn new(name: &'static str, sink: Arc<dyn TargetSink>) -> Self {
        Self::start_up(name, sink, THROTTLE)
    }

    /// As [`Self::new`], with another shortest time between two sendings of one job.
    pub fn with_throttle(sink: Arc<dyn TargetSink>, throttle: Duration) -> Self {
        Self::start_up("scrape", sink, throttle)
    }

    fn start_up(name: &'static str, sink: Arc<dyn TargetSink>, throttle: Duration) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: tokio::sync::Notify::new(),
            sink,
            metrics: Arc::new(Metrics::of(name)),
            throttle,
            kubernetes: Arc::default(),
        });
        let sender = tokio::spawn(Arc::clone(&shared).send_for_ever());
        Self {
            shared,
            sender: Mutex::new(Some(sender)),
        }
    }

    /// From now on these are the jobs, on load as on reload. A mechanism whose configuration is
    /// the same as before keeps running with what it knows; a job that is gone is sent no groups
    /// once more. Must be called inside a Tokio runtime.
    pub fn apply(&self, jobs: Vec<(String, Vec<DiscoveryConfig>)>) {
        let mut inactive = 0.0;
        let mut state = self.shared.state.lock();
        let mut before = std::mem::take(&mut state.jobs);
        for (name, configs) in jobs {
            let old = before.remove(&name).map(|job| job.mechanisms);
            let mut old = old.unwrap_or_default();
            let mut mechanisms = Vec::with_capacity(configs.len());
            for config in configs {
                if let DiscoveryConfig::Inactive { section } = &config {
                    tracing::warn!(
                        job = %name,
                        section = %section,
                        "this discovery mechanism is not active and finds no targets; \
                         http_sd_configs or file_sd_configs can stand in for it"
                    );
                    inactive += 1.0;
                    continue;
                }
                let same = old.iter().position(|entry| entry.config == config);
                mechanisms.push(match same {
                    Some(place) => old.swap_remove(place),
                    None => self.start(&mut state, &name, config),
                });
            }
            end(old);
            let job = Job {
                mechanisms,
                whole: true,
                ..Job::default()
            };
            state.jobs.insert(name, job);
        }
        self.remove(&mut state, before);
        drop(state);
        self.shared.metrics.failed_configs.set(inactive);
        self.shared.changed.notify_one();
    }

    fn start(&self, state: &mut State, job: &str, config: DiscoveryConfig) -> Entry {
        state.next_id += 1;
        let id = state.next_id;
        let publisher = Publisher::new(&self.shared, job, id);
        let kubernetes = &self.shared.kubernetes;
        let mechanism = sources::mechanism(&config, &self.shared.metrics, kubernetes);
        Entry {
            id,
            config,
            groups: None,
            task: tokio::spawn(mechanism.run(publisher)),
        }
    }

    fn remove(&self, state: &mut State, jobs: BTreeMap<String, Job>) {
        for (name, job) in jobs {
            end(job.mechanisms);
            state.removed.push(name);
        }
    }

    /// Ends all mechanisms and waits until they are gone. The sink is not told: targets stay as
    /// they are until their scraper ends too.
    pub async fn shutdown(&self) {
        let jobs = std::mem::take(&mut self.shared.state.lock().jobs);
        let mut tasks: Vec<_> = self.sender.lock().take().into_iter().collect();
        let entries = jobs.into_values().flat_map(|job| job.mechanisms);
        tasks.extend(entries.map(|entry| entry.task));
        for task in tasks {
            task.abort();
            // The only error is the one asked for, or a panic that has been reported.
            let _ = task.await;
        }
    }
}

/// Cancels mechanisms that are no longer configured.
fn end(entries: Vec<Entry>) {
    for entry in entries {
        entry.task.abort();
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        if let Some(sender) = self.sender.lock().take() {
            sender.abort();
        }
        let jobs = std::mem::take(&mut self.shared.state.lock().jobs);
        end(jobs.into_values().flat_map(|job| job.mechanisms).collect());
    }
}

impl Gather for Manager {
    fn gather(&self, families: &mut Vec<Family>) {
        self.shared.metrics.gather(families);
        let hub = &self.shared.kubernetes;
        hub.gather_as("prometheus_sd", families);
    }
}
