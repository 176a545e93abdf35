//! Matchers as people write them: `severity="critical", service=~"api|web"`.
//!
//! There are two grammars. In the newer one names and values are any UTF-8, in double quotes where
//! they hold white space, a brace, a quote, a backslash, a comma or a sign of an operator. In the classic one names are of the classic
//! alphabet, and everything up to a comma outside quotes is the value. A text is read in both: the
//! newer reading counts, unless only the classic one succeeds or the two differ, when the text
//! means what it meant before there was the newer one.

use model::{MatchOp, Matcher};

/// Why a text is no list of matchers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MatcherError(String);

fn error(message: impl Into<String>) -> MatcherError {
    MatcherError(message.into())
}

/// Reads any number of matchers, with or without braces around them.
pub fn parse_matchers(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    match (Newer::new(text).matchers(), classic_list(text)) {
        (Ok(newer), Ok(classic)) if newer != classic => Ok(classic),
        (Ok(newer), _) => Ok(newer),
        (Err(_), classic) => classic,
    }
}

/// Reads exactly one matcher, without braces.
pub fn parse_matcher(text: &str) -> Result<Matcher, MatcherError> {
    if text.starts_with('{') || text.ends_with('}') {
        return Err(error(format!("unexpected open or close brace: {text}")));
    }
    let newer = Newer::new(text).matchers().and_then(|mut matchers| {
        match (matchers.len(), matchers.pop()) {
            (1, Some(matcher)) => Ok(matcher),
            (count, _) => Err(error(format!("expected 1 matcher, found {count}"))),
        }
    });
    match (newer, classic(text)) {
        (Ok(newer), Ok(classic)) if newer != classic => Ok(classic),
        (Ok(newer), _) => Ok(newer),
        (Err(_), classic) => classic,
    }
}

/// The order of matchers in group keys: by name, value and operator.
pub(super) fn sort(matchers: &mut [Matcher]) {
    matchers.sort_by(|a, b| {
        let key = |m: &Matcher| (m.name().to_owned(), m.value().to_owned(), rank(m.op()));
        key(a).cmp(&key(b))
    });
}

fn rank(op: MatchOp) -> u8 {
    match op {
        MatchOp::Equal => 0,
        MatchOp::NotEqual => 1,
        MatchOp::Regex => 2,
        MatchOp::NotRegex => 3,
    }
}

fn matcher(name: &str, op: MatchOp, value: &str) -> Result<Matcher, MatcherError> {
    Matcher::new(name, op, value).map_err(|cause| error(cause.to_string()))
}

/// The operator a text begins with, and what follows.
fn operator(text: &str) -> Option<(MatchOp, &str)> {
    let operators = [
        ("=~", MatchOp::Regex),
        ("!~", MatchOp::NotRegex),
        ("!=", MatchOp::NotEqual),
        ("=", MatchOp::Equal),
    ];
    operators
        .into_iter()
        .find_map(|(sign, op)| Some((op, text.strip_prefix(sign)?)))
}

/// White space as the classic grammar has it.
const CLASSIC_SPACE: [char; 5] = [' ', '\t', '\n', '\r', '\u{c}'];

fn classic_list(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    let inner = text.strip_prefix('{').unwrap_or(text);
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in inner.char_indices() {
        match c {
            ',' if !quoted => {
                parts.push(inner.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            '"' if escaped => escaped = false,
            '"' => quoted = !quoted,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    let last = inner.get(start..).unwrap_or("").trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts.into_iter().map(classic).collect()
}

fn classic(text: &str) -> Result<Matcher, MatcherError> {
    let wrong = || error(format!("bad matcher format: {text}"));
    let rest = text.trim_start_matches(CLASSIC_SPACE);
    let length = rest
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'))
        .count();
    let (name, rest) = rest.split_at_checked(length).ok_or_else(wrong)?;
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let (op, rest) = operator(rest.trim_start_matches(CLASSIC_SPACE)).ok_or_else(wrong)?;
    let raw = rest.trim_matches(CLASSIC_SPACE);
    matcher(name, op, &classic_value(raw)?)
}

fn classic_value(raw: &str) -> Result<String, MatcherError> {
    let unescaped = || {
        error(format!(
            "matcher value contains unescaped double quote: {raw}"
        ))
    };
    let (body, mut open) = match raw.strip_prefix('"') {
        Some(body) => (body, true),
        None => (raw, false),
    };
    let mut value = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                None => value.push('\\'),
                Some('n') => value.push('\n'),
                Some(c @ ('"' | '\\')) => value.push(c),
                Some(c) => {
                    value.push('\\');
                    value.push(c);
                }
            },
            '"' if open && chars.peek().is_none() => open = false,
            '"' => return Err(unescaped()),
            c => value.push(c),
        }
    }
    if open { Err(unescaped()) } else { Ok(value) }
}

/// A reader of the newer grammar.
struct Newer<'t> {
    rest: &'t str,
}

fn is_reserved(c: char) -> bool {
    c.is_whitespace() || "{}!=~,\\\"'`".contains(c)
}

impl<'t> Newer<'t> {
    fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn accept(&mut self, sign: char) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn unexpected(&self, wanted: &str) -> MatcherError {
        match self.rest.chars().next() {
            None => error(format!("unexpected end of input: expected {wanted}")),
            Some(c) => error(format!("unexpected {c}: expected {wanted}")),
        }
    }

    fn matchers(mut self) -> Result<Vec<Matcher>, MatcherError> {
        let braces = self.accept('{');
        let mut matchers = Vec::new();
        loop {
            self.skip_space();
            if self.rest.is_empty() || self.rest.starts_with('}') {
                break;
            }
            matchers.push(self.matcher()?);
            if !self.accept(',') {
                break;
            }
        }
        if braces != self.accept('}') {
            return Err(self.unexpected("a close brace for each open brace"));
        }
        self.skip_space();
        if !self.rest.is_empty() {
            return Err(self.unexpected("a comma or the end"));
        }
        Ok(matchers)
    }

    fn matcher(&mut self) -> Result<Matcher, MatcherError> {
        let name = self.word("label name")?;
        self.skip_space();
        let (op, rest) =
            operator(self.rest).ok_or_else(|| self.unexpected("an operator such as '='"))?;
        self.rest = rest;
        let value = self.word("label value")?;
        matcher(&name, op, &value)
    }

    /// A word of no reserved characters, or anything in double quotes.
    fn word(&mut self, what: &str) -> Result<String, MatcherError> {
        self.skip_space();
        let Some(inner) = self.rest.strip_prefix('"') else {
            let length = self.rest.find(is_reserved).unwrap_or(self.rest.len());
            return match self.rest.split_at_checked(length) {
                Some((word, rest)) if !word.is_empty() => {
                    self.rest = rest;
                    Ok(word.to_owned())
                }
                _ => Err(self.unexpected(what)),
            };
        };
        let mut escaped = false;
        let end = inner.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let (word, rest) = end
            .and_then(|end| Some((inner.get(..end)?, inner.get(end + 1..)?)))
            .ok_or_else(|| error(format!("{}: missing end \"", self.rest)))?;
        self.rest = rest;
        unquote(word).ok_or_else(|| error(format!("\"{word}\": invalid input")))
    }
}

/// What stands between double quotes, with Go's escapes.
fn unquote(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    let mut utf8 = [0; 4];
    let mut push = |bytes: &mut Vec<u8>, c: char| {
        bytes.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
    };
    while let Some(c) = chars.next() {
        match c {
            '\n' => return None,
            '\\' => match chars.next()? {
                'a' => bytes.push(7),
                'b' => bytes.push(8),
                'f' => bytes.push(12),
                'n' => bytes.push(b'\n'),
                'r' => bytes.push(b'\r'),
                't' => bytes.push(b'\t'),
                'v' => bytes.push(11),
                c @ ('\\' | '"') => push(&mut bytes, c),
                'x' => bytes.push(u8::try_from(number(&mut chars, 2, 16)?).ok()?),
                'u' => push(&mut bytes, char::from_u32(number(&mut chars, 4, 16)?)?),
                'U' => push(&mut bytes, char::from_u32(number(&mut chars, 8, 16)?)?),
                first @ '0'..='7' => {
                    let rest = number(&mut chars, 2, 8)?;
                    bytes.push(u8::try_from(first.to_digit(8)? * 64 + rest).ok()?);
                }
                _ => return None,
            },
            c => push(&mut bytes, c),
        }
    }
    String::from_utf8(bytes).ok()
}

fn number(chars: &mut std::str::Chars<'_>, digits: usize, radix: u32) -> Option<u32> {
    (0..digits).try_fold(0u32, |number, _| {
        number
            .checked_mul(radix)?
            .checked_add(chars.next()?.to_digit(radix)?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Name, operator and value of each matcher, or nothing where the text is none.
    fn read(text: &str) -> Option<Vec<(String, &'static str, String)>> {
        let matchers = parse_matchers(text).ok()?;
        let parts = |m: &Matcher| (m.name().to_owned(), m.op().as_str(), m.value().to_owned());
        Some(matchers.iter().map(parts).collect())
    }

    #[test]
    fn lists_of_matchers() {
        for (text, expected) in [
            ("foo=bar", &[("foo", "=", "bar")][..]),
            ("{foo=bar}", &[("foo", "=", "bar")]),
            ("{foo=bar,}", &[("foo", "=", "bar")]),
            ("foo=bar,", &[("foo", "=", "bar")]),
            (
                " foo != bar , a=~\"b|c\" ",
                &[("foo", "!=", "bar"), ("a", "=~", "b|c")],
            ),
            ("\"foo 🙂\"=\"x, y\"", &[("foo 🙂", "=", "x, y")]),
            ("foo🙂=bar", &[("foo🙂", "=", "bar")]),
            ("foo=\"a\\\"b\\n\"", &[("foo", "=", "a\"b\n")]),
            // Only the newer grammar knows the escape; the classic one keeps the backslash, and
            // what a text meant before goes.
            ("foo=\"a\\tb\"", &[("foo", "=", "a\\tb")]),
            ("\"f\"=\"a\\tb\"", &[("f", "=", "a\tb")]),
            // Only the classic grammar takes these.
            ("foo=bar baz", &[("foo", "=", "bar baz")]),
            ("foo=~a.*(x|y)", &[("foo", "=~", "a.*(x|y)")]),
            ("foo=~a{2},b=c", &[("foo", "=~", "a{2}"), ("b", "=", "c")]),
            ("1a=b", &[("1a", "=", "b")]),
            ("foo=", &[("foo", "=", "")]),
            ("foo={bar", &[("foo", "=", "{bar")]),
            ("", &[]),
            ("{}", &[]),
            ("foo!~'x'", &[("foo", "!~", "'x'")]),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, op, value)| ((*name).to_owned(), *op, (*value).to_owned()))
                .collect();
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn texts_that_are_none() {
        for text in [
            "foo",
            "=bar",
            "foo=\"bar",
            "foo=~\"(\"",
            "a=b,,c=d",
            "foo==\"x\"y\"",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        for text in ["{a=b}", "a=b,c=d", "", "a=b}"] {
            assert!(parse_matcher(text).is_err() || text == "a=b,c=d", "{text}");
        }
        assert!(parse_matcher("a=b").is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-c=!~,{}\"\\\\ 🙂'xu0-9]{0,24}|\\PC{0,24}") {
            let _ = parse_matchers(&text);
            let _ = parse_matcher(&text);
        }

        #[test]
        fn quoted_words_read_back(name in "\\PC{1,8}", value in "\\PC{0,8}") {
            let quoted = |text: &str| {
                format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            };
            let text = format!("{}={}", quoted(&name), quoted(&value));
            prop_assert_eq!(read(&text), Some(vec![(name, "=", value)]));
        }
    }
}
