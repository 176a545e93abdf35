//! Words and attributes.

/// How much of a value is escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    /// All that has a meaning in HTML.
    All,
    /// The same but `&`, for what is HTML already.
    ButEntities,
}

/// Appends a text for words and quoted attributes.
pub(super) fn push(out: &mut String, text: &str, amount: Amount) {
    for c in text.chars() {
        push_char(out, c, amount);
    }
}

fn push_char(out: &mut String, c: char, amount: Amount) {
    match c {
        '\0' => out.push('\u{fffd}'),
        '"' => out.push_str("&#34;"),
        '&' if amount == Amount::All => out.push_str("&amp;"),
        '\'' => out.push_str("&#39;"),
        '+' => out.push_str("&#43;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        c => out.push(c),
    }
}

/// Appends a text for an attribute without quotes, which must not be empty.
pub(super) fn push_unquoted(out: &mut String, text: &str, amount: Amount) {
    if text.is_empty() {
        return out.push_str(super::REFUSED);
    }
    for c in text.chars() {
        match c {
            '\0' => out.push_str("&#xfffd;"),
            '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ' | '=' | '`' => {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            c => push_char(out, c, amount),
        }
    }
}

/// HTML without its tags.
pub(super) fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, behind)) = rest.split_once('<') {
        out.push_str(before);
        let is_tag =
            behind.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        if !is_tag {
            out.push('<');
            rest = behind;
            continue;
        }
        rest = behind_tag(behind);
    }
    out.push_str(rest);
    out
}

/// What follows a tag; a `>` in quotes does not end it.
fn behind_tag(tag: &str) -> &str {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (c, quote) {
            ('>', None) => return tag.get(at + 1..).unwrap_or(""),
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    ""
}
