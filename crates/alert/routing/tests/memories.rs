//! What integrations remember of a group's message outlives them.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

mod common;

use std::sync::Arc;

use common::{Case, Now, config, route};
use contract::{Notification, Notify, NotifyFuture};
use parking_lot::Mutex;
use routing::Receivers;

/// Remembers how often a group was told of.
#[derive(Default)]
struct Counting(Mutex<u64>);

impl Notify for Counting {
    fn kind(&self) -> &'static str {
        "counting"
    }

    fn index(&self) -> usize {
        0
    }

    fn sends_resolved(&self) -> bool {
        true
    }

    fn memory(&self, _group_key: &str) -> Option<String> {
        Some(self.0.lock().to_string())
    }

    fn recall(&self, group_key: &str, memory: &str) {
        assert_eq!(group_key, "{}:{alertname=\"A\"}");
        *self.0.lock() = memory.parse().unwrap();
    }

    fn notify<'a>(&'a self, _notification: &'a Notification) -> NotifyFuture<'a> {
        *self.0.lock() += 1;
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A counter at the place of the receiver, from now on.
fn install(now: &Now) -> Arc<Counting> {
    let counting = Arc::new(Counting::default());
    let integration = Arc::clone(&counting) as Arc<dyn Notify>;
    let receivers = Receivers::from([("hook".to_owned(), vec![integration])]);
    now.routing.reload(&config(route()), receivers);
    counting
}

#[test]
fn memories_outlive_a_reload_a_kill_and_a_shutdown() {
    let case = Case::new(config(route()));
    case.run(0, async |now| {
        let first = install(now);
        now.fire("A", "1").await;
        now.pass(15).await;
        assert_eq!(*first.0.lock(), 1);
        let second = install(now);
        assert_eq!(*second.0.lock(), 1);
        now.fire("A", "2").await;
        now.pass(30).await;
        assert_eq!(*second.0.lock(), 2);
    });
    for start in [50, 60] {
        case.run(start, async |now| {
            assert_eq!(*install(now).0.lock(), 2);
            now.routing.shutdown().await;
        });
    }
}
