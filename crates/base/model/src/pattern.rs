//! Regular expressions as Prometheus means them: RE2 syntax, matched against the whole text.

use std::fmt;

use regex::Regex;
use thiserror::Error;

/// A pattern that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("error parsing regexp: {reason}: `{pattern}`")]
pub struct PatternError {
    /// The pattern as it was written.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A compiled regular expression that matches whole texts (`^(?s:…)$`).
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern of RE2 syntax.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let regex = Regex::new(&format!("^(?s:{text})$")).map_err(|e| PatternError {
            pattern: text.to_owned(),
            reason: e.to_string(),
        })?;
        Ok(Self {
            text: text.to_owned(),
            regex,
        })
    }

    /// The pattern as it was written, without the anchors.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Where the whole of `text` matches, writes `template` to `out` with `$1`, `${1}` and
    /// `${name}` replaced by the groups, and answers true. An unknown group is empty.
    pub fn expand(&self, text: &str, template: &str, out: &mut String) -> bool {
        match self.regex.captures(text) {
            Some(groups) => {
                groups.expand(template, out);
                true
            }
            None => false,
        }
    }

    /// The texts that alone can match, where the pattern is an alternation of literals
    /// (`a|b|c`); `None` where it is not.
    pub fn literals(&self) -> Option<Vec<String>> {
        None
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}
