//! Checks an index to its last byte: checksums, order, and whether its parts agree.
//!
//! Reading stops at the first damage it meets; this goes on, so that all of it can be named. What
//! comes out are findings with their place in the file, and every series with its chunks.

use std::collections::HashMap;

use super::index_write::SERIES_ALIGNMENT;
use super::section::{section, short_section};
use super::series::{self, ChunkMeta};
use super::toc::Toc;
use crate::record::bytes::Cursor;

/// Bytes that the place of a list is a multiple of.
const LIST_ALIGNMENT: u64 = 4;
/// Bytes of length and checksum around a section's content.
const AROUND: u64 = 8;
/// Bytes of the header.
const HEADER: u64 = 5;
/// Bytes of the table of contents.
const TOC: u64 = 52;

/// Who hears of findings: the offset and what is wrong there.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(u64, String);

/// How many references a list has, and their sum: enough to tell lists that differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Digest {
    count: u64,
    sum: u64,
}

impl Digest {
    fn add(&mut self, reference: u32) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(reference.into());
    }
}

/// What the series say, against which the postings are held.
#[derive(Default)]
struct Seen {
    references: Vec<u32>,
    by_pair: HashMap<(u32, u32), Digest>,
    all: Digest,
    /// Whether a series could not be read, so that counts cannot agree.
    is_partial: bool,
}

/// Checks the bytes of an index. Hands each whole series, with the offset of its entry, to `each`.
/// Answers the number of whole series.
pub(crate) fn check_index(
    bytes: &[u8],
    each: &mut dyn FnMut(u64, &[ChunkMeta]),
    tell: Tell<'_>,
) -> u64 {
    let toc = match Toc::parse(bytes) {
        Ok(toc) => toc,
        Err(reason) => {
            let is_header = !reason.contains("contents");
            let at = if is_header {
                0
            } else {
                (bytes.len() as u64).saturating_sub(TOC)
            };
            tell(at, reason.to_owned());
            return 0;
        }
    };
    let end_of = |place: u64| {
        let places = [
            toc.series,
            toc.label_indices,
            toc.postings,
            toc.label_table,
            toc.postings_table,
            (bytes.len() as u64).saturating_sub(TOC),
        ];
        let behind = places.into_iter().filter(|&other| other > place);
        behind.min().unwrap_or(place)
    };
    let symbols = check_symbols(bytes, toc.symbols, tell);
    let seen = check_series(
        bytes,
        toc.series..end_of(toc.series),
        symbols.len(),
        each,
        tell,
    );
    if toc.label_indices > 0 && toc.label_indices != toc.postings {
        let area = toc.label_indices..end_of(toc.label_indices);
        lists(bytes, area, "list of label values", tell, |_, _, _| ());
    }
    let mut digests: HashMap<u64, Digest> = HashMap::new();
    let area = toc.postings..end_of(toc.postings);
    lists(
        bytes,
        area,
        "list of postings",
        tell,
        |at, content, tell| {
            digests.insert(at, check_list(at, content, &seen, tell));
        },
    );
    if toc.label_table > 0 && section(bytes, toc.label_table).is_none() {
        tell(toc.label_table, damaged("label offset table"));
    }
    check_table(bytes, toc.postings_table, &symbols, &seen, &digests, tell);
    seen.all.count
}

fn damaged(what: &str) -> String {
    format!("the {what} does not fit its checksum or length")
}

/// All symbols; none where the section is damaged.
fn check_symbols<'a>(bytes: &'a [u8], at: u64, tell: Tell<'_>) -> Vec<&'a str> {
    if at != HEADER {
        tell(
            at,
            format!("the symbols begin here and not at byte {HEADER}"),
        );
    }
    let Some(content) = section(bytes, at) else {
        tell(at, damaged("symbol table"));
        return Vec::new();
    };
    let mut cursor = Cursor(content);
    let count = cursor.u32().unwrap_or_default();
    let mut symbols: Vec<&str> = Vec::new();
    for _ in 0..count {
        let place = at + 4 + (content.len() - cursor.len()) as u64;
        let Some(text) = cursor.text() else {
            tell(place, "a symbol is cut off or is not UTF-8".to_owned());
            return Vec::new();
        };
        if symbols.last().is_some_and(|last| *last >= text) {
            tell(
                place,
                format!("symbol {text:?} does not follow the one before it"),
            );
        }
        symbols.push(text);
    }
    if !cursor.is_empty() {
        tell(at, "bytes follow behind the last symbol".to_owned());
    }
    symbols
}

fn check_series(
    bytes: &[u8],
    area: std::ops::Range<u64>,
    symbols: usize,
    each: &mut dyn FnMut(u64, &[ChunkMeta]),
    tell: Tell<'_>,
) -> Seen {
    let mut seen = Seen::default();
    let mut last: Vec<(u32, u32)> = Vec::new();
    let mut at = area.start;
    loop {
        let start = at.next_multiple_of(SERIES_ALIGNMENT);
        check_padding(bytes, at..start.min(area.end), tell);
        if start >= area.end {
            return seen;
        }
        let mut cursor = Cursor(bytes.get(start as usize..).unwrap_or_default());
        let whole = cursor.len();
        let length = cursor.uvarint();
        let next = length.map(|length| start + (whole - cursor.len()) as u64 + length + 4);
        let entry = short_section(bytes, start);
        let reference = u32::try_from(start / SERIES_ALIGNMENT);
        match (entry, reference) {
            (Some(entry), Ok(reference)) => {
                check_entry(
                    start, reference, entry, symbols, &mut last, &mut seen, each, tell,
                );
            }
            _ => {
                seen.is_partial = true;
                tell(start, damaged("series"));
            }
        }
        // A damaged length leads nowhere: the next series is found by its alignment only where the
        // length is plausible.
        match next.filter(|&next| next <= area.end && next > start) {
            Some(next) => at = next,
            None => {
                seen.is_partial = true;
                tell(
                    start,
                    "the series behind this place cannot be found".to_owned(),
                );
                return seen;
            }
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the state of one walk, taken apart for its borrows"
)]
fn check_entry(
    at: u64,
    reference: u32,
    entry: &[u8],
    symbols: usize,
    last: &mut Vec<(u32, u32)>,
    seen: &mut Seen,
    each: &mut dyn FnMut(u64, &[ChunkMeta]),
    tell: Tell<'_>,
) {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut chunks: Vec<ChunkMeta> = Vec::new();
    let rest = series::labels(entry, |name, value| {
        pairs.push((name, value));
        Some(())
    });
    if rest
        .and_then(|rest| series::chunks(rest, |chunk| chunks.push(chunk)))
        .is_none()
    {
        tell(at, "the series does not decode".to_owned());
        seen.is_partial = true;
        return;
    }
    let is_known = |symbol: u32| symbols == 0 || (symbol as usize) < symbols;
    if pairs
        .iter()
        .any(|&(name, value)| !is_known(name) || !is_known(value))
    {
        tell(
            at,
            "the series has a label that is not in the symbol table".to_owned(),
        );
    }
    if !pairs.is_sorted_by(|a, b| a.0 < b.0) {
        tell(at, "the labels of the series are not sorted".to_owned());
    }
    if !seen.references.is_empty() && *last >= pairs {
        tell(
            at,
            "the series does not follow the one before it".to_owned(),
        );
    }
    if chunks.is_empty() {
        tell(at, "the series has no chunks".to_owned());
    }
    let is_ordered = chunks.iter().all(|chunk| chunk.min <= chunk.max)
        && chunks.is_sorted_by(|a, b| a.max < b.min);
    if !is_ordered {
        tell(
            at,
            "the chunks of the series are not in the order of time".to_owned(),
        );
    }
    seen.references.push(reference);
    seen.all.add(reference);
    for &pair in &pairs {
        seen.by_pair.entry(pair).or_default().add(reference);
    }
    *last = pairs;
    each(at, &chunks);
}

/// Walks the sections of an area that begin at multiples of four.
fn lists<'a>(
    bytes: &'a [u8],
    area: std::ops::Range<u64>,
    what: &str,
    tell: Tell<'_>,
    mut each: impl FnMut(u64, &'a [u8], Tell<'_>),
) {
    let mut at = area.start;
    loop {
        let start = at.next_multiple_of(LIST_ALIGNMENT);
        check_padding(bytes, at..start.min(area.end), tell);
        if start >= area.end {
            return;
        }
        let mut cursor = Cursor(bytes.get(start as usize..).unwrap_or_default());
        let length = u64::from(cursor.u32().unwrap_or(u32::MAX));
        let next = start + length + AROUND;
        match section(bytes, start) {
            Some(content) => each(start, content, tell),
            None => tell(start, damaged(what)),
        }
        if next > area.end {
            let text = format!("what lies behind this {what} cannot be found");
            tell(start, text);
            return;
        }
        at = next;
    }
}

/// Checks a list of postings.
fn check_list(at: u64, content: &[u8], seen: &Seen, tell: Tell<'_>) -> Digest {
    let mut cursor = Cursor(content);
    let count = cursor.u32().unwrap_or_default();
    let mut digest = Digest::default();
    let mut last: Option<u32> = None;
    while let Some(reference) = cursor.u32() {
        if last.is_some_and(|last| last >= reference) {
            tell(at, "the postings are not sorted".to_owned());
            break;
        }
        if !seen.is_partial && seen.references.binary_search(&reference).is_err() {
            let text = format!("the postings name series {reference}, and there is none");
            tell(at, text);
            break;
        }
        last = Some(reference);
        digest.add(reference);
    }
    if digest.count != u64::from(count) {
        tell(
            at,
            format!("the postings have {} entries and say {count}", digest.count),
        );
    }
    digest
}

/// Checks that the postings offset table leads to each label pair's postings.
fn check_table(
    bytes: &[u8],
    at: u64,
    symbols: &[&str],
    seen: &Seen,
    digests: &HashMap<u64, Digest>,
    tell: Tell<'_>,
) {
    let Some(content) = section(bytes, at) else {
        tell(at, damaged("postings offset table"));
        return;
    };
    let mut cursor = Cursor(content);
    let count = cursor.u32().unwrap_or_default();
    let mut last: Option<(&str, &str)> = None;
    for _ in 0..count {
        let place = at + 4 + (content.len() - cursor.len()) as u64;
        let Some((name, value, offset)) = table_entry(&mut cursor) else {
            tell(
                place,
                "an entry of the postings offset table does not decode".to_owned(),
            );
            return;
        };
        if last.is_some_and(|last| last >= (name, value)) {
            let text = format!("the entry {name}={value:?} does not follow the one before it");
            tell(place, text);
        }
        last = Some((name, value));
        let wanted = match (name, value) {
            ("", "") => Some(seen.all),
            _ => {
                let symbol = |text: &str| {
                    let found = symbols.binary_search(&text).ok()?;
                    u32::try_from(found).ok()
                };
                let pair = symbol(name).zip(symbol(value));
                pair.and_then(|pair| seen.by_pair.get(&pair).copied())
            }
        };
        let found = digests.get(&offset).copied();
        let can_agree = !seen.is_partial && !symbols.is_empty();
        if found.is_none() || (can_agree && found != wanted) {
            tell(
                place,
                format!("{name}={value:?} does not lead to the postings of its series"),
            );
        }
    }
    let is_short = u64::from(count) != seen.by_pair.len() as u64 + 1;
    if !cursor.is_empty() || (is_short && !seen.is_partial) {
        let pairs = seen.by_pair.len();
        tell(
            at,
            format!("the postings offset table has {count} entries for {pairs} labels"),
        );
    }
}

fn table_entry<'a>(cursor: &mut Cursor<'a>) -> Option<(&'a str, &'a str, u64)> {
    (cursor.uvarint()? == 2).then_some(())?;
    Some((cursor.text()?, cursor.text()?, cursor.uvarint()?))
}

fn check_padding(bytes: &[u8], area: std::ops::Range<u64>, tell: Tell<'_>) {
    let padding = bytes.get(area.start as usize..area.end as usize);
    if padding.is_some_and(|padding| padding.iter().any(|&byte| byte != 0)) {
        tell(area.start, "padding is not zero".to_owned());
    }
}
