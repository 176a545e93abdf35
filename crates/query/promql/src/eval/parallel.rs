//! Computing columns on many threads and folding them in order.
//!
//! Threads take blocks of series in turn; what a thread computed is folded when all blocks before
//! it have been. So a fold sees the series in the order of their places whatever the number of
//! threads, and sums come out the same to the bit.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Condvar, Mutex};

use super::Context;
use super::source::{Scratch, Source};
use crate::QueryError;
use crate::column::ABSENT;

/// Series that a thread computes at once: enough that the lock is rarely taken, few enough that
/// their columns stay in the cache.
const BLOCK: usize = 8;

/// Below this many series, starting threads costs more than it saves.
const WORTH_THREADS: usize = 128;

/// What is done with a column, in order of places.
pub(crate) type Fold<'f> = dyn FnMut(usize, &[f64]) -> Result<(), QueryError> + Send + 'f;

struct Turn<'t, 'f> {
    next: usize,
    fold: &'t mut Fold<'f>,
    outcome: Result<(), QueryError>,
}

/// Computes the column of each series of a source and folds them in order of their places.
pub(crate) fn for_each_column(
    context: &Context<'_>,
    source: &dyn Source,
    width: usize,
    fold: &mut Fold<'_>,
) -> Result<(), QueryError> {
    let blocks = source.len().div_ceil(BLOCK);
    if context.threads <= 1 || source.len() < WORTH_THREADS {
        let mut scratch = Scratch::default();
        let mut column = vec![ABSENT; width];
        for place in 0..source.len() {
            context.budget.check()?;
            source.fill(place, &mut scratch, &mut column)?;
            fold(place, &column)?;
        }
        return Ok(());
    }
    let taken = AtomicUsize::new(0);
    let turn = Mutex::new(Turn {
        next: 0,
        fold,
        outcome: Ok(()),
    });
    let moved_on = Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..context.threads.min(blocks) {
            scope.spawn(|| {
                let mut scratch = Scratch::default();
                let mut columns = vec![ABSENT; width.saturating_mul(BLOCK)];
                loop {
                    let block = taken.fetch_add(1, Ordering::Relaxed);
                    if block >= blocks {
                        return;
                    }
                    let computed =
                        compute(context, source, block, width, &mut scratch, &mut columns);
                    let mut turn = turn.lock();
                    while turn.next != block && turn.outcome.is_ok() {
                        moved_on.wait(&mut turn);
                    }
                    if turn.outcome.is_ok() {
                        turn.outcome = computed.and_then(|()| {
                            let places = block * BLOCK..source.len();
                            places
                                .zip(columns.chunks(width.max(1)).take(BLOCK))
                                .try_for_each(|(place, column)| (turn.fold)(place, column))
                        });
                    }
                    turn.next += 1;
                    let failed = turn.outcome.is_err();
                    drop(turn);
                    moved_on.notify_all();
                    if failed {
                        return;
                    }
                }
            });
        }
    });
    turn.into_inner().outcome
}

fn compute(
    context: &Context<'_>,
    source: &dyn Source,
    block: usize,
    width: usize,
    scratch: &mut Scratch,
    columns: &mut [f64],
) -> Result<(), QueryError> {
    let places = block * BLOCK..source.len();
    for (place, column) in places.zip(columns.chunks_mut(width.max(1))) {
        context.budget.check()?;
        source.fill(place, scratch, column)?;
    }
    Ok(())
}
