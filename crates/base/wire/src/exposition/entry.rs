//! What a body says, one thing at a time.

use std::borrow::Cow;

use model::{Exemplar, FamilyKind, HistogramValue};

use super::protobuf::message;
use super::{ParseError, text};

/// One thing a body says.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<'a> {
    /// A sample.
    Series(SeriesLine<'a>),
    /// A native histogram.
    Histogram(HistogramLine<'a>),
    /// `# TYPE`
    Type {
        /// The family.
        metric: &'a str,
        /// What its numbers mean.
        kind: FamilyKind,
    },
    /// `# HELP`
    Help {
        /// The family.
        metric: &'a str,
        /// Unescaped.
        text: Cow<'a, str>,
    },
    /// `# UNIT`
    Unit {
        /// The family.
        metric: &'a str,
        /// Such as `seconds`.
        unit: &'a str,
    },
    /// Something for people.
    Comment,
}

/// A sample as it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesLine<'a> {
    /// The raw bytes from the name to the end of the braces. They are bounded like a series; what
    /// is inside, [`super::parse_series`] checks.
    pub series: &'a [u8],
    /// The value. In the text forms every NaN is the same one, Go's.
    pub value: f64,
    /// Milliseconds since the epoch, where given.
    pub timestamp: Option<i64>,
    /// The exemplar, where given, not yet read.
    pub exemplar: Option<RawExemplar<'a>>,
}

/// A native histogram as it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistogramLine<'a> {
    /// As of [`SeriesLine::series`].
    pub series: &'a [u8],
    /// What was counted.
    pub value: &'a HistogramValue,
    /// Milliseconds since the epoch, where given.
    pub timestamp: Option<i64>,
    pub(super) exemplars: &'a [message::Exemplar],
}

impl HistogramLine<'_> {
    /// The exemplars that carry a time, oldest first; others cannot be told from those of the
    /// scrape before.
    pub fn exemplars(&self) -> Vec<Exemplar> {
        let exemplars = self.exemplars.iter().map(message::Exemplar::read);
        let mut timed: Vec<Exemplar> = exemplars.filter(|e| e.time.is_some()).collect();
        timed.sort_by_key(|exemplar| exemplar.time);
        timed
    }
}

/// An exemplar that has not been read yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RawExemplar<'a>(pub(super) Raw<'a>);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Raw<'a> {
    /// `{labels} value [seconds]` to the end of the line.
    Text {
        text: &'a [u8],
        /// The body up to the line, for counting lines where something is wrong.
        before: &'a [u8],
    },
    Message(&'a message::Exemplar),
}

impl RawExemplar<'_> {
    /// Reads it.
    ///
    /// # Errors
    /// Where it does not keep to OpenMetrics; the body is then faulty as a whole.
    pub fn parse(&self) -> Result<Exemplar, ParseError> {
        match self.0 {
            Raw::Message(message) => Ok(message.read()),
            Raw::Text { text, before } => text::exemplar(text).map_err(|reason| ParseError {
                line: memchr::memchr_iter(b'\n', before).count() + 1,
                reason,
            }),
        }
    }
}
