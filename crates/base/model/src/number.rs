//! Numbers in the forms Go prints them, for clients compare these texts.

use std::fmt::Write as _;

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value == f64::INFINITY {
        Some("+Inf")
    } else if value == f64::NEG_INFINITY {
        Some("-Inf")
    } else {
        None
    }
}

/// Appends the shortest exact decimal without an exponent (Go's format `'f'`, precision -1).
pub fn push_plain(out: &mut String, value: f64) {
    match special(value) {
        Some(text) => out.push_str(text),
        None if value == 0.0 => out.push_str(if value.is_sign_negative() { "-0" } else { "0" }),
        None => {
            let mut buffer = zmij::Buffer::new();
            let text = buffer.format_finite(value);
            // The same digits by a faster way; with an exponent where that is shorter.
            if text.bytes().any(|byte| byte == b'e') {
                let _ = write!(out, "{value}");
            } else {
                out.push_str(text.strip_suffix(".0").unwrap_or(text));
            }
        }
    }
}

/// Appends a whole number.
fn push_whole(out: &mut String, mut value: u64) {
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        used += 1;
        if value == 0 {
            break;
        }
    }
    let (_, digits) = digits.split_at(digits.len() - used);
    // Always text; one by one they take four times as long.
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

/// Appends the shortest exact form with an exponent of at least two digits (Go's `'e'`).
pub fn push_exponent(out: &mut String, value: f64) {
    if let Some(text) = special(value) {
        return out.push_str(text);
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    let _ = write!(out, "{mantissa}e{sign}{digits:0>2}");
}

/// Appends a value as the exposition format prints it (Go's `'g'`, precision -1): with an
/// exponent below 1e-4 and from 1e6 on.
pub fn push_general(out: &mut String, value: f64) {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e6).contains(&size) {
        push_exponent(out, value);
    } else {
        push_plain(out, value);
    }
}

/// Appends a sample's value as the HTTP API prints it: plain, or with an exponent below 1e-6 and
/// from 1e21 on.
pub fn push_api(out: &mut String, value: f64) {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        push_exponent(out, value);
    } else {
        push_plain(out, value);
    }
}

/// Milliseconds since the epoch as seconds, with three decimals at most and no trailing zeros.
pub fn push_seconds(out: &mut String, millis: i64) {
    if millis < 0 {
        out.push('-');
    }
    let size = millis.unsigned_abs();
    push_whole(out, size / 1000);
    if !size.is_multiple_of(1000) {
        let millis = size % 1000;
        let digit = |unit: u64| char::from(b'0' + (millis / unit % 10) as u8);
        out.push('.');
        out.push(digit(100));
        if !millis.is_multiple_of(100) {
            out.push(digit(10));
        }
        if !millis.is_multiple_of(10) {
            out.push(digit(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_plain_form_is_as_short_as_the_languages_own(bits in any::<u64>(), small in -1e6f64..1e6, millis in any::<i64>()) {
            for value in [f64::from_bits(bits), small, small.trunc(), small / 1e9, small * 1e12] {
                if value.is_finite() {
                    // Of two shortest texts that are equally near, either is right.
                    let (ours, its) = (written(push_plain, value), value.to_string());
                    prop_assert_eq!(ours.len(), its.len(), "{} {}", ours, its);
                    prop_assert_eq!(ours.parse(), Ok(value));
                }
            }
            let mut seconds = String::new();
            push_seconds(&mut seconds, millis);
            let whole = seconds.trim_start_matches('-').split('.').next().map(str::to_owned);
            prop_assert_eq!(whole, Some((millis.unsigned_abs() / 1000).to_string()));
        }
    }

    fn written(push: fn(&mut String, f64), value: f64) -> String {
        let mut out = String::new();
        push(&mut out, value);
        out
    }

    #[test]
    fn exposition_form() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (123_456.0, "123456"),
            (1_000_000.0, "1e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (2.5e10, "2.5e+10"),
            (f64::INFINITY, "+Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(written(push_general, value), text);
        }
    }

    #[test]
    fn api_form() {
        for (value, text) in [
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e-6, "0.000001"),
            (1e-7, "1e-07"),
            (-2.5e-10, "-2.5e-10"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(written(push_api, value), text);
        }
    }

    #[test]
    fn seconds_have_no_trailing_zeros() {
        for (millis, text) in [(0, "0"), (1500, "1.5"), (1001, "1.001"), (-20, "-0.02")] {
            let mut out = String::new();
            push_seconds(&mut out, millis);
            assert_eq!(out, text);
        }
    }
}
