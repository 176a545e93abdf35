//! What a target says of its metrics: type, help and unit.
//!
//! Thousands of targets say the same; a row is kept once and shared. A scrape that repeats the
//! last one's rows in their order compares texts and changes nothing.

use std::collections::HashSet;
use std::sync::Arc;

use contract::MetricMetadata;
use model::FamilyKind;
use parking_lot::Mutex;
use rapidhash::RapidHashMap;
use rapidhash::v3::rapidhash_v3;
use wire::exposition::Entry;

use crate::limits::MAX_METADATA;

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
    /// Where the next mention is expected.
    cursor: usize,
    scrape: u32,
    changed: bool,
    /// Places by hash of the metric's name; made when a scrape leaves the order, gone at its end.
    index: Option<RapidHashMap<u64, usize>>,
}

struct Kept {
    row: Arc<Row>,
    /// The number of the scrape that mentioned it last.
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
    pub(crate) fn begin(&mut self) {
        self.cursor = 0;
        self.index = None;
        self.scrape = self.scrape.wrapping_add(1);
    }

    /// Takes a line of the exposition that is no sample.
    pub(crate) fn note(&mut self, line: &Entry<'_>) {
        match line {
            Entry::Type { metric, kind } => self.say(metric, &Said::Kind(*kind)),
            Entry::Help { metric, text } => self.say(metric, &Said::Help(text)),
            Entry::Unit { metric, unit } => self.say(metric, &Said::Unit(unit)),
            Entry::Series(_) | Entry::Comment => {}
        }
    }

    /// A scrape has ended. The rows where they differ from those of the scrape before.
    pub(crate) fn end(&mut self, shared: &Interner) -> Option<Rows> {
        let now = self.scrape;
        let before = self.rows.len();
        self.index = None;
        self.rows
            .retain(|kept| now.wrapping_sub(kept.seen) < KEPT_SCRAPES);
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
        metadata.begin();
        for metric in metrics {
            let (kind, text) = (FamilyKind::Counter, "Help.".into());
            metadata.note(&Entry::Help { metric, text });
            metadata.note(&Entry::Type { metric, kind });
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
