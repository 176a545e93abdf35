//! Alerting rules: what holds, what is stored of it, and who is told.

use std::time::Duration;

use contract::{AlertState, RuleStates};

use super::{World, series};
use crate::RuleOptions;

/// A world whose alerts need not be looked up, with one alerting rule of these settings.
fn world(rule: &str) -> World {
    let world = World::new(RuleOptions {
        resend_delay: Duration::from_secs(30),
        ..RuleOptions::default()
    });
    world.load("groups: []").unwrap();
    let rules =
        format!("groups: [{{name: g, interval: 10s, rules: [{{alert: A, expr: down, {rule}}}]}}]");
    world.load(&rules).unwrap();
    world
}

fn down(world: &World, instance: &str, second: i64) {
    world.sample(&[("__name__", "down"), ("instance", instance)], second, 7.0);
}

fn up(world: &World, instance: &str, second: i64) {
    let series = [("__name__", "down"), ("instance", instance)];
    world.sample(&series, second, model::stale_nan());
}

fn state(world: &World) -> AlertState {
    let groups = world.manager.groups(false);
    groups[0].rules[0].alerting.as_ref().unwrap().state
}

#[test]
fn an_alert_is_pending_then_firing_then_inactive() {
    let world = world("for: 20s, labels: {severity: page}");
    assert_eq!(state(&world), AlertState::Unknown);
    world.turn(10);
    assert_eq!(state(&world), AlertState::Inactive);
    down(&world, "a", 20);
    for (second, expected) in [
        (20, AlertState::Pending),
        (30, AlertState::Pending),
        (40, AlertState::Firing),
    ] {
        world.turn(second);
        assert_eq!(state(&world), expected, "{second}");
    }
    assert_eq!(world.told(), [("a".to_owned(), 40, 40 + 4 * 30)]);
    up(&world, "a", 50);
    world.turn(50);
    assert_eq!(state(&world), AlertState::Inactive);
    assert_eq!(world.told(), [("a".to_owned(), 40, 50)]);
    let labels =
        |state: &str| format!("{{alertname=\"A\", {state}instance=\"a\", severity=\"page\"}}");
    assert_eq!(
        world.dump("ALERTS"),
        series(&[
            (&labels("alertstate=\"firing\", "), "1@40 stale@50"),
            (&labels("alertstate=\"pending\", "), "1@20 1@30 stale@40"),
        ])
    );
    assert_eq!(
        world.dump("ALERTS_FOR_STATE"),
        series(&[(&labels(""), "20@20 20@30 20@40 stale@50")])
    );
    assert_eq!(
        world.manager.groups(true)[0].rules[0]
            .alerting
            .as_ref()
            .unwrap()
            .alerts,
        Some(vec![])
    );
}

#[test]
fn a_pending_alert_that_ends_is_forgotten() {
    let world = world("for: 1h");
    down(&world, "a", 10);
    world.turn(10);
    up(&world, "a", 20);
    world.turn(20);
    assert_eq!(state(&world), AlertState::Inactive);
    assert_eq!(world.told(), []);
}

#[test]
fn alerts_are_said_again_after_a_while_and_their_end_for_a_quarter_of_an_hour() {
    let world = world("for: 0s");
    let mut said = Vec::new();
    for second in (10..=100).step_by(10) {
        down(&world, "a", second);
        world.turn(second);
        said.extend(world.told().into_iter().map(|_| second));
    }
    assert_eq!(said, [10, 50, 90]);
    up(&world, "a", 110);
    said.clear();
    for second in (110..2000).step_by(10) {
        world.turn(second);
        said.extend(world.told().into_iter().map(|(_, _, end)| {
            assert_eq!(end, 110);
            second
        }));
    }
    assert_eq!(said.first(), Some(&110));
    // Every 40 seconds, and the next time is a quarter of an hour and 20 seconds after the end.
    assert_eq!(said.last(), Some(&(110 + 880)));
}

#[test]
fn an_alert_that_comes_back_begins_anew() {
    let world = world("for: 20s");
    for second in [10, 20, 30] {
        down(&world, "a", second);
        world.turn(second);
    }
    up(&world, "a", 40);
    world.turn(40);
    down(&world, "a", 50);
    world.turn(50);
    assert_eq!(state(&world), AlertState::Pending);
    let groups = world.manager.groups(true);
    let alerts = groups[0].rules[0].alerting.clone().unwrap().alerts.unwrap();
    assert_eq!(alerts[0].active_at, 50_000);
    assert_eq!(alerts[0].value, 7.0);
}

#[test]
fn an_alert_goes_on_firing_for_as_long_as_its_rule_says() {
    let world = world("keep_firing_for: 25s");
    down(&world, "a", 10);
    world.turn(10);
    up(&world, "a", 20);
    for (second, expected) in [
        (20, AlertState::Firing),
        (30, AlertState::Firing),
        (40, AlertState::Firing),
        (50, AlertState::Inactive),
    ] {
        world.turn(second);
        assert_eq!(state(&world), expected, "{second}");
        let groups = world.manager.groups(true);
        let alerts = groups[0].rules[0].alerting.clone().unwrap().alerts.unwrap();
        if let Some(alert) = alerts.first() {
            assert_eq!(alert.keep_firing_since, Some(20_000));
        }
    }
}

#[test]
fn labels_and_annotations_are_templates() {
    let world = world(
        "labels: {where: 'at {{ $labels.instance }}', none: '{{ $labels.none }}'}, annotations: \
         {value: '{{ $value }}', empty: '{{ if false }}x{{ end }}', \
         broken: '{{ query \"!nothing there\" }}', other: '{{ with query \"up\" }}{{ . | first | value }}{{ end }}'}",
    );
    world.sample(&[("__name__", "up")], 10, 3.0);
    down(&world, "a", 10);
    world.turn(10);
    let groups = world.manager.groups(true);
    let alert = groups[0].rules[0]
        .alerting
        .clone()
        .unwrap()
        .alerts
        .unwrap()
        .remove(0);
    assert_eq!(alert.labels.get("where"), Some("at a"));
    assert_eq!(alert.labels.get("none"), None);
    let texts: Vec<(&str, &str)> = alert
        .annotations
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let (broken, rest) = texts.split_first().unwrap();
    assert!(
        broken
            .1
            .starts_with("<error expanding template: error executing template __alert_A: "),
        "{broken:?}"
    );
    assert!(broken.1.contains("nothing there"), "{broken:?}");
    assert_eq!(rest, [("empty", ""), ("other", "3"), ("value", "7")]);
    // As upstream has it, the template itself stands where it came out empty.
    assert!(
        world.dump("ALERTS")[0]
            .0
            .contains("none=\"{{ $labels.none }}\"")
    );
    let wrong = "groups: [{name: g, rules: [{alert: A, expr: down, labels: {x: '{{ $y }}'}}]}]";
    let error = world.load(wrong).unwrap_err().to_string();
    assert!(
        error.contains(
            "rule 1, \"A\": label \"x\": template: __alert_A:1: undefined variable \"$y\""
        ),
        "{error}"
    );
}

#[test]
fn too_many_alerts_and_alerts_that_become_the_same_are_errors() {
    let world = world("labels: {instance: ''}");
    down(&world, "a", 10);
    down(&world, "b", 10);
    world.turn(10);
    let error = |world: &World| world.manager.groups(false)[0].rules[0].last_error.clone();
    assert_eq!(
        error(&world),
        "vector contains metrics with the same labelset after applying alert labels"
    );
    world
        .load("groups: [{name: g, limit: 1, rules: [{alert: A, expr: down}]}]")
        .unwrap();
    world.turn(20);
    assert_eq!(error(&world), "exceeded limit of 1 with 2 alerts");
    assert_eq!(state(&world), AlertState::Inactive);
    assert_eq!(world.dump("ALERTS"), []);
}
