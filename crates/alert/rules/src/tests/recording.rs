//! Recording rules.

use contract::{RuleHealth, RuleStates};

use super::{World, series};
use crate::RuleOptions;

#[test]
fn results_are_stored_in_order_and_later_rules_see_them() {
    let world = World::new(RuleOptions::default());
    let rules = "groups:
- name: g
  interval: 10s
  labels: {team: x}
  rules:
  - {record: one, expr: up, labels: {zone: z}}
  - {record: two, expr: one}
";
    world.load(rules).unwrap();
    world.sample(&[("__name__", "up"), ("job", "a")], 10, 1.0);
    world.turn(10);
    world.turn(20);
    let both = "{job=\"a\", team=\"x\", zone=\"z\"}";
    for metric in ["one", "two"] {
        assert_eq!(world.dump(metric), series(&[(both, "1@10 1@20")]));
    }
    let groups = world.manager.groups(true);
    assert_eq!(groups[0].file, world.file().display().to_string());
    assert_eq!(groups[0].rules[0].health, RuleHealth::Good);
    assert_eq!(groups[0].rules[0].last_evaluation, Some(20_000));
    assert_eq!(groups[0].last_evaluation, Some(20_000));
}

#[test]
fn a_rule_that_fails_stops_no_other_and_says_why() {
    let world = World::new(RuleOptions::default());
    let rules = "groups:
- name: g
  limit: 1
  rules:
  - {record: a, expr: '!no such thing'}
  - {record: b, expr: up}
  - {record: c, expr: up, labels: {job: ''}}
  - {record: d, expr: one}
";
    world.load(rules).unwrap();
    for job in ["a", "b"] {
        world.sample(&[("__name__", "up"), ("job", job)], 10, 1.0);
    }
    world.sample(&[("__name__", "one")], 10, 1.0);
    world.turn(10);
    let rules = &world.manager.groups(true)[0].rules;
    let errors: Vec<&str> = rules.iter().map(|rule| rule.last_error.as_str()).collect();
    assert_eq!(
        errors,
        [
            "no such thing",
            "exceeded limit of 1 with 2 series",
            "vector contains metrics with the same labelset after applying rule labels",
            "",
        ]
    );
    let health: Vec<&str> = rules.iter().map(|rule| rule.health.as_str()).collect();
    assert_eq!(health, ["err", "err", "err", "ok"]);
    assert_eq!(world.dump("d"), series(&[("{}", "1@10")]));
    assert_eq!(world.group().metrics.failures.get(), 3);
    assert_eq!(world.group().metrics.evaluations.get(), 4);
}

#[test]
fn a_result_that_is_not_stored_makes_the_rule_bad() {
    let world = World::new(RuleOptions::default());
    world
        .load("groups: [{name: g, rules: [{record: a, expr: one}]}]")
        .unwrap();
    world.sample(&[("__name__", "one")], 10, 1.0);
    world.sample(&[("__name__", "a")], 30, 1.0);
    world.turn(20);
    let rule = world.manager.groups(true)[0].rules[0].clone();
    assert_eq!(rule.health, RuleHealth::Bad);
    assert_eq!(rule.last_error, "out of order sample");
}

#[test]
fn the_offset_asks_and_stores_in_the_past() {
    let world = World::new(RuleOptions::default());
    let rules = "groups: [{name: g, query_offset: 5s, rules: [{record: a, expr: one}]}]";
    world.load(rules).unwrap();
    world.sample(&[("__name__", "one")], 10, 1.0);
    world.sample(&[("__name__", "one")], 18, 2.0);
    world.turn(20);
    assert_eq!(world.dump("a"), series(&[("{}", "1@15")]));
}

#[test]
fn rules_at_once_give_what_rules_in_order_give() {
    let rules = "groups:
- name: g
  rules:
  - {record: a, expr: up}
  - {record: b, expr: up}
  - {record: c, expr: a}
  - {record: d, expr: c}
  - {record: e, expr: up}
";
    let outcome = |concurrent_rules| {
        let world = World::new(RuleOptions {
            concurrent_rules,
            ..RuleOptions::default()
        });
        world.load(rules).unwrap();
        for second in [10, 20] {
            world.sample(&[("__name__", "up")], second, second as f64);
            world.turn(second);
        }
        ["a", "b", "c", "d", "e"].map(|metric| world.dump(metric))
    };
    assert_eq!(outcome(true), outcome(false));
    assert_eq!(outcome(true)[3], series(&[("{}", "10@10 20@20")]));
}
