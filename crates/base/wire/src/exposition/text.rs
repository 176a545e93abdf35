//! The text forms: Prometheus 0.0.4 and 1.0.0, OpenMetrics 0.0.1 and 1.0.0.
//!
//! One pass, no allocation for a series: a line gives the raw bytes of its series, and who knows
//! those bytes already need not read them again ([`TextParser::next_if_series`]).

use std::borrow::Cow;

use model::{Exemplar, FamilyKind, LabelsBuilder};

use super::labels::{series_length, unescape};
use super::{Format, ParseError, excerpt, number, parse_series};

/// One thing a body says.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<'a> {
    /// A sample.
    Series(SeriesLine<'a>),
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
    /// From the name to the end of the braces.
    pub series: &'a [u8],
    /// The value.
    pub value: f64,
    /// Milliseconds since the epoch, where given.
    pub timestamp: Option<i64>,
    /// What stands behind `#`, where given.
    pub exemplar: Option<RawExemplar<'a>>,
}

/// An exemplar that has not been read yet: `{labels} value [seconds]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RawExemplar<'a> {
    text: &'a [u8],
    line: usize,
}

impl RawExemplar<'_> {
    /// Reads it.
    pub fn parse(&self) -> Result<Exemplar, ParseError> {
        let fail = |reason: String| ParseError {
            line: self.line,
            reason,
        };
        let length = series_length(self.text)
            .ok_or_else(|| fail("an exemplar's braces are not closed".to_owned()))?;
        let (braces, rest) = self.text.split_at(length);
        // An exemplar's labels have no metric name: borrow one to read them.
        let mut named = b"e".to_vec();
        named.extend_from_slice(braces);
        let mut labels = LabelsBuilder::new();
        parse_series(&named, Format::OpenMetrics100, &mut labels).map_err(|e| fail(e.reason))?;
        labels.remove(model::METRIC_NAME);
        let mut words = rest
            .split(|byte| *byte == b' ')
            .filter(|word| !word.is_empty());
        let value = words.next().and_then(number::value);
        let value = value.ok_or_else(|| fail("expected an exemplar's value".to_owned()))?;
        let time = match words.next() {
            None => None,
            Some(word) => Some(seconds(word).ok_or_else(|| fail(bad_timestamp(word)))?),
        };
        Ok(Exemplar {
            labels: labels.build(),
            value,
            time,
        })
    }
}

fn bad_timestamp(word: &[u8]) -> String {
    format!("expected a timestamp, got {}", excerpt(word))
}

/// Seconds with decimals as milliseconds.
fn seconds(word: &[u8]) -> Option<i64> {
    let millis = number::value(word)? * 1000.0;
    (millis.is_finite() && millis.abs() < 9e18).then_some(millis as i64)
}

/// Reads a body of a text form.
pub struct TextParser<'a> {
    body: &'a [u8],
    at: usize,
    /// Lines read so far.
    lines: usize,
    format: Format,
    ended: bool,
    failed: bool,
}

impl<'a> TextParser<'a> {
    /// A parser at the beginning of a body.
    pub fn new(body: &'a [u8], format: Format) -> Self {
        Self {
            body,
            at: 0,
            lines: 0,
            format,
            ended: false,
            failed: false,
        }
    }

    /// The line that was read last, from 1; 0 before the first.
    pub fn line(&self) -> usize {
        self.lines
    }

    /// The next entry; `None` at the end, and after an error.
    #[expect(
        clippy::should_implement_trait,
        reason = "an error ends the body; no adapters are wanted"
    )]
    pub fn next(&mut self) -> Option<Result<Entry<'a>, ParseError>> {
        if self.failed {
            return None;
        }
        let entry = self.entry()?;
        self.failed = entry.is_err();
        Some(entry.map_err(|reason| ParseError {
            line: self.line(),
            reason,
        }))
    }

    /// Where the next line is a sample of exactly the series `expected`, takes it; otherwise
    /// nothing moves.
    #[inline]
    pub fn next_if_series(
        &mut self,
        expected: &[u8],
    ) -> Option<Result<SeriesLine<'a>, ParseError>> {
        let rest = self.body.get(self.at..)?.strip_prefix(expected)?;
        let blanks = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        // `a {b="c"} 1` is not of the series `a`.
        if blanks == 0 || rest.get(blanks) == Some(&b'{') || self.failed {
            return None;
        }
        let series = self.body.get(self.at..self.at + expected.len())?;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let values = rest.get(blanks..end)?;
        self.lines += 1;
        self.at += expected.len() + end + 1;
        match self.sample(series, values) {
            Ok(line) => Some(Ok(line)),
            Err(reason) => {
                self.failed = true;
                Some(Err(ParseError {
                    line: self.line(),
                    reason,
                }))
            }
        }
    }

    fn entry(&mut self) -> Option<Result<Entry<'a>, String>> {
        loop {
            let Some(rest) = self.body.get(self.at..).filter(|rest| !rest.is_empty()) else {
                let cut = self.format.is_open_metrics() && !self.ended;
                return cut.then(|| Err("data does not end with # EOF".to_owned()));
            };
            if self.ended {
                return Some(Err("unexpected data after # EOF".to_owned()));
            }
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default();
            self.at += end + 1;
            self.lines += 1;
            let text = line.trim_ascii_start();
            if text.is_empty() {
                if self.format.is_open_metrics() {
                    return Some(Err("an empty line".to_owned()));
                }
                continue;
            }
            if text.first() == Some(&b'#') {
                if self.format.is_open_metrics() && line == b"# EOF" {
                    self.ended = true;
                    continue;
                }
                return Some(self.comment(text));
            }
            return Some(self.series(text).map(Entry::Series));
        }
    }

    fn series(&self, text: &'a [u8]) -> Result<SeriesLine<'a>, String> {
        let length = series_length(text)
            .ok_or_else(|| format!("a quote or brace is not closed in {}", excerpt(text)))?;
        let (series, values) = text.split_at(length);
        if series.is_empty() {
            return Err(format!("expected a metric's name, got {}", excerpt(text)));
        }
        // Read it once to know that it can be read; who asked may know the series already.
        if !values
            .first()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
            && !values.is_empty()
            && !series.ends_with(b"}")
        {
            return Err(format!(
                "expected a value after the metric's name, got {}",
                excerpt(values)
            ));
        }
        self.sample(series, values.trim_ascii_start())
    }

    /// `value [timestamp] [# exemplar]`
    fn sample(&self, series: &'a [u8], values: &'a [u8]) -> Result<SeriesLine<'a>, String> {
        let (word, rest) = first_word(values);
        let value = number::value(word)
            .ok_or_else(|| format!("expected a value after the metric, got {}", excerpt(word)))?;
        let mut line = SeriesLine {
            series,
            value,
            timestamp: None,
            exemplar: None,
        };
        if rest.is_empty() {
            return Ok(line);
        }
        let (word, mut after) = first_word(rest);
        if word != b"#" {
            line.timestamp = Some(self.timestamp(word).ok_or_else(|| bad_timestamp(word))?);
            if after.is_empty() {
                return Ok(line);
            }
            let (hash, behind) = first_word(after);
            if hash != b"#" {
                return Err(format!(
                    "expected the end of the line, got {}",
                    excerpt(after)
                ));
            }
            after = behind;
        }
        if !self.format.is_open_metrics() {
            return Err(format!(
                "expected the end of the line, got {}",
                excerpt(rest)
            ));
        }
        line.exemplar = Some(RawExemplar {
            text: after,
            line: 0,
        });
        Ok(line)
    }

    fn timestamp(&self, word: &[u8]) -> Option<i64> {
        if self.format.is_open_metrics() {
            seconds(word)
        } else {
            std::str::from_utf8(word).ok()?.parse().ok()
        }
    }

    fn comment(&self, text: &'a [u8]) -> Result<Entry<'a>, String> {
        let strict = self.format.is_open_metrics();
        let inside = text.get(1..).unwrap_or_default();
        let (keyword, rest) = first_word(inside.trim_ascii_start());
        if !matches!(keyword, b"HELP" | b"TYPE" | b"UNIT") {
            return if strict {
                Err(format!(
                    "expected HELP, TYPE, UNIT or EOF behind #, got {}",
                    excerpt(keyword)
                ))
            } else {
                Ok(Entry::Comment)
            };
        }
        let (metric, rest) = metric_name(rest)?;
        let rest =
            std::str::from_utf8(rest).map_err(|_| "help text is not a valid UTF-8 string")?;
        match keyword {
            b"HELP" => Ok(Entry::Help {
                metric,
                text: unescape(rest),
            }),
            b"UNIT" => Ok(Entry::Unit { metric, unit: rest }),
            _ => kind(rest.trim_ascii_end(), strict)
                .map(|kind| Entry::Type { metric, kind })
                .ok_or_else(|| format!("invalid metric type {}", excerpt(rest.as_bytes()))),
        }
    }
}

/// A word and what follows behind its blanks.
#[inline]
fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t'))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_ascii_start())
}

/// A family's name, in quotes or without.
fn metric_name(text: &[u8]) -> Result<(&str, &[u8]), String> {
    let (name, rest) = match text.strip_prefix(b"\"") {
        Some(inside) => {
            let end = memchr::memchr(b'"', inside).ok_or("a quote is not closed")?;
            (
                inside.get(..end).unwrap_or_default(),
                inside.get(end + 1..).unwrap_or_default(),
            )
        }
        None => first_word(text),
    };
    let name = std::str::from_utf8(name).map_err(|_| "a metric's name is not valid UTF-8")?;
    if name.is_empty() {
        return Err("expected a metric's name".to_owned());
    }
    Ok((name, rest.strip_prefix(b" ").unwrap_or(rest)))
}

fn kind(text: &str, open_metrics: bool) -> Option<FamilyKind> {
    Some(match text {
        "counter" => FamilyKind::Counter,
        "gauge" => FamilyKind::Gauge,
        "histogram" => FamilyKind::Histogram,
        "summary" => FamilyKind::Summary,
        "untyped" if !open_metrics => FamilyKind::Unknown,
        "unknown" => FamilyKind::Unknown,
        "info" if open_metrics => FamilyKind::Info,
        "stateset" if open_metrics => FamilyKind::StateSet,
        "gaugehistogram" if open_metrics => FamilyKind::GaugeHistogram,
        _ => return None,
    })
}

/// A parser for a body of any form.
pub struct Parser<'a>(TextParser<'a>);

impl<'a> Parser<'a> {
    /// A parser at the beginning of a body.
    pub fn new(body: &'a [u8], format: Format) -> Self {
        Self(TextParser::new(body, format))
    }

    /// See [`TextParser::next`].
    #[expect(
        clippy::should_implement_trait,
        reason = "an error ends the body; no adapters are wanted"
    )]
    pub fn next(&mut self) -> Option<Result<Entry<'a>, ParseError>> {
        self.0.next()
    }

    /// See [`TextParser::next_if_series`].
    #[inline]
    pub fn next_if_series(
        &mut self,
        expected: &[u8],
    ) -> Option<Result<SeriesLine<'a>, ParseError>> {
        self.0.next_if_series(expected)
    }

    /// See [`TextParser::line`].
    pub fn line(&self) -> usize {
        self.0.line()
    }
}
