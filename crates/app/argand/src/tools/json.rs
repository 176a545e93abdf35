//! JSON as Go's encoder writes it, to the byte: what stands in HTML for something else is escaped.

use anyhow::Result;
use serde::Serialize;

/// What Go escapes beyond what JSON asks for.
const ESCAPED: [(char, &str); 5] = [
    ('<', "\\u003c"),
    ('>', "\\u003e"),
    ('&', "\\u0026"),
    ('\u{2028}', "\\u2028"),
    ('\u{2029}', "\\u2029"),
];

/// A value on one line.
pub(crate) fn compact(value: &(impl Serialize + ?Sized)) -> Result<String> {
    Ok(escaped(serde_json::to_string(value)?))
}

/// A value on many lines, indented by two spaces.
pub(crate) fn indented(value: &(impl Serialize + ?Sized)) -> Result<String> {
    Ok(escaped(serde_json::to_string_pretty(value)?))
}

/// These characters stand in texts only, so that they may be replaced everywhere.
fn escaped(mut json: String) -> String {
    for (plain, escape) in ESCAPED {
        if json.contains(plain) {
            json = json.replace(plain, escape);
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_html_are_escaped() {
        assert_eq!(
            compact("<&\">é\n\u{2028}").unwrap(),
            r#""\u003c\u0026\"\u003eé\n\u2028""#
        );
    }
}
