//! Lengths of time as Go's programs read and write them: `1h30m0s`, `1.5s`, `20ms`.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

/// Nanoseconds of each unit that may be written.
const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads a length of time; the result is in nanoseconds. Units may come in any order and more than
/// once, and numbers may have a fraction. `0` needs no unit.
pub(crate) fn parse_duration(text: &str) -> Result<i64> {
    let (sign, size) = match text.strip_prefix('-') {
        Some(size) => (-1.0, size),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if size == "0" {
        return Ok(0);
    }
    if size.is_empty() {
        bail!("invalid duration {text:?}");
    }
    let mut total = 0.0;
    let mut rest = size;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .with_context(|| format!("missing unit in duration {text:?}"))?;
        let (number, behind) = rest.split_at(digits);
        let letters = behind
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        let Some((_, nanos)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            bail!("unknown unit {unit:?} in duration {text:?}");
        };
        let number: f64 = number
            .parse()
            .ok()
            .with_context(|| format!("invalid duration {text:?}"))?;
        total += number * *nanos as f64;
        rest = behind;
    }
    if total > i64::MAX as f64 {
        bail!("invalid duration {text:?}");
    }
    Ok((sign * total).round() as i64)
}

/// Writes a length of milliseconds.
pub(crate) fn duration(millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    if millis < 0 {
        text.push('-');
    }
    let size = millis.unsigned_abs();
    if size < 1000 {
        let _ = write!(text, "{size}ms");
        return text;
    }
    let (minutes, rest) = (size / 60_000, size % 60_000);
    if minutes >= 60 {
        let _ = write!(text, "{}h", minutes / 60);
    }
    if minutes > 0 {
        let _ = write!(text, "{}m", minutes % 60);
    }
    model::number::push_seconds(&mut text, rest as i64);
    text.push('s');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_as_go_writes_them() {
        for (millis, text) in [
            (0, "0s"),
            (1, "1ms"),
            (999, "999ms"),
            (1500, "1.5s"),
            (60_000, "1m0s"),
            (5_400_000, "1h30m0s"),
            (7_199_999, "1h59m59.999s"),
            (-1500, "-1.5s"),
            (-3_600_250, "-1h0m0.25s"),
        ] {
            assert_eq!(duration(millis), text);
            assert_eq!(parse_duration(text).unwrap(), millis * 1_000_000, "{text}");
        }
    }

    #[test]
    fn lengths_as_go_reads_them() {
        for (text, nanos) in [
            ("0", 0),
            ("+5s", 5_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("10us1ns", 10_001),
            ("1s1h", 3_601_000_000_000),
        ] {
            assert_eq!(parse_duration(text).unwrap(), nanos, "{text}");
        }
        for text in ["", "-", "5", "1d", "h", "1.2.3s", "99999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+0-9.a-zµ ]{0,12}", any: String) {
            let _ = (parse_duration(&text), parse_duration(&any));
        }
    }
}
