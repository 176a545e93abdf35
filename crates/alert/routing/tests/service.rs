//! The whole service on a clock that only moves when all wait: what is told, when, and why.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

mod common;

use common::{Case, at, config, route};
use config::alertmanager::{InhibitRule, TimeInterval, TimePeriod};
use contract::NotificationReason::{AllResolved, First, NewAlerts, NewlyResolved, Repeat};
use contract::{Gather, NotifyError};
use model::{Labels, Matcher};
use routing::{AlertFilter, HistoryFilter, PostedAlert, Silence, SilenceState};
use std::time::Duration;

#[test]
fn a_group_waits_then_looks_in_its_interval() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(5).await;
        now.fire("A", "2").await;
        now.pass(10).await;
        now.fire("A", "3").await;
        now.pass(100).await;
    });
    case.heard(&[(10, "hook", First, "1 2"), (40, "hook", NewAlerts, "1 2 3")]);
}

#[test]
fn an_old_alert_does_not_wait() {
    let case = Case::new(config(route()));
    case.run(1000, async |now| {
        now.post("A", "1", Some(at(1000 - 60)), None).await;
        now.pass(5).await;
        // Its group has had its turn: what comes now waits for the next.
        now.post("A", "2", Some(at(1000 - 60)), None).await;
        now.pass(50).await;
    });
    case.heard(&[(1000, "hook", First, "1"), (1030, "hook", NewAlerts, "1 2")]);
}

#[test]
fn ends_are_told_once_and_the_group_begins_anew() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.fire("A", "2").await;
        now.pass(15).await;
        now.end("A", "1").await;
        now.pass(30).await;
        now.end("A", "2").await;
        now.pass(100).await;
        now.fire("A", "1").await;
        now.pass(20).await;
    });
    case.heard(&[
        (10, "hook", First, "1 2"),
        (40, "hook", NewlyResolved, "-1 2"),
        (70, "hook", AllResolved, "-2"),
        (155, "hook", NewAlerts, "1"),
    ]);
}

#[test]
fn whoever_does_not_hear_of_ends_hears_of_the_next_beginning() {
    let mut case = Case::new(config(route()));
    case.sends_resolved = false;
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(15).await;
        now.end("A", "1").await;
        now.pass(60).await;
        now.fire("A", "1").await;
        now.pass(60).await;
    });
    case.heard(&[(10, "hook", First, "1"), (85, "hook", NewAlerts, "1")]);
}

#[test]
fn what_stays_is_repeated() {
    let mut root = route();
    root.repeat_interval = Duration::from_secs(50);
    let case = Case::new(config(root));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(200).await;
    });
    // Turns are at 10, 40, 70, …; the repeat is due after more than 50 s.
    case.heard(&[
        (10, "hook", First, "1"),
        (70, "hook", Repeat, "1"),
        (130, "hook", Repeat, "1"),
        (190, "hook", Repeat, "1"),
    ]);
}

#[test]
fn an_alert_that_nobody_says_again_ends() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(400).await;
        let events = now.routing.alert_history(&HistoryFilter::default());
        let times: Vec<(i64, bool)> = events.iter().map(|e| (e.at - at(0), e.firing)).collect();
        assert_eq!(times, [(300_000, false), (0, true)]);
    });
    case.heard(&[(10, "hook", First, "1"), (310, "hook", AllResolved, "-1")]);
}

#[test]
fn inhibited_alerts_are_not_told() {
    let mut config = config(route());
    config.inhibit_rules = vec![InhibitRule {
        name: String::new(),
        source: vec![Matcher::equal("alertname", "Root")],
        target: vec![Matcher::equal("alertname", "A")],
        equal: vec!["cluster".to_owned()],
    }];
    let case = Case::new(config);
    case.run(0, async |now| {
        now.fire("Root", "0").await;
        now.fire("A", "1").await;
        now.pass(20).await;
        let views = now.routing.alerts(&AlertFilter::default());
        let suppressed = views.iter().filter(|view| view.is_suppressed()).count();
        assert_eq!(suppressed, 1);
        now.end("Root", "0").await;
        now.pass(50).await;
    });
    case.heard(&[
        (10, "hook", First, "0"),
        (40, "hook", AllResolved, "-0"),
        (40, "hook", First, "1"),
    ]);
}

#[test]
fn silenced_alerts_are_not_told() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        let id = now
            .routing
            .set_silence(silence(0, 60), false)
            .await
            .unwrap();
        now.fire("A", "1").await;
        now.fire("B", "2").await;
        now.pass(20).await;
        let views = now.routing.alerts(&AlertFilter::default());
        let muting: Vec<&String> = views.iter().flat_map(|view| &view.silenced_by).collect();
        assert_eq!(muting, [&id]);
        now.pass(80).await;
        assert_eq!(now.routing.silence(&id).unwrap().1, SilenceState::Expired);
    });
    case.heard(&[(10, "hook", First, "2"), (70, "hook", First, "1")]);
}

fn silence(starts_at: i64, ends_at: i64) -> Silence {
    Silence {
        id: String::new(),
        matchers: vec![Matcher::equal("alertname", "A")],
        starts_at: at(starts_at),
        ends_at: at(ends_at),
        updated_at: 0,
        created_by: "me".to_owned(),
        comment: "work".to_owned(),
        ends_with_alerts: false,
    }
}

#[test]
fn a_silence_may_end_with_its_alerts() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        let mut wanted = silence(0, 10_000);
        wanted.ends_with_alerts = true;
        let id = now.routing.set_silence(wanted, false).await.unwrap();
        now.fire("A", "1").await;
        now.pass(65).await;
        assert_eq!(now.routing.silence(&id).unwrap().1, SilenceState::Active);
        now.end("A", "1").await;
        now.pass(60).await;
        assert_eq!(now.routing.silence(&id).unwrap().1, SilenceState::Expired);
    });
    case.heard(&[]);
}

fn hours(name: &str, start: u16, end: u16) -> TimeInterval {
    TimeInterval {
        name: name.to_owned(),
        periods: vec![TimePeriod {
            times: Some(vec![config::alertmanager::MinuteRange { start, end }]),
            weekdays: None,
            days_of_month: None,
            months: None,
            years: None,
            location: jiff::tz::TimeZone::UTC,
        }],
    }
}

#[test]
fn routes_are_quiet_in_their_mute_times_and_outside_of_their_active_ones() {
    let mut root = route();
    let quiet = |matcher: &str| {
        let mut route = route();
        route.matchers = vec![Matcher::equal("alertname", matcher)];
        route
    };
    let (mut muted, mut active) = (quiet("A"), quiet("B"));
    muted.mute_time_intervals = vec!["first minute".to_owned()];
    active.active_time_intervals = vec!["second minute".to_owned()];
    root.routes = vec![muted, active];
    let mut config = config(root);
    config.time_intervals = vec![hours("first minute", 0, 1), hours("second minute", 1, 2)];
    let case = Case::new(config);
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.fire("B", "2").await;
        now.fire("C", "3").await;
        now.pass(20).await;
        let groups = now.routing.groups(&AlertFilter::default());
        let muted: Vec<&[String]> = groups.iter().map(|g| &g.alerts[0].muted_by[..]).collect();
        assert_eq!(
            muted,
            [
                &["first minute".to_owned()][..],
                &["second minute".to_owned()],
                &[]
            ]
        );
        now.pass(80).await;
    });
    case.heard(&[
        (10, "hook", First, "3"),
        (70, "hook", First, "1"),
        (70, "hook", First, "2"),
    ]);
}

#[test]
fn a_receiver_that_fails_is_asked_again_until_the_next_turn() {
    let case = Case::new(config(route()));
    case.fail(3, || error(true, None));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(100).await;
        let deliveries = now.routing.deliveries(&HistoryFilter::default());
        assert_eq!(deliveries.len(), 1);
        assert_eq!(
            (deliveries[0].attempts, deliveries[0].error.as_str()),
            (4, "")
        );
        let mut families = Vec::new();
        now.routing.gather(&mut families);
        let number =
            |name: &str| match families.iter().find(|f| f.name == name).unwrap().points[0].value {
                model::PointValue::Number(number) => number,
                _ => f64::NAN,
            };
        assert_eq!(number("alertmanager_notification_requests_total"), 4.0);
        assert_eq!(
            number("alertmanager_notification_requests_failed_total"),
            3.0
        );
        assert_eq!(number("alertmanager_notifications_total"), 1.0);
    });
    let heard = case.everything();
    assert_eq!(heard.len(), 1);
    assert!(
        (12_000..20_000).contains(&heard[0].millis) || heard[0].millis < 13_000,
        "{heard:?}"
    );
}

#[test]
fn a_receiver_that_refuses_is_asked_at_the_next_turn() {
    let case = Case::new(config(route()));
    case.fail(1, || error(false, None));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(100).await;
    });
    case.heard(&[(40, "hook", First, "1")]);
}

#[test]
fn a_receiver_is_left_alone_as_long_as_it_asks() {
    let case = Case::new(config(route()));
    case.fail(1, || error(true, Some(Duration::from_secs(20))));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(100).await;
    });
    case.heard(&[(30, "hook", First, "1")]);
}

fn error(may_retry: bool, retry_after: Option<Duration>) -> NotifyError {
    NotifyError {
        message: "unexpected status code 500".to_owned(),
        may_retry,
        retry_after,
    }
}

#[test]
fn a_new_configuration_tells_nobody_again() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(20).await;
        now.reload(&config(route()));
        now.pass(5).await;
        now.fire("A", "2").await;
        now.pass(100).await;
    });
    case.heard(&[(10, "hook", First, "1"), (40, "hook", NewAlerts, "1 2")]);
}

#[test]
fn a_route_that_is_new_is_told() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(30).await;
        let mut root = route();
        let mut child = route();
        child.receiver = "other".to_owned();
        child.matchers = vec![Matcher::equal("alertname", "A")];
        root.routes = vec![child];
        now.reload(&config(root));
        now.pass(100).await;
    });
    case.heard(&[(10, "hook", First, "1"), (30, "other", First, "1")]);
}

#[test]
fn a_restart_tells_nobody_again_and_invents_no_end() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(20).await;
        // Killed here.
    });
    // Longer than the alert's timeout.
    case.run(1800, async |now| {
        assert_eq!(now.routing.alerts(&AlertFilter::default()).len(), 1);
        now.pass(95).await;
        now.fire("A", "1").await;
        now.pass(20).await;
        now.end("A", "1").await;
        now.pass(50).await;
    });
    case.heard(&[(10, "hook", First, "1"), (1920, "hook", AllResolved, "-1")]);
}

#[test]
fn an_end_that_was_not_told_is_told_after_the_restart() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(20).await;
        now.end("A", "1").await;
    });
    case.run(25, async |now| now.pass(100).await);
    case.heard(&[(10, "hook", First, "1"), (40, "hook", AllResolved, "-1")]);
}

#[test]
fn silences_and_history_outlive_the_process() {
    let case = Case::new(config(route()));
    let mut id = String::new();
    case.run(0, async |now| {
        id = now
            .routing
            .set_silence(silence(0, 5000), false)
            .await
            .unwrap();
        now.fire("A", "1").await;
        now.fire("B", "2").await;
        now.pass(20).await;
    });
    case.run(30, async |now| {
        assert_eq!(now.routing.silence(&id).unwrap().1, SilenceState::Active);
        assert_eq!(
            now.routing.alert_history(&HistoryFilter::default()).len(),
            2
        );
        assert_eq!(now.routing.deliveries(&HistoryFilter::default()).len(), 1);
        now.pass(5).await;
        now.routing.expire_silence(&id).await.unwrap();
        now.pass(60).await;
    });
    case.heard(&[(10, "hook", First, "2"), (60, "hook", First, "1")]);
}

#[test]
fn an_end_in_order_keeps_everything_too() {
    let case = Case::new(config(route()));
    for second in [0, 100, 200] {
        case.run(second, async |now| {
            now.fire("A", "1").await;
            now.routing
                .set_silence(silence(second, 5000), false)
                .await
                .unwrap();
            now.pass(20).await;
            now.routing.shutdown().await;
        });
    }
    case.run(300, async |now| {
        assert_eq!(now.routing.silences(&[]).len(), 3);
        assert_eq!(now.routing.alerts(&AlertFilter::default()).len(), 1);
        assert_eq!(
            now.routing.alert_history(&HistoryFilter::default()).len(),
            1
        );
    });
    case.heard(&[]);
}

#[test]
fn what_exceeds_a_limit_is_refused_and_counted() {
    let mut case = Case::new(config(route()));
    case.limits = routing::Limits {
        alerts: 2,
        groups: 1,
        alert_bytes: 100,
        ..case.limits
    };
    case.run(0, async |now| {
        now.fire("A", "1").await;
        // No group is left for it.
        now.fire("B", "2").await;
        now.fire("A", "3").await;
        let mut large = PostedAlert {
            labels: Labels::from_pairs([("alertname", "A"), ("n", "4")]),
            annotations: Labels::from_pairs([("text", "x".repeat(200))]),
            starts_at: None,
            ends_at: None,
            generator_url: String::new(),
        };
        let refused = now
            .routing
            .post_alerts(vec![large.clone()])
            .await
            .unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("alert exceeded maximum size"),
            "{refused}"
        );
        large.annotations = Labels::empty();
        now.routing.post_alerts(vec![large]).await.unwrap();
        now.pass(20).await;
        let mut families = Vec::new();
        now.routing.gather(&mut families);
        for (name, expected) in [
            ("alertmanager_alerts_limited_total", 2.0),
            ("alertmanager_alerts_invalid_total", 1.0),
            (
                "alertmanager_dispatcher_aggregation_group_limit_reached_total",
                1.0,
            ),
            ("alertmanager_dispatcher_aggregation_groups", 1.0),
        ] {
            let family = families.iter().find(|family| family.name == name).unwrap();
            assert_eq!(
                family.points[0].value,
                model::PointValue::Number(expected),
                "{name}"
            );
        }
    });
    case.heard(&[(10, "hook", First, "1")]);
}

#[test]
fn nobody_is_told_during_the_delay_after_the_start() {
    let mut case = Case::new(config(route()));
    case.start_delay = Duration::from_secs(60);
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(30).await;
        now.fire("A", "2").await;
        now.pass(60).await;
    });
    case.heard(&[(60, "hook", First, "1 2")]);
}

#[test]
fn valid_alerts_are_taken_beside_invalid_ones() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        let posted = |labels: &[(&str, &str)]| PostedAlert {
            labels: Labels::from_pairs(labels.iter().copied()),
            annotations: Labels::empty(),
            starts_at: None,
            ends_at: None,
            generator_url: String::new(),
        };
        let refused = now
            .routing
            .post_alerts(vec![posted(&[]), posted(&[("alertname", "A"), ("n", "1")])])
            .await;
        assert_eq!(
            refused.unwrap_err().to_string(),
            "at least one label pair required"
        );
        now.pass(20).await;
    });
    case.heard(&[(10, "hook", First, "1")]);
}
