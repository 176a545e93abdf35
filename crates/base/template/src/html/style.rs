//! Styles: where in one a value goes, and what it must look like there.

use std::fmt::Write as _;

use super::REFUSED;
use super::url::{self, Part};

/// Where in a style the next character stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Code,
    /// Inside quotes.
    Quotes(char),
    /// Inside `url(…)`, in quotes or without.
    Url(Option<char>),
    LineComment,
    BlockComment,
}

/// Follows a style.
#[derive(Clone, Debug)]
pub(super) struct Style {
    at: At,
    part: Part,
    escaped: bool,
    /// Whether the next character is the second one of a comment's end.
    ending: bool,
    /// How much of `url(` code ended with.
    seen: usize,
}

const URL: &str = "url(";

impl Style {
    pub(super) fn new() -> Self {
        Self {
            at: At::Code,
            part: Part::Start,
            escaped: false,
            ending: false,
            seen: 0,
        }
    }

    /// Takes one character of the template's own text, with the one behind it; what is written in
    /// its place, which is nothing for most of a comment.
    pub(super) fn take(&mut self, c: char, next: Option<char>) -> Option<char> {
        if std::mem::take(&mut self.escaped) {
            return Some(c);
        }
        match self.at {
            At::BlockComment => {
                if std::mem::take(&mut self.ending) {
                    self.at = At::Code;
                    return Some(' ');
                }
                self.ending = c == '*' && next == Some('/');
                return None;
            }
            At::LineComment if c != '\n' => return None,
            At::LineComment => self.at = At::Code,
            At::Code => {
                if c == '/' && matches!(next, Some('*' | '/')) {
                    let block = next == Some('*');
                    self.at = if block {
                        At::BlockComment
                    } else {
                        At::LineComment
                    };
                    return None;
                }
                self.code(c);
            }
            At::Quotes(mark) | At::Url(Some(mark)) => {
                self.part = self.part.after(c);
                if c == mark {
                    self.at = At::Code;
                }
                self.escaped = c == '\\';
            }
            At::Url(None) => match c {
                '"' | '\'' if self.part == Part::Start => self.at = At::Url(Some(c)),
                ')' => self.at = At::Code,
                c => self.part = self.part.after(c),
            },
        }
        Some(c)
    }

    /// What stands for the comment, or the part of it, that is left out up to here.
    pub(super) fn comment_rest(&self) -> Option<char> {
        (self.at == At::BlockComment).then_some(' ')
    }

    fn code(&mut self, c: char) {
        let wanted = URL.chars().nth(self.seen);
        self.seen = if wanted == Some(c.to_ascii_lowercase()) {
            self.seen + 1
        } else {
            usize::from(c.eq_ignore_ascii_case(&'u'))
        };
        if self.seen == URL.len() {
            self.seen = 0;
            self.at = At::Url(None);
            self.part = Part::Start;
        } else if matches!(c, '"' | '\'') {
            self.at = At::Quotes(c);
            self.part = Part::Start;
        }
    }

    /// Appends a value as it must look here; nothing in comments.
    pub(super) fn push_value(&mut self, out: &mut String, text: &str, trusted: bool) {
        match self.at {
            At::LineComment | At::BlockComment => {}
            At::Code if is_harmless(text) => out.push_str(text),
            At::Code => out.push_str(REFUSED),
            At::Url(_) => out.push_str(&url::escaped(self.part, text, trusted)),
            At::Quotes(_) if self.part == Part::Start && !trusted && !url::is_safe(text) => {
                out.push_str("#ZgotmplZ");
            }
            At::Quotes(_) => push_quoted(out, text),
        }
    }
}

/// Whether a value may stand in a style's code: words, numbers and colours, and nothing that ends
/// or runs something.
fn is_harmless(text: &str) -> bool {
    let dangerous = |c: char| {
        matches!(
            c,
            '\0' | '"'
                | '\''
                | '('
                | ')'
                | '/'
                | ';'
                | '@'
                | '['
                | '\\'
                | ']'
                | '`'
                | '{'
                | '}'
                | '<'
                | '>'
        )
    };
    let name: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect::<String>()
        .to_ascii_lowercase();
    !text.contains(dangerous)
        && !text.contains("--")
        && !name.contains("expression")
        && !name.contains("mozbinding")
        && !name.contains("moz-binding")
}

/// A text for the inside of quotes.
fn push_quoted(out: &mut String, text: &str) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\0' | '\t' | '\n' | '\x0c' | '\r' | '"' | '&' | '\'' | '(' | ')' | '+' | '/' | ':'
            | ';' | '<' | '>' | '{' | '}' => {
                let _ = write!(out, "\\{:x}", u32::from(c));
                // A space ends the number where the next character would belong to it.
                let joins = |c: &char| c.is_ascii_hexdigit() || c.is_ascii_whitespace();
                if chars.peek().is_none_or(joins) {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
}
