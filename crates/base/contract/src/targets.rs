//! Targets: discovery finds them, scraping follows them, pages show them.

use std::sync::Arc;
use std::time::Duration;

use model::{FamilyKind, Labels};
use relabel::Rule;

/// Targets found at one place, such as one entry of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetGroup {
    /// Where it was found; unique within the section that found it.
    pub source: String,
    /// Labels that all targets share. A target's own label wins.
    pub labels: Labels,
    /// Labels of each target, `__address__` among them.
    pub targets: Vec<Labels>,
}

/// Whoever follows targets.
pub trait TargetSink: Send + Sync {
    /// From now on these, and no others, are the groups of a job. Called with everything that is
    /// currently known each time anything changes.
    fn replace(&self, job: &str, groups: Vec<Arc<TargetGroup>>);

    /// Only these groups of a job have changed since the last call. `all` gives everything that is
    /// currently known, for those who would rather begin anew. A group that did not change is the
    /// same allocation as in the calls before.
    fn update(&self, job: &str, changes: Vec<GroupChange>, all: AllGroups<'_>) {
        let _ = changes;
        self.replace(job, all());
    }
}

/// Gives all groups of a job.
pub type AllGroups<'a> = &'a dyn Fn() -> Vec<Arc<TargetGroup>>;

/// What became of one group.
#[derive(Clone, Debug)]
pub struct GroupChange {
    /// What stood there; `None` where the group is new.
    pub before: Option<Arc<TargetGroup>>,
    /// What stands there now; `None` where the group is gone.
    pub after: Option<Arc<TargetGroup>>,
}

/// How a target's last scrape went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    /// Not scraped yet.
    Unknown,
    /// The last scrape succeeded.
    Up,
    /// The last scrape failed.
    Down,
}

impl Health {
    /// The word in API answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// A target that is scraped, as the targets page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveTarget {
    /// Labels before relabelling, `__meta_*` included.
    pub discovered: Labels,
    /// Labels its series carry.
    pub labels: Labels,
    /// The job it was configured under.
    pub pool: String,
    /// The URL that is scraped, without secrets.
    pub url: String,
    /// Why the last scrape failed; empty where it did not.
    pub last_error: String,
    /// When the last scrape began, in milliseconds since the epoch; `None` before the first.
    pub last_scrape: Option<i64>,
    /// How long it took.
    pub last_duration: Duration,
    /// How it went.
    pub health: Health,
    /// Time between two scrapes.
    pub interval: Duration,
    /// Time after which a scrape is given up.
    pub timeout: Duration,
}

/// A target that relabelling dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedTarget {
    /// Labels before relabelling.
    pub discovered: Labels,
    /// The job it was configured under.
    pub pool: String,
}

/// What a target says of a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricMetadata {
    /// The metric family's name.
    pub metric: String,
    /// What its numbers mean.
    pub kind: FamilyKind,
    /// Its help text.
    pub help: String,
    /// Its unit, or empty.
    pub unit: String,
}

/// Whoever scrapes, as pages and the API ask.
pub trait Targets: Send + Sync {
    /// The names of the jobs, sorted.
    fn pools(&self) -> Vec<String>;

    /// The targets that are scraped; of one job where it is named.
    fn active(&self, pool: Option<&str>) -> Vec<ActiveTarget>;

    /// The targets that relabelling dropped, as many as are kept.
    fn dropped(&self, pool: Option<&str>) -> Vec<DroppedTarget>;

    /// How many were dropped, by job, also where they are not kept.
    fn dropped_counts(&self) -> Vec<(String, u64)>;

    /// The rules that a job's targets are relabelled by; `None` where no job has that name.
    fn relabel_rules(&self, pool: &str) -> Option<Vec<Rule>>;

    /// What each active target says of its metrics: (labels of the target, metadata). Only of one
    /// metric where it is named.
    fn metadata(&self, metric: Option<&str>) -> Vec<(Labels, Vec<MetricMetadata>)>;
}
