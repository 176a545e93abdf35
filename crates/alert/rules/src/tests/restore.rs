//! A second run of the program over what the first one has stored.

use std::sync::Arc;
use std::time::Duration;

use contract::{AlertState, RuleStates};

use super::World;
use crate::RuleOptions;

const RULES: &str = "groups:
- name: g
  interval: 60s
  rules:
  - {alert: A, expr: down, for: 1h, labels: {team: x}}
  - {alert: B, expr: down, for: 5m}
";

fn options() -> RuleOptions {
    RuleOptions {
        outage_tolerance: Duration::from_secs(3600),
        grace_period: Duration::from_secs(600),
        ..RuleOptions::default()
    }
}

/// Since when the alerts of both rules hold, in seconds.
fn active(world: &World) -> Vec<i64> {
    let groups = world.manager.groups(true);
    let rules = groups[0].rules.iter();
    let alerts = rules.flat_map(|rule| rule.alerting.clone().unwrap().alerts.unwrap());
    alerts.map(|alert| alert.active_at / 1000).collect()
}

#[test]
fn alerts_hold_on_over_a_restart() {
    let first = World::new(options());
    first.load(RULES).unwrap();
    first.group().restore();
    for second in (1000..=3400).step_by(60) {
        first.sample(&[("__name__", "down"), ("instance", "a")], second, 1.0);
        first.turn(second);
    }
    assert_eq!(active(&first), [1000, 1000]);

    // The program is away for a quarter of an hour.
    let second = World::over(Arc::clone(&first.store), options());
    second.load(RULES).unwrap();
    for time in [4300, 4360] {
        second.sample(&[("__name__", "down"), ("instance", "a")], time, 1.0);
        second.turn(time);
    }
    assert_eq!(active(&second), [4300, 4300]);
    // What the first run stored is not written over before it has been looked up.
    let stored = second.dump("ALERTS_FOR_STATE");
    assert!(
        stored.iter().all(|(_, samples)| samples.ends_with("@3400")),
        "{stored:?}"
    );
    assert!(second.group().needs_restoring());
    second.group().restore();
    assert!(!second.group().needs_restoring());
    // Rules that ask for less than the grace period begin anew.
    assert_eq!(active(&second), [1000 + 4360 - 3400, 4300]);
    second.turn(4420);
    let stored = second.dump("ALERTS_FOR_STATE");
    assert!(stored[0].1.ends_with("1000@3400 1960@4420"), "{stored:?}");
}

#[test]
fn what_was_known_too_long_ago_does_not_count() {
    let first = World::new(options());
    first.load(RULES).unwrap();
    first.group().restore();
    first.sample(&[("__name__", "down")], 1000, 1.0);
    first.turn(1000);
    let second = World::over(Arc::clone(&first.store), options());
    second.load(RULES).unwrap();
    second.sample(&[("__name__", "down")], 5000, 1.0);
    second.turn(5000);
    second.group().restore();
    assert_eq!(active(&second), [5000, 5000]);
}

#[test]
fn a_rule_that_comes_with_a_reload_has_nothing_to_look_up() {
    let world = World::new(options());
    world.load("groups: []").unwrap();
    world.load(RULES).unwrap();
    assert!(!world.group().needs_restoring());
    let groups = world.manager.groups(true);
    let state = groups[0].rules[0].alerting.clone().unwrap().state;
    assert_eq!(state, AlertState::Unknown);
}
