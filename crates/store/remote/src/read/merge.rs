//! Samples of one series from several servers.

use contract::TimeRange;
use model::{Columns, HistogramSample, HistogramValue, ResetHint};

/// Appends the samples within a range, in the order they have.
pub(super) fn copy(from: &Columns, range: TimeRange, into: &mut Columns) {
    for sample in from.iter().filter(|sample| range.contains(sample.time)) {
        into.push(sample.time, sample.value);
    }
    let histograms = from.histograms.iter();
    let wanted = histograms.filter(|sample| range.contains(sample.time));
    into.histograms.extend(wanted.cloned());
}

/// How many numbers and histograms columns have.
pub(super) fn counts(columns: &Columns) -> (usize, usize) {
    (columns.times.len(), columns.histograms.len())
}

enum Either {
    Number(f64),
    Histogram(HistogramValue),
}

/// Puts what was appended behind `from` in order: times rise, and of several samples at one time
/// the first that was appended stays. Of counter resets between histograms nothing is known then,
/// nor of when their counting began.
pub(super) fn settle(columns: &mut Columns, from: (usize, usize)) {
    columns.starts.clear();
    columns.histogram_starts.clear();
    let times = columns.times.split_off(from.0.min(columns.times.len()));
    let values = columns.values.split_off(from.0.min(columns.values.len()));
    let histograms = from.1.min(columns.histograms.len());
    let histograms = columns.histograms.split_off(histograms);
    let numbers = times.into_iter().zip(values);
    let mut all: Vec<(i64, Either)> = numbers
        .map(|(time, value)| (time, Either::Number(value)))
        .collect();
    all.extend(histograms.into_iter().map(|mut sample| {
        forget_reset(&mut sample.value);
        (sample.time, Either::Histogram(sample.value))
    }));
    // Keeps the order of equal times.
    all.sort_by_key(|(time, _)| *time);
    all.dedup_by_key(|(time, _)| *time);
    for (time, value) in all {
        match value {
            Either::Number(value) => columns.push(time, value),
            Either::Histogram(value) => columns.histograms.push(HistogramSample { time, value }),
        }
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

#[cfg(test)]
mod tests {
    use model::Histogram;

    use super::*;

    fn histogram(time: i64) -> HistogramSample {
        let histogram = Histogram {
            count: 1,
            hint: ResetHint::NotReset,
            ..Histogram::default()
        };
        HistogramSample {
            time,
            value: HistogramValue::Integer(Box::new(histogram)),
        }
    }

    #[test]
    fn times_rise_and_the_first_sample_of_a_time_stays() {
        let mut columns = Columns::new();
        columns.push(50, 0.0);
        columns.histograms.push(histogram(60));
        let from = counts(&columns);
        for (time, value) in [(10, 1.0), (20, 1.0), (15, 2.0), (20, 2.0), (5, 2.0)] {
            columns.push(time, value);
        }
        columns
            .histograms
            .extend([histogram(30), histogram(12), histogram(10)]);
        settle(&mut columns, from);
        assert_eq!(columns.times, [50, 5, 10, 15, 20]);
        assert_eq!(columns.values, [0.0, 2.0, 1.0, 2.0, 1.0]);
        let times: Vec<i64> = columns.histograms.iter().map(|s| s.time).collect();
        assert_eq!(times, [60, 12, 30]);
        let HistogramValue::Integer(last) = &columns.histograms[2].value else {
            panic!("whole counts stay whole");
        };
        assert_eq!(last.hint, ResetHint::Unknown);
    }

    #[test]
    fn only_the_range_is_copied() {
        let (mut from, mut into) = (Columns::new(), Columns::new());
        (0..10).for_each(|time| from.push(time, 0.0));
        from.histograms.extend((10..20).map(histogram));
        copy(&from, TimeRange { start: 8, end: 11 }, &mut into);
        assert_eq!((into.times.len(), into.histograms.len()), (2, 2));
    }
}
