//! What is acknowledged while the disk fails, and what a kill leaves.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

mod common;

use common::{Case, at, config, route};
use disk::faults::{FaultDisk, Trouble};
use model::Matcher;
use routing::{AlertFilter, Silence, SilenceError};

fn silence() -> Silence {
    Silence {
        id: String::new(),
        matchers: vec![Matcher::equal("alertname", "A")],
        starts_at: at(0),
        ends_at: at(5000),
        updated_at: 0,
        created_by: "me".to_owned(),
        comment: "work".to_owned(),
        ends_with_alerts: false,
    }
}

#[test]
fn a_silence_that_cannot_be_stored_is_refused() {
    let case = Case::new(config(route()));
    let disk = FaultDisk::mount(case.folder(), 1).unwrap();
    case.run(0, async |now| {
        let kept = now.routing.set_silence(silence(), false).await.unwrap();
        disk.arrange(Trouble::Broken, 0..u64::MAX);
        let refused = now.routing.set_silence(silence(), false).await;
        assert!(
            matches!(refused, Err(SilenceError::Store(_))),
            "{refused:?}"
        );
        let refused = now.routing.expire_silence(&kept).await;
        assert!(
            matches!(refused, Err(SilenceError::Store(_))),
            "{refused:?}"
        );
        assert_eq!(now.routing.silences(&[]).len(), 1);
        // Alerts are told of all the same.
        let _ = now.routing.post_alerts(vec![]).await;
    });
    drop(disk);
    case.run(10, async |now| {
        assert_eq!(now.routing.silences(&[]).len(), 1);
    });
}

/// A process that is killed at any of its operations has, after the next start, every silence that
/// was acknowledged.
#[test]
fn what_was_acknowledged_outlives_a_kill_at_any_moment() {
    let mut most = 0;
    for killed_at in 0..60 {
        let case = Case::new(config(route()));
        let mut acknowledged = Vec::new();
        let disk = FaultDisk::mount(case.folder(), killed_at).unwrap();
        disk.arrange(Trouble::Dead, killed_at..u64::MAX);
        let _ = case.try_run(0, async |now| {
            for _ in 0..4 {
                if let Ok(id) = now.routing.set_silence(silence(), false).await {
                    acknowledged.push(id);
                }
                now.pass(1).await;
            }
            now.routing.shutdown().await;
        });
        most = most.max(acknowledged.len());
        disk.lose_power().unwrap();
        drop(disk);
        case.run(10, async |now| {
            for id in &acknowledged {
                assert!(
                    now.routing.silence(id).is_some(),
                    "killed at {killed_at}: {id} is lost"
                );
            }
            assert!(now.routing.alerts(&AlertFilter::default()).is_empty());
        });
    }
    assert_eq!(
        most, 4,
        "the last runs were killed after all was acknowledged"
    );
}
