//! How well a name fits what was typed: 0 for not at all, 1 for a name that begins with it.
//!
//! The figures are upstream's, so that its page ranks and cuts the same names here: a name's
//! characters that are the typed ones in their order, the more of them in a row the better; or the
//! similarity of Jaro and Winkler, which forgives letters that were swapped or left out.

/// Positions of a name from which the typed characters are looked for: names are short, and of
/// longer texts the first places decide.
const MAX_STARTS: usize = 512;

/// Characters of a name that are compared: a label's value may be a whole document.
const MAX_COMPARED: usize = 4096;

/// What is no exact match stays below 1.
const INEXACT: f64 = 0.999;

/// Letters at the beginning whose equality counts extra, and how much each does.
const PREFIX: usize = 4;
const PREFIX_WEIGHT: f64 = 0.1;

/// How names are compared with what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Subsequence,
    JaroWinkler,
}

/// One thing typed.
#[derive(Debug)]
pub(super) struct Term {
    text: String,
    characters: Vec<char>,
    method: Method,
    threshold: f64,
}

impl Term {
    pub(super) fn new(text: String, method: Method, threshold: f64) -> Self {
        Self {
            characters: text.chars().collect(),
            text,
            method,
            threshold,
        }
    }

    /// How well a name fits; `None` where it does not.
    pub(super) fn score(&self, name: &str) -> Option<f64> {
        if name.starts_with(&self.text) {
            return Some(1.0);
        }
        let characters: Vec<char> = name.chars().take(MAX_COMPARED).collect();
        match self.method {
            Method::Subsequence => subsequence(&self.characters, &characters)
                .filter(|score| *score > 0.0 && *score >= self.threshold),
            Method::JaroWinkler => self.contained(name, characters.len()).or_else(|| {
                let similar = jaro_winkler(&self.characters, &characters);
                (self.threshold > 0.0 && similar >= self.threshold).then_some(similar)
            }),
        }
    }

    /// A name that holds the text somewhere: the earlier, the better.
    fn contained(&self, name: &str, length: usize) -> Option<f64> {
        let before = name.get(..name.find(&self.text)?)?.chars().count();
        let last = length.saturating_sub(self.characters.len()).max(1);
        Some(1.0 - 0.9 * before as f64 / last as f64)
    }
}

/// The best of all ways to begin: squares of the runs' lengths less the gaps' share of the text,
/// those behind the last run by half, over the square of the pattern's length.
fn subsequence(pattern: &[char], text: &[char]) -> Option<f64> {
    let first = pattern.first()?;
    let last_start = text.len().checked_sub(pattern.len())?;
    let starts = text.iter().take(last_start + 1).enumerate();
    let best = starts
        .filter(|(_, character)| *character == first)
        .take(MAX_STARTS)
        // From the first start that leads nowhere on, none leads anywhere.
        .map_while(|(start, _)| from(pattern, text, start))
        .fold(-1.0, f64::max);
    let whole = (pattern.len() * pattern.len()) as f64;
    (best >= 0.0).then(|| best / whole * INEXACT)
}

/// The score of taking each character of the pattern as early as can be, from `start` on.
fn from(pattern: &[char], text: &[char], start: usize) -> Option<f64> {
    let share = 1.0 / text.len() as f64;
    let (mut score, mut run, mut end) = (0.0, 0_usize, 0_usize);
    let mut rest = text.iter().enumerate().skip(start);
    for wanted in pattern {
        let (place, _) = rest.find(|(_, character)| *character == wanted)?;
        if run > 0 && place > end {
            score += (run * run) as f64;
            run = 0;
        }
        if run == 0 && place > end {
            score -= (place - end) as f64 * share;
        }
        run += 1;
        end = place + 1;
    }
    score += (run * run) as f64;
    let trailing = text.len().saturating_sub(end);
    Some(score - trailing as f64 * share * 0.5)
}

/// The similarity of two texts after Jaro, and after Winkler better where they begin alike.
fn jaro_winkler(one: &[char], other: &[char]) -> f64 {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    if short.is_empty() {
        return 0.0;
    }
    let reach = (long.len() / 2).saturating_sub(1);
    let mut taken = vec![false; long.len()];
    let mut paired = Vec::new();
    for (place, character) in short.iter().enumerate() {
        let around = place.saturating_sub(reach)..(place + reach + 1).min(long.len());
        let free = around
            .into_iter()
            .find(|at| taken.get(*at) == Some(&false) && long.get(*at) == Some(character));
        if let Some(taken) = free.and_then(|at| taken.get_mut(at)) {
            *taken = true;
            paired.push(character);
        }
    }
    if paired.is_empty() {
        return 0.0;
    }
    let found = long.iter().zip(&taken).filter(|(_, taken)| **taken);
    let swapped = found.zip(&paired).filter(|((at, _), of)| at != *of).count();
    let (matches, swapped) = (paired.len() as f64, swapped as f64);
    let share = |text: &[char]| matches * (1.0 / text.len() as f64);
    let jaro = (share(short) + share(long) + (matches - swapped * 0.5) / matches) / 3.0;
    let alike = short.iter().zip(long).take(PREFIX);
    let alike = alike.take_while(|(a, b)| a == b).count() as f64;
    jaro + alike * PREFIX_WEIGHT * (1.0 - jaro)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(method: Method, typed: &str, name: &str, expected: Option<f64>) {
        let term = Term::new(typed.to_owned(), method, 0.0);
        let got = term.score(name);
        let near = match (got, expected) {
            (Some(got), Some(expected)) => (got - expected).abs() < 1e-9,
            (got, expected) => got == expected,
        };
        assert!(near, "{typed} in {name}: {got:?}, not {expected:?}");
    }

    #[test]
    fn scores_of_subsequences() {
        let check = |typed, name, expected| check(Method::Subsequence, typed, name, expected);
        check("up", "up", Some(1.0));
        check("go", "go_gc", Some(1.0));
        check("x", "up", None);
        check("long", "lo", None);
        // One run of two behind a gap of one and before one of two, in five.
        check("bc", "abcde", Some((4.0 - 0.2 - 0.2) / 4.0 * 0.999));
        // Two runs of one with a gap of one between, in three.
        check("ac", "abc", Some((1.0 + 1.0 - 1.0 / 3.0) / 4.0 * 0.999));
        // The second start is better.
        check("ab", "acab", Some((4.0 - 0.5) / 4.0 * 0.999));
        check("ü", "aü", Some((1.0 - 0.5) * 0.999));
    }

    #[test]
    fn scores_of_similar_texts() {
        let similar = |one: &str, other: &str| {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            jaro_winkler(&characters(one), &characters(other))
        };
        // The textbook's examples.
        for (one, other, expected) in [
            ("martha", "marhta", 0.961_111_111),
            ("dixon", "dicksonx", 0.813_333_333),
            ("dwayne", "duane", 0.84),
            ("a", "b", 0.0),
            ("", "b", 0.0),
        ] {
            let got = similar(one, other);
            assert!((got - expected).abs() < 1e-6, "{one} {other}: {got}");
        }
        let check = |typed, name, expected| check(Method::JaroWinkler, typed, name, expected);
        check("c", "abc", Some(1.0 - 0.9));
        check("b", "abc", Some(1.0 - 0.45));
        check("x", "abc", None);
    }

    proptest! {
        #[test]
        fn scores_are_shares(typed in ".{0,8}", name in ".{0,40}") {
            for method in [Method::Subsequence, Method::JaroWinkler] {
                let term = Term::new(typed.clone(), method, 0.3);
                if let Some(score) = term.score(&name) {
                    prop_assert!((0.0..=1.0).contains(&score), "{score}");
                }
            }
        }
    }
}
