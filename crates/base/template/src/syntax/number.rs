//! Numbers as Go writes them.

use crate::quote::{quoted, unquoted_char};

/// A number of a template, which fits integers, fractions or both until it is used.
#[derive(Debug)]
pub(crate) struct Number {
    /// As it was written.
    pub(crate) written: String,
    /// Its value, where it is whole and fits.
    pub(crate) integer: Option<i64>,
    /// Its value, rounded where it must be.
    pub(crate) float: f64,
    /// Whether it is fractional by its form, as `1.0` is.
    pub(crate) fractional: bool,
}

/// Reads a number or a character in quotes; the error is in Go's words.
pub(super) fn read(written: &str) -> Result<Number, String> {
    let number = |integer, float, fractional| Number {
        written: written.to_owned(),
        integer,
        float,
        fractional,
    };
    if written.starts_with('\'') {
        let code = unquoted_char(written)?;
        return Ok(number(Some(code), code as f64, false));
    }
    if written.ends_with('i') {
        return Err(format!(
            "imaginary numbers are not known: {}",
            quoted(written)
        ));
    }
    if let Some(value) = integer(written) {
        let fits = i128::from(i64::MIN)..=i128::from(u64::MAX);
        if !fits.contains(&value) {
            return Err(format!("integer overflow: {}", quoted(written)));
        }
        // What only fits an unsigned integer fits fractions here, and fails elsewhere.
        return Ok(number(i64::try_from(value).ok(), value as f64, false));
    }
    let illegal = || format!("illegal number syntax: {}", quoted(written));
    let float = float(written).ok_or_else(illegal)?;
    if !written.contains(['.', 'e', 'E', 'p', 'P']) {
        return Err(format!("integer overflow: {}", quoted(written)));
    }
    let whole = float.trunc() == float && float.abs() < 9.2e18;
    Ok(number(whole.then_some(float as i64), float, true))
}

/// A whole number with its base, such as `0x1f`, `0b11`, `017` or `1_000`.
fn integer(written: &str) -> Option<i128> {
    let (negative, digits) = sign(written);
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?),
        [b'0', b'b', ..] => (2, lower.get(2..)?),
        [b'0', b'o', ..] => (8, lower.get(2..)?),
        [b'0', _, ..] => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    let prefixed = radix != 10;
    let value = i128::from_str_radix(&separated(digits, prefixed)?, radix).ok()?;
    Some(if negative { -value } else { value })
}

/// A fraction in decimal or hexadecimal digits.
fn float(written: &str) -> Option<f64> {
    let (negative, digits) = sign(written);
    let lower = digits.to_ascii_lowercase();
    let value = match lower.strip_prefix("0x") {
        Some(hex) => hexadecimal(&separated(hex, true)?)?,
        None => {
            let plain = separated(&lower, false)?;
            let known = |byte: u8| byte.is_ascii_digit() || b".e+-".contains(&byte);
            plain.bytes().all(known).then_some(())?;
            plain
                .parse::<f64>()
                .ok()
                .filter(|value| value.is_finite())?
        }
    };
    Some(if negative { -value } else { value })
}

/// Digits with a binary exponent, such as `1.8p3`.
fn hexadecimal(digits: &str) -> Option<f64> {
    let (mantissa, exponent) = digits.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() > 13 {
        return None;
    }
    let value = u64::from_str_radix(&format!("{whole}{fraction}"), 16).ok()? as f64;
    let exponent: i32 = exponent.parse().ok()?;
    let shift = exponent.checked_sub(4 * i32::try_from(fraction.len()).ok()?)?;
    Some(value * 2f64.powi(shift)).filter(|value| value.is_finite())
}

fn sign(written: &str) -> (bool, &str) {
    match written.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, written.strip_prefix('+').unwrap_or(written)),
    }
}

/// Takes the underscores out, which may stand between digits and behind a base.
fn separated(digits: &str, prefixed: bool) -> Option<String> {
    let inside = if prefixed {
        digits.strip_prefix('_').unwrap_or(digits)
    } else {
        digits
    };
    let wrong = inside.starts_with('_') || inside.ends_with('_') || inside.contains("__");
    // Go takes underscores in decimal numbers only where a base is written: `1_000` is fine for
    // whole numbers read with base 0.
    (!wrong && !inside.is_empty()).then(|| inside.replace('_', ""))
}
