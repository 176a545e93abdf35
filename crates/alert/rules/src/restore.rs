//! Since when alerts hold that an earlier run of the program knew of.
//!
//! The earlier run stored that moment as the value of `ALERTS_FOR_STATE`. The time during which
//! nobody evaluated the rule does not count as held, so that no alert fires only because the
//! program was away.

use std::collections::HashMap;

use contract::{Select, SelectError, Selection, TimeRange};
use model::{Columns, Labels, METRIC_NAME, MatchOp, Matcher, Sample, is_stale};

use crate::alerting::{ALERT_NAME, ALERTS_FOR_STATE, Alerts};
use crate::recording::pairs;
use crate::rule::{Rule, millis};

/// How far back what an earlier run knew counts, and how long an alert waits at least before it
/// fires. In milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) outage_tolerance: i64,
    pub(crate) grace_period: i64,
}

/// Looks up the alerts of an alerting rule at `now`, in milliseconds since the epoch. Alerts whose
/// rule asks for less than the grace period are left as they are.
pub(crate) fn restore(
    rule: &Rule,
    select: &dyn Select,
    now: i64,
    patience: Patience,
) -> Result<(), SelectError> {
    let hold = rule.alert().map_or(0, |alert| millis(alert.hold));
    let has_alerts = !rule.carried.memory.lock().alerts.is_empty();
    if hold < patience.grace_period || !has_alerts {
        return Ok(());
    }
    let range = TimeRange {
        start: now.saturating_sub(patience.outage_tolerance),
        end: now,
    };
    let known = known(rule, select, range)?;
    let mut memory = rule.carried.memory.lock();
    set(&mut memory.alerts, &known, now, hold, patience.grace_period);
    Ok(())
}

fn set(alerts: &mut Alerts, known: &HashMap<Labels, Sample>, now: i64, hold: i64, grace: i64) {
    alerts.set_active_at(|labels| {
        let last = known.get(labels)?;
        active_at(*last, now, hold, grace)
    });
}

/// The last sample of each alert of a rule that an earlier run stored, by the alert's labels.
fn known(
    rule: &Rule,
    select: &dyn Select,
    range: TimeRange,
) -> Result<HashMap<Labels, Sample>, SelectError> {
    let fixed = [
        (METRIC_NAME, ALERTS_FOR_STATE),
        (ALERT_NAME, rule.config.name()),
    ];
    // The text of a template is no alert's label.
    let own = pairs(&rule.config.labels)
        .filter(|(name, value)| *name != ALERT_NAME && !value.is_empty() && !value.contains("{{"));
    let matchers: Vec<Matcher> = fixed
        .into_iter()
        .chain(own)
        .filter_map(|(name, value)| Matcher::new(name, MatchOp::Equal, value).ok())
        .collect();
    let list = select.select(&Selection {
        matchers: &matchers,
        range,
        limit: 0,
    })?;
    let mut known = HashMap::with_capacity(list.len());
    let mut columns = Columns::new();
    for place in 0..list.len() {
        columns.clear();
        list.read(place, &mut columns)?;
        if let Some(last) = columns.iter().last() {
            known.insert(list.labels(place).without_metric(), last);
        }
    }
    Ok(known)
}

/// Since when an alert holds of which an earlier run last stored a sample. All times in
/// milliseconds.
fn active_at(last: Sample, now: i64, hold: i64, grace: i64) -> Option<i64> {
    if is_stale(last.value) {
        return None;
    }
    let since = (last.value as i64).saturating_mul(1000);
    let held = last.time.saturating_sub(since);
    let left = hold.saturating_sub(held);
    Some(if left <= 0 {
        since
    } else if left < grace {
        now.saturating_add(grace).saturating_sub(hold)
    } else {
        let away = now.saturating_sub(last.time);
        since.saturating_add(away)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1000;

    /// An alert that held since second 100 and whose rule asks for 600 seconds, looked up in
    /// second 1000 with a grace period of 100 seconds.
    fn check(last_at: i64, value: f64, expected: Option<i64>) {
        let last = Sample {
            time: last_at * SECOND,
            value,
        };
        let found = active_at(last, 1000 * SECOND, 600 * SECOND, 100 * SECOND);
        assert_eq!(found, expected.map(|at| at * SECOND), "{last_at}");
    }

    #[test]
    fn time_away_does_not_count_as_held() {
        // It had fired.
        check(700, 100.0, Some(100));
        check(900, 100.0, Some(100));
        // It had 50 seconds left: it fires after the grace period.
        check(650, 100.0, Some(500));
        // It had 400 seconds left, and has them still.
        check(300, 100.0, Some(800));
        check(300, model::stale_nan(), None);
    }
}
