//! irate and idelta: of the last two samples, whatever they are.

use std::sync::Arc;

use model::ResetHint;

use super::starts::{self, Started};
use super::{Asked, RangeFunction, Window};
use crate::column::Cell;
use crate::histogram::merge::subtract;
use crate::histogram::reset::is_reset;
use crate::histogram::scale::divide;
use crate::notes::{Doubt, Operation};

struct Sample {
    at: Started,
    cell: Cell,
}

fn last_samples(window: &Window<'_>) -> Option<(Sample, Sample)> {
    let mut samples = Vec::with_capacity(4);
    let last = window.times.iter().zip(window.values).enumerate();
    for (place, (time, value)) in last.skip(window.times.len().saturating_sub(2)) {
        samples.push(Sample {
            at: Started {
                time: *time,
                start: starts::at(window.starts, place),
            },
            cell: Cell::Number(*value),
        });
    }
    let last = window.histograms.iter().enumerate();
    for (place, (time, histogram)) in last.skip(window.histograms.len().saturating_sub(2)) {
        samples.push(Sample {
            at: Started {
                time: *time,
                start: starts::at(window.histogram_starts, place),
            },
            cell: Cell::Histogram(Arc::clone(histogram)),
        });
    }
    samples.sort_by_key(|sample| sample.at.time);
    let now = samples.pop()?;
    Some((samples.pop()?, now))
}

pub(super) fn last_two(asked: &Asked<'_>, window: &Window<'_>) -> Option<Cell> {
    let (before, now) = last_samples(window)?;
    let rate = asked.function == RangeFunction::Irate;
    let seconds = (now.at.time - before.at.time) as f64 / 1000.0;
    if seconds == 0.0 {
        return None;
    }
    let restarted = rate && starts::is_reset(before.at, now.at);
    match (&before.cell, &now.cell) {
        (Cell::Number(before), Cell::Number(now)) => {
            let reset = restarted || (rate && now < before);
            let gained = if reset { *now } else { now - before };
            Some(Cell::Number(if rate { gained / seconds } else { gained }))
        }
        (Cell::Histogram(before), Cell::Histogram(now)) => {
            let gauges = [before, now].map(|h| h.hint == ResetHint::Gauge);
            if rate && gauges.contains(&true) {
                (asked.note)(Doubt::NotCounter);
            }
            if !rate && gauges.contains(&false) {
                (asked.note)(Doubt::NotGauge);
            }
            let mut gained = if restarted || (rate && is_reset(now, before)) {
                model::FloatHistogram::clone(now)
            } else {
                let Ok((difference, reconciled)) = subtract(now, before) else {
                    (asked.note)(Doubt::MixedSchemas);
                    return None;
                };
                if reconciled.bounds {
                    (asked.note)(Doubt::Reconciled(Operation::Subtraction));
                }
                difference
            };
            gained.hint = ResetHint::Gauge;
            divide(&mut gained, if rate { seconds } else { 1.0 });
            Some(Cell::histogram(gained))
        }
        _ => {
            (asked.note)(Doubt::MixedRange);
            None
        }
    }
}
