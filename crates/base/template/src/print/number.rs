//! Numbers in digits.

/// What a number that is none is written as; signed, as Go's `strconv` does.
pub(super) fn special(value: f64) -> Option<&'static str> {
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

/// Decimal digits with so many decimals.
pub(super) fn plain(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}

/// One digit before the point, so many behind it, and an exponent of at least two digits.
pub(super) fn exponent(value: f64, decimals: usize) -> String {
    two_digits(&format!("{value:.decimals$e}"))
}

/// The shorter of both forms, by so many digits in all, or as many as tell the number from every
/// other.
pub(crate) fn general(value: f64, digits: Option<usize>) -> String {
    let Some(digits) = digits else {
        let mut out = String::new();
        model::number::push_general(&mut out, value);
        return out;
    };
    let digits = digits.max(1);
    let rounded = format!("{value:.*e}", digits - 1);
    let (mantissa, power) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let power: i64 = power.parse().unwrap_or(0);
    let limit = i64::try_from(digits).unwrap_or(i64::MAX);
    if power < -4 || power >= limit {
        let mantissa = without_zeros(mantissa);
        return two_digits(&format!("{mantissa}e{power}"));
    }
    let decimals = usize::try_from(limit - 1 - power).unwrap_or(0);
    without_zeros(&plain(value, decimals)).to_owned()
}

/// Decimals without the zeros at their end.
fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

/// A number's digits with a point, and with zeros behind it up to so many digits in all.
pub(super) fn with_zeros(text: &str, digits: usize) -> String {
    let (mantissa, power) = match text.find(['e', 'E']) {
        Some(at) => text.split_at_checked(at).unwrap_or((text, "")),
        None => (text, ""),
    };
    let point = if mantissa.contains('.') { "" } else { "." };
    let known = mantissa
        .trim_start_matches(['0', '.'])
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    // Of zero itself the first digit counts.
    let known = known.max(usize::from(mantissa == "0"));
    let zeros = "0".repeat(digits.saturating_sub(known));
    format!("{mantissa}{point}{zeros}{power}")
}

/// Rust's exponent as Go writes it: signed, of two digits at least.
fn two_digits(text: &str) -> String {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{mantissa}e{sign}{power:0>2}")
}

/// A number's digits in a base from 2 to 16.
pub(super) fn digits(mut size: u64, base: u64, upper: bool) -> String {
    let letters: &[u8] = if upper {
        b"0123456789ABCDEF"
    } else {
        b"0123456789abcdef"
    };
    let mut out = Vec::new();
    loop {
        let digit = usize::try_from(size % base).unwrap_or(0);
        out.push(letters.get(digit).copied().unwrap_or(b'?'));
        size /= base;
        if size == 0 {
            break;
        }
    }
    out.iter().rev().map(|byte| char::from(*byte)).collect()
}
