//! `load 5m`: the samples of a block, one step apart from time 0.

use contract::memory::MemoryStore;
use model::duration;

use super::ScriptError;
use super::notation::{labels, split, values};

/// Loads a block. Answers what in it is not supported, if anything.
pub(super) fn load(
    store: &MemoryStore,
    line: usize,
    command: &str,
    block: &[(usize, &str)],
) -> Result<Option<String>, ScriptError> {
    let step = command.split_whitespace().nth(1).unwrap_or("");
    let step = duration::parse(step).map_err(|e| ScriptError::new(line, e.to_string()))?;
    let mut missing = None;
    if command.starts_with("load_with_nhcb") {
        missing = Some("native histograms with custom buckets".to_owned());
    }
    for (line, text) in block {
        let (series, notation) = split(text);
        if notation.contains("{{") {
            missing = Some("native histograms".to_owned());
            continue;
        }
        if series.ends_with("@st") {
            missing = Some("start timestamps".to_owned());
            continue;
        }
        let fail = |reason: String| ScriptError::new(*line, reason);
        let labels = labels(series).map_err(fail)?;
        let values = values(notation).map_err(fail)?;
        let samples = values.iter().enumerate().filter_map(|(place, value)| {
            let time = i64::try_from(place).ok()?.checked_mul(step)?;
            value.map(|value| (time, value))
        });
        store.load(labels, samples);
    }
    Ok(missing)
}
