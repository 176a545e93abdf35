//! Durations as Prometheus' files and queries write them: `1h30m`, `15s`, `2w`.

use thiserror::Error;

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DurationError {
    /// Nothing was written.
    #[error("empty duration string")]
    Empty,
    /// The text does not fit the form.
    #[error("not a valid duration string: {0:?}")]
    Invalid(String),
    /// A number is followed by what is no unit.
    #[error("unknown unit {unit:?} in duration {text:?}")]
    Unit {
        /// What stands where a unit should.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// More milliseconds than an `i64` of nanoseconds holds (about 292 years).
    #[error("duration out of range")]
    Range,
}

/// Milliseconds a unit, largest first; a duration names each at most once and in this order.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 24 * 3600 * 1000),
    ("w", 7 * 24 * 3600 * 1000),
    ("d", 24 * 3600 * 1000),
    ("h", 3600 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Upstream counts nanoseconds in an `i64`.
const MAX_MILLIS: i64 = i64::MAX / 1_000_000;

/// Reads a duration; the result is in milliseconds. `0` needs no unit.
pub fn parse(text: &str) -> Result<i64, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    if text == "0" {
        return Ok(0);
    }
    let invalid = || DurationError::Invalid(text.to_owned());
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let letters = rest
            .bytes()
            .skip(digits)
            .take_while(|byte| !byte.is_ascii_digit())
            .count();
        let (number, after) = rest.split_at_checked(digits).ok_or_else(invalid)?;
        let (unit, after) = after.split_at_checked(letters).ok_or_else(invalid)?;
        if unit.is_empty() || number.is_empty() {
            return Err(invalid());
        }
        let number: u64 = number.parse().map_err(|_| invalid())?;
        if !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err(DurationError::Unit {
                unit: unit.to_owned(),
                text: text.to_owned(),
            });
        }
        let (_, millis) = units
            .by_ref()
            .find(|(name, _)| *name == unit)
            .ok_or_else(invalid)?;
        let number = i64::try_from(number).map_err(|_| DurationError::Range)?;
        total = number
            .checked_mul(*millis)
            .and_then(|part| total.checked_add(part))
            .filter(|sum| *sum <= MAX_MILLIS)
            .ok_or(DurationError::Range)?;
        rest = after;
    }
    Ok(total)
}

/// Writes a duration of milliseconds in the shortest exact form; years and weeks only where they
/// leave nothing over.
pub fn format(millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    if millis < 0 {
        out.push('-');
    }
    let mut rest = millis.unsigned_abs();
    for (place, (unit, size)) in UNITS.iter().enumerate() {
        let size = size.unsigned_abs();
        let exact_only = place < 2;
        if exact_only && !rest.is_multiple_of(size) {
            continue;
        }
        if rest >= size {
            out.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_upstream_takes() {
        for (text, millis) in [
            ("0", 0),
            ("0s", 0),
            ("1h30m", 5_400_000),
            ("1y", 31_536_000_000),
            ("5ms", 5),
        ] {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn forms_upstream_refuses() {
        for text in [
            "1",
            "-1s",
            "1m1h",
            "1s1s",
            "s",
            " 1s",
            "99999999999999999999s",
        ] {
            assert!(
                matches!(parse(text), Err(DurationError::Invalid(_))),
                "{text}"
            );
        }
        for (text, unit) in [("1x", "x"), ("1s ", "s "), ("5y1hs", "hs"), ("1.5h", ".")] {
            let error = DurationError::Unit {
                unit: unit.to_owned(),
                text: text.to_owned(),
            };
            assert_eq!(parse(text), Err(error), "{text}");
        }
        assert_eq!(parse(""), Err(DurationError::Empty));
        assert_eq!(parse("300y"), Err(DurationError::Range));
        assert_eq!(parse("9999999999999999999s"), Err(DurationError::Range));
    }

    #[test]
    fn written_as_upstream_writes() {
        for (millis, text) in [
            (0, "0s"),
            (15_000, "15s"),
            (5_400_000, "1h30m"),
            (86_400_000, "1d"),
            (90_000_000, "1d1h"),
            (691_200_000, "8d"),
            (604_800_000, "1w"),
            (31_536_000_000, "1y"),
            (1_500, "1s500ms"),
        ] {
            assert_eq!(format(millis), text);
        }
    }
}
