//! Alerts that somebody has taken on.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::time::Duration;

use common::{Case, Now, at, config, route};
use contract::NotificationReason::{AllResolved, First, NewAlerts, Repeat};
use model::Matcher;
use routing::{AcknowledgeError, Acknowledged, AlertFilter};

/// A case in which groups are told of again every 50 seconds, seen every 30.
fn case() -> Case {
    let mut root = route();
    root.repeat_interval = Duration::from_secs(50);
    Case::new(config(root))
}

fn with(n: &str) -> Acknowledged {
    Acknowledged {
        fingerprint: None,
        matchers: vec![Matcher::equal("n", n)],
    }
}

async fn take_on(now: &Now, n: &str, until: Option<i64>) -> Result<Vec<u64>, AcknowledgeError> {
    let (by, comment) = ("me".to_owned(), "at it".to_owned());
    now.routing.acknowledge(&with(n), until, by, comment).await
}

/// Who has taken each alert on.
fn shown(now: &Now) -> Vec<Option<String>> {
    let views = now.routing.alerts(&AlertFilter::default());
    let by = |view: routing::AlertView| view.acknowledged.map(|one| one.by);
    views.into_iter().map(by).collect()
}

#[test]
fn nobody_is_reminded_until_it_ends() {
    let case = case();
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(15).await;
        assert_eq!(take_on(now, "1", None).await.unwrap().len(), 1);
        assert_eq!(shown(now), [Some("me".to_owned())]);
        now.pass(100).await;
        now.end("A", "1").await;
        now.pass(30).await;
        assert_eq!(now.routing.acknowledgements(), []);
        // It fires again: that is another matter.
        now.fire("A", "1").await;
        now.pass(100).await;
        assert_eq!(shown(now), [None]);
    });
    case.heard(&[
        (10, "hook", First, "1"),
        (130, "hook", AllResolved, "-1"),
        (160, "hook", NewAlerts, "1"),
        (220, "hook", Repeat, "1"),
    ]);
}

#[test]
fn its_time_may_be_over_before() {
    let case = case();
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(15).await;
        take_on(now, "1", Some(at(101))).await.unwrap();
        now.pass(120).await;
        take_on(now, "1", None).await.unwrap();
        now.pass(100).await;
        let fingerprint = now.routing.acknowledgements()[0].0;
        now.routing.give_back(fingerprint).await.unwrap();
        let again = now.routing.give_back(fingerprint).await;
        assert!(matches!(again, Err(AcknowledgeError::NotFound)));
        now.pass(20).await;
    });
    case.heard(&[
        (10, "hook", First, "1"),
        (130, "hook", Repeat, "1"),
        (250, "hook", Repeat, "1"),
    ]);
}

#[test]
fn an_alert_that_joins_is_told_of_and_reminded_of() {
    let case = case();
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(15).await;
        take_on(now, "1", None).await.unwrap();
        now.pass(60).await;
        now.fire("A", "2").await;
        now.pass(100).await;
        take_on(now, "2", None).await.unwrap();
        now.pass(100).await;
    });
    case.heard(&[
        (10, "hook", First, "1"),
        (100, "hook", NewAlerts, "1 2"),
        (160, "hook", Repeat, "1 2"),
    ]);
}

#[test]
fn it_survives_the_death_of_the_process() {
    let case = case();
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(15).await;
        take_on(now, "1", None).await.unwrap();
    });
    for start in [20, 30] {
        case.run(start, async |now| {
            assert_eq!(shown(now), [Some("me".to_owned())]);
            now.pass(150).await;
            // The next start reads the checkpoint that this writes.
            now.routing.shutdown().await;
        });
    }
    case.heard(&[(10, "hook", First, "1")]);
}

#[test]
fn what_is_refused() {
    let case = case();
    case.run(0, async |now| {
        now.fire("A", "1").await;
        assert!(matches!(
            take_on(now, "2", None).await,
            Err(AcknowledgeError::NotFound)
        ));
        assert!(matches!(
            take_on(now, "1", Some(at(0))).await,
            Err(AcknowledgeError::Over)
        ));
        let say = async |which: Acknowledged, comment: &str| {
            let (by, comment) = ("me".to_owned(), comment.to_owned());
            now.routing.acknowledge(&which, None, by, comment).await
        };
        assert!(matches!(
            say(Acknowledged::default(), "all").await,
            Err(AcknowledgeError::Everything)
        ));
        assert!(matches!(
            say(with("1"), &"x".repeat(9000)).await,
            Err(AcknowledgeError::TooLong { .. })
        ));
    });
}
