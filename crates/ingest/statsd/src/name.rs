//! Names of StatsD in the alphabet of metrics and labels.

use std::borrow::Cow;

/// The name with `_` for whatever is no letter, digit or `_`, and before a digit at the beginning.
/// A `-` that follows a `-` is left out, so that `a--b` is `a_b`.
pub(crate) fn escaped(name: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let begins_with_digit = name.bytes().next().is_some_and(|b| b.is_ascii_digit());
    if !begins_with_digit && name.bytes().all(plain) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 1);
    if begins_with_digit {
        out.push('_');
    }
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            out.push(letter);
        } else if letter != '-' || before != '-' {
            out.push('_');
        }
        before = letter;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_metrics() {
        for (name, metric) in [
            ("clean_1", "clean_1"),
            ("0starts_with_digit", "_0starts_with_digit"),
            ("with_underscore", "with_underscore"),
            ("with.dot", "with_dot"),
            ("with😱emoji", "with_emoji"),
            ("with.*.multiple", "with___multiple"),
            ("test.web-server.foo.bar", "test_web_server_foo_bar"),
            ("a--b", "a_b"),
            ("a---b-", "a_b_"),
            ("a-.-b", "a___b"),
            ("", ""),
        ] {
            assert_eq!(escaped(name), metric, "{name}");
        }
    }
}
