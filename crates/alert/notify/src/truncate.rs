//! Texts no longer than a vendor takes, with a mark where something is missing.

/// Stands for what was cut off.
const MARK: char = '…';

/// At most `limit` characters (Unicode scalar values), the mark among them.
pub(crate) fn chars(text: String, limit: usize) -> String {
    if text.chars().nth(limit).is_none() {
        return text;
    }
    if limit <= 3 {
        return text.chars().take(limit).collect();
    }
    text.chars().take(limit - 1).chain([MARK]).collect()
}

/// At most `limit` bytes of UTF-8, the mark's three among them; no character is cut.
pub(crate) fn bytes(text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    let Some(room) = limit.checked_sub(MARK.len_utf8()) else {
        return ".".repeat(limit);
    };
    let mut cut = at_boundary(text, room);
    cut.push(MARK);
    cut
}

/// At most `limit` bytes of UTF-8, without a mark.
pub(crate) fn at_boundary(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let end = (0..=limit)
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_cut_as_upstream_cuts_them() {
        for (text, limit, by_chars, by_bytes) in [
            ("abcd", 4, "abcd", "abcd"),
            ("abcde", 4, "abc…", "a…"),
            ("abcde", 3, "abc", "…"),
            ("abcde", 2, "ab", ".."),
            ("ééééé", 4, "ééé…", "…"),
            ("ééééé", 7, "ééééé", "éé…"),
            ("", 0, "", ""),
        ] {
            assert_eq!(chars(text.to_owned(), limit), by_chars, "{text} {limit}");
            assert_eq!(bytes(text.to_owned(), limit), by_bytes, "{text} {limit}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_longer_than_its_limit(text in "\\PC{0,40}", limit in 0usize..50) {
            prop_assert!(chars(text.clone(), limit).chars().count() <= limit);
            prop_assert!(bytes(text.clone(), limit).len() <= limit);
            prop_assert!(at_boundary(text.clone(), limit).len() <= limit);
        }
    }
}
