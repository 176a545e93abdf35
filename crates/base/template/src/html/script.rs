//! Scripts: where in one a value goes, and what it must look like there.

use std::fmt::Write as _;

use crate::json;
use crate::value::Value;

/// Where in a script the next character stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Code,
    /// Inside quotes of this kind; backquotes are the third kind.
    Quotes(char),
    Pattern,
    /// Inside `[…]` of a pattern.
    PatternClass,
    LineComment,
    BlockComment,
}

/// Follows a script.
#[derive(Clone, Debug)]
pub(super) struct Script {
    at: At,
    /// Whether the character before was a backslash that escapes the next.
    escaped: bool,
    /// The last character of code that is no space.
    last: char,
    /// The name that code ended with; some names are followed by patterns.
    word: String,
    /// Whether the next character is the second one of a comment's end.
    ending: bool,
    /// Whether the comment being left out has a newline, which may end a statement.
    newline: bool,
    /// Braces that are open in each `${…}` around.
    braces: Vec<usize>,
}

/// Names behind which a `/` begins a pattern.
const BEFORE_PATTERN: [&str; 17] = [
    "break",
    "case",
    "continue",
    "delete",
    "do",
    "else",
    "finally",
    "in",
    "instanceof",
    "return",
    "throw",
    "try",
    "typeof",
    "void",
    "new",
    "of",
    "yield",
];

/// `${…}` that may be inside one another; beyond, a script is followed no deeper.
const MAX_BRACES: usize = 100;

impl Script {
    pub(super) fn new() -> Self {
        Self {
            at: At::Code,
            escaped: false,
            last: ';',
            word: String::new(),
            ending: false,
            newline: false,
            braces: Vec::new(),
        }
    }

    /// Takes one character of the template's own text, with the one behind it; what is written in
    /// its place, which is nothing for most of a comment.
    pub(super) fn take(&mut self, c: char, next: Option<char>) -> Option<char> {
        if std::mem::take(&mut self.escaped) {
            return Some(c);
        }
        match self.at {
            At::Code => return self.code(c, next),
            At::LineComment => {
                if !is_newline(c) {
                    return None;
                }
                self.at = At::Code;
            }
            At::BlockComment => {
                if std::mem::take(&mut self.ending) {
                    let written = self.comment_rest();
                    self.at = At::Code;
                    return written;
                }
                self.ending = c == '*' && next == Some('/');
                self.newline |= is_newline(c);
                return None;
            }
            At::Quotes(mark) => {
                self.escaped = c == '\\';
                if c == mark {
                    self.at = At::Code;
                    self.passed(mark);
                } else if mark == '`'
                    && c == '$'
                    && next == Some('{')
                    && self.braces.len() < MAX_BRACES
                {
                    self.braces.push(0);
                    self.at = At::Code;
                }
            }
            At::Pattern | At::PatternClass => match (c, self.at) {
                ('\\', _) => self.escaped = true,
                ('[', At::Pattern) => self.at = At::PatternClass,
                (']', At::PatternClass) => self.at = At::Pattern,
                ('/', At::Pattern) => {
                    self.at = At::Code;
                    self.passed(')');
                }
                _ => {}
            },
        }
        Some(c)
    }

    /// What stands for the comment, or the part of it, that is left out up to here.
    pub(super) fn comment_rest(&mut self) -> Option<char> {
        let newline = std::mem::take(&mut self.newline);
        (self.at == At::BlockComment).then_some(if newline { '\n' } else { ' ' })
    }

    fn code(&mut self, c: char, next: Option<char>) -> Option<char> {
        match c {
            '/' if next == Some('/') => {
                self.at = At::LineComment;
                return None;
            }
            '/' if next == Some('*') => {
                self.at = At::BlockComment;
                return None;
            }
            '/' if self.pattern_may_follow() => self.at = At::Pattern,
            '"' | '\'' | '`' => self.at = At::Quotes(c),
            '{' => {
                if let Some(open) = self.braces.last_mut() {
                    *open += 1;
                }
            }
            '}' => match self.braces.last_mut() {
                // The brace of the `${` itself counts as the first.
                Some(open) if *open <= 1 => {
                    self.braces.pop();
                    self.at = At::Quotes('`');
                }
                Some(open) => *open -= 1,
                None => {}
            },
            _ => {}
        }
        self.passed(c);
        Some(c)
    }

    /// Remembers what code ended with.
    fn passed(&mut self, c: char) {
        if c.is_alphanumeric() || matches!(c, '_' | '$') {
            if !(self.last.is_alphanumeric() || matches!(self.last, '_' | '$')) {
                self.word.clear();
            }
            self.word.push(c);
            self.last = c;
        } else if !c.is_whitespace() {
            self.word.clear();
            self.last = c;
        }
    }

    /// Whether a `/` here begins a pattern rather than divides.
    fn pattern_may_follow(&self) -> bool {
        match self.last {
            ')' | ']' | '"' | '\'' | '`' | '.' => false,
            last if last.is_alphanumeric() || matches!(last, '_' | '$') => {
                BEFORE_PATTERN.contains(&self.word.as_str())
            }
            _ => true,
        }
    }

    /// Appends a value as it must look here; nothing in comments.
    pub(super) fn push_value(
        &mut self,
        out: &mut String,
        value: &Value,
        text: &str,
    ) -> Result<(), String> {
        match self.at {
            At::LineComment | At::BlockComment => {}
            At::Code => {
                push_value(out, value)?;
                self.passed('0');
            }
            At::Quotes(mark) => push_quoted(out, text, mark == '`'),
            At::Pattern | At::PatternClass => push_pattern(out, text),
        }
        Ok(())
    }
}

fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// A value as code: JSON, with spaces around what could run into a name.
fn push_value(out: &mut String, value: &Value) -> Result<(), String> {
    let text = match value {
        Value::Duration(_) | Value::Calendar(_) => {
            Some(crate::print::sprint(std::slice::from_ref(value))?)
        }
        Value::Object(object) => object.text(),
        _ => None,
    };
    let written = json::text(&text.map_or_else(|| value.clone(), Value::text))?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    let name_like = written.starts_with(|c| is_word(c) || c == '-') && written.ends_with(is_word);
    if name_like {
        let _ = write!(out, " {written} ");
    } else {
        out.push_str(&written);
    }
    Ok(())
}

/// A text for the inside of quotes; of backquotes where `braces` are to be escaped, too.
fn push_quoted(out: &mut String, text: &str, braces: bool) {
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\x0c' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '/' => out.push_str("\\/"),
            '\\' => out.push_str("\\\\"),
            '$' | '{' | '}' if braces => push_code(out, c),
            '\0' | '\x0b' | '"' | '`' | '&' | '\'' | '+' | '<' | '>' | '\u{2028}' | '\u{2029}' => {
                push_code(out, c);
            }
            c => out.push(c),
        }
    }
}

/// A text for the inside of a pattern, where it stands for itself.
fn push_pattern(out: &mut String, text: &str) {
    if text.is_empty() {
        // Nothing would make the two slashes a comment.
        return out.push_str("(?:)");
    }
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\x0c' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '$' | '(' | ')' | '*' | '-' | '.' | '/' | '?' | '[' | '\\' | ']' | '^' | '{' | '|'
            | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\0' | '\x0b' | '"' | '&' | '\'' | '+' | '<' | '>' | '\u{2028}' | '\u{2029}' => {
                push_code(out, c);
            }
            c => out.push(c),
        }
    }
}

fn push_code(out: &mut String, c: char) {
    let _ = write!(out, "\\u{:04x}", u32::from(c));
}
