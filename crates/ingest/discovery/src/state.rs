//! What is known of each job, between the mechanisms that answer and the task that sends.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use config::DiscoveryConfig;
use contract::{Clock, GroupChange, SystemClock, TargetGroup, TargetSink};
use kubernetes::Hub;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::known::{Before, Known};
use crate::metrics::Metrics;

/// Names a running mechanism, so that a late answer of one that is gone is known as such.
pub(crate) type MechanismId = u64;

/// A mechanism of a job.
pub(crate) struct Entry {
    pub(crate) id: MechanismId,
    pub(crate) config: DiscoveryConfig,
    /// What it knows; `None` before its first answer.
    pub(crate) groups: Option<Known>,
    /// Its task.
    pub(crate) task: JoinHandle<()>,
}

/// All mechanisms of a job.
#[derive(Default)]
pub(crate) struct Job {
    pub(crate) mechanisms: Vec<Entry>,
    /// Whether all of it has to be sent.
    pub(crate) whole: bool,
    /// What changed since the last sending: by mechanism and source the group that was sent last.
    pub(crate) changed: HashMap<(MechanismId, String), Option<Arc<TargetGroup>>>,
    /// Whether a mechanism told of single groups: such changes may follow each other quickly.
    pub(crate) prompt: bool,
    /// When the job was last sent; `None` lets the next sending go at once.
    pub(crate) sent_at: Option<Instant>,
    /// Targets as last sent.
    pub(crate) targets: usize,
}

impl Job {
    fn complete(&self) -> bool {
        self.mechanisms.iter().all(|entry| entry.groups.is_some())
    }

    fn is_dirty(&self) -> bool {
        self.whole || !self.changed.is_empty()
    }

    /// The groups of all mechanisms.
    fn all(&self) -> Vec<Arc<TargetGroup>> {
        let groups = self.mechanisms.iter().filter_map(|e| e.groups.as_ref());
        groups.flat_map(Known::iter).cloned().collect()
    }

    /// Notes what a mechanism's groups changed from.
    fn note(&mut self, id: MechanismId, before: Vec<(String, Option<Arc<TargetGroup>>)>) {
        for (source, group) in before {
            self.changed.entry((id, source)).or_insert(group);
        }
    }

    /// What changed since the last sending.
    fn changes(&mut self) -> Vec<GroupChange> {
        let mut changes = Vec::with_capacity(self.changed.len());
        for ((id, source), before) in std::mem::take(&mut self.changed) {
            let entry = self.mechanisms.iter().find(|entry| entry.id == id);
            let groups = entry.and_then(|entry| entry.groups.as_ref());
            let after = groups.and_then(|groups| groups.get(&source)).cloned();
            let count =
                |group: &Option<Arc<TargetGroup>>| group.as_ref().map_or(0, |g| g.targets.len());
            self.targets = (self.targets + count(&after)).saturating_sub(count(&before));
            changes.push(GroupChange { before, after });
        }
        changes
    }

    /// Takes what has to be sent.
    fn take(&mut self) -> Load {
        if std::mem::take(&mut self.whole) {
            self.changed.clear();
            let all = self.all();
            self.targets = all.iter().map(|group| group.targets.len()).sum();
            return Load::All(all);
        }
        Load::Changes(self.changes())
    }
}

/// Jobs by name, and those that are gone but whose scraper has not been told.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) jobs: BTreeMap<String, Job>,
    pub(crate) removed: Vec<String>,
    pub(crate) next_id: MechanismId,
}

/// Something on its way to the sink.
struct Sending {
    job: String,
    /// Targets that the job has with it.
    targets: usize,
    load: Load,
}

enum Load {
    All(Vec<Arc<TargetGroup>>),
    Changes(Vec<GroupChange>),
}

/// Shortest time between two sendings of single groups: they cost what they concern, so that a
/// change need not wait as long as a whole job has to.
const PROMPT: Duration = Duration::from_secs(1);

/// What the manager, its mechanisms and the sending task share.
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    pub(crate) changed: Notify,
    pub(crate) sink: Arc<dyn TargetSink>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) throttle: Duration,
    pub(crate) kubernetes: Arc<Hub>,
}

impl Shared {
    /// Takes all that a mechanism knows.
    pub(crate) fn answer(&self, job: &str, id: MechanismId, groups: Vec<Arc<TargetGroup>>) {
        self.take(job, id, |known| known.replace(groups));
    }

    /// Takes those groups of a mechanism that changed.
    pub(crate) fn change(&self, job: &str, id: MechanismId, groups: Vec<Arc<TargetGroup>>) {
        if let Some(job) = self.state.lock().jobs.get_mut(job) {
            job.prompt = true;
        }
        self.take(job, id, |known| known.update(groups));
    }

    fn take(&self, job: &str, id: MechanismId, change: impl FnOnce(&mut Known) -> Before) {
        let mut state = self.state.lock();
        let Some(job) = state.jobs.get_mut(job) else {
            return;
        };
        let Some(entry) = job.mechanisms.iter_mut().find(|entry| entry.id == id) else {
            return;
        };
        job.whole |= entry.groups.is_none();
        let before = change(entry.groups.get_or_insert_default());
        job.note(id, before);
        self.metrics.received_updates.inc();
        drop(state);
        self.changed.notify_one();
    }

    /// Sends what is due, for ever.
    pub(crate) async fn send_for_ever(self: Arc<Self>) {
        loop {
            let (due, next) = self.due(Instant::now());
            for sending in due {
                self.send(sending);
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
        let mut due: Vec<_> = removed
            .into_iter()
            .map(|job| Sending {
                job,
                targets: 0,
                load: Load::All(Vec::new()),
            })
            .collect();
        let mut next: Option<Instant> = None;
        for (name, job) in &mut state.jobs {
            if !job.is_dirty() || !job.complete() {
                continue;
            }
            let pause = match job.prompt && !job.whole {
                true => self.throttle.min(PROMPT),
                false => self.throttle,
            };
            match job.sent_at.map(|at| at + pause) {
                Some(at) if at > now => next = Some(next.map_or(at, |earlier| earlier.min(at))),
                _ => {
                    job.sent_at = Some(now);
                    let load = job.take();
                    due.push(Sending {
                        job: name.clone(),
                        targets: job.targets,
                        load,
                    });
                }
            }
        }
        (due, next)
    }

    fn send(&self, sending: Sending) {
        let Sending { job, targets, load } = sending;
        let still_known = self.state.lock().jobs.contains_key(&job);
        if still_known {
            let mut discovered = self.metrics.discovered.lock();
            discovered.insert(job.clone(), (targets, SystemClock.now()));
        } else {
            self.metrics.discovered.lock().remove(&job);
        }
        self.metrics.updates.inc();
        match load {
            Load::All(groups) => self.sink.replace(&job, groups),
            Load::Changes(changes) => self.sink.update(&job, changes, &|| {
                self.state
                    .lock()
                    .jobs
                    .get(&job)
                    .map_or_else(Vec::new, Job::all)
            }),
        }
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
            kubernetes: Arc::default(),
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
