//! Letters in the other case, one letter for one, as Go's `ToLower` and `ToUpper` do it.
//!
//! Rust's own conversion follows the longer rules of Unicode (`ß` becomes `SS`, a final `Σ`
//! becomes `ς`); label values must come out as upstream writes them.

/// Appends `text` in lower case.
pub(crate) fn push_lower(out: &mut String, text: &str) {
    out.extend(text.chars().map(|letter| match letter {
        'A'..='Z' => letter.to_ascii_lowercase(),
        // The first of several is the letter, the others are its marks.
        letter => letter.to_lowercase().next().unwrap_or(letter),
    }));
}

/// Appends `text` in upper case.
pub(crate) fn push_upper(out: &mut String, text: &str) {
    out.extend(text.chars().map(upper));
}

fn upper(letter: char) -> char {
    let mut letters = letter.to_uppercase();
    match (letters.next(), letters.next()) {
        (Some(one), None) => one,
        // What becomes several letters stays, but for the Greek that have a capital with iota.
        _ => match letter {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(u32::from(letter) + 8).unwrap_or(letter)
            }
            '\u{1fb3}' => '\u{1fbc}',
            '\u{1fc3}' => '\u{1fcc}',
            '\u{1ff3}' => '\u{1ffc}',
            letter => letter,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_for_one() {
        for (text, lower, upper) in [
            ("aZ9-é", "az9-é", "AZ9-É"),
            ("ΣΑΣ", "σασ", "ΣΑΣ"),
            ("ßŉ", "ßŉ", "ßŉ"),
            ("İ", "i", "İ"),
            ("ᾳᾀ", "ᾳᾀ", "ᾼᾈ"),
        ] {
            let mut out = String::new();
            push_lower(&mut out, text);
            assert_eq!(out, lower);
            out.clear();
            push_upper(&mut out, text);
            assert_eq!(out, upper);
        }
    }
}
