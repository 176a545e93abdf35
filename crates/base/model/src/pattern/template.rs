//! Templates of replacements: `$1`, `${1}`, `$name`, `${name}`, `$$`.

/// Writes a template with its groups filled in. `names` are by group; `group` gives a group's
/// text where it took part in the match.
pub(super) fn expand<'t>(
    template: &str,
    names: &[Option<String>],
    group: impl Fn(usize) -> Option<&'t str>,
    out: &mut String,
) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(behind) = after.strip_prefix('$') {
            out.push('$');
            rest = behind;
            continue;
        }
        let Some((name, behind)) = reference(after) else {
            // No name follows: the sign is only a sign.
            out.push('$');
            rest = after;
            continue;
        };
        rest = behind;
        let text = match number(name) {
            Some(number) => group(number),
            // Of groups that share a name, the first that took part.
            None => names
                .iter()
                .enumerate()
                .filter(|(_, other)| other.as_deref() == Some(name))
                .find_map(|(place, _)| group(place)),
        };
        out.push_str(text.unwrap_or_default());
    }
    out.push_str(rest);
}

/// The name behind a `$`, as long as it can be, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('{');
    let from = inside.unwrap_or(text);
    let end = from
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(from.len());
    let (name, behind) = from
        .split_at_checked(end)
        .filter(|(name, _)| !name.is_empty())?;
    match inside {
        Some(_) => Some((name, behind.strip_prefix('}')?)),
        None => Some((name, behind)),
    }
}

/// A group's number: digits without a leading zero. A number too large for a group is none.
fn number(name: &str) -> Option<usize> {
    let plain = name.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = name.len() > 1 && name.starts_with('0');
    if plain && !leading_zero {
        name.parse().ok()
    } else {
        None
    }
}
