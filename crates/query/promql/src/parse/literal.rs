//! The values of numbers and quoted texts.

use model::{duration, name::quoted};

/// The end of the number at the start of `rest`, and whether it is well formed so far.
///
/// Digits may be parted by single underscores; a sign may follow the exponent's `e`.
pub(super) fn scan_number(rest: &[u8]) -> (usize, bool) {
    let peek = |at: usize| rest.get(at).copied();
    let hex = matches!(rest, [b'0', b'x' | b'X', ..]);
    let digit = |b: u8| {
        if hex {
            b.is_ascii_hexdigit()
        } else {
            b.is_ascii_digit()
        }
    };
    // A zero stands before the point like any other digit; upstream allows a second point then.
    let mut at = if hex {
        2
    } else {
        usize::from(rest.starts_with(b"0"))
    };
    // What may not follow belongs to the malformed number; the text's end does not.
    let refused = |at: usize| (at + usize::from(peek(at).is_some()), false);
    if hex && peek(at) == Some(b'_') {
        at += 1;
    }
    if peek(at) == Some(b'.') {
        at += 1;
    }
    if peek(at).is_some_and(digit) {
        at += 1;
    }
    let (mut dots, mut exponents) = (0, 0);
    while let Some(byte) = peek(at) {
        match byte {
            b'.' => {
                dots += 1;
                at += 1;
                if dots > 1 {
                    return (at, false);
                }
                if matches!(peek(at), Some(b'_' | b'.')) {
                    return refused(at);
                }
                if hex {
                    return (at, false);
                }
            }
            b'e' | b'E' => {
                exponents += 1;
                at += 1;
                if exponents > 1 {
                    return (at, false);
                }
                if matches!(peek(at), Some(b'+' | b'-')) {
                    at += 1;
                }
                if matches!(peek(at), None | Some(b'.' | b'_' | b'e' | b'E')) {
                    return refused(at);
                }
            }
            b'_' => {
                at += 1;
                if matches!(peek(at), None | Some(b'.' | b'_' | b'e' | b'E')) {
                    return refused(at);
                }
            }
            // Behind the first digit an `e` is an exponent's, also where it could be a digit.
            b if digit(b) => at += 1 + rest.iter().skip(at + 1).take_while(|b| digit(**b)).count(),
            _ => break,
        }
    }
    (at, at > 0 && !peek(at).is_some_and(is_word_byte))
}

/// The end of the duration whose first digits end at `at`; where it is malformed, the end of
/// what was read of it.
pub(super) fn scan_duration(rest: &[u8], mut at: usize) -> Result<usize, usize> {
    let peek = |at: usize| rest.get(at).copied();
    let mut units: &[u8] = b"smhdwy";
    loop {
        if !peek(at).is_some_and(|b| units.contains(&b)) {
            return Err(at);
        }
        at += 1;
        if peek(at) == Some(b's') {
            at += 1;
        }
        if !peek(at).is_some_and(|b| b.is_ascii_digit()) {
            break;
        }
        while peek(at).is_some_and(|b| b.is_ascii_digit()) {
            at += 1;
        }
        // Years come first or not at all.
        units = b"smhdw";
    }
    match peek(at) {
        Some(byte) if is_word_byte(byte) => Err(at + 1),
        _ => Ok(at),
    }
}

/// Whether a byte may stand in a name.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The value of a number's text.
pub(super) fn number(text: &str) -> Result<f64, String> {
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "inf" => return Ok(f64::INFINITY),
        "nan" => return Ok(f64::NAN),
        _ => {}
    }
    let invalid = || {
        let text = quoted(text);
        format!("error parsing number: strconv.ParseFloat: parsing {text}: invalid syntax")
    };
    if text.ends_with('_') {
        return Err(invalid());
    }
    let digits = lower.replace('_', "");
    if let Some(hex) = digits.strip_prefix("0x") {
        return integer(hex, 16).ok_or_else(invalid);
    }
    // As in Go's integers, a leading zero means octal digits.
    if let Some(octal) = digits.strip_prefix('0').filter(|rest| !rest.is_empty())
        && let Some(value) = integer(octal, 8)
    {
        return Ok(value);
    }
    if let Some(value) = integer(&digits, 10) {
        return Ok(value);
    }
    let value: f64 = digits.parse().map_err(|_| invalid())?;
    if value.is_infinite() {
        let text = quoted(text);
        return Err(format!(
            "error parsing number: strconv.ParseFloat: parsing {text}: value out of range"
        ));
    }
    Ok(value)
}

#[expect(clippy::cast_precision_loss, reason = "a number of a query is a float")]
fn integer(digits: &str, radix: u32) -> Option<f64> {
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok().map(|n| n as f64)
}

/// The milliseconds of a duration's text.
pub(super) fn millis(text: &str) -> Result<i64, String> {
    duration::parse(text).map_err(|error| error.to_string())
}

/// The text between quotes, its escapes resolved. The lexer has checked them.
pub(super) fn unquote(literal: &str) -> Vec<u8> {
    let inner = literal
        .get(1..literal.len().saturating_sub(1))
        .unwrap_or_default();
    if literal.starts_with('`') || !inner.contains('\\') {
        return inner.as_bytes().to_vec();
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        if c == '\\' {
            unescape(&mut rest, &mut out);
        } else {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    out
}

/// Resolves the escape behind a backslash.
fn unescape(rest: &mut std::str::Chars<'_>, out: &mut Vec<u8>) {
    let Some(c) = rest.next() else { return };
    let mut digits = |count: usize, radix: u32, first: u32| {
        (0..count).fold(first, |sum, _| {
            let digit = rest.next().and_then(|c| c.to_digit(radix)).unwrap_or(0);
            sum.wrapping_mul(radix).wrapping_add(digit)
        })
    };
    let byte = match c {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        // The lexer has refused what a byte cannot hold.
        'x' => u8::try_from(digits(2, 16, 0)).unwrap_or_default(),
        '0'..='7' => {
            let first = c.to_digit(8).unwrap_or(0);
            u8::try_from(digits(2, 8, first)).unwrap_or_default()
        }
        'u' | 'U' => {
            let code = digits(if c == 'u' { 4 } else { 8 }, 16, 0);
            let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            return out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        other => return out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
    };
    out.push(byte);
}
