//! sum_over_time and avg_over_time of histograms.

use super::totals::Total;
use super::{Asked, RangeFunction, Window};
use crate::column::Cell;
use crate::histogram::merge::Incompatible;
use crate::notes::Doubt;

pub(super) fn total(asked: &Asked<'_>, window: &Window<'_>) -> Option<Cell> {
    if window.is_mixed() {
        (asked.note)(Doubt::MixedRange);
        return None;
    }
    let ((_, first), rest) = match window.histograms.split_first() {
        Some(split) => split,
        None => return numbers(asked, window),
    };
    let mut total = Total::starting(first, asked.function == RangeFunction::Avg);
    for (_, histogram) in rest {
        if let Err(Incompatible) = total.add(histogram) {
            (asked.note)(Doubt::MixedSchemas);
            return None;
        }
    }
    total.doubts().for_each(asked.note);
    Some(Cell::histogram(total.finish()))
}

/// A window of numbers in a series that has histograms elsewhere.
fn numbers(asked: &Asked<'_>, window: &Window<'_>) -> Option<Cell> {
    let number = asked.function.of_values(window.values)?;
    Some(Cell::Number(number))
}
