//! The manager: all jobs, from the configuration and discovery to running loops.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use config::ScrapeConfig;
use contract::{
    ActiveTarget, AllGroups, Append, Clock, DroppedTarget, Gather, GroupChange, MetricMetadata,
    TargetGroup, TargetSink, Targets,
};
use http::header::HeaderValue;
use model::{Family, Labels};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::job::{Job, Shared};
use crate::metadata::Interner;
use crate::metrics::Metrics;
use crate::pool::Pool;
use crate::scrape_loop::{self, Command, Start};
use crate::scraper::Carried;
use crate::scratch::Scratches;
use crate::target::Target;

/// What the manager does not find in the configuration.
#[derive(Clone, Debug)]
pub struct Options {
    /// Sent as `User-Agent`; where it cannot be sent, the default is.
    pub user_agent: String,
    /// Another number for each server, such as a hash of its host name and external labels:
    /// spreads the scrapes of several servers with the same targets.
    pub seed: u64,
    /// Series that one target may have; 0 takes all. Beyond it new series are refused and known
    /// ones go on.
    pub series_per_target: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user_agent: USER_AGENT.to_owned(),
            seed: 0,
            series_per_target: 0,
        }
    }
}

const USER_AGENT: &str = concat!("Argand/", env!("CARGO_PKG_VERSION"));

/// Scrapes all targets of all jobs.
///
/// [`Manager::apply`] says which jobs there are, [`TargetSink::replace`] which targets they have;
/// either may come first.
pub struct Manager {
    spawner: Spawner,
    state: Mutex<State>,
    quit: watch::Sender<bool>,
    ended: tokio::sync::Mutex<mpsc::Receiver<Infallible>>,
}

#[derive(Default)]
struct State {
    pools: BTreeMap<String, Pool>,
    /// What discovery said of jobs that are not known yet.
    waiting: BTreeMap<String, Vec<Arc<TargetGroup>>>,
}

/// Starts loops.
pub(crate) struct Spawner {
    pub(crate) shared: Arc<Shared>,
    runtime: Handle,
    quit: watch::Receiver<bool>,
    /// Gone once the manager shuts down; a copy lives in each loop.
    alive: Mutex<Option<mpsc::Sender<Infallible>>>,
}

impl Spawner {
    pub(crate) fn spawn(
        &self,
        job: &Arc<Job>,
        target: &Arc<Target>,
        command: watch::Receiver<Command>,
        before: Option<(JoinHandle<Carried>, Arc<Job>)>,
    ) -> JoinHandle<Carried> {
        let Some(alive) = self.alive.lock().clone() else {
            return self.runtime.spawn(async { Carried::default() });
        };
        self.runtime.spawn(scrape_loop::run(Start {
            shared: Arc::clone(&self.shared),
            job: Arc::clone(job),
            target: Arc::clone(target),
            command,
            quit: self.quit.clone(),
            before,
            alive,
        }))
    }
}

impl Manager {
    /// A manager without jobs, whose loops run on the current tokio runtime. A runtime of one
    /// thread that has nothing else to do serves thousands of targets with a third less CPU than
    /// one of several threads, which pass each answer around between them.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(store: Arc<dyn Append>, clock: Arc<dyn Clock>, options: &Options) -> Self {
        let (quit, quitting) = watch::channel(false);
        let (alive, ended) = mpsc::channel(1);
        let user_agent = HeaderValue::try_from(&options.user_agent)
            .unwrap_or_else(|_| HeaderValue::from_static(USER_AGENT));
        Self {
            spawner: Spawner {
                shared: Arc::new(Shared {
                    store,
                    clock,
                    metrics: Metrics::default(),
                    scratches: Scratches::default(),
                    rows: Interner::default(),
                    seed: options.seed,
                    user_agent,
                    series_per_target: options.series_per_target,
                }),
                runtime: Handle::current(),
                quit: quitting,
                alive: Mutex::new(Some(alive)),
            },
            state: Mutex::new(State::default()),
            quit,
            ended: tokio::sync::Mutex::new(ended),
        }
    }

    /// From now on these are the jobs. A job whose section did not change is left alone; one that
    /// changed goes on with the targets it has; the series of one that is gone end.
    pub fn apply(&self, configs: &[ScrapeConfig]) {
        let mut state = self.state.lock();
        let State { pools, waiting } = &mut *state;
        let mut before = std::mem::take(pools);
        for config in configs {
            let known = before.remove(&config.job_name);
            let pool = match known {
                Some(pool) if pool.job.config == *config => pool,
                known => self.build(config, known, waiting.remove(&config.job_name)),
            };
            pools.insert(config.job_name.clone(), pool);
        }
        for (name, pool) in before {
            pool.retire(&self.spawner);
            self.spawner.shared.metrics.remove_job(&name);
        }
        waiting.clear();
    }

    fn build(
        &self,
        config: &ScrapeConfig,
        known: Option<Pool>,
        waiting: Option<Vec<Arc<TargetGroup>>>,
    ) -> Pool {
        let mut pool = Pool::new(Job::new(config, &self.spawner.shared));
        match known {
            None => pool.sync(&waiting.unwrap_or_default(), &self.spawner),
            Some(old) => {
                let metrics = &self.spawner.shared.metrics;
                metrics.reloads.inc();
                metrics
                    .reloads_failed
                    .add(u64::from(pool.job.client.is_err()));
                pool.take_over(old, &self.spawner);
            }
        }
        pool
    }

    /// Stops all loops and waits for them. No series is marked as ended: the server will be back.
    pub async fn shutdown(&self) {
        self.quit.send_replace(true);
        *self.spawner.alive.lock() = None;
        // Nothing is ever sent; the channel closes when the last loop has let go of it.
        let _ = self.ended.lock().await.recv().await;
    }

    fn of_pools<T>(&self, pool: Option<&str>, each: impl Fn(&Pool) -> Vec<T>) -> Vec<T> {
        let state = self.state.lock();
        state
            .pools
            .iter()
            .filter(|(name, _)| pool.is_none_or(|wanted| wanted == *name))
            .flat_map(|(_, pool)| each(pool))
            .collect()
    }
}

impl Manager {
    /// Hands what discovery said to the job's pool, where there is one.
    fn tell(&self, job: &str, told: impl FnOnce(&mut Pool)) -> bool {
        let began = Instant::now();
        let mut state = self.state.lock();
        let Some(pool) = state.pools.get_mut(job) else {
            return false;
        };
        told(pool);
        let length = began.elapsed().as_secs_f64();
        pool.job.metrics.sync_length.observe(length);
        true
    }

    fn keep(&self, job: &str, groups: Vec<Arc<TargetGroup>>) {
        self.state.lock().waiting.insert(job.to_owned(), groups);
    }
}

impl TargetSink for Manager {
    fn replace(&self, job: &str, groups: Vec<Arc<TargetGroup>>) {
        if !self.tell(job, |pool| pool.sync(&groups, &self.spawner)) {
            self.keep(job, groups);
        }
    }

    fn update(&self, job: &str, changes: Vec<GroupChange>, all: AllGroups<'_>) {
        if !self.tell(job, |pool| pool.update(&changes, &self.spawner)) {
            self.keep(job, all());
        }
    }
}

impl Targets for Manager {
    fn pools(&self) -> Vec<String> {
        self.state.lock().pools.keys().cloned().collect()
    }

    fn active(&self, pool: Option<&str>) -> Vec<ActiveTarget> {
        self.of_pools(pool, Pool::active)
    }

    fn dropped(&self, pool: Option<&str>) -> Vec<DroppedTarget> {
        self.of_pools(pool, Pool::dropped)
    }

    fn dropped_counts(&self) -> Vec<(String, u64)> {
        let state = self.state.lock();
        let pools = state.pools.iter();
        pools
            .map(|(name, pool)| (name.clone(), pool.dropped_count))
            .collect()
    }

    fn relabel_rules(&self, pool: &str) -> Option<Vec<relabel::Rule>> {
        let state = self.state.lock();
        let pool = state.pools.get(pool)?;
        Some(pool.job.config.relabel.clone())
    }

    fn metadata(&self, metric: Option<&str>) -> Vec<(Labels, Vec<MetricMetadata>)> {
        // The rows are shared, so the lock is held for the pointers only.
        let rows = self.of_pools(None, |pool| {
            pool.targets()
                .map(|target| {
                    let status = target.status.lock();
                    (target.labels.clone(), Arc::clone(&status.metadata))
                })
                .collect()
        });
        rows.into_iter()
            .map(|(labels, rows)| {
                let wanted = rows
                    .iter()
                    .filter(|row| metric.is_none_or(|metric| row.metric() == metric));
                let found = wanted.map(|row| MetricMetadata::from(&**row)).collect();
                (labels, found)
            })
            .collect()
    }
}

impl Gather for Manager {
    fn gather(&self, families: &mut Vec<Family>) {
        self.spawner.shared.metrics.gather(families);
    }
}
