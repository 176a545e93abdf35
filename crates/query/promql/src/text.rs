//! A quoted text of a query, whose escapes may spell bytes that are no UTF-8.

use std::fmt::{self, Display, Formatter, Write};

use model::name;

/// What stood between quotes, its escapes resolved.
///
/// Shown as Go's `%q` would: in double quotes, and a byte that is no UTF-8 as `\x` with two digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    text: String,
    /// The bytes, where they are not those of `text`.
    bytes: Option<Box<[u8]>>,
}

impl Text {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { text, bytes: None },
            Err(error) => Self {
                text: String::from_utf8_lossy(error.as_bytes()).into_owned(),
                bytes: Some(error.into_bytes().into_boxed_slice()),
            },
        }
    }

    /// The text, with U+FFFD for what is no UTF-8, as every JSON answer shows it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is UTF-8 as it was written.
    pub fn is_utf8(&self) -> bool {
        self.bytes.is_none()
    }

    /// Whether it can name a label: not empty, and UTF-8.
    pub fn is_label_name(&self) -> bool {
        self.is_utf8() && !self.text.is_empty()
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(bytes) = &self.bytes else {
            return name::write_quoted(f, &self.text);
        };
        f.write_char('"')?;
        for chunk in bytes.utf8_chunks() {
            let quoted = name::quoted(chunk.valid());
            f.write_str(quoted.get(1..quoted.len() - 1).unwrap_or_default())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_shown_as_escapes() {
        for (bytes, shown, is_name) in [
            (&b"a\"b"[..], r#""a\"b""#, true),
            (b"", r#""""#, false),
            (b"a\xc5z\n\xff", r#""a\xc5z\n\xff""#, false),
        ] {
            let text = Text::new(bytes.to_vec());
            assert_eq!(text.to_string(), shown);
            assert_eq!(text.is_label_name(), is_name, "{shown}");
        }
        assert_eq!(Text::new(b"a\xc5z".to_vec()).as_str(), "a\u{fffd}z");
    }
}
