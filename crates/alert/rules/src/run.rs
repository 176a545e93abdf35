//! The turns of a group, one after the other, until the group is stopped.

use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::group::Group;
use crate::manager::Shared;
use crate::rule::Carried;
use crate::turns::Turn;

/// Turns after which it is looked up since when alerts hold: by then targets have been scraped and
/// recording rules, which alerts may build on, have been evaluated.
const TURNS_BEFORE_RESTORING: u32 = 2;

/// What a group follows after a reload.
pub(crate) struct Before {
    /// The group before, which is asked to stop and may be at its last turn.
    pub(crate) task: JoinHandle<()>,
    pub(crate) group: Arc<Group>,
    /// What rules carried that are gone.
    pub(crate) orphans: Vec<Arc<Carried>>,
}

/// Runs a group until it is stopped.
pub(crate) async fn run(
    group: Arc<Group>,
    shared: Arc<Shared>,
    stop: CancellationToken,
    before: Option<Before>,
) {
    if let Some(before) = before {
        // Its only error is a panic, which has been reported.
        let _ = before.task.await;
        let mut orphans = group.orphans.lock();
        orphans.adopt(&mut before.group.orphans.lock());
        for carried in before.orphans {
            orphans.adopt(&mut carried.written.lock());
        }
    }
    tokio::select! {
        () = shared.opened() => {}
        () = stop.cancelled() => return,
    }
    // As if the last turn before now had been taken.
    let mut last = group.turns.before(shared.stages.clock.now());
    let mut taken = 0;
    while let Some(turn) = next(&group, &shared, &stop, &mut last).await {
        last = turn.at;
        let Ok(_place) = shared.groups_at_once.acquire().await else {
            return;
        };
        let (of_turn, stop) = (Arc::clone(&group), stop.clone());
        taken += 1;
        let restore = taken >= TURNS_BEFORE_RESTORING;
        let turn = spawn_blocking(move || {
            of_turn.evaluate(turn, &stop);
            if restore && !stop.is_cancelled() && of_turn.needs_restoring() {
                of_turn.restore();
            }
        });
        // Its only error is a panic, which has been reported.
        let _ = turn.await;
    }
}

/// Waits for the turn after `last`; `None` once the group is stopped.
async fn next(
    group: &Group,
    shared: &Shared,
    stop: &CancellationToken,
    last: &mut i64,
) -> Option<Turn> {
    loop {
        if stop.is_cancelled() {
            return None;
        }
        let now = shared.stages.clock.now();
        *last = group.turns.caught(*last, now);
        if let Some(turn) = group.turns.after(*last, now) {
            return Some(turn);
        }
        tokio::select! {
            () = tokio::time::sleep(group.turns.wait(*last, now)) => {}
            () = stop.cancelled() => return None,
        }
    }
}
