//! Text to words.
//!
//! What a character means depends on the brackets it stands in: names in braces are never
//! keywords, and between square brackets only durations stand. Comments and blanks are skipped.

use super::error::{Fault, Parsed};
use super::literal::{is_word_byte, scan_duration, scan_number};
use super::token::{Kind, Time, Token};
use crate::ast::{BinaryOp, Span};

/// The state between two words.
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Offset behind the last word.
    at: usize,
    /// How many parentheses are open.
    parens: usize,
    in_braces: bool,
    in_brackets: bool,
    /// Whether no number has stood in these square brackets yet; the wording of errors differs.
    before_number: bool,
    colon_seen: bool,
    duration_seen: bool,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            parens: 0,
            in_braces: false,
            in_brackets: false,
            before_number: false,
            colon_seen: false,
            duration_seen: false,
        }
    }

    /// The next word; the end is given again and again.
    pub(super) fn next(&mut self) -> Parsed<Token> {
        self.skip_blanks();
        let start = self.at;
        let kind = match self.peek() {
            None => self.end()?,
            Some(c) if self.in_braces => self.in_braces(c)?,
            Some(c) if self.in_brackets && self.before_number => self.in_duration(c)?,
            Some(c) => self.anywhere(c)?,
        };
        Ok(Token {
            kind,
            span: Span {
                start,
                end: self.at,
            },
        })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    /// A fault that begins where the next word would.
    fn fault<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let span = Span {
            start: self.at,
            end: self.text.len(),
        };
        Err(Fault::new(span, message))
    }

    /// Takes `len` bytes as a word.
    fn take(&mut self, len: usize, kind: Kind) -> Parsed<Kind> {
        self.at += len;
        Ok(kind)
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            self.at += rest.len() - trimmed.len();
            let comment_allowed = !(self.in_brackets && self.before_number);
            if !comment_allowed || !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find(['\n', '\r']).unwrap_or(trimmed.len());
        }
    }

    fn end(&self) -> Parsed<Kind> {
        if self.in_braces {
            self.fault("unexpected end of input inside braces")
        } else if self.in_brackets && self.before_number {
            self.fault("unexpected end of input in duration expression")
        } else if self.parens > 0 {
            self.fault("unclosed left parenthesis")
        } else if self.in_brackets {
            self.fault("unclosed left bracket")
        } else {
            Ok(Kind::End)
        }
    }

    fn in_braces(&mut self, c: char) -> Parsed<Kind> {
        match (c, self.second()) {
            (',', _) => self.take(1, Kind::Comma),
            ('"' | '\'', _) => self.string(c),
            ('`', _) => self.raw_string(),
            ('=', Some('~')) => self.take(2, Kind::Regex),
            ('=', _) => self.take(1, Kind::Assign),
            ('!', Some('~')) => self.take(2, Kind::NotRegex),
            ('!', Some('=')) => self.take(2, Kind::Operator(BinaryOp::NotEqual)),
            ('!', next) => self.fault(format!(
                "unexpected character after '!' inside braces: {}",
                shown(next)
            )),
            ('{', _) => self.fault("unexpected left brace '{'"),
            ('}', _) => {
                self.in_braces = false;
                self.take(1, Kind::RightBrace)
            }
            (c, _) if starts_name(c) => {
                let len = self.rest().bytes().take_while(|b| is_word_byte(*b)).count();
                self.take(len, Kind::Identifier)
            }
            (c, _) => self.fault(format!(
                "unexpected character inside braces: {}",
                shown(Some(c))
            )),
        }
    }

    /// Between square brackets, before the first number.
    fn in_duration(&mut self, c: char) -> Parsed<Kind> {
        match c {
            ':' => {
                self.at += 1;
                if !self.duration_seen {
                    return self.fault("unexpected colon before duration in duration expression");
                }
                if self.colon_seen {
                    return self.fault("unexpected repeated colon in duration expression");
                }
                self.colon_seen = true;
                Ok(Kind::Colon)
            }
            '(' | ')' | ']' | '+' | '-' | '*' | '/' | '%' | '^' | ',' => self.anywhere(c),
            c if starts_number(c, self.second()) => self.number(),
            c => match self.time_word() {
                Some(taken) => taken,
                None => self.fault(format!(
                    "unexpected character in duration expression: {}",
                    shown(Some(c))
                )),
            },
        }
    }

    /// `step` and its like between square brackets, where no other word may stand.
    fn time_word(&mut self) -> Option<Parsed<Kind>> {
        let rest = self.rest();
        let len = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphabetic() || *b == b'_')
            .count();
        let kind = match rest.get(..len)?.to_ascii_lowercase().as_str() {
            "step" => Time::Step,
            "range" => Time::Range,
            // The names until the functions `min_of` and `max_of` came.
            "min_of" | "min" => Time::MinOf,
            "max_of" | "max" => Time::MaxOf,
            _ => return None,
        };
        Some(self.take(len, Kind::Time(kind)))
    }

    fn anywhere(&mut self, c: char) -> Parsed<Kind> {
        use BinaryOp as Op;
        let second = self.second();
        let (len, op) = match (c, second) {
            ('*', _) => (1, Op::Mul),
            ('/', _) => (1, Op::Div),
            ('%', _) => (1, Op::Mod),
            ('+', _) => (1, Op::Add),
            ('-', _) => (1, Op::Sub),
            ('^', _) => (1, Op::Pow),
            ('=', Some('=')) => (2, Op::Equal),
            ('!', Some('=')) => (2, Op::NotEqual),
            ('<', Some('=')) => (2, Op::LessOrEqual),
            ('<', Some('/')) => (2, Op::TrimUpper),
            ('<', _) => (1, Op::Less),
            ('>', Some('=')) => (2, Op::GreaterOrEqual),
            ('>', Some('/')) => (2, Op::TrimLower),
            ('>', _) => (1, Op::Greater),
            _ => return self.not_operator(c, second),
        };
        self.take(len, Kind::Operator(op))
    }

    fn not_operator(&mut self, c: char, second: Option<char>) -> Parsed<Kind> {
        match c {
            ',' => self.take(1, Kind::Comma),
            '@' => self.take(1, Kind::At),
            '=' if second == Some('~') => self.fault("unexpected character after '=': '~'"),
            '=' => self.take(1, Kind::Assign),
            '!' => self.fault(format!("unexpected character after '!': {}", shown(second))),
            '"' | '\'' => self.string(c),
            '`' => self.raw_string(),
            '(' | ')' | '{' | '[' | ']' => self.bracket(c),
            c if starts_number(c, second) => self.number(),
            c if (starts_name(c) || c == ':') && self.in_brackets => self.word_in_brackets(c),
            c if starts_name(c) || c == ':' => self.word(),
            c => self.fault(format!("unexpected character: {}", shown(Some(c)))),
        }
    }

    fn bracket(&mut self, c: char) -> Parsed<Kind> {
        match c {
            '(' => {
                self.parens += 1;
                self.take(1, Kind::LeftParen)
            }
            ')' => {
                self.at += 1;
                match self.parens.checked_sub(1) {
                    Some(parens) => self.parens = parens,
                    None => return self.fault("unexpected right parenthesis ')'"),
                }
                Ok(Kind::RightParen)
            }
            '{' => {
                self.in_braces = true;
                self.take(1, Kind::LeftBrace)
            }
            '[' if self.in_brackets => self.fault("unexpected left bracket '['"),
            '[' => {
                self.in_brackets = true;
                self.before_number = true;
                self.colon_seen = false;
                self.take(1, Kind::LeftBracket)
            }
            _ if self.in_brackets => {
                self.in_brackets = false;
                self.take(1, Kind::RightBracket)
            }
            _ => self.fault("unexpected right bracket ']'"),
        }
    }

    fn word_in_brackets(&mut self, c: char) -> Parsed<Kind> {
        if c == ':' {
            if self.colon_seen {
                return self.fault("unexpected colon ':'");
            }
            self.colon_seen = true;
            return self.take(1, Kind::Colon);
        }
        match self.time_word() {
            Some(taken) => taken,
            None => self.fault(format!(
                "unexpected character: {}, expected ':'",
                shown(Some(c))
            )),
        }
    }

    fn word(&mut self) -> Parsed<Kind> {
        let rest = self.rest();
        let len = rest
            .bytes()
            .take_while(|b| is_word_byte(*b) || *b == b':')
            .count();
        let (word, behind) = rest.split_at_checked(len).unwrap_or((rest, ""));
        let kind = match Kind::of_word(word) {
            // So that metrics of these names keep working.
            Kind::Keyword(keyword)
                if keyword.is_fill()
                    && !behind
                        .trim_start_matches([' ', '\t', '\n', '\r'])
                        .starts_with('(') =>
            {
                Kind::Identifier
            }
            kind => kind,
        };
        self.take(len, kind)
    }

    fn number(&mut self) -> Parsed<Kind> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        self.before_number = false;
        self.duration_seen |= self.in_brackets;
        let (end, whole) = scan_number(bytes);
        if whole {
            return self.take(end, Kind::Number);
        }
        match scan_duration(bytes, end) {
            Ok(end) => self.take(end, Kind::Duration),
            Err(end) => {
                let read = rest.get(..end).unwrap_or(rest);
                let read = model::name::quoted(read);
                self.fault(format!("bad number or duration syntax: {read}"))
            }
        }
    }

    fn raw_string(&mut self) -> Parsed<Kind> {
        let inner = self.rest().get(1..).unwrap_or_default();
        match inner.find(['`', char::REPLACEMENT_CHARACTER]) {
            Some(end) if inner.get(end..).is_some_and(|rest| rest.starts_with('`')) => {
                self.take(end + 2, Kind::String)
            }
            Some(_) => self.fault("invalid UTF-8 rune"),
            None => self.fault("unterminated raw string"),
        }
    }

    fn string(&mut self, quote: char) -> Parsed<Kind> {
        let mut rest = self.rest().char_indices();
        rest.next();
        loop {
            match rest.next() {
                None | Some((_, '\n')) => return self.fault("unterminated quoted string"),
                Some((_, char::REPLACEMENT_CHARACTER)) => {
                    return self.fault("invalid UTF-8 rune");
                }
                Some((_, '\\')) => {
                    if let Err(message) = check_escape(&mut rest, quote) {
                        return self.fault(message);
                    }
                }
                Some((end, c)) if c == quote => return self.take(end + 1, Kind::String),
                Some(_) => {}
            }
        }
    }
}

/// Checks the escape behind a backslash.
fn check_escape(rest: &mut std::str::CharIndices<'_>, quote: char) -> Result<(), String> {
    let mut next = || rest.next().map(|(_, c)| c);
    let open = || "escape sequence not terminated".to_owned();
    let (first, count, radix, most) = match next() {
        None => return Err(open()),
        Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\') => return Ok(()),
        Some(c) if c == quote => return Ok(()),
        Some(c @ '0'..='7') => (Some(c), 3, 8, 255),
        Some('x') => (next(), 2, 16, 255),
        Some('u') => (next(), 4, 16, u32::from(char::MAX)),
        Some('U') => (next(), 8, 16, u32::from(char::MAX)),
        Some(c) => return Err(format!("unknown escape sequence {}", code_point(c))),
    };
    let mut value: u32 = 0;
    let mut digit = first;
    for place in 0..count {
        let c = digit.ok_or_else(open)?;
        let number = c
            .to_digit(radix)
            .ok_or_else(|| format!("illegal character {} in escape sequence", code_point(c)))?;
        value = value.saturating_mul(radix).saturating_add(number);
        if place + 1 < count {
            digit = next();
        }
    }
    if value > most || (0xd800..0xe000).contains(&value) {
        return Err("escape sequence is an invalid Unicode code point".to_owned());
    }
    Ok(())
}

/// A character as Go's `%#U` prints it.
fn code_point(c: char) -> String {
    format!("U+{:04X} '{c}'", u32::from(c))
}

/// A character as Go's `%q` prints it; the end of the text prints as Go prints its mark for it.
fn shown(c: Option<char>) -> String {
    match c {
        None => "'\u{fffd}'".to_owned(),
        Some('\'') => "'\\''".to_owned(),
        Some('\\') => "'\\\\'".to_owned(),
        Some('"') => "'\"'".to_owned(),
        Some(c) => {
            let quoted = model::name::quoted(c.encode_utf8(&mut [0; 4]));
            format!("'{}'", quoted.trim_matches('"'))
        }
    }
}

fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn starts_number(c: char, second: Option<char>) -> bool {
    c.is_ascii_digit() || (c == '.' && second.is_some_and(|next| next.is_ascii_digit()))
}
