//! The protobuf form: metric families, each behind its length.
//!
//! A family is decoded as a whole and laid out as the samples that the text form would have, with
//! the text of their series, so that scraping treats all forms alike.

mod expand;
pub(crate) mod message;
mod native;
mod put;

use std::borrow::Cow;

use model::FamilyKind;
use prost::Message;

use super::entry::Raw;
use super::{Entry, ParseError, RawExemplar, SeriesLine, comment, excerpt};
use expand::Samples;
use message::{MetricFamily, MetricType};

pub(super) use put::put;

/// What is told of histograms that are native ones too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Histograms {
    /// Their classic buckets.
    #[default]
    Classic,
    /// The native histogram; the classic buckets of those that are not native.
    Native,
    /// The native histogram, and its classic buckets where it has any.
    Both,
}

/// What is told next of the family at hand.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Help,
    Type,
    Unit,
    Sample(usize),
}

/// Reads a body of delimited `io.prometheus.client.MetricFamily` messages.
pub struct ProtobufParser<'a> {
    rest: &'a [u8],
    /// The number of the family at hand, from 1.
    number: usize,
    family: MetricFamily,
    samples: Samples,
    step: Step,
    histograms: Histograms,
}

impl<'a> ProtobufParser<'a> {
    /// A parser at the beginning of a body.
    pub fn new(body: &'a [u8], histograms: Histograms) -> Self {
        Self {
            histograms,
            rest: body,
            number: 0,
            family: MetricFamily::default(),
            samples: Samples::default(),
            step: Step::Sample(0),
        }
    }

    /// The number of the family that was read last, from 1.
    pub fn line(&self) -> usize {
        self.number.max(1)
    }

    /// The next entry; `None` at the end, and after an error.
    ///
    /// # Errors
    /// A message that is cut or cannot be decoded, a family without a name, a unit that the name
    /// does not end with.
    #[expect(
        clippy::should_implement_trait,
        reason = "entries are lent, one at a time"
    )]
    pub fn next(&mut self) -> Option<Result<Entry<'_>, ParseError>> {
        while matches!(self.step, Step::Sample(place) if place >= self.samples.len()) {
            if self.rest.is_empty() {
                return None;
            }
            self.number += 1;
            if let Err(reason) = self.next_family() {
                self.rest = &[];
                self.samples.clear();
                return Some(Err(ParseError {
                    line: self.number,
                    reason,
                }));
            }
        }
        let step = self.step;
        let metric = self.family.name.as_str();
        Some(Ok(match step {
            Step::Help => {
                self.step = Step::Type;
                Entry::Help {
                    metric,
                    text: Cow::Borrowed(&self.family.help),
                }
            }
            Step::Type => {
                let unit = !self.family.unit.is_empty();
                self.step = if unit { Step::Unit } else { Step::Sample(0) };
                Entry::Type {
                    metric,
                    kind: kind(self.family.r#type()),
                }
            }
            Step::Unit => {
                self.step = Step::Sample(0);
                Entry::Unit {
                    metric,
                    unit: &self.family.unit,
                }
            }
            Step::Sample(place) => {
                self.step = Step::Sample(place + 1);
                self.samples.entry(place)?
            }
        }))
    }

    /// Where the next entry is a sample of a series that `known` says yes to, takes it; otherwise
    /// nothing moves.
    pub fn next_if_known(&mut self, known: impl FnOnce(&[u8]) -> bool) -> Option<SeriesLine<'_>> {
        let Step::Sample(place) = self.step else {
            return None;
        };
        let line = self.samples.line(place).filter(|line| known(line.series))?;
        self.step = Step::Sample(place + 1);
        Some(line)
    }

    fn next_family(&mut self) -> Result<(), String> {
        let length = prost::decode_length_delimiter(&mut self.rest)
            .map_err(|_| "the length of a metric family cannot be read".to_owned())?;
        let (message, rest) = self.rest.split_at_checked(length).ok_or_else(|| {
            let left = self.rest.len();
            format!("a metric family of {length} bytes is cut after {left}")
        })?;
        self.rest = rest;
        let mut family = MetricFamily::decode(message)
            .map_err(|error| format!("a metric family cannot be decoded: {error}"))?;
        if family.name.is_empty() {
            return Err("a metric family has no name".to_owned());
        }
        let stem = match family.r#type() {
            MetricType::Counter => family.name.strip_suffix("_total"),
            _ => None,
        };
        comment::check_unit(stem.unwrap_or(&family.name), &family.unit)?;
        if MetricType::try_from(family.r#type).is_err() {
            let name = excerpt(family.name.as_bytes());
            return Err(format!("unknown metric type {} of {name}", family.r#type));
        }
        self.samples.fill(&mut family, self.histograms)?;
        self.family = family;
        // Of a family without samples nothing is told, as upstream.
        self.step = if self.samples.len() == 0 {
            Step::Sample(0)
        } else {
            Step::Help
        };
        Ok(())
    }
}

impl<'a> From<&'a message::Exemplar> for RawExemplar<'a> {
    fn from(exemplar: &'a message::Exemplar) -> Self {
        Self(Raw::Message(exemplar))
    }
}

fn kind(of: MetricType) -> FamilyKind {
    match of {
        MetricType::Counter => FamilyKind::Counter,
        MetricType::Gauge => FamilyKind::Gauge,
        MetricType::Summary => FamilyKind::Summary,
        MetricType::Untyped => FamilyKind::Unknown,
        MetricType::Histogram => FamilyKind::Histogram,
        MetricType::GaugeHistogram => FamilyKind::GaugeHistogram,
    }
}

#[cfg(test)]
mod tests;
