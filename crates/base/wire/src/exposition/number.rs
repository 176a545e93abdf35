//! Reading numbers as Go's `ParseFloat` does, fast where they are short.

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Whole numbers up to 2^53 are exact.
const MAX_EXACT: u64 = 1 << 53;

/// A sample's value: decimal with or without exponent, `Inf`, `NaN`; no hexadecimal form.
pub(super) fn value(text: &[u8]) -> Option<f64> {
    short(text).or_else(|| long(text))
}

/// Digits with at most one point and no exponent, whose value needs no rounding beyond one exact
/// division.
#[inline]
fn short(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 17 {
        return None;
    }
    let mut mantissa: u64 = 0;
    let mut decimals: Option<usize> = None;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                decimals = decimals.map(|n| n + 1);
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return None,
        }
    }
    if mantissa > MAX_EXACT || digits == b"." {
        return None;
    }
    let size = mantissa as f64 / POWERS.get(decimals.unwrap_or(0))?;
    Some(if negative { -size } else { size })
}

#[cold]
fn long(text: &[u8]) -> Option<f64> {
    if text
        .iter()
        .any(|byte| matches!(byte, b'p' | b'P' | b'x' | b'X' | b'_'))
    {
        return None;
    }
    fast_float2::parse::<f64, _>(text).ok()
}
