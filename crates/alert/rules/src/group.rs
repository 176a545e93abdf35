//! A group: one turn of its rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use config::{RuleConfig, RuleKind};
use contract::{QueryPoint, Reads, RejectReason, RuleGroupState, RuleHealth};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::alerting::{Found, alert_labels};
use crate::error::RuleError;
use crate::expand::{self, Surroundings, Templates};
use crate::load::LoadedGroup;
use crate::manager::Shared;
use crate::metrics::GroupMetrics;
use crate::order::{Traffic, batches};
use crate::recording::recorded;
use crate::restore;
use crate::rule::{Carried, Rule, millis, terms};
use crate::turns::{Turn, Turns};
use crate::writing::{self, Written};

/// A group that runs.
pub(crate) struct Group {
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) interval: Duration,
    pub(crate) turns: Turns,
    pub(crate) rules: Vec<Rule>,
    pub(crate) metrics: Arc<GroupMetrics>,
    pub(crate) progress: Arc<Mutex<Progress>>,
    /// Series of rules that the group had before a reload; they end with the next turn.
    pub(crate) orphans: Mutex<Written>,
    query_offset: Option<Duration>,
    limit: i64,
    /// Places of rules; those of one batch at once.
    batches: Vec<Vec<usize>>,
    shared: Arc<Shared>,
}

/// How the last turn went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    evaluation_time: Duration,
    /// In milliseconds since the epoch.
    last_evaluation: Option<i64>,
}

/// One turn, as its rules see it.
#[derive(Clone, Copy)]
struct Moment {
    /// The turn, in milliseconds since the epoch.
    at: i64,
    /// The moment that is asked for and stored: earlier by the query offset.
    asked: i64,
}

impl Group {
    /// A group with rules that are given what they carry from before.
    pub(crate) fn new(
        loaded: LoadedGroup,
        shared: Arc<Shared>,
        metrics: Arc<GroupMetrics>,
        progress: Arc<Mutex<Progress>>,
        carried: impl Fn(&RuleConfig) -> Arc<Carried>,
    ) -> Self {
        let rules: Vec<Rule> = loaded
            .rules
            .into_iter()
            .map(|(config, query)| Rule {
                carried: carried(&config),
                templates: match &config.kind {
                    RuleKind::Alert(alert) => Some(Templates::of(&config, &alert.annotations)),
                    RuleKind::Record(_) => None,
                },
                config,
                query,
            })
            .collect();
        let batches = if shared.options.concurrent_rules {
            batches(&rules.iter().map(traffic).collect::<Vec<_>>())
        } else {
            (0..rules.len()).map(|place| vec![place]).collect()
        };
        Self {
            turns: Turns::new(&loaded.file, &loaded.name, loaded.interval),
            file: loaded.file,
            name: loaded.name,
            interval: loaded.interval,
            rules,
            metrics,
            progress,
            orphans: Mutex::default(),
            query_offset: loaded.query_offset,
            limit: loaded.limit,
            batches,
            shared,
        }
    }

    /// Whether what was read is what runs here.
    pub(crate) fn is(&self, loaded: &LoadedGroup) -> bool {
        self.interval == loaded.interval
            && self.query_offset == loaded.query_offset
            && self.limit == loaded.limit
            && self.rules.len() == loaded.rules.len()
            && self
                .rules
                .iter()
                .zip(&loaded.rules)
                .all(|(rule, (config, _))| rule.config == *config)
    }

    /// Milliseconds by which samples are older than their turn.
    fn offset(&self) -> i64 {
        let usual = || self.shared.settings.load().query_offset;
        millis(self.query_offset.unwrap_or_else(usual))
    }

    /// Evaluates all rules once; on a thread that may block. Ends early between two rules once
    /// `stop` is canceled.
    pub(crate) fn evaluate(&self, turn: Turn, stop: &CancellationToken) {
        self.metrics.missed.add(turn.missed);
        self.metrics.scheduled.add(turn.missed.saturating_add(1));
        let (began, began_at) = (Instant::now(), self.shared.stages.clock.now());
        let moment = Moment {
            at: turn.at,
            asked: turn.at.saturating_sub(self.offset()),
        };
        let samples = AtomicUsize::new(0);
        for batch in &self.batches {
            self.evaluate_batch(batch, moment, stop, &samples);
            if stop.is_cancelled() {
                return;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        self.metrics
            .samples
            .set(samples.load(Ordering::Relaxed) as f64);
        self.end_orphans(moment.asked);
        let rules = self.rules.iter();
        let in_rules: Duration = rules
            .map(|rule| rule.carried.memory.lock().evaluation_time)
            .sum();
        self.metrics.rule_seconds.set(in_rules.as_secs_f64());
        let took = began.elapsed();
        self.shared.metrics.turn.observe(took.as_secs_f64());
        *self.progress.lock() = Progress {
            evaluation_time: took,
            last_evaluation: Some(began_at),
        };
    }

    /// Evaluates rules of which none waits for another: as many on threads of their own as are
    /// free for that, and the others here.
    fn evaluate_batch(
        &self,
        batch: &[usize],
        moment: Moment,
        stop: &CancellationToken,
        samples: &AtomicUsize,
    ) {
        let evaluate = |rule: &Rule| {
            let count = self.evaluate_rule(rule, moment);
            samples.fetch_add(count, Ordering::Relaxed);
        };
        let rules = batch.iter().filter_map(|place| self.rules.get(*place));
        if batch.len() < 2 {
            return rules
                .take_while(|_| !stop.is_cancelled())
                .for_each(evaluate);
        }
        let evaluate = &evaluate;
        thread::scope(|scope| {
            for rule in rules.take_while(|_| !stop.is_cancelled()) {
                let aside = self.shared.rules_at_once.try_acquire().ok();
                let spawned = aside.map(|place| {
                    let work = move || {
                        evaluate(rule);
                        drop(place);
                    };
                    thread::Builder::new()
                        .name("rule".to_owned())
                        .spawn_scoped(scope, work)
                });
                if !matches!(spawned, Some(Ok(_))) {
                    evaluate(rule);
                }
            }
        });
    }

    /// Evaluates a rule and answers how many samples it gave.
    fn evaluate_rule(&self, rule: &Rule, moment: Moment) -> usize {
        let (began, began_at) = (Instant::now(), self.shared.stages.clock.now());
        self.metrics.evaluations.inc();
        let outcome = self.result(rule, moment).and_then(|samples| {
            self.tell(rule, moment);
            self.store(rule, &samples, moment)?;
            Ok(samples.len())
        });
        let took = began.elapsed();
        self.shared.metrics.evaluation.observe(took.as_secs_f64());
        if let Err(error) = &outcome {
            self.metrics.failures.inc();
            if !error.is_the_end() {
                tracing::warn!(
                    file = self.file, group = self.name, rule = rule.config.name(), %error,
                    "evaluating a rule failed"
                );
            }
        }
        let mut memory = rule.carried.memory.lock();
        memory.evaluation_time = took;
        memory.last_evaluation = Some(began_at);
        match outcome {
            Ok(samples) => {
                memory.health = RuleHealth::Good;
                memory.last_error.clear();
                samples
            }
            Err(error) => {
                memory.health = RuleHealth::Bad;
                memory.last_error = error.to_string();
                0
            }
        }
    }

    /// The samples of a rule; an alerting rule takes note of its alerts.
    fn result(&self, rule: &Rule, moment: Moment) -> Result<Vec<QueryPoint>, RuleError> {
        let points = rule.query.at(moment.asked)?;
        let Some(alert) = rule.alert() else {
            let (metric, labels) = (rule.config.name(), &rule.config.labels);
            return recorded(metric, labels, points, self.limit);
        };
        let found = self.found(rule, &points, moment.at);
        let mut memory = rule.carried.memory.lock();
        let terms = terms(alert, self.limit);
        memory.alerts.step(found, moment.at, terms)?;
        if !memory.restored {
            return Ok(Vec::new());
        }
        Ok(memory.alerts.samples(&alert.name, &rule.config.labels))
    }

    /// The alerts of a result, with their templates expanded.
    fn found(&self, rule: &Rule, points: &[QueryPoint], now: i64) -> Vec<Found> {
        let Some(templates) = &rule.templates else {
            return Vec::new();
        };
        let settings = self.shared.settings.load();
        let around = Surroundings {
            external_labels: &settings.external_labels,
            external_url: &self.shared.options.external_url,
            query: self.shared.stages.query.as_ref(),
            now,
        };
        let of_one = |point: &QueryPoint| {
            let texts = templates.expand(point, around);
            Found {
                labels: alert_labels(rule.config.name(), &point.labels, &texts.labels),
                annotations: texts.annotations,
                value: point.value,
            }
        };
        points.iter().map(of_one).collect()
    }

    /// Tells of the alerts that somebody has to hear of.
    fn tell(&self, rule: &Rule, moment: Moment) {
        if rule.alert().is_none() {
            return;
        }
        let url = || generator_url(&self.shared.options.external_url, rule.query.text());
        let resend_delay = millis(self.shared.options.resend_delay);
        let interval = millis(self.interval);
        let mut memory = rule.carried.memory.lock();
        let due = memory.alerts.due(moment.at, resend_delay, interval, url);
        drop(memory);
        if due.is_empty() {
            return;
        }
        for sink in &self.shared.stages.sinks {
            sink.send(&due);
        }
    }

    fn store(&self, rule: &Rule, samples: &[QueryPoint], moment: Moment) -> Result<(), RuleError> {
        let mut written = rule.carried.written.lock();
        let store = self.shared.stages.append.as_ref();
        let outcome = writing::write(store, &mut written, samples, moment.asked)?;
        let Some(&(reason, _)) = outcome.rejected.last() else {
            return Ok(());
        };
        for (reason, dropped) in outcome.rejected {
            tracing::warn!(
                file = self.file,
                group = self.name,
                rule = rule.config.name(),
                reason = reason.as_str(),
                dropped,
                "samples of a rule were not stored"
            );
        }
        Err(RuleError::Rejected(RejectReason::as_str(reason)))
    }

    /// Ends the series of rules that the group has no more.
    fn end_orphans(&self, time: i64) {
        let mut orphans = self.orphans.lock();
        if orphans.is_empty() {
            return;
        }
        let store = self.shared.stages.append.as_ref();
        if let Err(error) = writing::write(store, &mut orphans, &[], time) {
            tracing::warn!(
                file = self.file, group = self.name, %error,
                "series of former rules were not ended; the next turn tries again"
            );
        }
    }

    /// Ends all series of a group that is gone, as of `time`.
    pub(crate) fn end_all(&self, time: i64) {
        let mut orphans = self.orphans.lock();
        for rule in &self.rules {
            orphans.adopt(&mut rule.carried.written.lock());
        }
        drop(orphans);
        self.end_orphans(time.saturating_sub(self.offset()));
    }

    /// Whether some alerting rule has to find out since when its alerts hold.
    pub(crate) fn needs_restoring(&self) -> bool {
        let mut alerting = self.rules.iter().filter(|rule| rule.alert().is_some());
        alerting.any(|rule| !rule.carried.memory.lock().restored)
    }

    /// Finds out since when alerts hold that an earlier run of the program knew of; on a thread
    /// that may block.
    pub(crate) fn restore(&self) {
        let began = Instant::now();
        let now = self.shared.stages.clock.now();
        let patience = restore::Patience {
            outage_tolerance: millis(self.shared.options.outage_tolerance),
            grace_period: millis(self.shared.options.grace_period),
        };
        for rule in self.rules.iter().filter(|rule| rule.alert().is_some()) {
            if rule.carried.memory.lock().restored {
                continue;
            }
            let select = self.shared.stages.select.as_ref();
            if let Err(error) = restore::restore(rule, select, now, patience) {
                tracing::error!(
                    file = self.file, group = self.name, rule = rule.config.name(), %error,
                    "since when alerts hold could not be looked up; they count from now on"
                );
            }
            rule.carried.memory.lock().restored = true;
        }
        let took = began.elapsed();
        self.metrics.restore_seconds.set(took.as_secs_f64());
    }

    /// As it is shown.
    pub(crate) fn shown(&self, with_alerts: bool) -> RuleGroupState {
        let progress = self.progress.lock().clone();
        RuleGroupState {
            name: self.name.clone(),
            file: self.file.clone(),
            interval: self.interval,
            limit: self.limit,
            evaluation_time: progress.evaluation_time,
            last_evaluation: progress.last_evaluation,
            rules: self
                .rules
                .iter()
                .map(|rule| rule.shown(with_alerts))
                .collect(),
        }
    }
}

fn traffic(rule: &Rule) -> Traffic {
    let alert = rule.alert();
    let annotations = alert.iter().flat_map(|alert| alert.annotations.values());
    let mut templates = annotations.chain(rule.config.labels.values());
    let asks = alert.is_some() && templates.any(|text| expand::asks(text));
    Traffic {
        reads: if asks {
            Reads::Anything
        } else {
            rule.query.reads()
        },
        records: alert.is_none().then(|| rule.config.name().to_owned()),
    }
}

/// Where a person sees an expression's values as a table.
fn generator_url(external_url: &str, expression: &str) -> String {
    let mut url = format!("{external_url}/graph?g0.expr=");
    for byte in expression.bytes() {
        match byte {
            b' ' => url.push('+'),
            b'-' | b'_' | b'.' | b'~' => url.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url.push_str("&g0.tab=1");
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_escaped_as_upstream_does() {
        assert_eq!(
            generator_url("http://a", "rate(x{y=\"é~*\"}[5m]) > 1"),
            "http://a/graph?g0.expr=rate%28x%7By%3D%22%C3%A9~%2A%22%7D%5B5m%5D%29+%3E+1&g0.tab=1"
        );
    }
}
