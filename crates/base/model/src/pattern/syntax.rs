//! RE2 syntax to the regex crate's tree of meaning.
//!
//! Groups are numbered from 1 in the order of their opening; names are kept beside the tree
//! because RE2 allows names that the regex crate does not. Faults are told in the words and with
//! the parts that Go's parser tells them with, for tools compare those texts.

use regex_syntax::hir::{Capture, Dot, Hir, Look, Repetition};

use super::PatternError;
use super::class::{self, fault};
use super::flags::{self, Flags};

/// How deep groups and repetitions may lie in one another; a deeper tree could overflow a stack
/// while it is walked. (Go stops at 1000.)
pub(super) const MAX_DEPTH: u32 = 250;

/// The most that repetitions in one another may multiply to.
const MAX_REPEAT: u32 = 1000;

/// A pattern that was read.
pub(super) struct Parsed {
    pub(super) hir: Hir,
    /// Names by group; that of group 0 is none.
    pub(super) names: Vec<Option<String>>,
}

/// Reads a pattern.
pub(super) fn parse(text: &str) -> Result<Parsed, PatternError> {
    let mut parser = Parser {
        whole: text,
        at: 0,
        flags: Flags::default(),
        level: Level::default(),
        open: Vec::new(),
        names: vec![None],
    };
    parser.run()?;
    Ok(Parsed {
        hir: parser.level.close().hir,
        names: parser.names,
    })
}

/// Something that a repetition can follow.
struct Item {
    hir: Hir,
    /// What the counted repetitions inside multiply to.
    repeats: u32,
    depth: u32,
}

impl Item {
    fn new(hir: Hir) -> Self {
        Self {
            hir,
            repeats: 1,
            depth: 1,
        }
    }
}

/// What stands between two parentheses, so far.
#[derive(Default)]
struct Level {
    /// The alternatives that a `|` has ended.
    branches: Vec<Hir>,
    /// The alternative being read.
    items: Vec<Item>,
    repeats: u32,
    depth: u32,
}

impl Level {
    fn end_branch(&mut self) {
        for item in &self.items {
            self.repeats = self.repeats.max(item.repeats);
            self.depth = self.depth.max(item.depth);
        }
        let items = self.items.drain(..).map(|item| item.hir).collect();
        self.branches.push(Hir::concat(items));
    }

    fn close(&mut self) -> Item {
        self.end_branch();
        Item {
            hir: Hir::alternation(std::mem::take(&mut self.branches)),
            repeats: self.repeats.max(1),
            depth: self.depth + 1,
        }
    }
}

/// What waits outside an open group.
struct Open {
    level: Level,
    flags: Flags,
    /// The group's number where it captures.
    group: Option<u32>,
}

struct Parser<'a> {
    whole: &'a str,
    at: usize,
    flags: Flags,
    level: Level,
    open: Vec<Open>,
    names: Vec<Option<String>>,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.whole.get(self.at..).unwrap_or_default()
    }

    fn run(&mut self) -> Result<(), PatternError> {
        // Where the repetition began that the last step read, if it read one.
        let mut repeated: Option<usize> = None;
        while let Some(letter) = self.rest().chars().next() {
            let start = self.at;
            let repetition = match letter {
                '*' => Some((0, None, 1)),
                '+' => Some((1, None, 1)),
                '?' => Some((0, Some(1), 1)),
                '{' => self.counted()?,
                _ => None,
            };
            if let Some((min, max, length)) = repetition {
                self.at += length;
                self.repeat(start, min, max, letter == '{', repeated)?;
                repeated = Some(start);
                continue;
            }
            repeated = None;
            match letter {
                '(' => self.open()?,
                '|' => {
                    self.at += 1;
                    self.level.end_branch();
                }
                ')' => self.close()?,
                '\\' => self.escape()?,
                _ => self.single(letter)?,
            }
        }
        if self.open.is_empty() {
            Ok(())
        } else {
            Err(fault("missing closing )", self.whole))
        }
    }

    /// `{2}`, `{2,}` or `{2,3}` with its length; `None` where the brace is only a brace.
    fn counted(&self) -> Result<Option<(u32, Option<u32>, usize)>, PatternError> {
        let rest = self.rest();
        let Some((inside, _)) = rest.get(1..).and_then(|rest| rest.split_once('}')) else {
            return Ok(None);
        };
        let (low, high) = match inside.split_once(',') {
            None => (inside, Some(inside)),
            Some((low, "")) => (low, None),
            Some((low, high)) => (low, Some(high)),
        };
        let number = |text: &str| -> Option<u32> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let leading_zero = text.len() > 1 && text.starts_with('0');
            (digits && !leading_zero).then(|| text.parse().unwrap_or(u32::MAX))
        };
        let Some(min) = number(low) else {
            return Ok(None);
        };
        let max = match high.map(number) {
            Some(None) => return Ok(None),
            Some(max) => max,
            None => None,
        };
        let length = inside.len() + 2;
        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || max < min) {
            let part = rest.get(..length).unwrap_or(rest);
            return Err(fault("invalid repeat count", part));
        }
        Ok(Some((min, max, length)))
    }

    fn repeat(
        &mut self,
        start: usize,
        min: u32,
        max: Option<u32>,
        counted: bool,
        repeated: Option<usize>,
    ) -> Result<(), PatternError> {
        let mut greedy = !self.flags.swap_greed;
        if self.rest().starts_with('?') {
            self.at += 1;
            greedy = !greedy;
        }
        let since = |start: usize| self.whole.get(start..self.at).unwrap_or_default();
        if let Some(before) = repeated {
            return Err(fault("invalid nested repetition operator", since(before)));
        }
        let Some(item) = self.level.items.pop() else {
            return Err(fault(
                "missing argument to repetition operator",
                since(start),
            ));
        };
        let repeats = match max {
            _ if !counted => item.repeats,
            Some(0) => 1,
            Some(max) => item.repeats.saturating_mul(max),
            None => item.repeats.saturating_mul(min.max(1)),
        };
        if counted && repeats > MAX_REPEAT && (min >= 2 || max.is_some_and(|max| max >= 2)) {
            return Err(fault("invalid repeat count", since(start)));
        }
        let hir = Hir::repetition(Repetition {
            min,
            max,
            greedy,
            sub: Box::new(item.hir),
        });
        let depth = item.depth + 1;
        self.push(Item {
            hir,
            repeats,
            depth,
        })
    }

    fn push(&mut self, item: Item) -> Result<(), PatternError> {
        if item.depth > MAX_DEPTH {
            return Err(fault("expression nests too deeply", self.whole));
        }
        self.level.items.push(item);
        Ok(())
    }

    fn open(&mut self) -> Result<(), PatternError> {
        let rest = self.rest();
        let Some(inside) = rest.strip_prefix("(?") else {
            self.at += 1;
            return self.enter(Some(None), self.flags);
        };
        if let Some(named) = inside
            .strip_prefix("P<")
            .or_else(|| inside.strip_prefix('<'))
        {
            let bad = |part: &str| fault("invalid named capture", part);
            let end = named.find('>').ok_or_else(|| bad(rest))?;
            let name = named.get(..end).unwrap_or_default();
            let length = rest.len() - named.len() + end + 1;
            let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if name.is_empty() || !name.bytes().all(word) {
                return Err(bad(rest.get(..length).unwrap_or(rest)));
            }
            self.at += length;
            return self.enter(Some(Some(name.to_owned())), self.flags);
        }
        let opening = flags::read(inside, self.flags).map_err(|length| {
            let part = rest.get(..length + 2).unwrap_or(rest);
            fault("invalid or unsupported Perl syntax", part)
        })?;
        self.at += opening.length + 2;
        if opening.group {
            return self.enter(None, opening.flags);
        }
        self.flags = opening.flags;
        Ok(())
    }

    /// Opens a group; `group` is its name, if it has one, where it captures.
    fn enter(&mut self, group: Option<Option<String>>, flags: Flags) -> Result<(), PatternError> {
        if self.open.len() >= MAX_DEPTH as usize {
            return Err(fault("expression nests too deeply", self.whole));
        }
        let group = group.map(|name| {
            self.names.push(name);
            self.names.len() as u32 - 1
        });
        self.open.push(Open {
            level: std::mem::take(&mut self.level),
            flags: std::mem::replace(&mut self.flags, flags),
            group,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), PatternError> {
        let Some(open) = self.open.pop() else {
            return Err(fault("unexpected )", self.whole));
        };
        self.at += 1;
        let mut item = self.level.close();
        self.level = open.level;
        self.flags = open.flags;
        if let Some(index) = open.group {
            item.hir = Hir::capture(Capture {
                index,
                name: None,
                sub: Box::new(item.hir),
            });
        }
        self.push(item)
    }

    fn single(&mut self, letter: char) -> Result<(), PatternError> {
        let (hir, length) = match letter {
            '.' if self.flags.dot_newline => (Hir::dot(Dot::AnyChar), 1),
            '.' => (Hir::dot(Dot::AnyCharExceptLF), 1),
            '^' if self.flags.multi_line => (Hir::look(Look::StartLF), 1),
            '^' => (Hir::look(Look::Start), 1),
            '$' if self.flags.multi_line => (Hir::look(Look::EndLF), 1),
            '$' => (Hir::look(Look::End), 1),
            '[' => {
                let (set, length) = class::bracketed(self.rest(), self.flags.fold)?;
                (class_hir(set), length)
            }
            _ => (self.literal(u32::from(letter)), letter.len_utf8()),
        };
        self.at += length;
        self.push(Item::new(hir))
    }

    fn literal(&self, number: u32) -> Hir {
        let set = class::range(number, number);
        class_hir(class::finish(set, self.flags.fold, false))
    }

    fn escape(&mut self) -> Result<(), PatternError> {
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix("\\Q") {
            let (quoted, length) = match inside.split_once("\\E") {
                Some((quoted, _)) => (quoted, quoted.len() + 4),
                None => (inside, rest.len()),
            };
            for letter in quoted.chars() {
                let hir = self.literal(u32::from(letter));
                self.push(Item::new(hir))?;
            }
            self.at += length;
            return Ok(());
        }
        let look = match rest.get(1..2) {
            Some("A") => Some(Look::Start),
            Some("z") => Some(Look::End),
            Some("b") => Some(Look::WordAscii),
            Some("B") => Some(Look::WordAsciiNegate),
            _ => None,
        };
        let fold = self.flags.fold;
        let (hir, length) = if let Some(look) = look {
            (Hir::look(look), 2)
        } else if let Some(set) = class::unicode(rest, fold) {
            let (set, length) = set?;
            (class_hir(set), length)
        } else if let Some((set, length)) = class::perl(rest, fold) {
            (class_hir(set), length)
        } else {
            let (number, length) = class::escaped(rest)?;
            (self.literal(number), length)
        };
        self.at += length;
        self.push(Item::new(hir))
    }
}

fn class_hir(set: regex_syntax::hir::ClassUnicode) -> Hir {
    Hir::class(regex_syntax::hir::Class::Unicode(set))
}
