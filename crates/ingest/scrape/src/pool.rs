//! The targets of one job: those discovered, those scraped, those dropped.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use contract::{ActiveTarget, DroppedTarget, TargetGroup};
use model::Labels;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::error::ScrapeError;
use crate::job::Job;
use crate::manager::Spawner;
use crate::scrape_loop::Command;
use crate::scraper::Carried;
use crate::target::{Made, Target, TargetKey, shown_broken};

/// A job with its loops.
pub(crate) struct Pool {
    pub(crate) job: Arc<Job>,
    running: HashMap<TargetKey, Running>,
    broken: Vec<(Labels, String)>,
    dropped: Vec<Labels>,
    pub(crate) dropped_count: u64,
}

/// A target with its loop.
struct Running {
    target: Arc<Target>,
    command: watch::Sender<Command>,
    task: JoinHandle<Carried>,
}

impl Running {
    fn tell(&self, command: Command) {
        self.command.send_replace(command);
    }
}

impl Pool {
    pub(crate) fn new(job: Job) -> Self {
        Self {
            job: Arc::new(job),
            running: HashMap::new(),
            broken: Vec::new(),
            dropped: Vec::new(),
            dropped_count: 0,
        }
    }

    /// Follows what discovery knows now: new targets start, gone ones end, the others go on.
    pub(crate) fn sync(&mut self, groups: &[Arc<TargetGroup>], spawner: &Spawner) {
        let targets = self.make(groups, spawner);
        let wanted: Vec<TargetKey> = targets.keys().cloned().collect();
        for (key, target) in targets {
            match self.running.entry(key) {
                Entry::Occupied(known) => {
                    let discovered = target.discovered.into_inner();
                    *known.get().target.discovered.lock() = discovered;
                }
                Entry::Vacant(free) => {
                    free.insert(start(&self.job, target, None, spawner));
                }
            }
        }
        self.retire_others(&wanted, spawner);
    }

    /// Takes over from the pool of the job's section as it was before a reload.
    pub(crate) fn take_over(
        &mut self,
        mut old: Self,
        groups: &[Arc<TargetGroup>],
        spawner: &Spawner,
    ) {
        for (key, target) in self.make(groups, spawner) {
            let before = old.running.remove(&key).map(|running| {
                running.tell(Command::HandOver);
                (running.task, Arc::clone(&old.job))
            });
            let running = start(&self.job, target, before, spawner);
            self.running.insert(key, running);
        }
        old.retire_others(&[], spawner);
    }

    /// Ends all targets, because the job is gone.
    pub(crate) fn retire(mut self, spawner: &Spawner) {
        self.retire_others(&[], spawner);
    }

    fn retire_others(&mut self, wanted: &[TargetKey], spawner: &Spawner) {
        let wanted: std::collections::HashSet<&TargetKey> = wanted.iter().collect();
        let before = self.running.len();
        self.running.retain(|key, running| {
            let stays = wanted.contains(key);
            if !stays {
                running.tell(Command::Retire);
            }
            stays
        });
        if self.running.len() != before {
            spawner.shared.rows.purge();
        }
    }

    /// Makes targets of all that was discovered and notes what was not fit or dropped.
    fn make(
        &mut self,
        groups: &[Arc<TargetGroup>],
        spawner: &Spawner,
    ) -> HashMap<TargetKey, Target> {
        self.broken.clear();
        self.dropped.clear();
        self.dropped_count = 0;
        let mut targets = HashMap::new();
        for group in groups {
            for own in &group.targets {
                match Target::make(&self.job.config, &group.labels, own) {
                    Made::Target(target) => {
                        targets.entry(target.key()).or_insert(*target);
                    }
                    Made::Dropped(discovered) => self.drop_target(discovered),
                    Made::Broken(discovered, reason) => {
                        self.job.metrics.syncs_failed.inc();
                        self.broken.push((discovered, reason));
                    }
                }
            }
        }
        self.job.metrics.syncs.inc();
        self.job.metrics.targets.set(targets.len() as f64);
        self.check_count(targets.len(), spawner);
        targets
    }

    fn drop_target(&mut self, discovered: Labels) {
        self.dropped_count += 1;
        if self.dropped.len() < self.job.limits.dropped_targets {
            self.dropped.push(discovered);
        }
    }

    /// Past `target_limit` every scrape of the job fails, so that nobody overlooks it.
    fn check_count(&self, targets: usize, spawner: &Spawner) {
        let limit = self.job.config.limits.targets;
        let exceeded = limit != 0 && targets as u64 > limit;
        if exceeded {
            spawner.shared.metrics.exceeded_targets.inc();
        }
        *self.job.over_limit.write() =
            exceeded.then_some(ScrapeError::TargetLimit { targets, limit });
    }

    pub(crate) fn active(&self) -> Vec<ActiveTarget> {
        let config = &self.job.config;
        let mut targets: Vec<ActiveTarget> = self
            .running
            .values()
            .map(|running| running.target.shown(&config.job_name))
            .chain(
                self.broken
                    .iter()
                    .map(|(discovered, reason)| shown_broken(config, discovered, reason)),
            )
            .collect();
        targets.sort_by(|a, b| (&a.labels, &a.url).cmp(&(&b.labels, &b.url)));
        targets
    }

    pub(crate) fn dropped(&self) -> impl Iterator<Item = DroppedTarget> {
        self.dropped.iter().map(|discovered| DroppedTarget {
            discovered: discovered.clone(),
            pool: self.job.config.job_name.clone(),
        })
    }

    pub(crate) fn targets(&self) -> impl Iterator<Item = &Arc<Target>> {
        self.running.values().map(|running| &running.target)
    }
}

fn start(
    job: &Arc<Job>,
    target: Target,
    before: Option<(JoinHandle<Carried>, Arc<Job>)>,
    spawner: &Spawner,
) -> Running {
    let target = Arc::new(target);
    let (command, told) = watch::channel(Command::Run);
    Running {
        task: spawner.spawn(job, &target, told, before),
        target,
        command,
    }
}
