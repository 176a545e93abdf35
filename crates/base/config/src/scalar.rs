//! The forms of single values: truth values and numbers as YAML 1.1 writes them, byte sizes,
//! names and patterns of paths.

/// The truth value of a plain scalar.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
            Some(true)
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
            Some(false)
        }
        _ => None,
    }
}

/// The whole number of a plain scalar; `1_000`, `0x10` and `1e3` are numbers too.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let text = text.replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, digits.get(2..)?),
        Some("0o") => (8, digits.get(2..)?),
        Some("0b") => (2, digits.get(2..)?),
        _ if digits.len() > 1
            && digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            (8, digits)
        }
        _ => (10, digits),
    };
    if digits.starts_with(['-', '+']) {
        return None;
    }
    if let Ok(number) = i64::from_str_radix(digits, radix) {
        return Some(if negative { -number } else { number });
    }
    let number = float(&text)?;
    (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64)
}

/// The number of a plain scalar.
pub(crate) fn float(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let numeric = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    if !text.bytes().all(numeric) || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Units of [`go_duration`], in nanoseconds; longer names first where one begins another.
const GO_UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 6e10),
    ("h", 3.6e12),
];

/// Milliseconds of a text such as `1m30s`, `1.5h`, `-2s` or `0`; what is left over of one counts
/// as one more, so that a short time is not none.
pub(crate) fn go_duration(text: &str) -> Option<i64> {
    let (sign, total) = sum(text, |unit| {
        let known = GO_UNITS.iter().find(|(name, _)| *name == unit);
        known.map(|(_, nanoseconds)| *nanoseconds)
    })?;
    Some(sign * (total / 1e6).ceil() as i64)
}

/// Adds up numbers with their units, such as `1h30m`: the sign, and the sum without it. Only `0`
/// needs no unit; what a unit is worth is told by `worth`.
fn sum(text: &str, worth: impl Fn(&str) -> Option<f64>) -> Option<(i64, f64)> {
    if text == "0" {
        return Some((1, 0.0));
    }
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return None;
    }
    let of_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c| !of_number(c)).unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits)?;
        let number: f64 = number.parse().ok()?;
        let length = after.find(of_number).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(length)?;
        total += number * worth(unit)?;
        rest = after;
    }
    (total < 9.2e18).then_some((sign, total))
}

/// Milliseconds of a number of nanoseconds, rounded up.
pub(crate) fn nanoseconds(number: i64) -> i64 {
    number.saturating_add(999_999).div_euclid(1_000_000)
}

/// Units of [`size`], each 1024 times the one before.
const SIZE_UNITS: [&str; 7] = ["B", "K", "M", "G", "T", "P", "E"];

/// Bytes of a text such as `15MB`, `1.5GiB` or `1GB512MB`. A unit is needed except on `0`; `MB`
/// and `MiB` both are 1024².
pub(crate) fn size(text: &str) -> Option<i64> {
    let (sign, total) = sum(text, |unit| {
        let power = SIZE_UNITS
            .iter()
            .position(|known| match unit.strip_prefix(known) {
                Some("") => *known == "B",
                Some(tail) => *known != "B" && matches!(tail, "B" | "iB"),
                None => false,
            })?;
        Some(1024f64.powi(i32::try_from(power).ok()?))
    })?;
    Some(sign * total as i64)
}

/// Bytes as upstream writes them: `15MiB`, `1KiB512B`.
pub(crate) fn write_size(bytes: i64) -> String {
    if bytes == 0 {
        return "0B".to_owned();
    }
    let mut out = String::new();
    if bytes < 0 {
        out.push('-');
    }
    let mut rest = bytes.unsigned_abs();
    for (power, unit) in SIZE_UNITS.iter().enumerate().rev() {
        let unit_bytes = 1u64 << (10 * power);
        if rest >= unit_bytes {
            let tail = if power == 0 { "" } else { "iB" };
            out.push_str(&format!("{}{unit}{tail}", rest / unit_bytes));
            rest %= unit_bytes;
        }
    }
    out
}

/// Whether a pattern of files has stars in its last part only.
pub(crate) fn is_file_pattern(text: &str) -> bool {
    match text.split_once('*') {
        Some((_, rest)) => !rest.contains('/'),
        None => true,
    }
}

/// Whether a text holds `$1`, `${1}` or `${name}`: a name that is made at run time.
pub(crate) fn has_reference(text: &str) -> bool {
    text.contains('$')
}

/// Whether a name with references in it fits the classic alphabet around them.
pub(crate) fn is_legacy_template(text: &str) -> bool {
    let mut rest = text;
    let mut first = true;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        rest = if c == '$' {
            match reference(after) {
                Some(after) => after,
                None => return false,
            }
        } else if c == '_' || c.is_ascii_alphabetic() || (!first && c.is_ascii_digit()) {
            after
        } else {
            return false;
        };
        first = false;
    }
    !first
}

/// What follows the reference whose `$` was just read.
fn reference(text: &str) -> Option<&str> {
    let word = |text: &str| {
        text.bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count()
    };
    match text.strip_prefix('{') {
        Some(inner) => match word(inner) {
            0 => None,
            length => inner.get(length..)?.strip_prefix('}'),
        },
        None => match word(text) {
            0 => None,
            length => text.get(length..),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_upstream_reads_and_writes_them() {
        for (text, bytes, written) in [
            ("0", Some(0), "0B"),
            ("15MB", Some(15 << 20), "15MiB"),
            ("15MiB", Some(15 << 20), "15MiB"),
            ("1.5KB", Some(1536), "1KiB512B"),
            ("1GB512B", Some((1 << 30) + 512), "1GiB512B"),
            ("512B", Some(512), "512B"),
            ("-1GB", Some(-(1 << 30)), "-1GiB"),
            ("15", None, ""),
            ("15M", None, ""),
            ("15mb", None, ""),
            ("BiB", None, ""),
            ("1BiB", None, ""),
            ("", None, ""),
            ("99999EB", None, ""),
        ] {
            assert_eq!(size(text), bytes, "{text}");
            if let Some(bytes) = bytes {
                assert_eq!(write_size(bytes), written);
            }
        }
    }

    #[test]
    fn durations_of_go() {
        for (text, millis) in [
            ("0", Some(0)),
            ("1m30s", Some(90_000)),
            ("1.5h", Some(5_400_000)),
            ("100ms", Some(100)),
            ("1us", Some(1)),
            ("-2s", Some(-2000)),
            ("5", None),
            ("5d", None),
            ("s", None),
            ("", None),
        ] {
            assert_eq!(go_duration(text), millis, "{text}");
        }
        assert_eq!(nanoseconds(30), 1);
        assert_eq!(nanoseconds(5_000_000), 5);
    }

    #[test]
    fn numbers_of_yaml() {
        for (text, number) in [
            ("12", Some(12)),
            ("-3", Some(-3)),
            ("1_000", Some(1000)),
            ("0x1F", Some(31)),
            ("017", Some(15)),
            ("1e3", Some(1000)),
            ("1.5", None),
            ("--3", None),
            ("0x-3", None),
            ("e", None),
            ("", None),
        ] {
            assert_eq!(integer(text), number, "{text}");
        }
        assert_eq!(float("1.5"), Some(1.5));
        assert_eq!(float("inf"), None);
    }

    #[test]
    fn names_with_references() {
        for (text, fits) in [
            ("foo_${1}", true),
            ("$1", true),
            ("${1", false),
            ("1a", false),
            ("a-$1", false),
            ("", false),
        ] {
            assert_eq!(is_legacy_template(text), fits, "{text}");
        }
    }
}
