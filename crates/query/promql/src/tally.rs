//! What a query looked at: samples, series, chunks and blocks, and samples by step where asked.
//!
//! Two counts of samples are kept, as upstream has them: `total` counts a sample as often as a
//! window holds it, `read` once a selector. A part of a query with steps of its own, such as a
//! subquery, is counted apart and then added to what stands around it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::column::Steps;

/// Samples of a query by its steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepSamples {
    /// The first step, in milliseconds since the epoch.
    pub first: i64,
    /// From one step to the next, in milliseconds.
    pub interval: i64,
    /// At each step, all samples that were looked at.
    pub total: Vec<u64>,
    /// At each step, the samples that no earlier step had looked at.
    pub read: Vec<u64>,
}

impl StepSamples {
    fn new(steps: &Steps) -> Self {
        Self {
            first: steps.first,
            interval: steps.step,
            total: vec![0; steps.count],
            read: vec![0; steps.count],
        }
    }

    pub(crate) fn add(&mut self, step: usize, total: u64, read: u64) {
        if let Some(cell) = self.total.get_mut(step) {
            *cell += total;
        }
        if let Some(cell) = self.read.get_mut(step) {
            *cell += read;
        }
    }
}

/// The samples that a part of a query looked at.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) total: u64,
    pub(crate) read: u64,
    pub(crate) by_step: Option<StepSamples>,
}

/// Counts for one query; shared by its threads.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    total: AtomicU64,
    read: AtomicU64,
    series: AtomicU64,
    chunks: AtomicU64,
    blocks: AtomicU64,
    /// Samples are counted by step at the moment.
    is_by_step: AtomicBool,
    by_step: Mutex<Option<StepSamples>>,
}

impl Tally {
    /// A count of nothing, by step where asked.
    pub(crate) fn new(by_step: Option<&Steps>) -> Self {
        let tally = Self::default();
        tally.count_by_step(by_step.map(StepSamples::new));
        tally
    }

    /// Counts samples.
    pub(crate) fn add(&self, total: usize, read: usize) {
        self.total.fetch_add(total as u64, Ordering::Relaxed);
        self.read.fetch_add(read as u64, Ordering::Relaxed);
    }

    /// Whether samples are to be told by step, too.
    #[inline]
    pub(crate) fn is_by_step(&self) -> bool {
        self.is_by_step.load(Ordering::Relaxed)
    }

    /// Counts by step, where that is wanted.
    pub(crate) fn by_step(&self, count: impl FnOnce(&mut StepSamples)) {
        if let Some(steps) = self.by_step.lock().as_mut() {
            count(steps);
        }
    }

    /// Counts what a selector found.
    pub(crate) fn found(&self, series: usize) {
        self.series.fetch_add(series as u64, Ordering::Relaxed);
    }

    /// Counts what a store looked at for a selector.
    pub(crate) fn touched(&self, touched: contract::Touched) {
        self.chunks.fetch_add(touched.chunks, Ordering::Relaxed);
        self.blocks.fetch_add(touched.blocks, Ordering::Relaxed);
    }

    /// Series that selectors found, chunks and blocks that were read for them.
    pub(crate) fn of_the_store(&self) -> (u64, u64, u64) {
        let [series, chunks, blocks] =
            [&self.series, &self.chunks, &self.blocks].map(|count| count.load(Ordering::Relaxed));
        (series, chunks, blocks)
    }

    /// What was counted so far; begins anew.
    pub(crate) fn take(&self) -> Counts {
        Counts {
            total: self.total.swap(0, Ordering::Relaxed),
            read: self.read.swap(0, Ordering::Relaxed),
            by_step: self.count_by_step(None),
        }
    }

    /// Evaluates a part of the query and counts it apart; by its steps where they are given.
    pub(crate) fn apart<T>(
        &self,
        steps: Option<&Steps>,
        evaluate: impl FnOnce() -> T,
    ) -> (T, Counts) {
        let around = self.take();
        self.count_by_step(steps.map(StepSamples::new));
        let value = evaluate();
        let counts = self.take();
        self.total.store(around.total, Ordering::Relaxed);
        self.read.store(around.read, Ordering::Relaxed);
        self.count_by_step(around.by_step);
        (value, counts)
    }

    /// Adds a part with the same steps as what stands around it.
    pub(crate) fn add_all(&self, part: &Counts) {
        self.total.fetch_add(part.total, Ordering::Relaxed);
        self.read.fetch_add(part.read, Ordering::Relaxed);
        if let Some(inner) = &part.by_step {
            self.by_step(|steps| {
                let both = inner.total.iter().zip(&inner.read);
                for (step, (total, read)) in both.enumerate() {
                    steps.add(step, *total, *read);
                }
            });
        }
    }

    /// Adds a part that was evaluated once and has the same value at each of `count` steps.
    pub(crate) fn add_repeated(&self, once: &Counts, count: usize) {
        let total = once.total.saturating_mul(count as u64);
        self.total.fetch_add(total, Ordering::Relaxed);
        self.read.fetch_add(once.read, Ordering::Relaxed);
        self.by_step(|steps| {
            for step in 0..count {
                steps.add(step, once.total, if step == 0 { once.read } else { 0 });
            }
        });
    }

    /// Adds what a subquery's own steps read; the values that they computed are counted where
    /// windows hold them.
    pub(crate) fn add_subquery(&self, inner: &Counts, windows: &Windows<'_>) {
        let Some(inner_steps) = &inner.by_step else {
            self.read.fetch_add(inner.read, Ordering::Relaxed);
            self.by_step(|steps| steps.add(0, 0, inner.read));
            return;
        };
        for (time, &read) in inner_steps.times().zip(&inner_steps.read) {
            if let Some(step) = windows.first_with(time).filter(|_| read > 0) {
                self.read.fetch_add(read, Ordering::Relaxed);
                self.by_step(|steps| steps.add(step, 0, read));
            }
        }
    }

    fn count_by_step(&self, steps: Option<StepSamples>) -> Option<StepSamples> {
        self.is_by_step.store(steps.is_some(), Ordering::Relaxed);
        std::mem::replace(&mut *self.by_step.lock(), steps)
    }
}

impl StepSamples {
    fn times(&self) -> impl Iterator<Item = i64> {
        let (first, interval) = (self.first, self.interval);
        (0..self.read.len() as i64)
            .map(move |step| first.saturating_add(interval.saturating_mul(step)))
    }
}

/// The windows through which a subquery is seen.
pub(crate) struct Windows<'s> {
    /// Where they end, without the offset.
    pub(crate) steps: &'s Steps,
    pub(crate) offset: i64,
    pub(crate) range: i64,
}

impl Windows<'_> {
    /// Whether moments between the windows belong to none.
    pub(crate) fn have_gaps(&self) -> bool {
        self.steps.count > 1 && self.steps.step > self.range
    }

    /// The first window that holds a moment; none where it lies in a gap.
    fn first_with(&self, time: i64) -> Option<usize> {
        let steps = self.steps;
        if steps.count <= 1 {
            return Some(0);
        }
        let time = time.saturating_add(self.offset);
        let behind = time.saturating_sub(steps.first).max(0);
        let step = steps.step.max(1);
        let up = behind / step + i64::from(behind % step > 0);
        let place = usize::try_from(up).ok()?.min(steps.count - 1);
        (time > steps.at(place).saturating_sub(self.range)).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: Steps = Steps {
        first: 1000,
        step: 100,
        count: 3,
    };

    #[test]
    fn a_subquery_counts_where_a_window_sees_it_first() {
        let tally = Tally::new(Some(&STEPS));
        tally.add(5, 5);
        let inner_steps = Steps {
            first: 930,
            step: 30,
            count: 9,
        };
        let ((), inner) = tally.apart(Some(&inner_steps), || {
            tally.add(90, 9);
            tally.by_step(|steps| (0..9).for_each(|step| steps.add(step, 10, 1)));
        });
        assert_eq!((inner.total, inner.read), (90, 9));
        // Windows of 50 with gaps of 50: (950, 1000], (1050, 1100], (1150, 1200]; inner steps at
        // 930, 960, 990, 1020, 1050, 1080, 1110, 1140, 1170.
        let windows = Windows {
            steps: &STEPS,
            offset: 0,
            range: 50,
        };
        assert!(windows.have_gaps());
        tally.add_subquery(&inner, &windows);
        let counts = tally.take();
        assert_eq!((counts.total, counts.read), (5, 5 + 4));
        assert_eq!(counts.by_step.unwrap().read, [2, 1, 1]);
    }

    #[test]
    fn what_is_the_same_at_each_step_is_read_once() {
        let tally = Tally::new(Some(&STEPS));
        let ((), once) = tally.apart(Some(&Steps::one(1000)), || {
            tally.add(4, 4);
        });
        tally.add_repeated(&once, 3);
        let counts = tally.take();
        assert_eq!((counts.total, counts.read), (12, 4));
        let by_step = counts.by_step.unwrap();
        assert_eq!(by_step.total, [4, 4, 4]);
        assert_eq!(by_step.read, [4, 0, 0]);
    }
}
