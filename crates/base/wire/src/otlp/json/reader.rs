//! JSON value by value, where it lies.

use std::borrow::Cow;

use super::{JsonError, MOST_DEPTH};

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Object,
    Array,
    Text,
    Number,
    /// `true` or `false`.
    Bool,
    Null,
}

/// A place in a text.
pub(super) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn fault(&self, reason: impl Into<String>) -> JsonError {
        JsonError {
            at: self.at,
            reason: reason.into(),
        }
    }

    /// The next byte behind white space.
    fn byte(&mut self) -> Result<u8, JsonError> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(byte);
            }
            self.at += 1;
        }
        Err(self.fault("the text ends too early"))
    }

    pub(super) fn peek(&mut self) -> Result<Next, JsonError> {
        Ok(match self.byte()? {
            b'{' => Next::Object,
            b'[' => Next::Array,
            b'"' => Next::Text,
            b't' | b'f' => Next::Bool,
            b'n' => Next::Null,
            b'-' | b'0'..=b'9' => Next::Number,
            other => {
                return Err(self.fault(format!("no value begins with {:?}", char::from(other))));
            }
        })
    }

    /// Passes one sign.
    pub(super) fn expect(&mut self, sign: u8) -> Result<(), JsonError> {
        let found = self.byte()?;
        if found != sign {
            let (sign, found) = (char::from(sign), char::from(found));
            return Err(self.fault(format!("{sign:?} should stand where {found:?} is")));
        }
        self.at += 1;
        Ok(())
    }

    /// Passes the sign that begins an object or a list.
    pub(super) fn begin(&mut self, sign: u8) -> Result<(), JsonError> {
        self.expect(sign)
    }

    /// Whether another member comes before the sign that ends an object or a list, which is passed.
    pub(super) fn goes_on(&mut self, end: u8, is_first: &mut bool) -> Result<bool, JsonError> {
        if self.byte()? == end {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::replace(is_first, false) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Only white space is left.
    pub(super) fn end(&mut self) -> Result<(), JsonError> {
        match self.byte() {
            Ok(_) => Err(self.fault("there is more behind the request")),
            Err(_) => Ok(()),
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let is_there = self
            .text
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word.as_bytes()));
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    /// Passes `null`, where it stands.
    pub(super) fn null(&mut self) -> Result<bool, JsonError> {
        if self.byte()? != b'n' {
            return Ok(false);
        }
        if self.word("null") {
            return Ok(true);
        }
        Err(self.fault("no value begins with 'n' but null"))
    }

    pub(super) fn bool(&mut self) -> Result<bool, JsonError> {
        self.byte()?;
        if self.word("true") {
            return Ok(true);
        }
        if self.word("false") {
            return Ok(false);
        }
        Err(self.fault("neither true nor false"))
    }

    /// A number as it is written.
    pub(super) fn number(&mut self) -> Result<&'a str, JsonError> {
        self.byte()?;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        let length = rest.iter().take_while(is_part).count();
        let text = rest.get(..length).unwrap_or_default();
        if text.is_empty() {
            return Err(self.fault("a number should stand here"));
        }
        self.at += length;
        std::str::from_utf8(text).map_err(|_| self.fault("a number should stand here"))
    }

    /// Text in quotes.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.expect(b'"')?;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length =
            memchr::memchr2(b'"', b'\\', rest).ok_or_else(|| self.fault("a text does not end"))?;
        let plain = rest.get(..length).unwrap_or_default();
        let plain = self.utf8(plain)?;
        self.at += length;
        if self.text.get(self.at) == Some(&b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        self.escaped(plain.to_owned()).map(Cow::Owned)
    }

    fn utf8(&self, bytes: &'a [u8]) -> Result<&'a str, JsonError> {
        std::str::from_utf8(bytes).map_err(|_| self.fault("text is not valid UTF-8"))
    }

    /// The rest of a text whose next byte is a backslash.
    fn escaped(&mut self, mut text: String) -> Result<String, JsonError> {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = memchr::memchr2(b'"', b'\\', rest)
                .ok_or_else(|| self.fault("a text does not end"))?;
            text.push_str(self.utf8(rest.get(..length).unwrap_or_default())?);
            self.at += length + 1;
            if rest.get(length) == Some(&b'"') {
                return Ok(text);
            }
            let sign = self.text.get(self.at).copied();
            self.at += 1;
            text.push(match sign {
                Some(b'n') => '\n',
                Some(b't') => '\t',
                Some(b'r') => '\r',
                Some(b'b') => '\u{8}',
                Some(b'f') => '\u{c}',
                Some(sign @ (b'"' | b'\\' | b'/')) => char::from(sign),
                Some(b'u') => self.unicode()?,
                _ => return Err(self.fault("an escape that JSON does not have")),
            });
        }
    }

    /// The character that four hexadecimal digits, or twice as many, mean; half a pair means the
    /// sign of replacement.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        if !self.word("\\u") {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let second = self.four_digits()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.at = before;
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let code = 0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00));
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        let code = digits.iter().try_fold(0u32, |code, &digit| {
            Some(code << 4 | char::from(digit).to_digit(16)?)
        });
        let code = code.filter(|_| digits.len() == 4);
        let code = code.ok_or_else(|| self.fault("\\u without four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }

    /// Passes a value of any kind that lies within `depth` others.
    pub(super) fn skip(&mut self, depth: usize) -> Result<(), JsonError> {
        if depth > MOST_DEPTH {
            return Err(self.fault(format!("values lie within more than {MOST_DEPTH} others")));
        }
        let mut is_first = true;
        match self.peek()? {
            Next::Text => self.text().map(drop),
            Next::Number => self.number().map(drop),
            Next::Bool => self.bool().map(drop),
            Next::Null => self.null().map(drop),
            Next::Array => {
                self.begin(b'[')?;
                while self.goes_on(b']', &mut is_first)? {
                    self.skip(depth + 1)?;
                }
                Ok(())
            }
            Next::Object => {
                self.begin(b'{')?;
                while self.goes_on(b'}', &mut is_first)? {
                    self.text()?;
                    self.expect(b':')?;
                    self.skip(depth + 1)?;
                }
                Ok(())
            }
        }
    }
}
