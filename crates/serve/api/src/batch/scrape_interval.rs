//! How often the series of a query are scraped, so that `$__rate_interval` fits them without
//! anybody having to say so.
//!
//! The series that a query's selectors find have labels `job` and `instance`; the target with
//! these says its interval. The largest counts. Where no series has a target (recorded or pushed
//! ones), the interval that most targets have stands in. Answers are kept for a minute.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use contract::{ActiveTarget, Selection, TimeRange};
use model::{Labels, Matcher};
use parking_lot::Mutex;
use promql::Allowance;
use promql::ast::Expr;

use crate::face::Services;

/// Milliseconds for which an answer is kept: intervals change when the configuration does.
const KEPT: i64 = 60_000;

/// Selectors that are remembered, some hundred bytes each; a dashboard has about as many.
const MAX_KNOWN: usize = 2_000;

/// Series of a selector that are looked at: those behind them hardly have other intervals.
const MAX_SERIES: usize = 20_000;

/// Milliseconds before a query's end in which series are looked for: what was scraped lately.
const LOOKED_AT: i64 = 3_600_000;

/// Milliseconds where nothing is scraped at all: what Grafana assumes.
const DEFAULT: i64 = 15_000;

/// Who asks for intervals, and when.
pub(super) struct Asked<'a> {
    pub(super) services: &'a Services,
    /// Ends the search where it takes too long.
    pub(super) allowance: &'a Allowance,
    /// The last moment that the query is about, in milliseconds.
    pub(super) end: i64,
    /// The time of the clock, in milliseconds.
    pub(super) now: i64,
}

/// What is known of intervals, each with the moment until which it holds.
#[derive(Debug, Default)]
pub(crate) struct ScrapeIntervals {
    selectors: Mutex<HashMap<String, (Option<i64>, i64)>>,
    targets: Mutex<Option<(Arc<Intervals>, i64)>>,
}

impl ScrapeIntervals {
    /// The largest interval of all series that a query reads, in milliseconds. Blocks while series
    /// are looked for.
    pub(super) fn largest(&self, asked: &Asked<'_>, expr: &Expr) -> i64 {
        let mut largest = None;
        for selector in promql::selectors(expr) {
            let matchers = &selector.matchers;
            // What was scraped in another hour may have had another interval.
            let hour = asked.end.div_euclid(LOOKED_AT);
            let texts = matchers.iter().map(|matcher| format!("{matcher},"));
            let name = texts.fold(hour.to_string(), |name, text| name + &text);
            let known = self.selectors.lock().get(&name).copied();
            let interval = match known.filter(|(_, until)| asked.now < *until) {
                Some((interval, _)) => interval,
                None => {
                    let targets = self.targets(asked);
                    let found = of_series(asked, &targets, matchers);
                    self.keep(name, found, asked.now.saturating_add(KEPT));
                    found
                }
            };
            largest = largest.max(interval);
        }
        largest.unwrap_or_else(|| self.targets(asked).usual)
    }

    fn keep(&self, name: String, interval: Option<i64>, until: i64) {
        let mut known = self.selectors.lock();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(name, (interval, until));
    }

    fn targets(&self, asked: &Asked<'_>) -> Arc<Intervals> {
        let known = self.targets.lock().clone();
        if let Some((intervals, _)) = known.filter(|(_, until)| asked.now < *until) {
            return intervals;
        }
        let fresh = Arc::new(Intervals::of(&asked.services.targets.active(None)));
        *self.targets.lock() = Some((Arc::clone(&fresh), asked.now.saturating_add(KEPT)));
        fresh
    }
}

/// The interval of the targets whose series a selector finds; `None` where it finds none of any.
fn of_series(asked: &Asked<'_>, targets: &Intervals, matchers: &[Matcher]) -> Option<i64> {
    let end = asked.end;
    let selection = Selection {
        matchers,
        range: TimeRange {
            start: end.saturating_sub(LOOKED_AT),
            end,
        },
        limit: MAX_SERIES,
    };
    let watch = asked.allowance.watch();
    let list = asked
        .services
        .local
        .select_watched(&selection, watch)
        .ok()?;
    let groups = list.group(&|name| matches!(name, "job" | "instance"));
    let mut seen = HashSet::new();
    let firsts = groups
        .iter()
        .take(MAX_SERIES)
        .enumerate()
        .filter(|(_, group)| seen.insert(**group));
    firsts
        .filter_map(|(place, _)| targets.of_labels(&list.labels(place)))
        .max()
}

/// The intervals of all targets, in milliseconds.
#[derive(Debug)]
struct Intervals {
    by_target: HashMap<(String, String), i64>,
    by_job: HashMap<String, i64>,
    /// What most have.
    usual: i64,
}

impl Intervals {
    fn of(targets: &[ActiveTarget]) -> Self {
        let (mut by_target, mut by_job) = (HashMap::new(), HashMap::new());
        let mut counts: HashMap<i64, usize> = HashMap::new();
        let raise = |known: &mut i64, interval: i64| *known = interval.max(*known);
        for target in targets {
            let interval = i64::try_from(target.interval.as_millis()).unwrap_or(i64::MAX);
            let label = |name| target.labels.get(name).unwrap_or_default().to_owned();
            let both = (label("job"), label("instance"));
            raise(by_job.entry(both.0.clone()).or_insert(0), interval);
            raise(by_target.entry(both).or_insert(0), interval);
            *counts.entry(interval).or_insert(0) += 1;
        }
        let usual = counts
            .into_iter()
            .max_by_key(|(interval, count)| (*count, *interval));
        Self {
            by_target,
            by_job,
            usual: usual.map_or(DEFAULT, |(interval, _)| interval),
        }
    }

    fn of_labels(&self, series: &Labels) -> Option<i64> {
        let label = |name| series.get(name).unwrap_or_default().to_owned();
        let both = (label("job"), label("instance"));
        // A series with an instance of its own (`honor_labels`) still has the job's interval.
        let found = self
            .by_target
            .get(&both)
            .or_else(|| self.by_job.get(&both.0));
        found.copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contract::Health;

    use super::*;

    fn target(job: &str, instance: &str, seconds: u64) -> ActiveTarget {
        ActiveTarget {
            discovered: Labels::empty(),
            labels: Labels::from_pairs([("job", job), ("instance", instance)]),
            pool: job.to_owned(),
            url: String::new(),
            last_error: String::new(),
            last_scrape: None,
            last_duration: Duration::ZERO,
            health: Health::Up,
            interval: Duration::from_secs(seconds),
            timeout: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn series_have_the_interval_of_their_target() {
        let targets = [
            target("node", "a", 15),
            target("node", "b", 60),
            target("slow", "c", 300),
            target("other", "d", 15),
        ];
        let intervals = Intervals::of(&targets);
        for (job, instance, expected) in [
            ("node", "a", Some(15_000)),
            ("node", "b", Some(60_000)),
            ("node", "pushed", Some(60_000)),
            ("recorded", "a", None),
        ] {
            let series = Labels::from_pairs([("job", job), ("instance", instance)]);
            assert_eq!(intervals.of_labels(&series), expected, "{job} {instance}");
        }
        assert_eq!(intervals.usual, 15_000);
        assert_eq!(Intervals::of(&[]).usual, DEFAULT);
    }
}
