//! One target's loop: wait, scrape, again, until told otherwise.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use rapidhash::v3::rapidhash_v3;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::job::{Job, Shared};
use crate::metadata;
use crate::scraper::{Carried, Scraper};
use crate::staleness;
use crate::target::{Target, millis};

/// What a loop is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Go on.
    Run,
    /// Stop at once; another loop follows the same target.
    HandOver,
    /// Stop at once; the target is gone, and its series end.
    Retire,
}

/// What is needed to start a loop.
pub(crate) struct Start {
    pub(crate) shared: Arc<Shared>,
    pub(crate) job: Arc<Job>,
    pub(crate) target: Arc<Target>,
    pub(crate) command: watch::Receiver<Command>,
    /// Turns true when the server stops.
    pub(crate) quit: watch::Receiver<bool>,
    /// The loop that scraped the target before, and the section it did so under.
    pub(crate) before: Option<(JoinHandle<Carried>, Arc<Job>)>,
    /// Held while the loop lives, so that shutting down can wait for it.
    pub(crate) alive: mpsc::Sender<Infallible>,
}

/// Runs a loop to its end and answers what it leaves.
pub(crate) async fn run(start: Start) -> Carried {
    let Start {
        shared,
        job,
        target,
        mut command,
        mut quit,
        before,
        alive,
    } = start;
    let carried = inherit(before, &job).await;
    let lengths = shared.metrics.interval(target.interval);
    let phase = phase(&target, shared.seed);
    let mut scraper = Scraper::new(shared, job, Arc::clone(&target), carried);
    let mut last: Option<Instant> = None;
    let told = loop {
        let (due, wait) = next_tick(&scraper, phase);
        tokio::select! {
            biased;
            told = told(&mut command, &mut quit) => break told,
            () = tokio::time::sleep(wait) => {}
        }
        let now = Instant::now();
        if let Some(last) = last.replace(now) {
            lengths.observe(now.duration_since(last).as_secs_f64());
        }
        tokio::select! {
            biased;
            told = told(&mut command, &mut quit) => break told,
            () = scraper.scrape(due) => {}
        }
    };
    scraper.publish(metadata::none());
    if told == Some(Command::Retire) {
        let (due, wait) = next_tick(&scraper, phase);
        staleness::end_later(&mut scraper, due, wait, &mut quit).await;
    }
    drop(alive);
    scraper.carried
}

/// Waits for the loop before, and takes what it left.
async fn inherit(before: Option<(JoinHandle<Carried>, Arc<Job>)>, job: &Job) -> Carried {
    let Some((task, old)) = before else {
        return Carried::default();
    };
    let mut carried = task.await.unwrap_or_default();
    if !job.same_series(&old) {
        // The texts mean other series now; what they meant must still come to its end.
        carried.cache.layout.format = None;
    }
    carried
}

/// Waits until there is something to be told; `None` when the server stops.
async fn told(
    command: &mut watch::Receiver<Command>,
    quit: &mut watch::Receiver<bool>,
) -> Option<Command> {
    tokio::select! {
        biased;
        _ = quit.wait_for(|quit| *quit) => None,
        changed = command.wait_for(|command| *command != Command::Run) => {
            changed.ok().map(|command| *command)
        }
    }
}

/// Where in its interval a target is scraped: the same for as long as it is the same target.
fn phase(target: &Target, seed: u64) -> i64 {
    let hash = target.labels.hash64() ^ rapidhash_v3(target.url.as_bytes()) ^ seed;
    let interval = target.interval.as_millis().max(1);
    i64::try_from(u128::from(hash) % interval).unwrap_or(0)
}

/// The next planned moment in milliseconds since the epoch, and how far off it is. Taken from the
/// clock each time, so that a clock that is set right also sets the ticks right.
fn next_tick(scraper: &Scraper, phase: i64) -> (i64, Duration) {
    let now = scraper.shared.clock.now();
    let due = tick_after(now, phase, millis(scraper.target.interval));
    (due, Duration::from_millis(due.abs_diff(now)))
}

/// The first moment after `now` that lies `phase` behind a multiple of the interval.
fn tick_after(now: i64, phase: i64, interval: i64) -> i64 {
    let interval = interval.max(1);
    let since = now.saturating_sub(phase).rem_euclid(interval);
    now.saturating_add(interval - since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_tick_is_always_ahead() {
        for (now, phase, wanted) in [
            (1000, 0, 1010),
            (1003, 3, 1013),
            (1002, 3, 1003),
            (0, 9, 9),
            (-5, 0, 0),
        ] {
            assert_eq!(tick_after(now, phase, 10), wanted);
        }
    }
}
