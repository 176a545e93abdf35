//! What a target says of its metrics: type, help and unit.
//!
//! Thousands of targets say the same; a row is kept once and shared. While a body is read its
//! metadata is only added up to a digest, known lines unread ([`Runs`]); where that is the one of the scrape before, nothing has
//! changed and no row is touched. Otherwise the body is read once more for its metadata.

use std::collections::HashSet;
use std::sync::Arc;

use contract::MetricMetadata;
use model::FamilyKind;
use parking_lot::Mutex;
use rapidhash::RapidHashMap;
use rapidhash::v3::rapidhash_v3;
use wire::exposition::{Entry, Format, Parser};

use crate::limits::MAX_METADATA;
use crate::runs::Runs;

/// How many scrapes a metric's metadata outlives its last mention, as upstream.
const KEPT_SCRAPES: u32 = 10;

/// What one target says of one metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    metric: Box<str>,
    kind: FamilyKind,
    help: Box<str>,
    unit: Box<str>,
}

impl Row {
    pub(crate) fn metric(&self) -> &str {
        &self.metric
    }

    fn bytes(&self) -> usize {
        self.metric.len() + self.help.len() + self.unit.len()
    }
}

impl From<&Row> for MetricMetadata {
    fn from(row: &Row) -> Self {
        Self {
            metric: row.metric.to_string(),
            kind: row.kind,
            help: row.help.to_string(),
            unit: row.unit.to_string(),
        }
    }
}

/// Rows as they are shown: shared with whoever reads them.
pub(crate) type Rows = Arc<[Arc<Row>]>;

/// The rows of all targets, each once.
#[derive(Default)]
pub(crate) struct Interner(Mutex<HashSet<Arc<Row>>>);

impl Interner {
    fn share(&self, row: Arc<Row>) -> Arc<Row> {
        let mut rows = self.0.lock();
        if let Some(known) = rows.get(&row) {
            return Arc::clone(known);
        }
        rows.insert(Arc::clone(&row));
        row
    }

    /// Forgets the rows that no target says any more.
    pub(crate) fn purge(&self) {
        self.0.lock().retain(|row| Arc::strong_count(row) > 1);
    }
}

/// The rows of one target, in the order of its first mention of them.
#[derive(Default)]
pub(crate) struct Metadata {
    rows: Vec<Kept>,
    runs: Runs,
    /// Sum over what the body being read has said so far; the order does not matter.
    digest: u64,
    /// The same of the body that the rows were learned from.
    learned_digest: u64,
    /// The number of the scrape being read.
    scrape: u32,
    /// The number of the scrape that the rows were learned from.
    learned: u32,
    /// Whether there are rows that this scrape did not mention.
    lapsing: bool,
    /// Where the next mention is expected.
    cursor: usize,
    /// Places by hash of the metric's name; made when a body leaves the order, gone at its end.
    index: Option<RapidHashMap<u64, usize>>,
    changed: bool,
}

struct Kept {
    row: Arc<Row>,
    /// The last scrape known to mention it: all since then do where this is the one learned from.
    seen: u32,
    /// Whether the row is not yet shared with the other targets.
    own: bool,
}

/// One mention.
enum Said<'a> {
    Kind(FamilyKind),
    Help(&'a str),
    Unit(&'a str),
}

impl Metadata {
    /// A scrape begins.
    pub(crate) fn begin(&mut self, format: Format) {
        self.runs.begin(format);
        self.digest = 0;
        self.scrape = self.scrape.wrapping_add(1);
    }

    /// Takes a line of the exposition that is no sample.
    #[inline]
    pub(crate) fn note(&mut self, line: &Entry<'_>) {
        self.digest = self.digest.wrapping_add(digest(line));
    }

    /// The parser stands behind a line that was noted.
    #[inline]
    pub(crate) fn noted(&mut self, parser: &Parser<'_>) {
        self.runs.read(parser);
    }

    /// Takes the comment lines that come next where they are known; false where nothing moved.
    #[inline]
    pub(crate) fn pass(&mut self, parser: &mut Parser<'_>) -> bool {
        let Some(digest) = self.runs.pass(parser) else {
            return false;
        };
        self.digest = self.digest.wrapping_add(digest);
        true
    }

    /// Whether the body that has just been read is to be learned: it says something else than the
    /// one before, or says it in other lines.
    pub(crate) fn differs(&self) -> bool {
        self.digest != self.learned_digest || self.runs.outdated()
    }

    /// Reads the metadata of a body that differs.
    pub(crate) fn learn(&mut self, body: &[u8], format: Format) {
        let before = self.scrape.wrapping_sub(1);
        for kept in &mut self.rows {
            if kept.seen == self.learned {
                kept.seen = before;
            }
        }
        self.cursor = 0;
        self.runs.relearn();
        let mut parser = Parser::new(body, format);
        loop {
            let start = parser.place();
            let Some(Ok(line)) = parser.next() else {
                break;
            };
            let digest = digest(&line);
            match line {
                Entry::Type { metric, kind } => self.say(metric, &Said::Kind(kind)),
                Entry::Help { metric, text } => self.say(metric, &Said::Help(&text)),
                Entry::Unit { metric, unit } => self.say(metric, &Said::Unit(unit)),
                Entry::Comment => {}
                Entry::Series(_) | Entry::Histogram(_) => continue,
            }
            if let (Some(start), Some(end)) = (start, parser.place()) {
                self.runs.learn(body, start, end, digest);
            }
        }
        self.runs.learned(body);
        self.index = None;
        self.learned = self.scrape;
        self.learned_digest = self.digest;
        self.lapsing = self.rows.iter().any(|kept| kept.seen != self.learned);
    }

    /// A scrape has ended well. The rows where they differ from those of the scrape before.
    pub(crate) fn end(&mut self, shared: &Interner) -> Option<Rows> {
        let before = self.rows.len();
        if self.lapsing {
            let (now, learned) = (self.scrape, self.learned);
            self.rows
                .retain(|kept| kept.seen == learned || now.wrapping_sub(kept.seen) < KEPT_SCRAPES);
            self.lapsing = self.rows.iter().any(|kept| kept.seen != learned);
        }
        if !std::mem::take(&mut self.changed) && self.rows.len() == before {
            return None;
        }
        for kept in self.rows.iter_mut().filter(|kept| kept.own) {
            kept.row = shared.share(Arc::clone(&kept.row));
            kept.own = false;
        }
        self.rows.shrink_to_fit();
        Some(self.rows())
    }

    /// The rows as they are now.
    pub(crate) fn rows(&self) -> Rows {
        self.rows.iter().map(|kept| Arc::clone(&kept.row)).collect()
    }

    fn say(&mut self, metric: &str, said: &Said<'_>) {
        let Some(place) = self.place(metric) else {
            return;
        };
        self.cursor = place;
        let Some(kept) = self.rows.get_mut(place) else {
            return;
        };
        kept.seen = self.scrape;
        let same = match said {
            Said::Kind(kind) => kept.row.kind == *kind,
            Said::Help(text) => *kept.row.help == **text,
            Said::Unit(unit) => *kept.row.unit == **unit,
        };
        if same {
            return;
        }
        let row = Arc::make_mut(&mut kept.row);
        match said {
            Said::Kind(kind) => row.kind = *kind,
            Said::Help(text) => row.help = (*text).into(),
            Said::Unit(unit) => row.unit = (*unit).into(),
        }
        kept.own = true;
        self.changed = true;
    }

    /// The place of a metric's row, made where there is none; `None` where there are too many.
    fn place(&mut self, metric: &str) -> Option<usize> {
        let is = |kept: &Kept| *kept.row.metric == *metric;
        for place in [self.cursor, self.cursor.saturating_add(1)] {
            if self.rows.get(place).is_some_and(is) {
                return Some(place);
            }
        }
        let rows = &self.rows;
        let index = self.index.get_or_insert_with(|| {
            let hashes = rows.iter().map(|kept| hash(&kept.row.metric));
            hashes
                .enumerate()
                .map(|(place, hash)| (hash, place))
                .collect()
        });
        let hash = hash(metric);
        if let Some(&place) = index.get(&hash)
            && rows.get(place).is_some_and(is)
        {
            return Some(place);
        }
        if rows.len() >= MAX_METADATA {
            return None;
        }
        index.insert(hash, rows.len());
        self.rows.push(Kept {
            row: Arc::new(Row {
                metric: metric.into(),
                kind: FamilyKind::Unknown,
                help: "".into(),
                unit: "".into(),
            }),
            seen: self.scrape,
            own: true,
        });
        self.changed = true;
        Some(self.rows.len() - 1)
    }
}

/// What a line adds to the digest.
fn digest(line: &Entry<'_>) -> u64 {
    let (kind, metric, text) = match line {
        Entry::Type { metric, kind } => (1, *metric, kind.as_str()),
        Entry::Help { metric, text } => (2, *metric, &**text),
        Entry::Unit { metric, unit } => (3, *metric, *unit),
        Entry::Series(_) | Entry::Histogram(_) | Entry::Comment => return 0,
    };
    hash(metric) ^ hash(text).rotate_left(kind)
}

fn hash(metric: &str) -> u64 {
    rapidhash_v3(metric.as_bytes())
}

/// Rows that come to nothing.
pub(crate) fn none() -> Rows {
    Arc::from([])
}

/// Rows, and bytes of their texts, for the program's own metrics.
pub(crate) fn size(rows: &Rows) -> (usize, usize) {
    (rows.len(), rows.iter().map(|row| row.bytes()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(metadata: &mut Metadata, shared: &Interner, metrics: &[&str]) -> Option<Vec<String>> {
        let lines = metrics
            .iter()
            .map(|metric| format!("# HELP {metric} Help.\n# TYPE {metric} counter\n{metric} 1\n"));
        let body: String = lines.collect();
        let mut parser = Parser::new(body.as_bytes(), Format::Text004);
        metadata.begin(Format::Text004);
        loop {
            if metadata.pass(&mut parser) {
                continue;
            }
            let Some(line) = parser.next() else { break };
            metadata.note(&line.unwrap());
            metadata.noted(&parser);
        }
        if metadata.differs() {
            metadata.learn(body.as_bytes(), Format::Text004);
        }
        let rows = metadata.end(shared)?;
        Some(rows.iter().map(|row| row.metric.to_string()).collect())
    }

    #[test]
    fn rows_change_only_when_the_target_says_something_else() {
        let shared = Interner::default();
        let mut metadata = Metadata::default();
        let names = |list: &[&str]| Some(list.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(
            scrape(&mut metadata, &shared, &["a", "b"]),
            names(&["a", "b"])
        );
        assert_eq!(scrape(&mut metadata, &shared, &["a", "b"]), None);
        assert_eq!(scrape(&mut metadata, &shared, &["b", "a"]), None);
        assert_eq!(
            scrape(&mut metadata, &shared, &["a", "c"]),
            names(&["a", "b", "c"])
        );
        for _ in 0..KEPT_SCRAPES - 2 {
            assert_eq!(scrape(&mut metadata, &shared, &["a", "c"]), None);
        }
        assert_eq!(
            scrape(&mut metadata, &shared, &["a", "c"]),
            names(&["a", "c"])
        );
        assert_eq!(scrape(&mut metadata, &shared, &["a", "c"]), None);
    }

    #[test]
    fn targets_share_rows() {
        let shared = Interner::default();
        let mut targets = [Metadata::default(), Metadata::default()];
        for metadata in &mut targets {
            scrape(metadata, &shared, &["a", "b"]);
        }
        assert_eq!(shared.0.lock().len(), 2);
        drop(targets);
        shared.purge();
        assert_eq!(shared.0.lock().len(), 0);
    }
}
