//! Patterns that match within a text, as templates use them.

use regex::Regex;

use super::{PatternError, compile, syntax, template};

/// A regular expression of RE2 syntax that matches any part of a text. Unlike in a [`Pattern`],
/// `.` does not match newlines.
///
/// [`Pattern`]: super::Pattern
#[derive(Clone, Debug)]
pub struct Search {
    regex: Regex,
    names: Vec<Option<String>>,
}

impl Search {
    /// Compiles a pattern.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let parsed = syntax::parse(text)?;
        Ok(Self {
            regex: compile(&parsed.hir, text)?,
            names: parsed.names,
        })
    }

    /// Whether any part of the text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The text with every match replaced by `with`, in which `$1`, `${1}` and `${name}` stand for
    /// the match's groups; `None` where the result would have more than `limit` bytes.
    pub fn replace_all(&self, text: &str, with: &str, limit: usize) -> Option<String> {
        let mut out = String::new();
        let mut copied = 0;
        for found in self.regex.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            out.push_str(text.get(copied..whole.start()).unwrap_or(""));
            let group = |group| found.get(group).map(|part| part.as_str());
            template::expand(with, &self.names, group, &mut out);
            copied = whole.end();
            if out.len() > limit {
                return None;
            }
        }
        out.push_str(text.get(copied..).unwrap_or(""));
        (out.len() <= limit).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_match_is_replaced() {
        let check = |pattern: &str, text: &str, with: &str| {
            Search::new(pattern).unwrap().replace_all(text, with, 100)
        };
        for (pattern, text, with, result) in [
            ("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-"),
            ("a(x*)b", "-ab-axxb-", "$1W", "---"),
            ("(?P<w>o)", "foo", "<$w>", "f<o><o>"),
            ("", "ab", "-", "-a-b-"),
            (".", "a\nb", "$0$0", "aa\nbb"),
        ] {
            assert_eq!(
                check(pattern, text, with).as_deref(),
                Some(result),
                "{pattern}"
            );
        }
        assert_eq!(check("a", &"a".repeat(60), "aa"), None);
        assert!(Search::new("b.*r").unwrap().matches("foo bar"));
        assert!(!Search::new("^bar").unwrap().matches("foo bar"));
        let error = Search::new("(").unwrap_err().to_string();
        assert_eq!(error, "error parsing regexp: missing closing ): `(`");
    }
}
