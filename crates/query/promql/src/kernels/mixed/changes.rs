//! changes and resets: how often one sample differs from the one before, or falls behind it.

use model::FloatHistogram;

use super::starts::{self, Started};
use super::{Asked, RangeFunction, Window};
use crate::ast::RangeMode;
use crate::column::Cell;
use crate::histogram::reset::is_reset;
use crate::histogram::scale::equal;

#[derive(Clone, Copy)]
enum Kind<'w> {
    Number(f64),
    Histogram(&'w FloatHistogram),
}

#[derive(Clone, Copy)]
struct Sample<'w> {
    at: Started,
    kind: Kind<'w>,
}

/// All samples of a window in the order of their times.
fn merged<'w>(window: &Window<'w>) -> Vec<Sample<'w>> {
    let numbers = window.times.iter().zip(window.values).enumerate();
    let (starts, histogram_starts) = (window.starts, window.histogram_starts);
    let numbers = numbers.map(|(place, (time, value))| Sample {
        at: Started {
            time: *time,
            start: starts::at(starts, place),
        },
        kind: Kind::Number(*value),
    });
    let histograms = window.histograms.iter().enumerate();
    let histograms = histograms.map(|(place, (time, histogram))| Sample {
        at: Started {
            time: *time,
            start: starts::at(histogram_starts, place),
        },
        kind: Kind::Histogram(histogram.as_ref()),
    });
    let mut samples: Vec<Sample<'w>> = numbers.chain(histograms).collect();
    samples.sort_by_key(|sample| sample.at.time);
    samples
}

pub(super) fn count(asked: &Asked<'_>, window: &Window<'_>) -> Option<Cell> {
    let samples = merged(window);
    let mut considered = samples.as_slice();
    if asked.mode == RangeMode::Anchored {
        // The last sample at or before the range's start is what the first inside is held against.
        let from = window.start.saturating_add(asked.behind);
        let inside = considered.partition_point(|sample| sample.at.time <= from);
        if inside == considered.len() {
            return None;
        }
        considered = considered
            .get(inside.saturating_sub(1)..)
            .unwrap_or_default();
    }
    let happens = match asked.function {
        RangeFunction::Resets => resets,
        _ => differs,
    };
    let pairs = considered.iter().zip(considered.iter().skip(1));
    let count = pairs.filter(|(before, now)| happens(before, now)).count();
    Some(Cell::Number(count as f64))
}

fn differs(before: &Sample<'_>, now: &Sample<'_>) -> bool {
    match (before.kind, now.kind) {
        (Kind::Number(before), Kind::Number(now)) => {
            before != now && !(before.is_nan() && now.is_nan())
        }
        (Kind::Histogram(before), Kind::Histogram(now)) => !equal(before, now),
        _ => true,
    }
}

fn resets(before: &Sample<'_>, now: &Sample<'_>) -> bool {
    let restarted = starts::is_reset(before.at, now.at);
    match (before.kind, now.kind) {
        (Kind::Number(before), Kind::Number(now)) => restarted || now < before,
        (Kind::Histogram(before), Kind::Histogram(now)) => restarted || is_reset(now, before),
        _ => true,
    }
}
