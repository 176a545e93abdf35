//! Reloads: what goes on, what ends, and what a wrong file changes.

use contract::{AlertState, Gather, RuleStates};

use super::{World, series};
use crate::RuleOptions;

const BOTH: &str = "groups:
- name: g
  interval: 10ms
  rules:
  - {record: one, expr: up}
  - {alert: A, expr: up, for: 1h}
";

fn world() -> World {
    let world = World::new(RuleOptions::default());
    world.load(BOTH).unwrap();
    world.sample(&[("__name__", "up")], 10, 1.0);
    world.turn(10);
    world
}

#[test]
fn a_group_that_is_the_same_goes_on() {
    let world = world();
    let before = world.group();
    world.load(&BOTH.replace("name: g", "name: \"g\"")).unwrap();
    assert!(std::sync::Arc::ptr_eq(&before, &world.group()));
}

#[test]
fn a_rule_keeps_its_alerts_and_series_where_its_group_changes() {
    let world = world();
    let before = world.group();
    world.load(&BOTH.replace("for: 1h", "for: 2h")).unwrap();
    assert!(!std::sync::Arc::ptr_eq(&before, &world.group()));
    let group = world.manager.groups(true).remove(0);
    let alerting = group.rules[1].alerting.clone().unwrap();
    assert_eq!(alerting.state, AlertState::Pending);
    assert_eq!(alerting.alerts.unwrap()[0].active_at, 10_000);
    assert_eq!(group.last_evaluation, Some(10_000));
    world.turn(20);
    assert_eq!(world.dump("one"), series(&[("{}", "1@10 1@20")]));
    assert_eq!(world.group().metrics.evaluations.get(), 4);
}

#[test]
fn the_series_of_rules_that_are_gone_end() {
    let world = world();
    world
        .load(&BOTH.replace("record: one", "record: two"))
        .unwrap();
    // The group takes over once the one before has stopped.
    world.wait(|| !world.group().orphans.lock().is_empty());
    world.turn(20);
    assert_eq!(world.dump("one"), series(&[("{}", "1@10 stale@20")]));
    assert_eq!(world.dump("two"), series(&[("{}", "1@20")]));
}

#[test]
fn the_series_of_a_group_that_is_gone_end_a_little_later() {
    let world = world();
    world.set_clock(15);
    world.load("groups: []").unwrap();
    assert_eq!(world.manager.groups(true), []);
    let ended = series(&[("{}", "1@10 stale@15")]);
    world.wait(|| world.dump("one") == ended);
    let mut families = Vec::new();
    world.manager.gather(&mut families);
    let evaluations = families
        .iter()
        .find(|family| family.name == "prometheus_rule_evaluations_total");
    assert_eq!(evaluations.unwrap().points, []);
    world.shutdown();
}

#[test]
fn a_wrong_file_changes_nothing() {
    let world = world();
    let error = world
        .load(&BOTH.replace("expr: up", "expr: ("))
        .unwrap_err();
    let place = format!("{}:5:25: ", world.file().display());
    assert!(error.to_string().starts_with(&place), "{error}");
    assert!(
        error.to_string().ends_with("(and 1 more in the log)"),
        "{error}"
    );
    world.turn(20);
    assert_eq!(world.dump("one"), series(&[("{}", "1@10 1@20")]));
}

#[test]
fn groups_have_their_turns_by_themselves() {
    let world = World::new(RuleOptions::default());
    world.load(BOTH).unwrap();
    world.sample(&[("__name__", "up")], 10, 1.0);
    world.set_clock(11);
    world.manager.open();
    let mut second = 11;
    world.wait(|| {
        second += 1;
        world.set_clock(second);
        world.group().metrics.evaluations.get() >= 4
    });
    assert!(
        world.group().metrics.missed.get() > 0,
        "a second is many turns"
    );
    let moved = world.dump("one");
    assert_eq!(moved.len(), 1, "{moved:?}");
    world.shutdown();
    // Nothing happens after the end.
    let evaluations = world.group().metrics.evaluations.get();
    world.set_clock(second + 10);
    world.load(BOTH).unwrap();
    assert_eq!(world.group().metrics.evaluations.get(), evaluations);
}
