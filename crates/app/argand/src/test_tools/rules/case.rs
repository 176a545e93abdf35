//! One test: its series are given, its groups have their turns, and what comes is held against what
//! is expected.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use config::{AlertTest, ExpressionTest, NameValidation, RuleTest, RuleTestFile};
use contract::memory::MemoryStore;
use contract::{AlertState, Append, Query, Select, SystemClock};
use model::Labels;
use promql::script::series;
use promql::{CancelToken, Engine, EngineOptions, RuleQueries};
use rules::{Rehearsal, RuleOptions, RuleSettings, RuleStages, RulesError};

use super::input::Input;
use super::insight;
use super::words::{self, Alert, Sample};
use crate::tools::{go_time, values};

/// One test of a file.
pub(super) struct Case<'a> {
    pub(super) file: &'a RuleTestFile,
    pub(super) test: &'a RuleTest,
    /// Whether keys of rule files that nobody knows are passed over.
    pub(super) unknown_keys: bool,
    /// Whether alerts are shown side by side where they differ.
    pub(super) is_compared: bool,
    /// Whether all that is stored is told of.
    pub(super) is_debugged: bool,
    /// How queries are read and evaluated.
    pub(super) engine: &'a EngineOptions,
}

impl Case<'_> {
    /// What came otherwise than expected; an error where the test itself is wrong.
    pub(super) fn run(&self) -> Result<Vec<String>> {
        let start = match &self.test.start {
            Some(text) => values::moment(text)?,
            None => 0,
        };
        self.check_names()?;
        let store = Arc::new(MemoryStore::new());
        let queries = Arc::new(self.queries(&store)?);
        let groups = match self.groups(&store, Arc::clone(&queries)) {
            Ok(groups) => groups,
            Err(RulesError::Files(faults)) => {
                return Ok(faults.iter().map(ToString::to_string).collect());
            }
        };
        let mut input = Input::read(self.test, start)?;
        let mut faults = Vec::new();
        let interval = millis(self.file.evaluation_interval)?;
        let mut at = start;
        while at <= start.saturating_add(millis(self.last())?) {
            input.give(&store, at);
            groups.turn(at);
            let failed = failures(&groups, at);
            if !failed.is_empty() {
                faults.extend(failed);
                return Ok(faults);
            }
            let next = at.saturating_add(interval);
            for test in &self.test.alerts {
                let asked = start.saturating_add(millis(test.at)?);
                if (at..next).contains(&asked) {
                    faults.extend(self.alerts(test, &groups));
                }
            }
            at = next;
        }
        for test in &self.test.expressions {
            let at = start.saturating_add(millis(test.at)?);
            faults.extend(self.expression(test, queries.as_ref(), at));
        }
        if self.is_debugged {
            insight::dump(&store, start, millis(self.last())?);
        }
        Ok(faults)
    }

    fn check_names(&self) -> Result<()> {
        if let Some(test) = self.test.alerts.iter().find(|test| test.name.is_empty()) {
            let within = match self.test.name.as_str() {
                "" => String::new(),
                name => format!(" (in TestGroup {name})"),
            };
            bail!(
                "an item under alert_rule_test misses required attribute alertname at eval_time {}{within}",
                words::duration(test.at)
            );
        }
        Ok(())
    }

    fn queries(&self, store: &Arc<MemoryStore>) -> Result<RuleQueries> {
        let options = EngineOptions {
            default_subquery_step: millis(self.file.evaluation_interval)?,
            ..self.engine.clone()
        };
        let engine = Arc::new(Engine::new(options));
        let select = Arc::clone(store) as Arc<dyn Select>;
        Ok(RuleQueries::new(engine, select, CancelToken::default()))
    }

    fn groups(
        &self,
        store: &Arc<MemoryStore>,
        query: Arc<RuleQueries>,
    ) -> Result<Rehearsal, RulesError> {
        let stages = RuleStages {
            query,
            append: Arc::clone(store) as Arc<dyn Append>,
            select: Arc::clone(store) as Arc<dyn Select>,
            sinks: Vec::new(),
            clock: Arc::new(SystemClock),
        };
        let options = RuleOptions {
            external_url: self.test.external_url.clone(),
            ..RuleOptions::default()
        };
        let settings = RuleSettings {
            files: self.file.rule_files.clone(),
            interval: self.test.interval,
            query_offset: Duration::ZERO,
            external_labels: self.test.external_labels.clone(),
            names: NameValidation::Utf8,
            unknown_keys: self.unknown_keys,
        };
        let mut groups = Rehearsal::load(stages, options, settings)?;
        // A group that is not named counts as the first.
        groups.order(|name| {
            let mut order = self.file.group_order.iter();
            order.position(|known| known == name).unwrap_or(0)
        });
        Ok(groups)
    }

    /// The last moment that is asked for, from the start.
    fn last(&self) -> Duration {
        let alerts = self.test.alerts.iter().map(|test| test.at);
        let expressions = self.test.expressions.iter().map(|test| test.at);
        alerts.chain(expressions).max().unwrap_or_default()
    }

    fn alerts(&self, test: &AlertTest, groups: &Rehearsal) -> Option<String> {
        let mut expected: Vec<Alert> = test
            .expected
            .iter()
            .map(|alert| {
                let mut labels = Labels::from_pairs(&alert.labels).to_builder();
                labels.set("alertname", &test.name);
                Alert {
                    labels: labels.build(),
                    annotations: alert.annotations.clone().into_iter().collect(),
                }
            })
            .collect();
        let groups = groups.groups();
        let rules = groups.iter().flat_map(|group| &group.rules);
        let alerts = rules
            .filter(|rule| rule.name == test.name)
            .filter_map(|rule| rule.alerting.as_ref()?.alerts.as_ref())
            .flatten();
        let mut got: Vec<Alert> = alerts
            .filter(|alert| alert.state == AlertState::Firing)
            .map(|alert| Alert {
                labels: alert.labels.clone(),
                annotations: alert.annotations.clone(),
            })
            .collect();
        expected.sort();
        got.sort();
        let name = &self.test.name;
        (expected != got).then(|| match self.is_compared {
            true => words::compared(name, test, &expected, &got),
            false => words::alerts(name, test, &expected, &got),
        })
    }

    fn expression(&self, test: &ExpressionTest, queries: &RuleQueries, at: i64) -> Option<String> {
        let answer = queries
            .prepare(&test.expression)
            .and_then(|query| query.at(at));
        let answer = match answer {
            Ok(points) => points,
            Err(fault) => return Some(words::failed(test, &fault.to_string())),
        };
        let mut got: Vec<Sample> = answer
            .into_iter()
            .map(|point| Sample {
                labels: point.labels,
                value: point.value,
                histogram: point.histogram.as_deref().map(series::histogram),
            })
            .collect();
        let mut expected = match expected(test) {
            Ok(expected) => expected,
            Err(reason) => return Some(words::failed(test, &reason)),
        };
        got.sort_by(|a, b| a.labels.cmp(&b.labels));
        expected.sort_by(|a, b| a.labels.cmp(&b.labels));
        let same = expected.len() == got.len()
            && expected
                .iter()
                .zip(&got)
                .all(|(expected, got)| expected.fits(got, self.file.fuzzy));
        (!same).then(|| words::samples(test, &expected, &got))
    }
}

/// What rules say of why they failed at a moment.
fn failures(groups: &Rehearsal, at: i64) -> Vec<String> {
    let groups = groups.groups();
    let rules = groups.iter().flat_map(|group| &group.rules);
    rules
        .filter(|rule| !rule.last_error.is_empty())
        .map(|rule| {
            let time = go_time::duration(at);
            format!(
                "    rule: {}, time: {time}, err: {}",
                rule.name, rule.last_error
            )
        })
        .collect()
}

fn expected(test: &ExpressionTest) -> Result<Vec<Sample>, String> {
    let samples = test.expected.iter().map(|sample| {
        let wrong = |reason: String| format!("labels {:?}: {reason}", sample.labels);
        let labels = match sample.labels.trim() {
            "" => Labels::empty(),
            text => series::labels(text).map_err(wrong)?,
        };
        let histogram = match sample.histogram.as_str() {
            "" => None,
            text => {
                let values = series::values(text).map_err(wrong)?;
                let [Some(promql::SampleValue::Histogram(histogram))] = values.as_slice() else {
                    return Err(wrong(format!("expected one histogram, got {text}")));
                };
                Some(series::histogram(histogram))
            }
        };
        Ok(Sample {
            labels,
            value: sample.value,
            histogram,
        })
    });
    samples.collect()
}

fn millis(length: Duration) -> Result<i64> {
    i64::try_from(length.as_millis()).context("a length of time out of range")
}
