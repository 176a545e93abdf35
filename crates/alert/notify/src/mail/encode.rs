//! Texts in seven bits: bodies as quoted-printable (RFC 2045), headers as encoded words (RFC 2047).

/// Characters of a line of quoted-printable, its soft break among them.
const MAX_LINE: usize = 76;
/// Characters of an encoded word, its marks among them.
const MAX_WORD: usize = 75;
const WORD_BEGINS: &str = "=?utf-8?q?";
const WORD_ENDS: &str = "?=";

/// A body: lines end with CRLF, none is longer than a mail may have.
pub(super) fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let normal = text.replace("\r\n", "\n");
    for (number, line) in normal.split('\n').enumerate() {
        if number > 0 {
            out.push_str("\r\n");
        }
        write_line(&mut out, line.as_bytes());
    }
    out
}

fn write_line(out: &mut String, line: &[u8]) {
    let mut length = 0;
    for (place, byte) in line.iter().enumerate() {
        let last = place + 1 == line.len();
        let literal = match byte {
            b'=' => false,
            // White space at a line's end would get lost.
            b' ' | b'\t' => !last,
            byte => byte.is_ascii_graphic(),
        };
        let size = if literal { 1 } else { 3 };
        let room = if last { MAX_LINE } else { MAX_LINE - 1 };
        if length + size > room {
            out.push_str("=\r\n");
            length = 0;
        }
        push(out, *byte, literal);
        length += size;
    }
}

fn push(out: &mut String, byte: u8, literal: bool) {
    use std::fmt::Write as _;
    if literal {
        out.push(char::from(byte));
    } else {
        let _ = write!(out, "={byte:02X}");
    }
}

/// A header's value: as it is where it is printable ASCII, otherwise in encoded words. Line breaks
/// are encoded too, so that no value can begin a header of its own.
pub(super) fn header(text: &str) -> String {
    if text
        .bytes()
        .all(|b| b.is_ascii_graphic() || matches!(b, b' ' | b'\t'))
    {
        return text.to_owned();
    }
    let room = MAX_WORD - WORD_BEGINS.len() - WORD_ENDS.len();
    let mut out = String::new();
    let mut word = String::new();
    let mut character = [0; 4];
    for c in text.chars() {
        let mut coded = String::new();
        for byte in c.encode_utf8(&mut character).bytes() {
            match byte {
                b' ' => coded.push('_'),
                b'=' | b'?' | b'_' => push(&mut coded, byte, false),
                byte => push(&mut coded, byte, byte.is_ascii_graphic()),
            }
        }
        // A character stays in one word.
        if word.len() + coded.len() > room {
            write_word(&mut out, &word);
            word.clear();
        }
        word.push_str(&coded);
    }
    write_word(&mut out, &word);
    out
}

fn write_word(out: &mut String, word: &str) {
    if !out.is_empty() {
        out.push_str("\r\n ");
    }
    out.push_str(WORD_BEGINS);
    out.push_str(word);
    out.push_str(WORD_ENDS);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The text behind quoted-printable.
    fn decoded(text: &str) -> Vec<u8> {
        let joined = text.replace("=\r\n", "");
        let mut bytes = joined.bytes();
        let mut out = Vec::new();
        while let Some(byte) = bytes.next() {
            if byte == b'=' {
                let digits = [bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)];
                let digits = String::from_utf8_lossy(&digits).into_owned();
                out.push(u8::from_str_radix(&digits, 16).expect("two digits"));
            } else {
                out.push(byte);
            }
        }
        out
    }

    #[test]
    fn headers() {
        for (text, written) in [
            ("plain: text", "plain: text"),
            ("für", "=?utf-8?q?f=C3=BCr?="),
            ("a b=_?é", "=?utf-8?q?a_b=3D=5F=3F=C3=A9?="),
            ("a\r\nBcc: b@c", "=?utf-8?q?a=0D=0ABcc:_b@c?="),
        ] {
            assert_eq!(header(text), written);
        }
    }

    proptest! {
        #[test]
        fn bodies_read_back_in_short_lines(text in "[a-c =\\n\\té🙂]{0,300}") {
            let coded = quoted_printable(&text);
            prop_assert_eq!(decoded(&coded), text.replace('\n', "\r\n").into_bytes());
            for line in coded.split("\r\n") {
                prop_assert!(line.len() <= MAX_LINE && line.is_ascii());
                prop_assert!(!line.ends_with([' ', '\t']));
            }
        }

        #[test]
        fn no_header_has_a_line_of_its_own(text in "\\PC{0,200}|[a\\r\\n:é]{0,100}") {
            for line in header(&text).split("\r\n").skip(1) {
                prop_assert!(line.starts_with(' '));
            }
        }
    }
}
