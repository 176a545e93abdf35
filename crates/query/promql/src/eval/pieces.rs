//! Windows over long series in pieces: a kernel runs to its end, so that what could take seconds is
//! cut into groups of steps, and between them the budget is asked whether to go on.

use model::Columns;

use super::windowed::Windowed;
use crate::QueryError;
use crate::column::Steps;
use crate::kernels::window::Frames;

/// Samples that windows hold together in one piece, each as often as a window does: some ten
/// milliseconds.
const LOOKS_AT_ONCE: usize = 4 << 20;

/// A series whose windows hold no more together is one of many, which are checked together.
const LOOKS_UNCHECKED: usize = 64 << 10;

impl Windowed<'_> {
    /// Runs the function over the numbers of one series. Answers how many samples the windows held
    /// together.
    pub(super) fn run(&self, samples: &Columns, out: &mut [f64]) -> Result<usize, QueryError> {
        if samples.len().saturating_mul(out.len()) > LOOKS_UNCHECKED {
            self.ranges.context.budget.check()?;
        }
        let frames = &self.ranges.frames;
        let steps = steps_at_once(samples, frames, out.len());
        if steps >= out.len() {
            let (params, times) = (&self.params, &self.steps);
            return Ok(self.function.run(samples, frames, params, times, out));
        }
        let mut seen = 0;
        let mut part = Columns::new();
        for (piece, cells) in out.chunks_mut(steps).enumerate() {
            self.ranges.context.budget.check()?;
            let first = piece * steps;
            let here = frames.beginning_at(first);
            let times = Steps {
                first: self.steps.at(first),
                count: cells.len(),
                ..self.steps
            };
            let of_piece = |values: &Vec<f64>| {
                let behind = values.iter().skip(first);
                behind.take(cells.len()).copied().collect()
            };
            let params: Vec<Vec<f64>> = self.params.iter().map(of_piece).collect();
            copy_seen(samples, &here, cells.len(), &mut part);
            seen += self.function.run(&part, &here, &params, &times, cells);
        }
        Ok(seen)
    }
}

/// How many steps make a piece: all of them unless their windows hold too much together.
fn steps_at_once(samples: &Columns, frames: &Frames, count: usize) -> usize {
    // Nothing is computed where even a window that holds everything would do no harm.
    if samples.len().saturating_mul(count) <= LOOKS_AT_ONCE {
        return count;
    }
    let (Some(first), Some(last)) = (samples.times.first(), samples.times.last()) else {
        return count;
    };
    // What a window holds on average, where samples come evenly.
    let share = frames.range as f64 / last.saturating_sub(*first).max(1) as f64;
    let held = (samples.len() as f64 * share.min(1.0)).max(1.0);
    ((LOOKS_AT_ONCE as f64 / held) as usize).max(1)
}

/// Copies the samples that the windows of `count` steps can see.
fn copy_seen(samples: &Columns, frames: &Frames, count: usize, part: &mut Columns) {
    let start = frames.first.saturating_sub(frames.range);
    let last = frames.step.saturating_mul(count as i64 - 1);
    let end = frames.first.saturating_add(last);
    let low = samples.times.partition_point(|time| *time <= start);
    let high = samples.times.partition_point(|time| *time <= end).max(low);
    part.clear();
    part.times
        .extend_from_slice(samples.times.get(low..high).unwrap_or_default());
    part.values
        .extend_from_slice(samples.values.get(low..high).unwrap_or_default());
}
