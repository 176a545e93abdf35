//! The manager: which groups run, from load to reload to the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use contract::{AlertSink, Append, Clock, Query, Select};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::RulesError;
use crate::group::Group;
use crate::load::{self, LoadedGroup, LoadedRules, RuleSettings};
use crate::metrics::Metrics;
use crate::rule::{Carried, Rule};
use crate::run::{self, Before};

/// Groups that have their turn at the same moment; more wait, and keep their moment. Each holds a
/// thread, and the engine lets fewer queries run at once anyway.
const GROUPS_AT_ONCE: usize = 64;

/// Intervals after which the series of a group that is gone end: by then a group that was only
/// renamed writes them again.
const INTERVALS_BEFORE_FAREWELL: u32 = 2;

/// The stages that rules meet.
#[derive(Clone)]
pub struct RuleStages {
    /// Who answers expressions and the queries of templates.
    pub query: Arc<dyn Query>,
    /// Who takes what is recorded.
    pub append: Arc<dyn Append>,
    /// Where it is looked up since when alerts hold.
    pub select: Arc<dyn Select>,
    /// Who hears of alerts.
    pub sinks: Vec<Arc<dyn AlertSink>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// What rule files do not say.
#[derive(Clone, Debug)]
pub struct RuleOptions {
    /// Where this server is reached, without a slash at the end: for links and templates.
    pub external_url: String,
    /// Time before an alert that goes on firing is said again.
    pub resend_delay: Duration,
    /// How long the program may have been away for alerts to go on holding.
    pub outage_tolerance: Duration,
    /// Least time before a restored alert fires. Rules that ask for less are not restored.
    pub grace_period: Duration,
    /// Whether rules of a group that do not wait for each other are evaluated at once.
    pub concurrent_rules: bool,
    /// Rules of all groups together that are evaluated aside of their groups.
    pub most_concurrent_rules: usize,
}

impl Default for RuleOptions {
    /// Upstream's.
    fn default() -> Self {
        Self {
            external_url: String::new(),
            resend_delay: Duration::from_secs(60),
            outage_tolerance: Duration::from_secs(3600),
            grace_period: Duration::from_secs(600),
            concurrent_rules: false,
            most_concurrent_rules: 4,
        }
    }
}

/// What all groups share.
pub(crate) struct Shared {
    pub(crate) stages: RuleStages,
    pub(crate) options: RuleOptions,
    /// Of the configuration in force.
    pub(crate) settings: ArcSwap<RuleSettings>,
    pub(crate) metrics: Metrics,
    pub(crate) groups_at_once: Semaphore,
    pub(crate) rules_at_once: Semaphore,
    open: watch::Sender<bool>,
}

impl Shared {
    pub(crate) fn new(stages: RuleStages, options: RuleOptions, settings: RuleSettings) -> Self {
        Self {
            stages,
            settings: ArcSwap::from_pointee(settings),
            metrics: Metrics::default(),
            groups_at_once: Semaphore::new(GROUPS_AT_ONCE),
            rules_at_once: Semaphore::new(options.most_concurrent_rules),
            options,
            open: watch::Sender::new(false),
        }
    }

    /// Waits until the store can be asked.
    pub(crate) async fn opened(&self) {
        // The sender lives as long as this.
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }
}

/// Runs the groups of rule files.
pub struct RuleManager {
    shared: Arc<Shared>,
    runtime: Handle,
    tasks: TaskTracker,
    end: CancellationToken,
    state: Mutex<State>,
}

/// File and name of a group.
type Key = (String, String);

#[derive(Default)]
struct State {
    groups: BTreeMap<Key, Running>,
    /// Whether rules have been loaded before: those that come later have no earlier run.
    loaded: bool,
}

struct Running {
    group: Arc<Group>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl RuleManager {
    /// A manager without groups, whose tasks run on `runtime`.
    pub fn new(stages: RuleStages, options: RuleOptions, runtime: Handle) -> Self {
        let nothing = RuleSettings::from(&config::Config::default());
        Self {
            shared: Arc::new(Shared::new(stages, options, nothing)),
            runtime,
            tasks: TaskTracker::new(),
            end: CancellationToken::new(),
            state: Mutex::default(),
        }
    }

    /// Reads and checks rule files; nothing changes yet. Reads files, and so may block.
    pub fn load(&self, settings: RuleSettings) -> Result<LoadedRules, RulesError> {
        load::load(settings, self.shared.stages.query.as_ref())
    }

    /// From now on these groups run and no others. A group that is the same as before goes on; of
    /// one that changed, rules of the same name and labels keep their alerts and series; the
    /// series of the others end.
    pub fn apply(&self, loaded: LoadedRules) {
        let mut state = self.state.lock();
        if self.end.is_cancelled() {
            return;
        }
        self.shared.settings.store(Arc::new(loaded.settings));
        let restored = std::mem::replace(&mut state.loaded, true);
        let mut before = std::mem::take(&mut state.groups);
        for group in loaded.groups {
            let key = (group.file.clone(), group.name.clone());
            let running = match before.remove(&key) {
                Some(running) if running.group.is(&group) => running,
                old => self.start(group, old, restored),
            };
            state.groups.insert(key, running);
        }
        drop(state);
        for running in before.into_values() {
            self.bid_farewell(running);
        }
    }

    /// The store can be asked: turns may begin.
    pub fn open(&self) {
        self.shared.open.send_replace(true);
    }

    /// Ends all groups and waits until their last turns are over.
    pub async fn shutdown(&self) {
        self.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// All groups by file, then name.
    pub(crate) fn running(&self) -> Vec<Arc<Group>> {
        let state = self.state.lock();
        let groups = state.groups.values();
        groups.map(|running| Arc::clone(&running.group)).collect()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn start(&self, loaded: LoadedGroup, old: Option<Running>, restored: bool) -> Running {
        let stop = self.end.child_token();
        let old_rules = old.as_ref().map_or(&[][..], |old| &old.group.rules);
        let heirs = Heirs::new(old_rules, restored);
        let (metrics, progress) = match &old {
            Some(old) => (
                Arc::clone(&old.group.metrics),
                Arc::clone(&old.group.progress),
            ),
            None => Default::default(),
        };
        let shared = Arc::clone(&self.shared);
        let group = Group::new(loaded, shared, metrics, progress, |rule| {
            heirs.carried(rule)
        });
        let group = Arc::new(group);
        let orphans = heirs.left();
        let before = old.map(|old| {
            old.stop.cancel();
            Before {
                task: old.task,
                group: old.group,
                orphans,
            }
        });
        let shared = Arc::clone(&self.shared);
        let run = run::run(Arc::clone(&group), shared, stop.clone(), before);
        let task = self.tasks.spawn_on(run, &self.runtime);
        Running { group, stop, task }
    }

    /// Stops a group that is gone, and ends its series a little later.
    fn bid_farewell(&self, running: Running) {
        running.stop.cancel();
        let (end, removed) = (self.end.clone(), self.shared.stages.clock.now());
        let farewell = async move {
            // Its only error is a panic, which has been reported.
            let _ = running.task.await;
            let later = running
                .group
                .interval
                .saturating_mul(INTERVALS_BEFORE_FAREWELL);
            tokio::select! {
                () = tokio::time::sleep(later) => {}
                () = end.cancelled() => return,
            }
            let _ = spawn_blocking(move || running.group.end_all(removed)).await;
        };
        self.tasks.spawn_on(farewell, &self.runtime);
    }
}

/// Who goes on with what rules carried before a reload.
struct Heirs<'a> {
    /// Rules of which nobody has taken anything yet, in their order.
    old: Mutex<Vec<&'a Rule>>,
    /// Whether new rules need not look up since when their alerts hold.
    restored: bool,
}

impl<'a> Heirs<'a> {
    fn new(old: &'a [Rule], restored: bool) -> Self {
        Self {
            old: Mutex::new(old.iter().collect()),
            restored,
        }
    }

    /// What a rule goes on with. Of several that are alike the first follows the first.
    fn carried(&self, rule: &config::RuleConfig) -> Arc<Carried> {
        let mut old = self.old.lock();
        match old.iter().position(|old| old.succeeds(rule)) {
            Some(place) => Arc::clone(&old.remove(place).carried),
            None => {
                let carried = Carried::default();
                carried.memory.lock().restored = self.restored;
                Arc::new(carried)
            }
        }
    }

    /// What nobody has taken.
    fn left(self) -> Vec<Arc<Carried>> {
        let old = self.old.into_inner().into_iter();
        old.map(|rule| Arc::clone(&rule.carried)).collect()
    }
}
