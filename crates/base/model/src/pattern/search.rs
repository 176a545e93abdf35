//! Patterns that match within a text, as templates use them.

use regex::{Captures, Regex};

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

/// A match with its groups.
#[derive(Debug)]
pub struct Found<'s, 't> {
    names: &'s [Option<String>],
    groups: Captures<'t>,
}

impl Found<'_, '_> {
    /// Writes `template` to `out` with `$1`, `${1}` and `${name}` replaced by the groups, as
    /// [`Pattern::expand`] does.
    ///
    /// [`Pattern::expand`]: super::Pattern::expand
    pub fn expand(&self, template: &str, out: &mut String) {
        let group = |group| self.groups.get(group).map(|part| part.as_str());
        template::expand(template, self.names, group, out);
    }
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

    /// The first match in the text.
    pub fn first<'s, 't>(&'s self, text: &'t str) -> Option<Found<'s, 't>> {
        let groups = self.regex.captures(text)?;
        Some(Found {
            names: &self.names,
            groups,
        })
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
        let mut out = String::new();
        let search = Search::new("o(b)").unwrap();
        search.first("foobar").unwrap().expand("<$0 $1>", &mut out);
        assert_eq!(out, "<ob b>");
        assert!(search.first("bar").is_none());
        let error = Search::new("(").unwrap_err().to_string();
        assert_eq!(error, "error parsing regexp: missing closing ): `(`");
    }
}
