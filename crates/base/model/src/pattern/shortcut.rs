//! Patterns that need no program: literals, and literals with gaps between them.
//!
//! Where a pattern comes down to a few sequences of texts and gaps (`.*`, `.+`), comparing and
//! searching texts answers what the regex would, faster. Anything else has no shortcut.

use std::collections::BTreeSet;

use memchr::memmem::Finder;
use rapidhash::RapidHashSet;
use regex_syntax::hir::{Class, Hir, HirKind};

/// How many literals the expansion of classes, options and alternatives in a row may give, as
/// upstream.
const MAX_EXPANSION: usize = 256;

/// How many sequences a pattern may come down to; short patterns can stand for very many.
const MAX_SEQUENCES: usize = 1 << 17;

/// Bytes that all literals of a pattern may take together; an expansion repeats what its
/// alternatives share.
const MAX_LITERAL_BYTES: usize = 4 << 20;

/// How many sequences with gaps are tried one after another; with more, the regex crate's search
/// for many texts at once is better.
const MAX_GLOBS: usize = 16;

/// From how many literals on a hash set beats comparing with each.
const MANY: usize = 12;

/// One piece of a sequence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Text(String),
    /// Any characters, at least so many.
    Gap(usize),
}

type Sequence = Vec<Part>;

/// What a pattern comes down to.
pub(super) struct Shortcut {
    literals: Literals,
    globs: Vec<Glob>,
}

enum Literals {
    Few(Vec<String>),
    Many(RapidHashSet<String>),
}

/// Texts in order, with gaps between them.
struct Glob {
    start: String,
    /// Each text with the least number of characters before it.
    inner: Vec<(usize, Finder<'static>)>,
    /// The least number of characters before the end.
    last_gap: usize,
    end: String,
}

impl Shortcut {
    /// The shortcut of a pattern whose anchors have been taken off.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let mut literals = BTreeSet::new();
        let mut globs = BTreeSet::new();
        for sequence in sequences(hir)? {
            match sequence.as_slice() {
                [] => drop(literals.insert(String::new())),
                [Part::Text(text)] => drop(literals.insert(text.clone())),
                _ => drop(globs.insert(sequence)),
            }
        }
        if globs.len() > MAX_GLOBS {
            return None;
        }
        Some(Self {
            literals: if literals.len() < MANY {
                Literals::Few(literals.into_iter().collect())
            } else {
                Literals::Many(literals.into_iter().collect())
            },
            globs: globs.iter().map(|sequence| Glob::new(sequence)).collect(),
        })
    }

    /// The shortcut of `.*`.
    pub(super) fn anything() -> Self {
        Self {
            literals: Literals::Few(Vec::new()),
            globs: vec![Glob::new(&[Part::Gap(0)])],
        }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let literal = match &self.literals {
            Literals::Few(few) => few.iter().any(|literal| literal == text),
            Literals::Many(many) => many.contains(text),
        };
        literal || self.globs.iter().any(|glob| glob.matches(text))
    }

    /// The literals, sorted, where there is nothing else.
    pub(super) fn literals(&self) -> Option<Vec<String>> {
        if !self.globs.is_empty() {
            return None;
        }
        Some(match &self.literals {
            Literals::Few(few) => few.clone(),
            Literals::Many(many) => {
                let mut sorted: Vec<String> = many.iter().cloned().collect();
                sorted.sort_unstable();
                sorted
            }
        })
    }
}

impl Glob {
    /// From a sequence with a gap, in which no two neighbours are of a kind.
    fn new(sequence: &[Part]) -> Self {
        let (start, rest) = match sequence {
            [Part::Text(text), rest @ ..] => (text.clone(), rest),
            rest => (String::new(), rest),
        };
        let (end, rest) = match rest {
            [rest @ .., Part::Text(text)] => (text.clone(), rest),
            rest => (String::new(), rest),
        };
        let mut inner = Vec::new();
        let mut gap = 0;
        for part in rest {
            match part {
                Part::Gap(least) => gap = *least,
                Part::Text(text) => inner.push((gap, Finder::new(text).into_owned())),
            }
        }
        Self {
            start,
            inner,
            last_gap: gap,
            end,
        }
    }

    fn matches(&self, text: &str) -> bool {
        let rest = text.strip_prefix(self.start.as_str());
        let Some(mut rest) = rest.and_then(|rest| rest.strip_suffix(self.end.as_str())) else {
            return false;
        };
        // The first place of each text leaves the most to the ones behind it.
        for (gap, finder) in &self.inner {
            let found = behind(rest, *gap).and_then(|from| {
                let at = finder.find(from.as_bytes())?;
                from.get(at + finder.needle().len()..)
            });
            match found {
                Some(after) => rest = after,
                None => return false,
            }
        }
        behind(rest, self.last_gap).is_some()
    }
}

/// The text behind so many characters, where there are so many.
fn behind(text: &str, characters: usize) -> Option<&str> {
    let mut rest = text.chars();
    for _ in 0..characters {
        rest.next()?;
    }
    Some(rest.as_str())
}

/// All sequences that an expression stands for; `None` where it stands for anything else, or for
/// too many.
fn sequences(hir: &Hir) -> Option<Vec<Sequence>> {
    match hir.kind() {
        HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(vec![vec![Part::Text(text.to_owned())]])
        }
        HirKind::Class(Class::Unicode(set)) => {
            let ranges = set.ranges();
            let count: usize = ranges.iter().map(|range| range.len()).sum();
            if count > MAX_EXPANSION {
                return None;
            }
            let letters = ranges.iter().flat_map(|range| range.start()..=range.end());
            Some(
                letters
                    .map(|letter| vec![Part::Text(letter.into())])
                    .collect(),
            )
        }
        HirKind::Repetition(repetition) => match repetition.max {
            None if is_any(&repetition.sub) => Some(vec![vec![Part::Gap(repetition.min as usize)]]),
            Some(1) if repetition.min == 0 => {
                let mut all = sequences(&repetition.sub)?;
                all.push(Vec::new());
                Some(all)
            }
            _ => None,
        },
        HirKind::Capture(group) => sequences(&group.sub),
        HirKind::Concat(parts) => {
            let first = Some(vec![Vec::new()]);
            parts
                .iter()
                .fold(first, |all, part| product(all?, sequences(part)?))
        }
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.append(&mut sequences(branch)?);
                if all.len() > MAX_SEQUENCES {
                    return None;
                }
            }
            Some(all)
        }
        // The tree's way to say "nothing at all".
        HirKind::Class(Class::Bytes(set)) if set.ranges().is_empty() => Some(Vec::new()),
        HirKind::Class(Class::Bytes(_)) | HirKind::Look(_) => None,
    }
}

/// Whether an expression is one character, whichever.
fn is_any(hir: &Hir) -> bool {
    let any = Hir::dot(regex_syntax::hir::Dot::AnyChar);
    match hir.kind() {
        HirKind::Capture(_) => false,
        _ => *hir == any,
    }
}

/// Each of the first followed by each of the second.
fn product(first: Vec<Sequence>, second: Vec<Sequence>) -> Option<Vec<Sequence>> {
    let count = first.len().saturating_mul(second.len());
    if first.len() > 1 && second.len() > 1 && count > MAX_EXPANSION {
        return None;
    }
    let bytes = size(&first)
        .saturating_mul(second.len())
        .saturating_add(size(&second).saturating_mul(first.len()));
    if bytes > MAX_LITERAL_BYTES {
        return None;
    }
    let mut all = Vec::with_capacity(count);
    for head in &first {
        for tail in &second {
            let mut sequence = head.clone();
            for part in tail {
                push(&mut sequence, part);
            }
            all.push(sequence);
        }
    }
    Some(all)
}

fn size(sequences: &[Sequence]) -> usize {
    let parts = sequences.iter().flatten();
    parts
        .map(|part| match part {
            Part::Text(text) => text.len(),
            Part::Gap(_) => 1,
        })
        .sum()
}

/// Adds a part, melting it with a neighbour of its kind.
fn push(sequence: &mut Sequence, part: &Part) {
    match (sequence.last_mut(), part) {
        (Some(Part::Text(before)), Part::Text(text)) => before.push_str(text),
        (Some(Part::Gap(before)), Part::Gap(least)) => *before = before.saturating_add(*least),
        _ => sequence.push(part.clone()),
    }
}
