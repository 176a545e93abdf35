//! What is known of each job, between the mechanisms that answer and the task that sends.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use config::DiscoveryConfig;
use contract::{Clock, SystemClock, TargetGroup, TargetSink};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::metrics::Metrics;

/// Names a running mechanism, so that a late answer of one that is gone is known as such.
pub(crate) type MechanismId = u64;

/// A mechanism of a job.
pub(crate) struct Entry {
    pub(crate) id: MechanismId,
    pub(crate) config: DiscoveryConfig,
    /// Its last answer; `None` before the first.
    pub(crate) groups: Option<Vec<Arc<TargetGroup>>>,
    /// Its task.
    pub(crate) task: JoinHandle<()>,
}

/// All mechanisms of a job.
#[derive(Default)]
pub(crate) struct Job {
    pub(crate) mechanisms: Vec<Entry>,
    /// Whether something has changed since the last sending.
    pub(crate) dirty: bool,
    /// When the job was last sent; `None` lets the next sending go at once.
    pub(crate) sent_at: Option<Instant>,
}

impl Job {
    fn complete(&self) -> bool {
        self.mechanisms.iter().all(|entry| entry.groups.is_some())
    }

    /// The groups of all mechanisms. What two of them know alike, such as two patterns that fit
    /// one file, stands once; a name that two use for different things is told apart.
    fn merged(&self) -> Vec<Arc<TargetGroup>> {
        let mut known: HashMap<&str, Vec<&Arc<TargetGroup>>> = HashMap::new();
        let mut merged = Vec::new();
        let groups = self.mechanisms.iter().filter_map(|e| e.groups.as_ref());
        for group in groups.flatten() {
            let namesakes = known.entry(&group.source).or_default();
            if namesakes.contains(&group) {
                continue;
            }
            merged.push(match namesakes.len() {
                0 => Arc::clone(group),
                others => Arc::new(TargetGroup {
                    source: format!("{}#{others}", group.source),
                    ..TargetGroup::clone(group)
                }),
            });
            namesakes.push(group);
        }
        merged
    }
}

/// Jobs by name, and those that are gone but whose scraper has not been told.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) jobs: BTreeMap<String, Job>,
    pub(crate) removed: Vec<String>,
    pub(crate) next_id: MechanismId,
}

/// A job and its groups on their way to the sink.
type Sending = (String, Vec<Arc<TargetGroup>>);

/// What the manager, its mechanisms and the sending task share.
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    pub(crate) changed: Notify,
    pub(crate) sink: Arc<dyn TargetSink>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) throttle: Duration,
}

impl Shared {
    /// Takes a mechanism's answer.
    pub(crate) fn answer(&self, job: &str, id: MechanismId, groups: Vec<Arc<TargetGroup>>) {
        let mut state = self.state.lock();
        let Some(job) = state.jobs.get_mut(job) else {
            return;
        };
        let Some(entry) = job.mechanisms.iter_mut().find(|entry| entry.id == id) else {
            return;
        };
        entry.groups = Some(groups);
        job.dirty = true;
        self.metrics.received_updates.inc();
        drop(state);
        self.changed.notify_one();
    }

    /// Sends what is due, for ever.
    pub(crate) async fn send_for_ever(self: Arc<Self>) {
        loop {
            let (due, next) = self.due(Instant::now());
            for (job, groups) in due {
                self.send(&job, groups);
            }
            match next {
                Some(at) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(at) => {}
                        () = self.changed.notified() => {}
                    }
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// The jobs to send now, and when the next one may be sent.
    fn due(&self, now: Instant) -> (Vec<Sending>, Option<Instant>) {
        let mut state = self.state.lock();
        let removed = std::mem::take(&mut state.removed);
        let mut due: Vec<_> = removed.into_iter().map(|job| (job, Vec::new())).collect();
        let mut next: Option<Instant> = None;
        for (name, job) in &mut state.jobs {
            if !job.dirty || !job.complete() {
                continue;
            }
            match job.sent_at.map(|at| at + self.throttle) {
                Some(at) if at > now => next = Some(next.map_or(at, |earlier| earlier.min(at))),
                _ => {
                    job.dirty = false;
                    job.sent_at = Some(now);
                    due.push((name.clone(), job.merged()));
                }
            }
        }
        (due, next)
    }

    fn send(&self, job: &str, groups: Vec<Arc<TargetGroup>>) {
        let count = groups.iter().map(|group| group.targets.len()).sum();
        let still_known = self.state.lock().jobs.contains_key(job);
        if still_known {
            let mut discovered = self.metrics.discovered.lock();
            discovered.insert(job.to_owned(), (count, SystemClock.now()));
        } else {
            self.metrics.discovered.lock().remove(job);
        }
        self.metrics.updates.inc();
        self.sink.replace(job, groups);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes when something was sent.
    struct Noted(Mutex<Vec<(Duration, usize)>>, Instant);

    impl TargetSink for Noted {
        fn replace(&self, _: &str, groups: Vec<Arc<TargetGroup>>) {
            self.0.lock().push((self.1.elapsed(), groups.len()));
        }
    }

    fn group(source: &str) -> Arc<TargetGroup> {
        Arc::new(TargetGroup {
            source: source.to_owned(),
            ..TargetGroup::default()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn answers_in_quick_succession_are_sent_as_one() {
        let throttle = Duration::from_secs(5);
        let noted = Arc::new(Noted(Mutex::default(), Instant::now()));
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Notify::new(),
            sink: Arc::clone(&noted) as _,
            metrics: Arc::default(),
            throttle,
        });
        let entry = Entry {
            id: 1,
            config: DiscoveryConfig::Static(Vec::new()),
            groups: None,
            task: tokio::spawn(async {}),
        };
        let mechanisms = vec![entry];
        let job = Job {
            mechanisms,
            ..Job::default()
        };
        shared.state.lock().jobs.insert("job".to_owned(), job);
        let sender = tokio::spawn(Arc::clone(&shared).send_for_ever());
        for count in 1..=4 {
            let groups = (0..count).map(|n| group(&n.to_string())).collect();
            shared.answer("job", 1, groups);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        shared.answer("job", 2, Vec::new());
        tokio::time::sleep(Duration::from_secs(60)).await;
        sender.abort();
        assert_eq!(*noted.0.lock(), [(Duration::ZERO, 1), (throttle, 4)]);
        assert_eq!(
            shared.metrics.received_updates.get(),
            4,
            "a stranger is not heard"
        );
    }
}
