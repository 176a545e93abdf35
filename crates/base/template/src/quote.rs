//! Texts in quotes, as Go writes and reads them.

use std::fmt::Write as _;

/// Writes a text in double quotes, with what cannot be printed escaped.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text, '"', false);
    out
}

/// Appends a text within `mark`; all but ASCII is escaped where `ascii` is set.
pub(crate) fn push_quoted(out: &mut String, text: &str, mark: char, ascii: bool) {
    out.push(mark);
    for c in text.chars() {
        match c {
            _ if c == mark || c == '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            _ if is_printable(c) && (!ascii || c.is_ascii()) => out.push(c),
            _ if u32::from(c) < 0x80 => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            _ if u32::from(c) < 0x1_0000 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push(mark);
}

/// Whether Go prints a character as it is: no control character, no space but the plain one, and
/// none of the invisible formatting characters.
pub(crate) fn is_printable(c: char) -> bool {
    if c == ' ' {
        return true;
    }
    let code = u32::from(c);
    let invisible = matches!(code,
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f
        | 0x202a..=0x202e | 0x2060..=0x206f | 0xe000..=0xf8ff | 0xfeff | 0xfff0..=0xfffb
        | 0xe0000..=0xe00ff | 0xe01f0..=0x10_ffff);
    !(c.is_control() || c.is_whitespace() || invisible || code & 0xfffe == 0xfffe)
}

/// Reads a text in double quotes or backquotes; `None` where it is not well formed.
pub(crate) fn unquoted(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.replace('\r', ""));
    }
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (part, after) = character(rest, '"')?;
        match part {
            Part::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Part::Byte(byte) => bytes.push(byte),
        }
        rest = after;
    }
    Some(
        String::from_utf8(bytes)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
    )
}

/// Reads a character in single quotes; the error is in Go's words.
pub(crate) fn unquoted_char(text: &str) -> Result<i64, String> {
    let inside = text.strip_prefix('\'').unwrap_or(text);
    let (part, rest) = character(inside, '\'').ok_or("invalid syntax")?;
    if rest != "'" {
        return Err(format!("malformed character constant: {text}"));
    }
    Ok(match part {
        Part::Char(c) => i64::from(u32::from(c)),
        Part::Byte(byte) => i64::from(byte),
    })
}

enum Part {
    Char(char),
    Byte(u8),
}

/// One character, escaped or not, of a text in the given quotes, and what follows it.
fn character(text: &str, mark: char) -> Option<(Part, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == mark || first == '\n' {
        return None;
    }
    if first != '\\' {
        return Some((Part::Char(first), chars.as_str()));
    }
    let plain = |c| Some(Part::Char(c));
    let escape = chars.next()?;
    let rest = chars.as_str();
    let (digits, radix) = match escape {
        'x' => (2, 16),
        'u' => (4, 16),
        'U' => (8, 16),
        '0'..='7' => (3, 8),
        _ => {
            let part = match escape {
                'a' => plain('\x07'),
                'b' => plain('\x08'),
                'f' => plain('\x0c'),
                'n' => plain('\n'),
                'r' => plain('\r'),
                't' => plain('\t'),
                'v' => plain('\x0b'),
                '\\' => plain('\\'),
                c if c == mark => plain(c),
                _ => None,
            }?;
            return Some((part, rest));
        }
    };
    // Octal digits begin with the escape itself.
    let from = if radix == 8 { text.get(1..)? } else { rest };
    let (number, after) = from.split_at_checked(digits)?;
    if !number.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(number, radix).ok()?;
    let part = if matches!(escape, 'u' | 'U') {
        Part::Char(char::from_u32(code)?)
    } else {
        let byte = u8::try_from(code).ok()?;
        if byte < 0x80 {
            Part::Char(char::from(byte))
        } else {
            Part::Byte(byte)
        }
    };
    Some((part, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_come_off_again() {
        for text in ["", "a\"b\\c\n\t\u{7}é\u{200b}\u{10ffff}", "日本"] {
            assert_eq!(unquoted(&quoted(text)).as_deref(), Some(text));
        }
        assert_eq!(quoted("é\u{200b}\u{1}\n"), "\"é\\u200b\\x01\\n\"");
    }

    #[test]
    fn forms_go_takes() {
        for (text, value) in [
            (r#""\x41\u00e9\101""#, Some("AéA")),
            ("`a\\n\r\n`", Some("a\\n\n")),
            (r#""\xc3\xa9""#, Some("é")),
            (r#""\'""#, None),
            (r#""\q""#, None),
            ("\"a\nb\"", None),
            (r#""\x4""#, None),
            (r#""\ud800""#, None),
        ] {
            assert_eq!(unquoted(text).as_deref(), value, "{text}");
        }
        assert_eq!(unquoted_char(r"'\''"), Ok(39));
        assert_eq!(unquoted_char("'é'"), Ok(233));
        assert!(unquoted_char("''").is_err());
        assert!(unquoted_char("'ab'").is_err());
    }
}
