//! Computing columns on many threads and folding them in order.
//!
//! Threads take blocks of series in turn; what a thread computed is folded when all blocks before
//! it have been. So a fold sees the series in the order of their places whatever the number of
//! threads, and sums come out the same to the bit.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Condvar, Mutex};

use super::Context;
use super::source::{Out, Scratch, Source};
use crate::QueryError;
use crate::column::{ABSENT, Histograms};
use crate::memory::Held;

/// Cells that a thread computes at once: enough that the lock is rarely taken, few enough that
/// the columns stay in the cache, 32 KiB.
const CELLS: usize = 4096;

/// A column with more steps takes as long as a look whether to go on, many times over.
const WIDE: usize = CELLS;

/// Fewest and most series of a block, whatever the number of steps.
const SERIES: std::ops::RangeInclusive<usize> = 8..=512;

/// Below this many series, starting threads costs more than it saves.
const WORTH_THREADS: usize = 128;

/// What is done with a column, in order of places; it may take the histograms.
pub(crate) type Fold<'f> =
    dyn FnMut(usize, &[f64], &mut Histograms) -> Result<(), QueryError> + Send + 'f;

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
    let block_size = (CELLS / width.max(1)).clamp(*SERIES.start(), *SERIES.end());
    let blocks = source.len().div_ceil(block_size);
    if context.threads <= 1 || source.len() < WORTH_THREADS {
        let mut scratch = Scratch::default();
        let mut decoded = context.budget.hold_bytes(0)?;
        let _column = context.budget.hold_bytes(width * size_of::<f64>())?;
        let mut column = vec![ABSENT; width];
        let mut histograms = Histograms::default();
        for place in 0..source.len() {
            if width > WIDE || place % block_size == 0 {
                context.budget.check()?;
            }
            histograms.clear();
            let out = Out {
                values: &mut column,
                histograms: &mut histograms,
            };
            source.fill(place, &mut scratch, out)?;
            decoded.resize(scratch.bytes())?;
            fold(place, &column, &mut histograms)?;
        }
        return Ok(());
    }
    let threads = context.threads.min(blocks);
    let cells = width.saturating_mul(block_size).saturating_mul(threads);
    let _columns = context
        .budget
        .hold_bytes(cells.saturating_mul(size_of::<f64>()))?;
    let taken = AtomicUsize::new(0);
    let turn = Mutex::new(Turn {
        next: 0,
        fold,
        outcome: Ok(()),
    });
    let moved_on = Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut scratch = Scratch::default();
                let mut columns = Columns {
                    decoded: Held::default(),
                    width,
                    values: vec![ABSENT; width.saturating_mul(block_size)],
                    histograms: vec![Histograms::default(); block_size],
                };
                loop {
                    let block = taken.fetch_add(1, Ordering::Relaxed);
                    if block >= blocks {
                        return;
                    }
                    let places = block * block_size..source.len();
                    let computed =
                        compute(context, source, places.clone(), &mut scratch, &mut columns);
                    let mut turn = turn.lock();
                    while turn.next != block && turn.outcome.is_ok() {
                        moved_on.wait(&mut turn);
                    }
                    if turn.outcome.is_ok() {
                        turn.outcome = computed.and_then(|()| {
                            places.zip(columns.iter_mut()).try_for_each(|(place, out)| {
                                if width > WIDE {
                                    context.budget.check()?;
                                }
                                (turn.fold)(place, out.values, out.histograms)
                            })
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

/// The columns of one block.
struct Columns {
    /// The memory of what was decoded for them.
    decoded: Held,
    width: usize,
    values: Vec<f64>,
    histograms: Vec<Histograms>,
}

impl Columns {
    fn iter_mut(&mut self) -> impl Iterator<Item = Out<'_>> {
        let values = self.values.chunks_mut(self.width.max(1));
        let columns = values.zip(&mut self.histograms);
        columns.map(|(values, histograms)| Out { values, histograms })
    }
}

/// Computes the columns of places, as many as there is room for.
fn compute(
    context: &Context<'_>,
    source: &dyn Source,
    places: std::ops::Range<usize>,
    scratch: &mut Scratch,
    columns: &mut Columns,
) -> Result<(), QueryError> {
    context.budget.check()?;
    let is_wide = columns.width > WIDE;
    for (place, out) in places.zip(columns.iter_mut()) {
        if is_wide {
            context.budget.check()?;
        }
        out.histograms.clear();
        source.fill(place, scratch, out)?;
    }
    let bytes = scratch.bytes();
    if columns.decoded.is_counted() {
        columns.decoded.resize(bytes)
    } else {
        columns.decoded = context.budget.hold_bytes(bytes)?;
        Ok(())
    }
}
