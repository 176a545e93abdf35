//! Computing columns on many threads and folding them in order.
//!
//! Threads take blocks of series in turn; what a thread computed is folded when all blocks before
//! it have been. So a fold sees the series in the order of their places whatever the number of
//! threads, and sums come out the same to the bit.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Condvar, Mutex, MutexGuard};

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

/// Fewer series are not worth sharing among threads.
const WORTH_SHARING: usize = 128;

/// Work of so many nanoseconds is over before threads that were started for it have shared it, and
/// starting them and handing blocks over takes a tenth of it in processor time.
const WORTH_THREADS: usize = 2_000_000;

/// Nanoseconds, about: of a series whatever is in it, of one of its samples and of a step.
const OF_SERIES: usize = 300;
const OF_SAMPLE: usize = 8;
const OF_STEP: usize = 10;

/// Series that are fetched from memory side by side before they are computed.
const PREPARED: usize = 16;

/// Where a place is the first of some, prepares them.
fn prepare(source: &dyn Source, place: usize, end: usize) {
    if place.is_multiple_of(PREPARED) {
        source.prepare(place..end.min(place + PREPARED));
    }
}

/// Whether several threads are of use.
fn is_worth_threads(source: &dyn Source, width: usize) -> bool {
    let samples = source.depth(width).saturating_mul(OF_SAMPLE);
    let steps = width.saturating_mul(OF_STEP);
    let of_one = OF_SERIES.saturating_add(samples).saturating_add(steps);
    source.len() >= WORTH_SHARING && source.len().saturating_mul(of_one) >= WORTH_THREADS
}

/// What is done with a column, in order of places; it may take the histograms.
pub(crate) type Fold<'f> =
    dyn FnMut(usize, &[f64], &mut Histograms) -> Result<(), QueryError> + Send + 'f;

struct Turn<'t, 'f> {
    next: usize,
    fold: &'t mut Fold<'f>,
    outcome: Result<(), QueryError>,
}

impl Turn<'_, '_> {
    /// Whether a block need not wait any longer.
    fn has_come(&self, block: usize) -> bool {
        self.next == block || self.outcome.is_err()
    }
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
    if context.threads <= 1 || !is_worth_threads(source, width) {
        let mut scratch = Scratch::default();
        let mut decoded = context.budget.hold_bytes(0)?;
        let _column = context.budget.hold_bytes(width * size_of::<f64>())?;
        let mut column = context.budget.cells(ABSENT, width)?;
        let mut histograms = Histograms::default();
        for place in 0..source.len() {
            if width > WIDE || place.is_multiple_of(block_size) {
                context.budget.check()?;
            }
            prepare(source, place, source.len());
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
    let work = Work {
        context,
        source,
        width,
        block_size,
        blocks,
        taken: AtomicUsize::new(0),
        turn: Mutex::new(Turn {
            next: 0,
            fold,
            outcome: Ok(()),
        }),
        moved_on: Condvar::new(),
    };
    context.budget.without_slot(|| {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| work.run());
            }
        });
    })?;
    work.turn.into_inner().outcome
}

/// What the threads share.
struct Work<'w, 'f> {
    context: &'w Context<'w>,
    source: &'w dyn Source,
    width: usize,
    /// Series of a block.
    block_size: usize,
    blocks: usize,
    /// Blocks that some thread computes or has computed.
    taken: AtomicUsize,
    /// Who waits for this lock holds no slot: whoever has it may wait for one.
    turn: Mutex<Turn<'w, 'f>>,
    /// The turn is that of another block, or nobody's any more.
    moved_on: Condvar,
}

impl<'w, 'f> Work<'w, 'f> {
    /// One thread: computes blocks and folds them until none is left or something failed.
    fn run(&self) {
        if let Err(error) = self.evaluate() {
            let mut turn = self.turn.lock();
            if turn.outcome.is_ok() {
                turn.outcome = Err(error);
            }
            drop(turn);
            self.moved_on.notify_all();
        }
    }

    /// Fails where the thread was not given a slot.
    fn evaluate(&self) -> Result<(), QueryError> {
        let context = self.context;
        let _evaluating = context.budget.enter()?;
        let mut scratch = Scratch::default();
        let mut columns = Columns {
            decoded: Held::default(),
            width: self.width,
            values: vec![ABSENT; self.width.saturating_mul(self.block_size)],
            histograms: vec![Histograms::default(); self.block_size],
        };
        loop {
            let block = self.taken.fetch_add(1, Ordering::Relaxed);
            if block >= self.blocks {
                return Ok(());
            }
            let places = block * self.block_size..self.source.len();
            let computed = compute(
                context,
                self.source,
                places.clone(),
                &mut scratch,
                &mut columns,
            );
            let mut turn = self.await_turn(block)?;
            if turn.outcome.is_ok() {
                turn.outcome = computed.and_then(|()| {
                    places.zip(columns.iter_mut()).try_for_each(|(place, out)| {
                        if self.width > WIDE {
                            context.budget.check()?;
                        }
                        (turn.fold)(place, out.values, out.histograms)
                    })
                });
            }
            turn.next += 1;
            let failed = turn.outcome.is_err();
            drop(turn);
            self.moved_on.notify_all();
            if failed {
                return Ok(());
            }
        }
    }

    /// Waits until all blocks before this have been folded, or one has failed.
    fn await_turn(&self, block: usize) -> Result<MutexGuard<'_, Turn<'w, 'f>>, QueryError> {
        if let Some(turn) = self.turn.try_lock().filter(|turn| turn.has_come(block)) {
            return Ok(turn);
        }
        self.context.budget.without_slot(|| {
            let mut turn = self.turn.lock();
            while !turn.has_come(block) {
                self.moved_on.wait(&mut turn);
            }
            turn
        })
    }
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
    for (place, out) in places.clone().zip(columns.iter_mut()) {
        prepare(source, place, places.end);
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
