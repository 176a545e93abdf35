//! `load 5m`: the samples of a block, one step apart from time 0.

use contract::memory::MemoryStore;
use model::{FloatHistogram, HistogramSample, HistogramValue, Labels, duration};

use super::ScriptError;
use super::hints::Hints;
use super::nhcb::Converter;
use super::notation::{Written, labels, split, values};
use super::starts;

/// Loads a block.
pub(super) fn load(
    store: &MemoryStore,
    line: usize,
    command: &str,
    block: &[(usize, &str)],
) -> Result<(), ScriptError> {
    let step = command.split_whitespace().nth(1).unwrap_or("");
    let step = duration::parse(step).map_err(|e| ScriptError::new(line, e.to_string()))?;
    let mut converter = Converter::default();
    // The line, the series and the distances of a line of starts.
    let mut starting: Option<(usize, Labels, Vec<Option<i64>>)> = None;
    for (line, text) in block {
        let (series, notation) = split(text);
        let fail = |reason: String| ScriptError::new(*line, reason);
        if series.ends_with(starts::MARK) {
            let series = series.strip_suffix(starts::MARK).unwrap_or(series);
            let distances = starts::values(notation).map_err(fail)?;
            starting = Some((*line, labels(series).map_err(fail)?, distances));
            continue;
        }
        let labels = labels(series).map_err(fail)?;
        let values = values(notation).map_err(fail)?;
        let count = values.len();
        let samples = timed(values, step);
        let numbers = samples.iter().filter_map(|(time, value)| match value {
            Written::Number(number) => Some((*time, *number)),
            Written::Histogram { .. } => None,
        });
        converter.add(&labels, numbers.clone());
        store.load(labels.clone(), numbers);
        store.load_histograms(labels.clone(), histograms(&samples));
        if let Some((line, of, distances)) = starting.take() {
            if of != labels || distances.len() != count {
                let text = "starts are of another series or number than the line below";
                return Err(ScriptError::new(line, text));
            }
            load_starts(store, &labels, &samples, &distances, step);
        }
    }
    if let Some((line, ..)) = starting {
        return Err(ScriptError::new(line, "starts without a line of samples"));
    }
    if command.starts_with("load_with_nhcb") {
        for (labels, samples) in converter.finish() {
            let mut hints = Hints::default();
            let samples = samples
                .into_iter()
                .map(|(time, histogram)| sample(time, hints.next(histogram)));
            store.load_histograms(labels, samples);
        }
    }
    Ok(())
}

fn timed(values: Vec<Option<Written>>, step: i64) -> Vec<(i64, Written)> {
    let values = values.into_iter().enumerate();
    let timed = values.filter_map(|(place, value)| {
        let time = i64::try_from(place).ok()?.checked_mul(step)?;
        Some((time, value?))
    });
    timed.collect()
}

fn sample(time: i64, histogram: FloatHistogram) -> HistogramSample {
    HistogramSample {
        time,
        value: HistogramValue::Float(Box::new(histogram)),
    }
}

/// The histograms of a series with the hints that a store would give them.
fn histograms(samples: &[(i64, Written)]) -> Vec<HistogramSample> {
    let mut hints = Hints::default();
    let mut histograms: Vec<HistogramSample> = Vec::new();
    for (time, value) in samples {
        match value {
            Written::Number(_) => hints.interrupt(),
            Written::Histogram { histogram, .. } => {
                histograms.push(sample(*time, hints.next(histogram.clone())));
            }
        }
    }
    histograms
}

/// Tells the store when the counting of each sample began.
fn load_starts(
    store: &MemoryStore,
    labels: &Labels,
    samples: &[(i64, Written)],
    distances: &[Option<i64>],
    step: i64,
) {
    let (mut numbers, mut histograms) = (Vec::new(), Vec::new());
    for (time, value) in samples {
        let place = usize::try_from(time / step.max(1)).ok();
        let distance = place
            .and_then(|place| distances.get(place))
            .copied()
            .flatten();
        let start = distance.map_or(0, |distance| time.saturating_add(distance));
        match value {
            Written::Number(_) => numbers.push(start),
            Written::Histogram { .. } => histograms.push(start),
        }
    }
    store.load_starts(labels, numbers, histograms);
}
