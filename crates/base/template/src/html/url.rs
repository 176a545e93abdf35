//! URLs in attributes, styles and lists.

use std::fmt::Write as _;

/// Which part of a URL comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Nothing was written of it.
    Start,
    /// Scheme, host, path.
    Front,
    /// Behind a `?` or `#`.
    Query,
}

impl Part {
    /// The part behind one more character of the template's own text.
    pub(super) fn after(self, c: char) -> Self {
        match (self, c) {
            (_, '?' | '#') => Self::Query,
            (Self::Start, ' ' | '\t' | '\n' | '\x0c' | '\r') => Self::Start,
            (Self::Start, _) => Self::Front,
            (part, _) => part,
        }
    }
}

/// What stands for a URL whose scheme is none of the harmless ones.
const REFUSED: &str = "#ZgotmplZ";

/// Whether a URL has no scheme, or one that runs nothing.
pub(super) fn is_safe(url: &str) -> bool {
    match url.split_once(':') {
        Some((scheme, _)) if !scheme.contains('/') => ["http", "https", "mailto"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known)),
        _ => true,
    }
}

/// A value for a part of a URL. `trusted` ones keep their scheme and their signs.
pub(super) fn escaped(part: Part, value: &str, trusted: bool) -> String {
    if part == Part::Start && !trusted && !is_safe(value) {
        return REFUSED.to_owned();
    }
    let keeps_signs = trusted || part != Part::Query;
    let mut out = String::with_capacity(value.len());
    push(&mut out, value, keeps_signs);
    out
}

/// Appends a text with all but letters, digits and `-._~` as `%xx`; signs with a meaning in URLs
/// are kept where that is asked for.
fn push(out: &mut String, text: &str, keeps_signs: bool) {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let kept = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => true,
            b'!' | b'#' | b'$' | b'&' | b'*' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?'
            | b'@' | b'[' | b']' => keeps_signs,
            b'%' => {
                let digits = bytes.get(at + 1..at + 3).unwrap_or_default();
                keeps_signs && digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)
            }
            _ => false,
        };
        if kept {
            out.push(char::from(*byte));
        } else {
            let _ = write!(out, "%{byte:02x}");
        }
    }
}

/// A value for a list of URLs with sizes: each URL is filtered for itself.
pub(super) fn escaped_list(value: &str) -> String {
    let element = |element: &str| {
        let inner = element.trim();
        let (url, size) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
        let plain = size
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || c == '.');
        if url.is_empty() || !is_safe(url) || !plain {
            return REFUSED.to_owned();
        }
        let start = element.len() - element.trim_start().len();
        let mut out = element.get(..start).unwrap_or("").to_owned();
        push(&mut out, url, true);
        let behind = element.get(start + url.len()..).unwrap_or("");
        out.push_str(behind);
        out
    };
    value.split(',').map(element).collect::<Vec<_>>().join(",")
}
