//! The known word nearest to a misspelt one.

/// Edits that still count as a misspelling.
const FARTHEST: usize = 3;
/// Words longer than this (in bytes) are not compared: no key is that long.
const LONGEST: usize = 64;

/// The candidate with the fewest edits to `word`, if it is near enough to be meant.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    candidates
        .map(|candidate| (edits(word, candidate), candidate))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, candidate)| *edits <= FARTHEST && *edits < candidate.len())
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements that turn one text into the other (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (place, c) in from.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(place + 1);
        for ((pair, t), left) in row.windows(2).zip(&to).zip(0..) {
            if let [diagonal, above] = pair {
                let before: usize = next.get(left).copied().unwrap_or(0);
                let replaced = diagonal + usize::from(c != *t);
                next.push(replaced.min(above + 1).min(before + 1));
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_find_theirs() {
        let known = || ["scrape_interval", "scrape_timeout", "job_name"].into_iter();
        for (word, meant) in [
            ("scrape_intervall", Some("scrape_interval")),
            ("scrap_timeout", Some("scrape_timeout")),
            ("jobname", Some("job_name")),
            ("entirely_different", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known()), meant, "{word}");
        }
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
