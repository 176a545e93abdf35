//! Text in, tokens out. The last token is the end, or an error.

use crate::quote::{is_printable, quoted};

/// What kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// `{{`
    Open,
    /// `}}`
    Close,
    Space,
    Pipe,
    Declare,
    Assign,
    LeftParen,
    RightParen,
    /// Any other printable character.
    Char,
    Identifier,
    /// `.Name`
    Field,
    /// `$name`
    Variable,
    Bool,
    Number,
    QuotedText,
    RawText,
    Dot,
    Nil,
    Keyword(Keyword),
    End,
    Error,
}

/// The words that are no names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind,
    pub(super) at: usize,
    pub(super) line: usize,
    /// As it is written.
    pub(super) text: &'s str,
}

/// Cuts a text into tokens; what is wrong with it comes beside, for a last token of kind `Error`.
pub(super) fn tokens(text: &str) -> (Vec<Token<'_>>, String) {
    let mut lexer = Lexer {
        text,
        at: 0,
        counted: 0,
        line: 1,
        parens: 0,
        tokens: Vec::new(),
    };
    let start_and_error = lexer.run();
    let error = match start_and_error {
        Ok(()) => {
            lexer.push(Kind::End, text.len());
            String::new()
        }
        Err((start, error)) => {
            lexer.push(Kind::Error, start);
            error
        }
    };
    (lexer.tokens, error)
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
/// What trim markers take away.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

struct Lexer<'s> {
    text: &'s str,
    at: usize,
    /// Up to where newlines are counted, and the line there.
    counted: usize,
    line: usize,
    parens: usize,
    tokens: Vec<Token<'s>>,
}

/// Where the token at fault begins, and what is wrong.
type Wrong = (usize, String);

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(SPACES).len();
    }

    /// A token from `start` to here.
    fn push(&mut self, kind: Kind, start: usize) {
        self.push_to(kind, start, self.at);
    }

    fn push_to(&mut self, kind: Kind, start: usize, end: usize) {
        let passed = self.text.get(self.counted..start).unwrap_or("");
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.counted = self.counted.max(start);
        self.tokens.push(Token {
            kind,
            at: start,
            line: self.line,
            text: self.text.get(start..end).unwrap_or(""),
        });
    }

    fn run(&mut self) -> Result<(), Wrong> {
        loop {
            let start = self.at;
            let rest = self.rest();
            let Some(open) = rest.find(OPEN) else {
                self.at = self.text.len();
                if !rest.is_empty() {
                    self.push(Kind::Text, start);
                }
                return Ok(());
            };
            self.at = start + open;
            let behind = self.text.get(self.at + OPEN.len()..).unwrap_or("");
            let trims = behind
                .strip_prefix('-')
                .is_some_and(|rest| rest.starts_with(SPACES));
            let before = rest.get(..open).unwrap_or("");
            let kept = if trims {
                before.trim_end_matches(SPACES)
            } else {
                before
            };
            if !kept.is_empty() {
                self.push_to(Kind::Text, start, start + kept.len());
            }
            self.open(trims)?;
        }
    }

    /// An action or comment from its `{{` on.
    fn open(&mut self, trims: bool) -> Result<(), Wrong> {
        let start = self.at;
        self.at += OPEN.len();
        let marker = if trims { 2 } else { 0 };
        if self
            .text
            .get(self.at + marker..)
            .unwrap_or("")
            .starts_with("/*")
        {
            self.at += marker;
            return self.comment();
        }
        self.push(Kind::Open, start);
        self.at += marker;
        self.parens = 0;
        while self.inside()? {}
        Ok(())
    }

    fn comment(&mut self) -> Result<(), Wrong> {
        let start = self.at;
        let inside = self.rest().get(2..).unwrap_or("");
        let Some(end) = inside.find("*/") else {
            return Err((start, "unclosed comment".to_owned()));
        };
        self.at += 2 + end + 2;
        match self.close_here() {
            Some(trims) => {
                self.close(trims);
                Ok(())
            }
            None => Err((start, "comment ends before closing delimiter".to_owned())),
        }
    }

    /// Whether the action ends here, and if so whether with a trim marker.
    fn close_here(&self) -> Option<bool> {
        let rest = self.rest();
        if rest.starts_with(CLOSE) {
            return Some(false);
        }
        let marked = rest.strip_prefix(SPACES)?.strip_prefix('-')?;
        marked.starts_with(CLOSE).then_some(true)
    }

    fn close(&mut self, trims: bool) {
        self.at += CLOSE.len() + if trims { 2 } else { 0 };
        if trims {
            self.skip_spaces();
        }
    }

    /// One token of an action; false behind its end.
    fn inside(&mut self) -> Result<bool, Wrong> {
        let start = self.at;
        if let Some(trims) = self.close_here() {
            if self.parens > 0 {
                return Err((start, "unclosed left paren".to_owned()));
            }
            let mark = start + if trims { 2 } else { 0 };
            self.push_to(Kind::Close, mark, mark + CLOSE.len());
            self.close(trims);
            return Ok(false);
        }
        let wrong = |what: &str| Err((start, what.to_owned()));
        let Some(c) = self.bump() else {
            return wrong("unclosed action");
        };
        match c {
            _ if SPACES.contains(&c) => self.space(start),
            '=' => self.push(Kind::Assign, start),
            ':' => {
                if self.bump() != Some('=') {
                    return wrong("expected :=");
                }
                self.push(Kind::Declare, start);
            }
            '|' => self.push(Kind::Pipe, start),
            '"' => self.quoted(start)?,
            '`' => match self.rest().find('`') {
                Some(end) => {
                    self.at += end + 1;
                    self.push(Kind::RawText, start);
                }
                None => return wrong("unterminated raw quoted string"),
            },
            '\'' => self.character(start)?,
            '$' => self.name(Kind::Variable, Kind::Variable, start)?,
            '.' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                self.name(Kind::Field, Kind::Dot, start)?;
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.at = start;
                self.number(start)?;
            }
            '(' => {
                self.parens += 1;
                self.push(Kind::LeftParen, start);
            }
            ')' => {
                let Some(parens) = self.parens.checked_sub(1) else {
                    return wrong("unexpected right paren");
                };
                self.parens = parens;
                self.push(Kind::RightParen, start);
            }
            _ if is_word(c) => self.word(start)?,
            _ if c.is_ascii() && is_printable(c) => self.push(Kind::Char, start),
            _ => {
                return Err((
                    start,
                    format!("unrecognized character in action: {}", code(c)),
                ));
            }
        }
        Ok(true)
    }

    /// A run of spaces, up to the one that belongs to a closing trim marker.
    fn space(&mut self, start: usize) {
        self.skip_spaces();
        if self
            .rest()
            .strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(CLOSE))
        {
            self.at -= 1;
        }
        if self.at > start {
            self.push(Kind::Space, start);
        }
    }

    fn quoted(&mut self, start: usize) -> Result<(), Wrong> {
        loop {
            match self.bump() {
                Some('\\') if self.peek().is_some_and(|c| c != '\n') => {
                    self.bump();
                }
                Some('"') => {
                    self.push(Kind::QuotedText, start);
                    return Ok(());
                }
                None | Some('\n' | '\\') => {
                    return Err((start, "unterminated quoted string".to_owned()));
                }
                Some(_) => {}
            }
        }
    }

    fn character(&mut self, start: usize) -> Result<(), Wrong> {
        loop {
            match self.bump() {
                Some('\\') if self.peek().is_some_and(|c| c != '\n') => {
                    self.bump();
                }
                Some('\'') => {
                    self.push(Kind::Number, start);
                    return Ok(());
                }
                None | Some('\n' | '\\') => {
                    return Err((start, "unterminated character constant".to_owned()));
                }
                Some(_) => {}
            }
        }
    }

    fn skip_word(&mut self) {
        while self.peek().is_some_and(is_word) {
            self.bump();
        }
    }

    /// Whether a name may end here.
    fn ends_here(&self) -> bool {
        match self.peek() {
            None => true,
            Some(c) => {
                SPACES.contains(&c)
                    || matches!(c, '.' | ',' | '|' | ':' | ')' | '(')
                    || self.rest().starts_with(CLOSE)
            }
        }
    }

    fn expect_end(&self, start: usize) -> Result<(), Wrong> {
        match self.peek() {
            Some(c) if !self.ends_here() => Err((start, format!("bad character {}", code(c)))),
            _ => Ok(()),
        }
    }

    /// A field or variable behind its sign; the sign alone is of kind `alone`.
    fn name(&mut self, named: Kind, alone: Kind, start: usize) -> Result<(), Wrong> {
        let begin = self.at;
        self.skip_word();
        self.expect_end(start)?;
        self.push(if self.at == begin { alone } else { named }, start);
        Ok(())
    }

    fn word(&mut self, start: usize) -> Result<(), Wrong> {
        self.skip_word();
        self.expect_end(start)?;
        let kind = match self.text.get(start..self.at).unwrap_or("") {
            "block" => Kind::Keyword(Keyword::Block),
            "break" => Kind::Keyword(Keyword::Break),
            "continue" => Kind::Keyword(Keyword::Continue),
            "define" => Kind::Keyword(Keyword::Define),
            "else" => Kind::Keyword(Keyword::Else),
            "end" => Kind::Keyword(Keyword::End),
            "if" => Kind::Keyword(Keyword::If),
            "range" => Kind::Keyword(Keyword::Range),
            "template" => Kind::Keyword(Keyword::Template),
            "with" => Kind::Keyword(Keyword::With),
            "nil" => Kind::Nil,
            "true" | "false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.push(kind, start);
        Ok(())
    }

    fn accept(&mut self, set: &str) -> bool {
        let found = self.peek().is_some_and(|c| set.contains(c));
        if found {
            self.bump();
        }
        found
    }

    fn number(&mut self, start: usize) -> Result<(), Wrong> {
        let alone = self.digits();
        // A sign behind a number makes it one of two parts, which are not known.
        let joined = self.peek().is_some_and(|c| "+-".contains(c));
        if joined {
            self.digits();
        }
        if !alone || joined {
            let written = self.text.get(start..self.at).unwrap_or("");
            return Err((start, format!("bad number syntax: {}", quoted(written))));
        }
        self.push(Kind::Number, start);
        Ok(())
    }

    /// Takes a number with its sign; false where a letter follows, which is taken, too.
    fn digits(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        while self.accept(digits) {}
        if self.accept(".") {
            while self.accept(digits) {}
        }
        let exponents = match digits.len() {
            11 => "eE",
            23 => "pP",
            _ => "",
        };
        if self.accept(exponents) {
            self.accept("+-");
            while self.accept("0123456789_") {}
        }
        self.accept("i");
        let ends = !self.peek().is_some_and(is_word);
        if !ends {
            self.bump();
        }
        ends
    }
}

/// What names are made of.
fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// A character as Go's `%#U` writes it.
fn code(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    if is_printable(c) {
        format!("{code} '{c}'")
    } else {
        code
    }
}
