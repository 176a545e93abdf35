//! Which metric and label names are allowed, and how they are quoted.

use std::fmt::{self, Write};

/// Whether a label name fits the classic alphabet `[a-zA-Z_][a-zA-Z0-9_]*`.
pub fn is_legacy_label(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether a metric name fits the classic alphabet `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub fn is_legacy_metric(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b':')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

/// Writes a text in double quotes as Go's `%q` does: backslash escapes for quotes, control
/// characters and what cannot be printed.
pub fn write_quoted(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\t' => out.write_str("\\t")?,
            '\r' => out.write_str("\\r")?,
            '\x07' => out.write_str("\\a")?,
            '\x08' => out.write_str("\\b")?,
            '\x0b' => out.write_str("\\v")?,
            '\x0c' => out.write_str("\\f")?,
            c if (c as u32) < 0x20 || c == '\x7f' => write!(out, "\\x{:02x}", c as u32)?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

/// The text in double quotes, see [`write_quoted`].
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let _ = write_quoted(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classic_names() {
        assert!(is_legacy_label("_a1") && !is_legacy_label("1a") && !is_legacy_label(""));
        assert!(!is_legacy_label("a:b") && is_legacy_metric("a:b") && !is_legacy_metric("a.b"));
    }
}
