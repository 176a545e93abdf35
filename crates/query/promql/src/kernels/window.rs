//! Windows: which samples belong to each step.

use crate::column::ABSENT;

/// The windows of an evaluation: step `n` sees `(end(n) - range, end(n)]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frames {
    /// End of the first window, in milliseconds: offset and `@` applied.
    pub(crate) first: i64,
    /// From one end to the next; zero where `@` fixes it.
    pub(crate) step: i64,
    /// Length in milliseconds.
    pub(crate) range: i64,
}

/// The samples of one step: places `low..high` of the columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) times: &'a [i64],
    pub(crate) values: &'a [f64],
    /// Place of the first sample in the whole column.
    pub(crate) low: usize,
    /// Place behind the last.
    pub(crate) high: usize,
    /// The window's start, excluded.
    pub(crate) start: i64,
    /// The window's end, included.
    pub(crate) end: i64,
    /// Which step.
    pub(crate) step: usize,
}

impl Frame<'_> {
    pub(crate) fn first(&self) -> (i64, f64) {
        pair(self.times.first(), self.values.first())
    }

    pub(crate) fn last(&self) -> (i64, f64) {
        pair(self.times.last(), self.values.last())
    }
}

fn pair(time: Option<&i64>, value: Option<&f64>) -> (i64, f64) {
    (
        time.copied().unwrap_or_default(),
        value.copied().unwrap_or(f64::NAN),
    )
}

impl Frames {
    /// Whether most samples are in several windows, so that what is remembered of one window is
    /// worth its price in the next.
    pub(crate) fn overlap_much(&self) -> bool {
        /// Windows that share a sample.
        const MANY: i64 = 4;
        self.range / MANY >= self.step
    }

    /// The same windows with their starts moved back by `behind` and their ends on by `ahead`.
    pub(crate) fn reaching(self, behind: i64, ahead: i64) -> Self {
        Self {
            first: self.first.saturating_add(ahead),
            step: self.step,
            range: self.range.saturating_add(behind).saturating_add(ahead),
        }
    }

    /// Calls `kernel` for each step whose window holds a sample; the others become [`ABSENT`].
    /// Answers how many samples the windows held together.
    pub(crate) fn slide(
        &self,
        times: &[i64],
        values: &[f64],
        out: &mut [f64],
        mut kernel: impl FnMut(&Frame<'_>) -> f64,
    ) -> usize {
        let (mut low, mut high, mut seen) = (0, 0, 0);
        let mut end = self.first;
        for (step, cell) in out.iter_mut().enumerate() {
            let start = end.saturating_sub(self.range);
            while times.get(high).is_some_and(|time| *time <= end) {
                high += 1;
            }
            while low < high && times.get(low).is_some_and(|time| *time <= start) {
                low += 1;
            }
            *cell = match (times.get(low..high), values.get(low..high)) {
                (Some(times), Some(values)) if low < high => kernel(&Frame {
                    times,
                    values,
                    low,
                    high,
                    start,
                    end,
                    step,
                }),
                _ => ABSENT,
            };
            seen += high - low;
            end = end.saturating_add(self.step);
        }
        seen
    }
}
