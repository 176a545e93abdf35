//! Reading the text form 0.0.4 into families, with upstream's words for what is wrong.

use std::borrow::Cow;
use std::hash::BuildHasher;

use model::{FamilyKind, METRIC_NAME};
use rapidhash::fast::RandomState;
use rapidhash::{HashMapExt, RapidHashMap};

use super::lines::{Cursor, Fault, quoted_byte, quoted_bytes};
use super::{Families, FamiliesError, Metric, MetricFamily, MetricValue, Overlay, Parts};
use crate::exposition::number;

/// Reads a body; the overlay's labels stand over its own.
///
/// # Errors
/// At the first line that is wrong. A body must end with a line feed.
pub fn read_text(body: &[u8], overlay: &Overlay) -> Result<Families, FamiliesError> {
    let mut reader = Reader {
        cursor: Cursor::new(body),
        overlay,
        drafts: Vec::new(),
        places: RapidHashMap::new(),
        labels: Vec::new(),
        hashing: RandomState::default(),
        last: 0,
        has_times: false,
    };
    match reader.all() {
        Ok(()) => {
            let families = reader.drafts.into_iter().map(Draft::finish).collect();
            Ok(Families::new(families, reader.has_times))
        }
        Err(reason) => Err(FamiliesError::Text {
            line: reader.cursor.line,
            reason,
        }),
    }
}

/// A family that is being read.
struct Draft<'a> {
    name: &'a str,
    kind: Option<FamilyKind>,
    help: Option<String>,
    metrics: Vec<Metric>,
    /// Places of histograms and summaries among the metrics, by the labels of the body.
    places: RapidHashMap<u64, usize>,
}

impl Draft<'_> {
    fn finish(self) -> MetricFamily {
        MetricFamily {
            name: self.name.into(),
            kind: self.kind.unwrap_or(FamilyKind::Unknown),
            help: self.help.map(String::into_boxed_str),
            metrics: self.metrics,
        }
    }

    /// The label that tells parts apart.
    fn part(&self) -> Option<&'static str> {
        match self.kind {
            Some(FamilyKind::Histogram) => Some("le"),
            Some(FamilyKind::Summary) => Some("quantile"),
            _ => None,
        }
    }
}

/// What a line is within its family.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// The metric itself, or a part of it.
    Own,
    Sum,
    Count,
}

struct Reader<'a, 'o> {
    cursor: Cursor<'a>,
    overlay: &'o Overlay,
    drafts: Vec<Draft<'a>>,
    places: RapidHashMap<&'a str, usize>,
    /// Those of the line at hand.
    labels: Vec<(&'a str, Cow<'a, str>)>,
    hashing: RandomState,
    /// The family of the last line, which is mostly that of the next.
    last: usize,
    has_times: bool,
}

impl<'a> Reader<'a, '_> {
    fn all(&mut self) -> Result<(), Fault> {
        loop {
            self.cursor.line += 1;
            match self.cursor.skip_blanks() {
                None => return Ok(()),
                Some(b'\n') => self.cursor.step(),
                Some(b'#') => self.comment()?,
                Some(_) => self.sample()?,
            }
        }
    }

    fn comment(&mut self) -> Result<(), Fault> {
        self.cursor.step();
        if self.cursor.next_byte()? == b'\n' {
            self.cursor.step();
            return Ok(());
        }
        let keyword = self.cursor.word()?;
        let is_help = keyword == b"HELP";
        if !is_help && keyword != b"TYPE" {
            return self.cursor.line_rest().map(|_| ());
        }
        self.cursor.next_byte()?;
        let name = self.cursor.metric_name()?;
        match self.cursor.byte()? {
            b'\n' => {
                self.cursor.step();
                return Ok(());
            }
            b' ' | b'\t' => {}
            _ => return Err("invalid metric name in comment".to_owned()),
        }
        let (place, _) = self.family_of(name);
        if self.cursor.next_byte()? == b'\n' {
            self.cursor.step();
            return Ok(());
        }
        let Some(draft) = self.drafts.get_mut(place) else {
            return Ok(());
        };
        if is_help {
            if draft.help.is_some() {
                return Err(format!(
                    "second HELP line for metric name \"{}\"",
                    draft.name
                ));
            }
            draft.help = Some(self.cursor.help()?);
            return Ok(());
        }
        if draft.kind.is_some() {
            return Err(format!(
                "second TYPE line for metric name \"{}\", or TYPE reported after samples",
                draft.name
            ));
        }
        draft.kind = Some(kind_of(self.cursor.line_rest()?)?);
        Ok(())
    }

    fn sample(&mut self) -> Result<(), Fault> {
        let name = self.cursor.metric_name()?;
        if name.is_empty() {
            return Err("invalid metric name".to_owned());
        }
        let (place, role) = self.family_of(name);
        let (mut part, mut family) = (None, "");
        if let Some(draft) = self.drafts.get_mut(place) {
            draft.kind.get_or_insert(FamilyKind::Unknown);
            (part, family) = (draft.part(), draft.name);
        }
        self.labels.clear();
        let mut bound = None;
        if self.cursor.next_byte()? == b'{' {
            self.cursor.step();
            bound = self.read_labels(family, part)?;
        }
        self.cursor.next_byte()?;
        let word = self.cursor.word()?;
        let value = number::value(word)
            .ok_or_else(|| format!("expected float as value, got {}", quoted_bytes(word)))?;
        self.time()?;
        self.take(place, role, bound, value);
        Ok(())
    }

    /// Reads labels up to the closing brace; answers the number of the one that tells parts apart.
    fn read_labels(&mut self, family: &str, part: Option<&str>) -> Result<Option<f64>, Fault> {
        let mut bound = None;
        loop {
            if self.cursor.next_byte()? == b'}' {
                self.cursor.step();
                return Ok(bound);
            }
            let name = self.cursor.label_name()?;
            if name.is_empty() {
                return Err(format!("invalid label name for metric \"{family}\""));
            }
            if name == METRIC_NAME {
                return Err(format!("label name \"{METRIC_NAME}\" is reserved"));
            }
            self.expect(b'=', "'=' after label name")?;
            let is_part = part == Some(name);
            if !is_part && self.labels.iter().any(|(known, _)| *known == name) {
                return Err(format!("duplicate label names for metric \"{family}\""));
            }
            self.expect(b'"', "'\"' at start of label value")?;
            let value = self.cursor.label_value()?;
            if is_part {
                let number = number::value(value.as_bytes());
                bound = Some(number.ok_or_else(|| {
                    let value = quoted_bytes(value.as_bytes());
                    format!("expected float as value for '{name}' label, got {value}")
                })?);
            }
            let next = self.cursor.next_byte()?;
            if !matches!(next, b',' | b'}') {
                let value = quoted_bytes(value.as_bytes());
                return Err(format!("unexpected end of label value {value}"));
            }
            if !is_part {
                self.labels.push((name, value));
            }
            if next == b',' {
                self.cursor.step();
            }
        }
    }

    fn expect(&mut self, wanted: u8, what: &str) -> Result<(), Fault> {
        let found = self.cursor.next_byte()?;
        if found != wanted {
            return Err(format!("expected {what}, found {}", quoted_byte(found)));
        }
        self.cursor.step();
        Ok(())
    }

    /// What may stand behind the value, and the end of the line.
    fn time(&mut self) -> Result<(), Fault> {
        if self.cursor.byte()? == b'\n' {
            self.cursor.step();
            return Ok(());
        }
        self.cursor.next_byte()?;
        let word = self.cursor.word()?;
        let text = std::str::from_utf8(word).unwrap_or_default();
        if text.parse::<i64>().is_err() {
            let word = quoted_bytes(word);
            return Err(format!("expected integer as timestamp, got {word}"));
        }
        self.has_times = true;
        match self.cursor.line_rest()? {
            [] => Ok(()),
            more => {
                let more = quoted_bytes(more);
                Err(format!("spurious string after timestamp: {more}"))
            }
        }
    }

    /// The place of the family that a line of this name belongs to, and what it is there: what was
    /// said of families before decides.
    fn family_of(&mut self, name: &'a str) -> (usize, Role) {
        if self
            .drafts
            .get(self.last)
            .is_some_and(|last| last.name == name)
        {
            return (self.last, Role::Own);
        }
        let (place, role) = self.find(name).unwrap_or_else(|| {
            let place = self.drafts.len();
            self.places.insert(name, place);
            self.drafts.push(Draft {
                name,
                kind: None,
                help: None,
                metrics: Vec::new(),
                places: RapidHashMap::new(),
            });
            (place, Role::Own)
        });
        self.last = place;
        (place, role)
    }

    fn find(&self, name: &str) -> Option<(usize, Role)> {
        if let Some(&place) = self.places.get(name) {
            return Some((place, Role::Own));
        }
        let parts = [
            ("_count", Role::Count),
            ("_sum", Role::Sum),
            ("_bucket", Role::Own),
        ];
        let (family, suffix, role) = parts
            .iter()
            .find_map(|(suffix, role)| Some((name.strip_suffix(suffix)?, *suffix, *role)))?;
        let place = *self.places.get(family)?;
        let belongs = match self.drafts.get(place)?.kind {
            Some(FamilyKind::Histogram) => true,
            Some(FamilyKind::Summary) => suffix != "_bucket",
            _ => false,
        };
        belongs.then_some((place, role))
    }

    /// Puts a line's value where it belongs.
    fn take(&mut self, place: usize, role: Role, bound: Option<f64>, value: f64) {
        self.labels.sort_unstable_by_key(|(name, _)| *name);
        let Some(draft) = self.drafts.get_mut(place) else {
            return;
        };
        let kind = draft.kind.unwrap_or(FamilyKind::Unknown);
        let next = draft.metrics.len();
        let at = match kind {
            FamilyKind::Histogram | FamilyKind::Summary => {
                let hash = self.hashing.hash_one(&self.labels);
                *draft.places.entry(hash).or_insert(next)
            }
            _ => next,
        };
        if at == next {
            let said: Vec<(&str, &str)> =
                self.labels.iter().map(|(name, v)| (*name, &**v)).collect();
            draft.metrics.push(Metric {
                labels: self.overlay.over(&said),
                value: match kind {
                    FamilyKind::Histogram => MetricValue::Histogram(Box::default()),
                    FamilyKind::Summary => MetricValue::Summary(Box::default()),
                    _ => MetricValue::Number(value),
                },
            });
        }
        let bound = bound.filter(|bound| !bound.is_nan());
        match draft.metrics.get_mut(at).map(|metric| &mut metric.value) {
            Some(MetricValue::Histogram(parts)) => {
                put(parts, role, bound, value, whole(value));
            }
            Some(MetricValue::Summary(parts)) => put(parts, role, bound, value, value),
            _ => {}
        }
    }
}

fn put<T>(parts: &mut Parts<T>, role: Role, bound: Option<f64>, value: f64, part: T) {
    match (role, bound) {
        (Role::Sum, _) => parts.sum = value,
        (Role::Count, _) => parts.count = whole(value),
        (Role::Own, Some(bound)) => parts.parts.push((bound, part)),
        // Neither a part nor a sum: upstream passes it over, too.
        (Role::Own, None) => {}
    }
}

/// A count that is written as a number, wrapped below zero as upstream's conversion does.
fn whole(value: f64) -> u64 {
    if value < 0.0 {
        (value as i64) as u64
    } else {
        value as u64
    }
}

fn kind_of(word: &[u8]) -> Result<FamilyKind, Fault> {
    let kinds = [
        ("counter", FamilyKind::Counter),
        ("gauge", FamilyKind::Gauge),
        ("summary", FamilyKind::Summary),
        ("untyped", FamilyKind::Unknown),
        ("histogram", FamilyKind::Histogram),
    ];
    let known = |(name, _): &&(&str, FamilyKind)| name.as_bytes().eq_ignore_ascii_case(word);
    let found = kinds.iter().find(known).map(|(_, kind)| *kind);
    found.ok_or_else(|| format!("unknown metric type {}", quoted_bytes(word)))
}
