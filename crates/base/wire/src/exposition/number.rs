//! Reading numbers as Go's `ParseFloat` does, to the bit, fast where they are short.

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Whole numbers up to 2^53 are exact in a double.
const MAX_EXACT: u64 = 1 << 53;

/// Digits that surely fit a `u64`.
const MAX_DIGITS: usize = 19;

/// The NaN that Go's `math.NaN` gives; upstream stores no other from a scrape.
const NAN_BITS: u64 = 0x7ff8_0000_0000_0001;

/// A sample's value: decimal with or without exponent, `Inf`, `NaN`. As upstream there is no
/// hexadecimal form and no `_` between digits, and a number too large for a double is none.
pub(crate) fn value(text: &[u8]) -> Option<f64> {
    match leading(text) {
        Some((value, [])) => Some(value),
        _ => long(text),
    }
}

/// The number at the beginning of a text, and what follows it, where it is short: its digits make
/// an exact double, and at most one exactly rounded operation gives its value. `None` does not
/// mean that there is no number.
#[inline]
pub(super) fn leading(text: &[u8]) -> Option<(f64, &[u8])> {
    let (negative, text) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    let (mut mantissa, mut rest) = digits(0, text);
    let mut count = text.len() - rest.len();
    let mut power = 0;
    if let Some((b'.', behind)) = rest.split_first() {
        (mantissa, rest) = digits(mantissa, behind);
        let decimals = behind.len() - rest.len();
        count += decimals;
        power = -(decimals as i32);
    }
    if let Some((b'e' | b'E', behind)) = rest.split_first() {
        let exponent;
        (exponent, rest) = small_exponent(behind)?;
        power += exponent;
    }
    if count == 0 || count > MAX_DIGITS {
        return None;
    }
    // The conversion of a whole number rounds once, as it should; a second rounding must not
    // follow.
    let exact = mantissa <= MAX_EXACT;
    let size = match power {
        0 => mantissa as f64,
        1.. if exact => mantissa as f64 * POWERS.get(power as usize)?,
        _ if exact => mantissa as f64 / POWERS.get(power.unsigned_abs() as usize)?,
        _ => return None,
    };
    Some((if negative { -size } else { size }, rest))
}

/// The same of a decimal number of any length; slower than [`leading`].
pub(super) fn decimal(text: &[u8]) -> Option<(f64, &[u8])> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    if !unsigned.first()?.is_ascii_digit() {
        return None;
    }
    let (value, length): (f64, usize) = fast_float2::parse_partial(text).ok()?;
    // Too large is an error in Go.
    Some((value, text.get(length..)?)).filter(|_| value.is_finite())
}

/// The digits at the beginning of a text behind those of `number`. Of too many digits the number
/// is meaningless; whoever calls counts them.
#[inline]
fn digits(mut number: u64, text: &[u8]) -> (u64, &[u8]) {
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        rest = behind;
    }
    (number, rest)
}

/// An exponent of one or two digits behind its `e`.
#[inline]
fn small_exponent(text: &[u8]) -> Option<(i32, &[u8])> {
    let (negative, text) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let (number, rest) = digits(0, text);
    if !(1..=2).contains(&(text.len() - rest.len())) {
        return None;
    }
    let number = number as i32;
    Some((if negative { -number } else { number }, rest))
}

#[cold]
fn long(text: &[u8]) -> Option<f64> {
    let unsigned = match text.split_first()? {
        (b'+' | b'-', rest) => rest,
        _ => text,
    };
    if !unsigned.first()?.is_ascii_alphabetic() {
        // Too large is an error in Go.
        let value: f64 = fast_float2::parse(text).ok()?;
        return value.is_finite().then_some(value);
    }
    if text.eq_ignore_ascii_case(b"nan") {
        return Some(f64::from_bits(NAN_BITS));
    }
    let infinite =
        unsigned.eq_ignore_ascii_case(b"inf") || unsigned.eq_ignore_ascii_case(b"infinity");
    let size = if text.first() == Some(&b'-') {
        f64::NEG_INFINITY
    } else {
        f64::INFINITY
    };
    infinite.then_some(size)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_go() {
        for (text, wanted) in [
            ("0", Some(0.0)),
            ("-0", Some(-0.0)),
            ("+1", Some(1.0)),
            ("5.", Some(5.0)),
            (".5", Some(0.5)),
            ("1e3", Some(1000.0)),
            ("1.5E-3", Some(0.0015)),
            ("1.6719872e+10", Some(16_719_872_000.0)),
            ("18446744073709551615", Some(18_446_744_073_709_551_615.0)),
            ("9007199254740993", Some(9_007_199_254_740_992.0)),
            ("0.1234567890123456789", Some(0.123_456_789_012_345_68)),
            ("1e-400", Some(0.0)),
            ("1e400", None),
            ("-1e400", None),
            ("Inf", Some(f64::INFINITY)),
            ("-iNFinity", Some(f64::NEG_INFINITY)),
            ("+inf", Some(f64::INFINITY)),
            ("NaN", Some(f64::from_bits(NAN_BITS))),
            ("-nan", None),
            ("+NaN", None),
            ("infinit", None),
            ("0x1p-2", None),
            ("1_000", None),
            ("", None),
            ("-", None),
            (".", None),
            ("e5", None),
            ("1e", None),
            ("1e+", None),
            ("1 ", None),
            ("--1", None),
            ("1.2.3", None),
        ] {
            let bits = |value: Option<f64>| value.map(f64::to_bits);
            assert_eq!(bits(value(text.as_bytes())), bits(wanted), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn every_decimal_is_exact(
            text in "-?[0-9]{1,20}(\\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?"
        ) {
            let theirs: f64 = text.parse().unwrap();
            let wanted = theirs.is_finite().then_some(theirs.to_bits());
            prop_assert_eq!(value(text.as_bytes()).map(f64::to_bits), wanted, "{}", text);
            let alone = decimal(text.as_bytes()).map(|(value, rest)| (value.to_bits(), rest));
            prop_assert_eq!(alone, wanted.map(|bits| (bits, &[][..])), "{}", text);
        }

        #[test]
        fn what_is_written_is_read(bits: u64) {
            let number = f64::from_bits(bits);
            prop_assume!(!number.is_nan());
            let mut text = String::new();
            model::number::push_general(&mut text, number);
            prop_assert_eq!(value(text.as_bytes()).map(f64::to_bits), Some(bits));
        }
    }
}
