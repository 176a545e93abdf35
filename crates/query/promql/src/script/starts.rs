//! The notation of start timestamps, a line before the one of the samples:
//! `name{…}@st _ -1m -30s-1mx2`. Each is a distance from its sample's time.

use model::duration;

use super::notation::MAX_VALUES;

/// What marks the line.
pub(super) const MARK: &str = "@st";

/// The distances in milliseconds; `None` where the start is unknown.
pub(super) fn values(text: &str) -> Result<Vec<Option<i64>>, String> {
    let mut values = Vec::new();
    for word in text.split_whitespace() {
        expand(word, &mut values).ok_or_else(|| format!("start {word:?} cannot be read"))?;
        if values.len() > MAX_VALUES {
            return Err(format!("more than {MAX_VALUES} starts"));
        }
    }
    Ok(values)
}

fn expand(word: &str, values: &mut Vec<Option<i64>>) -> Option<()> {
    let (body, times) = match word.rsplit_once('x') {
        Some((body, times)) => (body, Some(times.parse::<usize>().ok()?.min(MAX_VALUES))),
        None => (word, None),
    };
    if body == "_" {
        values.extend(std::iter::repeat_n(None, times.unwrap_or(1)));
        return Some(());
    }
    let sign = body
        .char_indices()
        .skip(1)
        .find(|(_, c)| matches!(c, '+' | '-'));
    let (start, delta) = body.split_at(sign.map_or(body.len(), |(place, _)| place));
    let mut value = signed(start)?;
    let delta = if delta.is_empty() { 0 } else { signed(delta)? };
    for _ in 0..=times.unwrap_or(0) {
        values.push(Some(value));
        value = value.saturating_add(delta);
    }
    Some(())
}

fn signed(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let millis = if digits == "0" {
        0
    } else {
        duration::parse(digits).ok()?
    };
    Some(if negative { -millis } else { millis })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_starts() {
        for (text, expected) in [
            ("_ -1m 0", &[None, Some(-60_000), Some(0)][..]),
            ("_x2 +1m", &[None, None, Some(60_000)]),
            ("-30s-1mx1", &[Some(-30_000), Some(-90_000)]),
            ("-1msx2", &[Some(-1), Some(-1), Some(-1)]),
        ] {
            assert_eq!(values(text).as_deref(), Ok(expected), "{text}");
        }
        assert!(values("1").is_err() && values("-1mx").is_err());
    }
}
