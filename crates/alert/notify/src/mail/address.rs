//! Lists of addresses: `Ops <ops@example.org>, "On, call" <oncall@example.org>, you@example.org`.
//!
//! Format: RFC 5322, section 3.4, without groups and domain literals' routes.

/// The addresses themselves, in order; at least one.
pub(super) fn addresses(text: &str) -> Result<Vec<String>, String> {
    let parts = split(text).ok_or_else(|| format!("{text:?} has an open quote or bracket"))?;
    let found: Vec<String> = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .map(|part| one(part).ok_or_else(|| format!("{part:?} is no address")))
        .collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err("no address".to_owned());
    }
    Ok(found)
}

/// The texts between commas that stand in no quotes, brackets or comments. Comments are left out.
fn split(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut bracket, mut comment, mut escaped) = (false, false, 0u32, false);
    for c in text.chars() {
        let part = parts.last_mut()?;
        if escaped {
            escaped = false;
            if comment == 0 {
                part.push(c);
            }
            continue;
        }
        match c {
            '\\' if quoted || comment > 0 => {
                escaped = true;
                if comment == 0 {
                    part.push(c);
                }
            }
            '"' if comment == 0 => {
                quoted = !quoted;
                part.push(c);
            }
            '(' if !quoted => comment += 1,
            ')' if !quoted && comment > 0 => comment -= 1,
            _ if comment > 0 => {}
            '<' if !quoted => {
                bracket = true;
                part.push(c);
            }
            '>' if !quoted => {
                bracket = false;
                part.push(c);
            }
            ',' if !quoted && !bracket => parts.push(String::new()),
            c => part.push(c),
        }
    }
    (!quoted && !bracket && comment == 0).then_some(parts)
}

/// The address of one entry: what stands in brackets, or all of it.
fn one(part: &str) -> Option<String> {
    let address = match part.strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<')?.1,
        None => part,
    };
    let address = address.trim();
    let (local, domain) = address.rsplit_once('@')?;
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let plain = !local.is_empty()
        && local
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !"()<>[]:;@\\,\"".contains(c));
    let domain_fits = !domain.is_empty()
        && domain
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !"()<>:;@\\,\"".contains(c));
    // A line break would begin a command of its own.
    let one_line = !address.chars().any(char::is_control);
    ((quoted || plain) && domain_fits && one_line).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_of_addresses() {
        for (text, expected) in [
            ("a@b", &["a@b"][..]),
            ("Ops <ops@example.org>", &["ops@example.org"]),
            (
                "\"On, <call>\" <on@x.org>, b@c (me, too) , \"two words\"@d",
                &["on@x.org", "b@c", "\"two words\"@d"],
            ),
            ("a@b,", &["a@b"]),
            ("a@b\r\nRCPT TO:<c@d>", &["c@d"]),
            ("\"a\\\"b\" <a@b>", &["a@b"]),
        ] {
            let found = addresses(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(found, expected, "{text}");
        }
        for text in ["", "a", "@b", "a@", "a b@c", "<a@b", "\"a@b", "a@b c@d"] {
            assert!(addresses(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_address_holds_a_line_break(text in "[a-c@<>\", \\r\\n()\\\\]{0,24}") {
            for address in addresses(&text).unwrap_or_default() {
                prop_assert!(!address.contains(['\r', '\n']));
            }
        }
    }
}
