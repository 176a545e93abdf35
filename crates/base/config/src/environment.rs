//! `${NAME}` and `$NAME` in external labels.

/// Replaces references to the environment: `$$` is a dollar sign, an unknown name is empty, and
/// a `$` that begins no reference stands for itself.
pub(crate) fn expand(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = after;
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = after
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        {
            out.push_str(&environment(name).unwrap_or_default());
            rest = after;
        } else {
            let length = after
                .bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                .count();
            match after.split_at_checked(length) {
                Some((name, after)) if !name.is_empty() => {
                    out.push_str(&environment(name).unwrap_or_default());
                    rest = after;
                }
                _ => out.push('$'),
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced() {
        let environment = |name: &str| (name == "TEST").then(|| "TestValue".to_owned());
        for (text, expanded) in [
            ("foo", "foo"),
            ("${TEST}", "TestValue"),
            ("foo${TEST}bar", "fooTestValuebar"),
            ("foo$${TEST}", "foo${TEST}"),
            ("foo$$bar", "foo$bar"),
            ("$TEST/x", "TestValue/x"),
            ("a${NONE}b$", "ab$"),
            ("${TEST", "${TEST"),
        ] {
            assert_eq!(expand(text, &environment), expanded, "{text}");
        }
    }
}
