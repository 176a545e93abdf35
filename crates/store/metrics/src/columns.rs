//! Samples that were read from several places: cut to a range, without what is deleted, in order.
//!
//! Columns are filled one chunk after the other, numbers and histograms each in a column of their
//! own. What is here works on their ends, from a [`Mark`] on, so that what a caller had in them
//! before stays.

use contract::TimeRange;
use model::{Columns, HistogramSample, HistogramValue, ResetHint};

/// A place in columns: behind so many numbers and so many histograms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) numbers: usize,
    pub(crate) histograms: usize,
}

impl Mark {
    /// Behind all that is there.
    pub(crate) fn end_of(columns: &Columns) -> Self {
        Self {
            numbers: columns.times.len(),
            histograms: columns.histograms.len(),
        }
    }
}

/// Says of the histograms that nothing is known of counter resets before them: other samples may
/// come to lie between them.
pub(crate) fn forget_resets(columns: &mut Columns, start: Mark) {
    let added = columns.histograms.get_mut(start.histograms..);
    for sample in added.unwrap_or_default() {
        forget_reset(&mut sample.value);
    }
}

fn forget_reset(value: &mut HistogramValue) {
    let hint = match value {
        HistogramValue::Integer(whole) => &mut whole.hint,
        HistogramValue::Float(float) => &mut float.hint,
    };
    if *hint != ResetHint::Gauge {
        *hint = ResetHint::Unknown;
    }
}

/// Removes what lies outside the range.
pub(crate) fn trim(columns: &mut Columns, start: Mark, range: TimeRange) {
    let added = columns.times.get(start.numbers..).unwrap_or_default();
    let end = start.numbers + added.partition_point(|&time| time <= range.end);
    columns.times.truncate(end);
    columns.values.truncate(end);
    let added = columns.histograms.get(start.histograms..);
    let end = added.unwrap_or_default();
    let end = start.histograms + end.partition_point(|sample| sample.time <= range.end);
    columns.histograms.truncate(end);
    if let Some(early) = range.start.checked_sub(1) {
        cut_out(columns, start, i64::MIN, early);
    }
}

/// Removes what lies from `first` to `last`.
pub(crate) fn cut_out(columns: &mut Columns, start: Mark, first: i64, last: i64) {
    let added = columns.times.get(start.numbers..).unwrap_or_default();
    let from = start.numbers + added.partition_point(|&time| time < first);
    let to = start.numbers + added.partition_point(|&time| time <= last);
    if from < to {
        columns.times.drain(from..to);
        columns.values.drain(from..to);
    }
    let added = columns.histograms.get(start.histograms..);
    let added = added.unwrap_or_default();
    let from = start.histograms + added.partition_point(|sample| sample.time < first);
    let to = start.histograms + added.partition_point(|sample| sample.time <= last);
    if from < to {
        columns.histograms.drain(from..to);
    }
}

/// Makes one rising run of two: from `start` to `middle`, and from there to the end. Of two
/// samples at one time the first run's stays.
pub(crate) fn join(columns: &mut Columns, start: Mark, middle: Mark) {
    let last = times_between(columns, start, Some(middle)).map(|(_, last)| last);
    let first = times_between(columns, middle, None).map(|(first, _)| first);
    if matches!((last, first), (Some(last), Some(first)) if first <= last) {
        sort(columns, start, middle);
    }
}

/// Sorts by time and keeps one sample of each time, where that is not so already: others than
/// Prometheus write blocks with chunks that overlap.
pub(crate) fn put_in_order(columns: &mut Columns, start: Mark) {
    let times = columns.times.get(start.numbers..).unwrap_or_default();
    let histograms = columns.histograms.get(start.histograms..);
    let histograms = histograms.unwrap_or_default();
    let mut others = times.iter().peekable();
    // A moment is a number or a histogram, not both.
    let is_apart = histograms.iter().all(|sample| {
        while others.next_if(|&&time| time < sample.time).is_some() {}
        others.peek() != Some(&&sample.time)
    });
    let in_order = times.is_sorted_by(|a, b| a < b)
        && histograms.is_sorted_by(|a, b| a.time < b.time)
        && is_apart;
    if !in_order {
        sort(columns, start, start);
    }
}

/// The first and the last time from a mark on, up to another or the end.
fn times_between(columns: &Columns, from: Mark, to: Option<Mark>) -> Option<(i64, i64)> {
    let to = to.unwrap_or(Mark::end_of(columns));
    let numbers = columns.times.get(from.numbers..to.numbers);
    let numbers = numbers.unwrap_or_default();
    let histograms = columns.histograms.get(from.histograms..to.histograms);
    let histograms = histograms.unwrap_or_default();
    let ends = |all: [Option<i64>; 2]| all.into_iter().flatten();
    let time = |sample: &HistogramSample| sample.time;
    let first = ends([numbers.first().copied(), histograms.first().map(time)]).min()?;
    let last = ends([numbers.last().copied(), histograms.last().map(time)]).max()?;
    Some((first, last))
}

/// A number or a histogram.
enum Either {
    Number(f64),
    Histogram(HistogramValue),
}

fn sort(columns: &mut Columns, start: Mark, middle: Mark) {
    let mut all: Vec<(i64, usize, Either)> = Vec::new();
    let late = split(columns, middle);
    for (run, part) in [split(columns, start), late].into_iter().enumerate() {
        let numbers = part.times.into_iter().zip(part.values);
        all.extend(numbers.map(|(time, value)| (time, run, Either::Number(value))));
        let histograms = part.histograms.into_iter();
        all.extend(histograms.map(|sample| (sample.time, run, Either::Histogram(sample.value))));
    }
    all.sort_by_key(|sample| sample.0);
    all.dedup_by_key(|sample| sample.0);
    let mut before = None;
    for (time, run, value) in all {
        match value {
            Either::Number(value) => columns.push(time, value),
            Either::Histogram(mut value) => {
                // What is known of a reset is known of the run's own sample before.
                if before.is_some_and(|before| before != run) {
                    forget_reset(&mut value);
                }
                columns.histograms.push(HistogramSample { time, value });
            }
        }
        before = Some(run);
    }
}

fn split(columns: &mut Columns, at: Mark) -> Columns {
    let numbers = at.numbers.min(columns.times.len());
    Columns {
        times: columns.times.split_off(numbers),
        values: columns.values.split_off(numbers),
        histograms: columns
            .histograms
            .split_off(at.histograms.min(columns.histograms.len())),
        ..Columns::default()
    }
}

#[cfg(test)]
mod tests {
    use model::Histogram;

    use super::*;

    /// Columns of samples at these times: histograms where the time is odd.
    fn add(columns: &mut Columns, times: &[i64], value: f64) {
        for &time in times {
            if time % 2 == 0 {
                columns.push(time, value);
            } else {
                let histogram = Histogram {
                    sum: value,
                    ..Histogram::default()
                };
                columns.histograms.push(HistogramSample {
                    time,
                    value: HistogramValue::Float(Box::new(histogram)),
                });
            }
        }
    }

    /// Times and values behind a mark, in the order of time.
    fn all(columns: &Columns, from: Mark) -> Vec<(i64, f64)> {
        let numbers = columns.iter().skip(from.numbers).map(|s| (s.time, s.value));
        let histograms = columns.histograms.iter().skip(from.histograms);
        let sum = |s: &HistogramSample| (s.time, s.value.clone().into_float().sum);
        let mut all: Vec<_> = numbers.chain(histograms.map(sum)).collect();
        assert!(columns.times[from.numbers..].is_sorted());
        assert!(columns.histograms[from.histograms..].is_sorted_by_key(|s| s.time));
        all.sort_by_key(|sample| sample.0);
        all
    }

    #[test]
    fn columns_join_without_a_time_twice() {
        let check = |early: &[i64], late: &[i64], expected: &[i64]| {
            let mut columns = Columns::new();
            add(&mut columns, &[1000, 1001], 0.0);
            let start = Mark::end_of(&columns);
            add(&mut columns, early, 1.0);
            let middle = Mark::end_of(&columns);
            add(&mut columns, late, 2.0);
            join(&mut columns, start, middle);
            let wanted: Vec<(i64, f64)> = expected
                .iter()
                .map(|&time| (time, if early.contains(&time) { 1.0 } else { 2.0 }))
                .collect();
            assert_eq!(all(&columns, start), wanted);
            assert_eq!(columns.times.len(), columns.values.len());
        };
        check(&[1, 2], &[3, 4], &[1, 2, 3, 4]);
        check(&[1, 2], &[2, 3], &[1, 2, 3]);
        check(&[5, 7, 9], &[1, 5, 6, 9, 10], &[1, 5, 6, 7, 9, 10]);
        check(&[], &[1], &[1]);
        check(&[1], &[], &[1]);
        check(&[3, 4], &[1, 2], &[1, 2, 3, 4]);
    }

    #[test]
    fn what_is_outside_or_deleted_goes_and_the_rest_is_put_in_order() {
        let mut columns = Columns::new();
        add(&mut columns, &[100, 101], 0.0);
        let start = Mark::end_of(&columns);
        add(&mut columns, &[1, 2, 3, 4, 5, 6, 7, 8, 9], 1.0);
        trim(&mut columns, start, TimeRange { start: 2, end: 8 });
        cut_out(&mut columns, start, 4, 5);
        let times = |columns: &Columns| -> Vec<i64> {
            all(columns, start).into_iter().map(|s| s.0).collect()
        };
        assert_eq!(times(&columns), [2, 3, 6, 7, 8]);
        add(&mut columns, &[4, 5, 6], 2.0);
        put_in_order(&mut columns, start);
        assert_eq!(times(&columns), [2, 3, 4, 5, 6, 7, 8]);
        assert_eq!((columns.times[0], columns.histograms[0].time), (100, 101));
        let everything = TimeRange {
            start: i64::MIN,
            end: i64::MAX,
        };
        trim(&mut columns, start, everything);
        assert_eq!(times(&columns), [2, 3, 4, 5, 6, 7, 8]);
        // A number and a histogram at one moment: one of them stays.
        columns.push(9, 1.0);
        add(&mut columns, &[9], 2.0);
        put_in_order(&mut columns, start);
        assert_eq!(times(&columns), [2, 3, 4, 5, 6, 7, 8, 9]);
    }
}
