//! Sets of characters: `[a-z\d]`, `\w`, `[[:alpha:]]`, `\p{Greek}`.
//!
//! `\d`, `\s`, `\w` and the named sets are ASCII; `&&`, `--`, `~~` and an inner `[` mean
//! themselves, other than in the regex crate.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

use super::{PatternError, escape};

/// A set and the bytes it takes in the pattern.
type Read = Result<(ClassUnicode, usize), PatternError>;

pub(super) fn fault(reason: &str, part: &str) -> PatternError {
    PatternError {
        pattern: part.to_owned(),
        reason: reason.to_owned(),
    }
}

const BAD_RANGE: &str = "invalid character class range";
const BAD_ESCAPE: &str = "invalid escape sequence";

fn up_to(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

/// A set of one character or a range of them. Surrogates, which no text holds, are left out.
pub(super) fn range(low: u32, high: u32) -> ClassUnicode {
    // The characters on either side of the surrogates.
    let below = (low <= 0xd7ff).then(|| (low, high.min(0xd7ff)));
    let above = (high >= 0xe000).then(|| (low.max(0xe000), high));
    let parts = [below, above].into_iter().flatten();
    ClassUnicode::new(parts.filter_map(|(low, high)| {
        Some(ClassUnicodeRange::new(
            char::from_u32(low)?,
            char::from_u32(high)?,
        ))
    }))
}

fn of_pairs(pairs: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(
        pairs
            .iter()
            .map(|(low, high)| ClassUnicodeRange::new(*low, *high)),
    )
}

/// The set in both cases where `fold`, and then its complement where `negated`.
pub(super) fn finish(mut set: ClassUnicode, fold: bool, negated: bool) -> ClassUnicode {
    if fold {
        // Fails only where the tables are not compiled in; they are.
        let _ = set.try_case_fold_simple();
    }
    if negated {
        set.negate();
    }
    set
}

/// `\d`, `\s`, `\w` and their complements.
pub(super) fn perl(text: &str, fold: bool) -> Option<(ClassUnicode, usize)> {
    let letter = text.strip_prefix('\\')?.chars().next()?;
    let pairs: &[(char, char)] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return None,
    };
    Some((
        finish(of_pairs(pairs), fold, letter.is_ascii_uppercase()),
        2,
    ))
}

/// `[:name:]` and `[:^name:]`; `None` where it is not of that form.
fn named(text: &str, fold: bool) -> Option<Read> {
    let inside = text.strip_prefix("[:")?;
    let end = inside.find(":]")?;
    let length = end + 4;
    let name = up_to(inside, end);
    let (name, negated) = match name.strip_prefix('^') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let pairs: &[(char, char)] = match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return Some(Err(fault(BAD_RANGE, up_to(text, length)))),
    };
    Some(Ok((finish(of_pairs(pairs), fold, negated), length)))
}

/// `\pN`, `\p{Greek}`, `\P{^Lu}`; `None` where it is not of that form.
pub(super) fn unicode(text: &str, fold: bool) -> Option<Read> {
    let (inside, mut negated) = match text.strip_prefix("\\p") {
        Some(inside) => (inside, false),
        None => (text.strip_prefix("\\P")?, true),
    };
    let (name, length) = match inside.strip_prefix('{') {
        Some(braced) => match braced.find('}') {
            Some(end) => (up_to(braced, end), end + 4),
            None => return Some(Err(fault(BAD_RANGE, text))),
        },
        None => {
            let length = inside.chars().next().map_or(0, char::len_utf8);
            (up_to(inside, length), length + 2)
        }
    };
    let name = match name.strip_prefix('^') {
        Some(name) => {
            negated = !negated;
            name
        }
        None => name,
    };
    let found = table(name).ok_or_else(|| fault(BAD_RANGE, up_to(text, length)));
    Some(found.map(|set| (finish(set, fold, negated), length)))
}

/// A general category or a script. Properties, which the regex crate knows too, RE2 does not.
fn table(name: &str) -> Option<ClassUnicode> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' ');
    if name.is_empty() || !name.bytes().all(plain) || name.to_ascii_lowercase().starts_with("is") {
        return None;
    }
    ["gc", "sc"].iter().find_map(|kind| {
        let hir = regex_syntax::parse(&format!("\\p{{{kind}={name}}}")).ok()?;
        class_of(&hir)
    })
}

fn class_of(hir: &Hir) -> Option<ClassUnicode> {
    match hir.kind() {
        HirKind::Class(Class::Unicode(set)) => Some(set.clone()),
        _ => None,
    }
}

/// A set in brackets at the start of `text`.
pub(super) fn bracketed(text: &str, fold: bool) -> Read {
    let negated = text.starts_with("[^");
    let mut at = if negated { 2 } else { 1 };
    let mut set = ClassUnicode::empty();
    let mut first = true;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with(']') && !first {
            return Ok((finish(set, false, negated), at + 1));
        }
        first = false;
        let group = named(rest, fold)
            .or_else(|| unicode(rest, fold))
            .or_else(|| perl(rest, fold).map(Ok));
        let (part, length) = match group {
            Some(group) => group?,
            None => span(rest, text, fold)?,
        };
        set.union(&part);
        at += length;
    }
}

/// One character or a range of them, inside brackets.
fn span(rest: &str, whole: &str, fold: bool) -> Read {
    let (low, mut length) = character(rest, whole)?;
    let mut high = low;
    let after = rest.get(length..).unwrap_or_default();
    // A hyphen before the closing bracket is only a hyphen.
    if let Some(behind) = after.strip_prefix('-')
        && !behind.starts_with(']')
        && !behind.is_empty()
    {
        let (end, more) = character(behind, whole)?;
        high = end;
        length += 1 + more;
        if high < low {
            return Err(fault(BAD_RANGE, up_to(rest, length)));
        }
    }
    Ok((finish(range(low, high), fold, false), length))
}

fn character(rest: &str, whole: &str) -> Result<(u32, usize), PatternError> {
    match rest.chars().next() {
        None => Err(fault("missing closing ]", whole)),
        Some('\\') => escaped(rest),
        Some(letter) => Ok((u32::from(letter), letter.len_utf8())),
    }
}

/// An escape that stands for one character.
pub(super) fn escaped(rest: &str) -> Result<(u32, usize), PatternError> {
    if rest == "\\" {
        return Err(fault("trailing backslash at end of expression", ""));
    }
    escape::read(rest).map_err(|length| fault(BAD_ESCAPE, up_to(rest, length)))
}
