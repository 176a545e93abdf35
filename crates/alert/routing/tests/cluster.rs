//! One of several nodes, on a clock that only moves when all wait: what it leaves to others, and
//! what it does when they do nothing.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Case, Now, at, config, route};
use contract::NotificationReason::{AllResolved, First, NewAlerts};
use contract::{ClusterState, Peers, Replica, Settled};
use model::Matcher;
use parking_lot::Mutex;
use routing::{Acknowledged, Silence};

/// Others that are as far away as a test wants.
#[derive(Debug, Default)]
struct Others {
    patience: Duration,
    settled_after: Duration,
    told: Mutex<Vec<Vec<u8>>>,
}

impl Peers for Others {
    fn tell(&self, records: Vec<Vec<u8>>) {
        self.told.lock().extend(records);
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn settled(&self) -> Settled<'_> {
        Box::pin(tokio::time::sleep(self.settled_after))
    }

    fn state(&self) -> Option<ClusterState> {
        None
    }
}

fn case(others: &Arc<Others>) -> Case {
    let mut case = Case::new(config(route()));
    case.peers = Arc::clone(others) as Arc<dyn Peers>;
    case
}

fn second_of_two() -> Arc<Others> {
    Arc::new(Others {
        patience: Duration::from_secs(20),
        ..Others::default()
    })
}

/// What the first node tells the others, of whatever happens to it.
fn told_by_the_first(what: impl AsyncFnOnce(&Now)) -> Vec<Vec<u8>> {
    let others = Arc::<Others>::default();
    case(&others).run(0, what);
    let told = std::mem::take(&mut *others.told.lock());
    assert!(!told.is_empty());
    told
}

fn merge(now: &Now, records: &[Vec<u8>]) -> Vec<usize> {
    let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    now.routing.merge(&records)
}

fn silence(now: &Now) -> Silence {
    Silence {
        id: String::new(),
        matchers: vec![Matcher::equal("alertname", "A")],
        starts_at: now.routing.now(),
        ends_at: at(10_000),
        updated_at: 0,
        created_by: "me".to_owned(),
        comment: String::new(),
        ends_with_alerts: false,
    }
}

#[test]
fn who_is_second_waits_and_tells_what_holds_then() {
    let case = case(&second_of_two());
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(15).await;
        // Its turn has begun, and its time has not come.
        now.fire("A", "2").await;
        now.pass(100).await;
        now.end("A", "1").await;
        now.end("A", "2").await;
        now.pass(100).await;
    });
    case.heard(&[
        (30, "hook", First, "1 2"),
        (150, "hook", AllResolved, "-1 -2"),
    ]);
}

#[test]
fn what_the_first_has_told_is_not_told_again() {
    let told = told_by_the_first(async |now| {
        now.fire("A", "1").await;
        now.pass(15).await;
    });
    let case = case(&second_of_two());
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(15).await;
        assert_eq!(merge(now, &told), [0]);
        assert!(merge(now, &told).is_empty(), "known already");
        now.pass(100).await;
    });
    case.heard(&[]);
    // What came from others is known after a restart, too.
    case.run(200, async |now| {
        now.fire("A", "1").await;
        now.pass(100).await;
        now.fire("A", "2").await;
        now.pass(100).await;
    });
    case.heard(&[(340, "hook", NewAlerts, "1 2")]);
}

#[test]
fn silences_of_others_hold_here() {
    let told = told_by_the_first(async |now| {
        now.routing.set_silence(silence(now), false).await.unwrap();
    });
    let case = case(&second_of_two());
    case.run(0, async |now| {
        now.fire("A", "1").await;
        // While the turn waits for the others.
        now.pass(15).await;
        assert_eq!(merge(now, &told), [0]);
        now.pass(100).await;
        let (silence, _) = now.routing.silences(&[]).remove(0);
        now.routing.expire_silence(&silence.id).await.unwrap();
        now.pass(100).await;
    });
    case.heard(&[(150, "hook", First, "1")]);
}

#[test]
fn an_old_change_of_a_silence_is_no_news() {
    let told = told_by_the_first(async |now| {
        let id = now.routing.set_silence(silence(now), false).await.unwrap();
        now.routing.expire_silence(&id).await.unwrap();
    });
    assert_eq!(told.len(), 2);
    case(&second_of_two()).run(0, async |now| {
        assert_eq!(merge(now, &told[1..]), [0]);
        assert!(merge(now, &told[..1]).is_empty(), "it is over already");
        let mut visited = Vec::new();
        now.routing
            .visit(&mut |record| visited.push(record.to_vec()));
        assert_eq!(visited, told[1..]);
    });
}

#[test]
fn bytes_that_are_no_records_are_no_news() {
    case(&second_of_two()).run(0, async |now| {
        // The kind of an alert is known, and not shared.
        let records = [vec![], vec![1], vec![3], vec![5, 2], vec![99; 40]];
        assert!(merge(now, &records).is_empty());
    });
}

#[test]
fn nobody_is_told_before_the_others_are_found() {
    let others = Others {
        settled_after: Duration::from_secs(50),
        ..Others::default()
    };
    let case = case(&Arc::new(others));
    case.run(0, async |now| {
        now.fire("A", "1").await;
        now.pass(200).await;
    });
    case.heard(&[(50, "hook", First, "1")]);
}

#[test]
fn acknowledgements_of_others_hold_here_and_end_here() {
    let told = told_by_the_first(async |now| {
        now.fire("A", "1").await;
        now.pass(1).await;
        let all = Acknowledged {
            matchers: vec![Matcher::equal("alertname", "A")],
            ..Acknowledged::default()
        };
        let taken = now
            .routing
            .acknowledge(&all, None, "me".to_owned(), String::new());
        let alerts = taken.await.unwrap();
        now.routing.give_back(alerts[0]).await.unwrap();
    });
    assert_eq!(told.len(), 2, "one, and its end");
    case(&second_of_two()).run(0, async |now| {
        assert!(
            merge(now, &told).is_empty(),
            "of an alert that is not known"
        );
        now.fire("A", "1").await;
        now.pass(1).await;
        assert_eq!(merge(now, &told[..1]), [0]);
        assert_eq!(now.routing.acknowledgements().len(), 1);
        assert_eq!(merge(now, &told[1..]), [0]);
        assert!(merge(now, &told).is_empty(), "known already");
        assert!(now.routing.acknowledgements().is_empty());
    });
}
