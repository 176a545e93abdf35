//! Regular expressions as Prometheus means them: RE2 syntax, matched against the whole text.
//!
//! A pattern's text comes in; whether a text matches, and what its groups are, goes out. The text
//! is read as `^(?s:…)$`, as upstream reads it, by a parser of our own (`syntax`), because the
//! regex crate's syntax differs from RE2's in many places; the regex crate does the matching.
//! Patterns that are only literals and gaps (`a|b`, `a.*`, `.*b.*c`) are matched without it
//! (`shortcut`).
//!
//! [`Search`] matches within a text instead. Absent: back references and lookaround, as in RE2.

mod class;
mod escape;
mod flags;
mod search;
mod shortcut;
mod syntax;
mod template;

use std::fmt;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind, Look};
use thiserror::Error;

pub use search::{Found, Search};
use shortcut::Shortcut;

/// Bytes that a compiled program may take: far beyond what people write, and small enough that a
/// query cannot fill the memory with one pattern.
const MAX_PROGRAM: usize = 10 << 20;

/// A pattern that cannot be compiled; the words are those of upstream.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("error parsing regexp: {reason}: `{pattern}`")]
pub struct PatternError {
    /// The part at fault; with `^(?s:` and `)$` around it where that is the whole.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A compiled regular expression that matches whole texts (`^(?s:…)$`). Cloning costs one
/// reference count.
#[derive(Clone)]
pub struct Pattern(Arc<Inner>);

struct Inner {
    text: String,
    /// Names by group, the match itself being group 0.
    names: Vec<Option<String>>,
    engine: Engine,
}

/// What matches.
enum Engine {
    /// No program is needed: every group is the whole text.
    Shortcut(Shortcut),
    /// The program tells the groups only.
    Both(Shortcut, Regex),
    /// The program does all.
    Program(Regex),
}

impl Pattern {
    /// Compiles a pattern of RE2 syntax.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let parsed = syntax::parse(&format!("^(?s:{text})$"))?;
        let middle = anchored(&parsed.hir);
        let shortcut = middle.as_ref().and_then(Shortcut::of);
        let groups = parsed.names.len().saturating_sub(1);
        let engine = match shortcut {
            Some(shortcut) if middle.is_some_and(|middle| only_whole_groups(&middle, groups)) => {
                Engine::Shortcut(shortcut)
            }
            Some(shortcut) => Engine::Both(shortcut, compile(&parsed.hir, text)?),
            None => Engine::Program(compile(&parsed.hir, text)?),
        };
        Ok(Self(Arc::new(Inner {
            text: text.to_owned(),
            names: parsed.names,
            engine,
        })))
    }

    /// The pattern as it was written, without the anchors.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        match &self.0.engine {
            Engine::Shortcut(shortcut) | Engine::Both(shortcut, _) => shortcut.matches(text),
            Engine::Program(regex) => regex.is_match(text),
        }
    }

    /// Where the whole of `text` matches, writes `template` to `out` with `$1`, `${1}` and
    /// `${name}` replaced by the groups, and answers true. An unknown group is empty; a name
    /// without braces is as long as it can be (`$1x` is the group `1x`); `$$` is one `$`.
    pub fn expand(&self, text: &str, template: &str, out: &mut String) -> bool {
        let names = &self.0.names;
        match &self.0.engine {
            Engine::Both(_, regex) | Engine::Program(regex) if template.contains('$') => {
                let Some(found) = regex.captures(text) else {
                    return false;
                };
                let group = |group| found.get(group).map(|part| part.as_str());
                template::expand(template, names, group, out);
            }
            _ => {
                if !self.matches(text) {
                    return false;
                }
                let group = |group| (group < names.len()).then_some(text);
                template::expand(template, names, group, out);
            }
        }
        true
    }

    /// The texts that alone can match, sorted, each once, where the pattern is an alternation of
    /// literals or small classes (`a|b|c`, `a(b|c)d`, `[ab]c`); `None` where it is not.
    pub fn literals(&self) -> Option<Vec<String>> {
        match &self.0.engine {
            Engine::Shortcut(shortcut) | Engine::Both(shortcut, _) => shortcut.literals(),
            Engine::Program(_) => None,
        }
    }
}

impl Default for Pattern {
    /// `(.*)`: any text, which is also its first group.
    fn default() -> Self {
        Self(Arc::new(Inner {
            text: "(.*)".to_owned(),
            names: vec![None, None],
            engine: Engine::Shortcut(Shortcut::anything()),
        }))
    }
}

/// What stands between the anchors of both ends; `None` where they do not hold the whole, as in
/// `a)|(b`.
fn anchored(hir: &Hir) -> Option<Hir> {
    let HirKind::Concat(parts) = hir.kind() else {
        return None;
    };
    match parts.as_slice() {
        [first, middle @ .., last]
            if *first.kind() == HirKind::Look(Look::Start)
                && *last.kind() == HirKind::Look(Look::End) =>
        {
            Some(Hir::concat(middle.to_vec()))
        }
        _ => None,
    }
}

/// Whether so many groups are round the whole: all that the pattern has.
fn only_whole_groups(middle: &Hir, groups: usize) -> bool {
    let mut inside = middle;
    let mut around = 0;
    while let HirKind::Capture(group) = inside.kind() {
        inside = &group.sub;
        around += 1;
    }
    around == groups
}

fn compile(hir: &Hir, text: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(&hir.to_string())
        .size_limit(MAX_PROGRAM)
        .nest_limit(4 * syntax::MAX_DEPTH)
        .build()
        .map_err(|error| PatternError {
            pattern: text.to_owned(),
            reason: match error {
                regex::Error::CompiledTooBig(limit) => {
                    format!("expression too large, its program may take {limit} bytes at most")
                }
                other => other.to_string(),
            },
        })
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.0.text)
    }
}

#[cfg(test)]
mod tests;
