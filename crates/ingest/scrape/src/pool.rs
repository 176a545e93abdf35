//! The targets of one job: those discovered, those scraped, those dropped.
//!
//! Groups are told from each other by their address: one that discovery says again is not looked
//! at again, so that a change of one group costs as much as that group, however many there are.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use contract::{ActiveTarget, DroppedTarget, GroupChange, TargetGroup};
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
    running: HashMap<Arc<TargetKey>, Running>,
    /// By address, which stays a group's own for as long as it is held here.
    made: HashMap<usize, MadeGroup>,
    pub(crate) dropped_count: u64,
}

/// A target with its loop.
struct Running {
    target: Arc<Target>,
    command: watch::Sender<Command>,
    task: JoinHandle<Carried>,
    /// How often discovery says it: two groups may have the same target.
    said: usize,
}

impl Running {
    fn tell(&self, command: Command) {
        self.command.send_replace(command);
    }
}

/// A loop that another one goes on from, and the job it was started by.
type Former = (JoinHandle<Carried>, Arc<Job>);

/// A group, and what became of it.
struct MadeGroup {
    group: Arc<TargetGroup>,
    targets: Vec<Arc<TargetKey>>,
    broken: Vec<(Labels, String)>,
    /// Only counted: the labels are made again when somebody asks for them.
    dropped: u64,
}

fn address(group: &Arc<TargetGroup>) -> usize {
    Arc::as_ptr(group).addr()
}

impl Pool {
    pub(crate) fn new(job: Job) -> Self {
        Self {
            job: Arc::new(job),
            running: HashMap::new(),
            made: HashMap::new(),
            dropped_count: 0,
        }
    }

    /// Follows what discovery knows now: new targets start, gone ones end, the others go on.
    pub(crate) fn sync(&mut self, groups: &[Arc<TargetGroup>], spawner: &Spawner) {
        let now: HashSet<usize> = groups.iter().map(address).collect();
        let known = self.made.keys().copied();
        let gone: Vec<usize> = known.filter(|known| !now.contains(known)).collect();
        for group in groups {
            self.add(group, |_| None, spawner);
        }
        self.remove(&gone, spawner);
        self.finish(spawner);
    }

    /// The same, where only what changed is told.
    pub(crate) fn update(&mut self, changes: &[GroupChange], spawner: &Spawner) {
        // What is new comes first: a target that another group has now goes on.
        for group in changes.iter().filter_map(|change| change.after.as_ref()) {
            self.add(group, |_| None, spawner);
        }
        let gone = changes.iter().filter_map(|change| change.before.as_ref());
        let gone: Vec<usize> = gone.map(address).collect();
        self.remove(&gone, spawner);
        self.finish(spawner);
    }

    /// Takes over from the pool of the job's section as it was before a reload.
    pub(crate) fn take_over(&mut self, mut old: Self, spawner: &Spawner) {
        let made = std::mem::take(&mut old.made);
        for made in made.into_values() {
            let former = |key: &TargetKey| {
                let running = old.running.remove(key)?;
                running.tell(Command::HandOver);
                Some((running.task, Arc::clone(&old.job)))
            };
            self.add(&made.group, former, spawner);
        }
        self.finish(spawner);
        old.retire(spawner);
    }

    /// Ends all targets, because the job is gone.
    pub(crate) fn retire(self, spawner: &Spawner) {
        for running in self.running.values() {
            running.tell(Command::Retire);
        }
        if !self.running.is_empty() {
            spawner.shared.rows.purge();
        }
    }

    /// Makes targets of a group that is new. One that is known keeps its loop; `former` may have
    /// a loop that another goes on from.
    fn add(
        &mut self,
        group: &Arc<TargetGroup>,
        mut former: impl FnMut(&TargetKey) -> Option<Former>,
        spawner: &Spawner,
    ) {
        if self.made.contains_key(&address(group)) {
            return;
        }
        let mut made = MadeGroup {
            group: Arc::clone(group),
            targets: Vec::new(),
            broken: Vec::new(),
            dropped: 0,
        };
        for own in &group.targets {
            match Target::make(&self.job.config, &group.labels, own) {
                Made::Target(target) => {
                    let key = self.run(*target, &mut former, spawner);
                    made.targets.push(key);
                }
                Made::Dropped(_) => made.dropped += 1,
                Made::Broken(discovered, reason) => {
                    self.job.metrics.syncs_failed.inc();
                    made.broken.push((discovered, reason));
                }
            }
        }
        self.dropped_count += made.dropped;
        self.made.insert(address(group), made);
    }

    fn run(
        &mut self,
        target: Target,
        former: &mut impl FnMut(&TargetKey) -> Option<Former>,
        spawner: &Spawner,
    ) -> Arc<TargetKey> {
        match self.running.entry(Arc::new(target.key())) {
            Entry::Occupied(mut known) => {
                let discovered = target.discovered.into_inner();
                let running = known.get_mut();
                *running.target.discovered.lock() = discovered;
                running.said += 1;
                Arc::clone(known.key())
            }
            Entry::Vacant(free) => {
                let key = Arc::clone(free.key());
                free.insert(start(&self.job, target, former(&key), spawner));
                key
            }
        }
    }

    /// Forgets groups, and ends the targets that no other group has.
    fn remove(&mut self, gone: &[usize], spawner: &Spawner) {
        let before = self.running.len();
        for made in gone.iter().filter_map(|group| self.made.remove(group)) {
            self.dropped_count -= made.dropped;
            for key in made.targets {
                let Entry::Occupied(mut known) = self.running.entry(key) else {
                    continue;
                };
                known.get_mut().said -= 1;
                if known.get().said == 0 {
                    known.remove().tell(Command::Retire);
                }
            }
        }
        if self.running.len() != before {
            spawner.shared.rows.purge();
        }
    }

    fn finish(&self, spawner: &Spawner) {
        self.job.metrics.syncs.inc();
        self.job.metrics.targets.set(self.running.len() as f64);
        self.check_count(self.running.len(), spawner);
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
        let broken = self.made.values().flat_map(|made| &made.broken);
        let mut targets: Vec<ActiveTarget> = self
            .running
            .values()
            .map(|running| running.target.shown(&config.job_name))
            .chain(broken.map(|(discovered, reason)| shown_broken(config, discovered, reason)))
            .collect();
        targets.sort_by(|a, b| (&a.labels, &a.url).cmp(&(&b.labels, &b.url)));
        targets
    }

    /// The targets that were dropped, group by group, as many as are shown.
    pub(crate) fn dropped(&self) -> Vec<DroppedTarget> {
        let config = &self.job.config;
        let mut groups: Vec<_> = self.made.values().filter(|made| made.dropped > 0).collect();
        groups.sort_by(|a, b| a.group.source.cmp(&b.group.source));
        let all = groups.iter().flat_map(|made| {
            let group = &made.group;
            let targets = group.targets.iter();
            targets.filter_map(|own| match Target::make(config, &group.labels, own) {
                Made::Dropped(discovered) => Some(DroppedTarget {
                    discovered,
                    pool: config.job_name.clone(),
                }),
                _ => None,
            })
        });
        all.take(self.job.limits.dropped_targets).collect()
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
        said: 1,
    }
}
