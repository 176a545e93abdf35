//! The text forms: Prometheus 0.0.4 and 1.0.0, OpenMetrics 0.0.1 and 1.0.0.
//!
//! One pass, no allocation for a sample. Lines are counted only when somebody asks.

use std::cell::Cell;

use model::{Exemplar, LabelsBuilder};

use super::entry::Raw;
use super::labels::{exemplar_labels, series_length, skip_blanks};
use super::{
    Entry, Format, ParseError, RawExemplar, SeriesLine, comment, excerpt, expected, number,
};

/// Reads a body of a text form.
pub struct TextParser<'a> {
    body: &'a [u8],
    /// Where the next line begins; the body's end after an error.
    at: usize,
    /// Where the line begins that was read last.
    line_start: usize,
    /// A place no later than `line_start`, and the line feeds before it.
    counted: Cell<(usize, usize)>,
    /// Whether it is OpenMetrics.
    strict: bool,
    /// Whether the end has been told: by `# EOF`, by an error.
    ended: bool,
}

impl<'a> TextParser<'a> {
    /// A parser at the beginning of a body. Every form but OpenMetrics is read as Prometheus' text.
    pub fn new(body: &'a [u8], format: Format) -> Self {
        Self {
            body,
            at: 0,
            line_start: 0,
            counted: Cell::new((0, 0)),
            strict: format.is_open_metrics(),
            ended: false,
        }
    }

    /// The line that was read last, from 1. Costs a walk over what was read since it was last
    /// asked.
    pub fn line(&self) -> usize {
        let (place, before) = self.counted.get();
        let since = self.body.get(place..self.line_start).unwrap_or_default();
        let before = before + memchr::memchr_iter(b'\n', since).count();
        self.counted.set((self.line_start, before));
        before + 1
    }

    /// The next entry; `None` at the end, and after an error.
    ///
    /// # Errors
    /// What does not keep to the form. OpenMetrics without `# EOF`, or with anything after it, is
    /// an error too.
    #[expect(
        clippy::should_implement_trait,
        reason = "an error ends the body, and the parser by messages lends its entries"
    )]
    pub fn next(&mut self) -> Option<Result<Entry<'a>, ParseError>> {
        let entry = self.entry().transpose()?;
        Some(entry.map_err(|reason| self.fail(reason)))
    }

    /// Where the next line is a sample whose series takes `length` bytes and `known` says yes to
    /// these, takes it; otherwise nothing moves. The way for bodies that say the same series as
    /// the one before: it costs what `known` costs and the reading of the value. What `known`
    /// says yes to must be a series that [`TextParser::next`] gave of a body in the same form.
    ///
    /// # Errors
    /// Where the line goes on with something else than a value.
    #[inline]
    pub fn next_if_known(
        &mut self,
        length: usize,
        known: impl FnOnce(&[u8]) -> bool,
    ) -> Option<Result<SeriesLine<'a>, ParseError>> {
        let (series, values) = self.body.get(self.at..)?.split_at_checked(length)?;
        if series.is_empty() || !known(series) {
            return None;
        }
        if let Some((b' ', text)) = values.split_first()
            && let Some((value, rest)) = number::leading(text).or_else(|| number::decimal(text))
            && let Some((b'\n', rest)) = rest.split_first()
        {
            self.line_start = self.at;
            self.at = self.body.len() - rest.len();
            return Some(Ok(SeriesLine {
                series,
                value,
                timestamp: None,
                exemplar: None,
            }));
        }
        self.slow_if_known(series, values)
    }

    /// The same where the value is not a short number, or is not alone.
    #[cold]
    fn slow_if_known(
        &mut self,
        series: &'a [u8],
        values: &'a [u8],
    ) -> Option<Result<SeriesLine<'a>, ParseError>> {
        let separated = match values.first()? {
            b' ' => true,
            b'\t' => !self.strict,
            _ => false,
        };
        // `a {b="c"} 1` is not of the series `a`.
        let braces = !series.ends_with(b"}") && skip_blanks(values).starts_with(b"{");
        if !separated || braces {
            return None;
        }
        self.line_start = self.at;
        let line = self.sample(series, values);
        Some(line.map_err(|reason| self.fail(reason)))
    }

    /// Where the next line begins in the body.
    #[inline]
    pub fn place(&self) -> usize {
        self.at
    }

    /// The same where the next line begins with `#` or is empty.
    #[inline]
    pub fn comment_at(&self) -> Option<usize> {
        let first = self.body.get(self.at)?;
        matches!(first, b'#' | b'\n').then_some(self.at)
    }

    /// Passes the next `length` bytes unread where they end with a line and `known` says of them
    /// that they are comment lines that were read without an error before, in the same form.
    /// Otherwise nothing moves; answers whether it did.
    #[inline]
    pub fn pass_comments(&mut self, length: usize, known: impl FnOnce(&[u8]) -> bool) -> bool {
        let lines = self.body.get(self.at..).and_then(|rest| rest.get(..length));
        let Some(lines) = lines else {
            return false;
        };
        let Some((b'\n', inside)) = lines.split_last() else {
            return false;
        };
        if !known(lines) {
            return false;
        }
        let last = memchr::memrchr(b'\n', inside).map_or(0, |end| end + 1);
        self.line_start = self.at + last;
        self.at += length;
        true
    }

    fn fail(&mut self, reason: String) -> ParseError {
        self.at = self.body.len();
        self.ended = true;
        ParseError {
            line: self.line(),
            reason,
        }
    }

    fn entry(&mut self) -> Result<Option<Entry<'a>>, String> {
        loop {
            self.line_start = self.at;
            let rest = self.body.get(self.at..).unwrap_or_default();
            let text = if self.strict { rest } else { skip_blanks(rest) };
            match text.first() {
                None if self.strict && !self.ended => {
                    return Err("data does not end with # EOF".to_owned());
                }
                None => return Ok(None),
                Some(b'\n') if !self.strict => self.at = self.body.len() - text.len() + 1,
                Some(b'#') if self.strict && matches!(text, b"# EOF" | b"# EOF\n") => {
                    self.at = self.body.len();
                    self.ended = true;
                    return Ok(None);
                }
                Some(b'#') => return self.comment(text).map(Some),
                Some(_) => return self.series(text).map(|line| Some(Entry::Series(line))),
            }
        }
    }

    fn comment(&mut self, text: &'a [u8]) -> Result<Entry<'a>, String> {
        let line = self.take_line(text)?;
        if !self.strict {
            return comment::prometheus(line);
        }
        if line == b"# EOF" {
            self.line_start = self.at;
            return Err("unexpected data after # EOF".to_owned());
        }
        comment::open_metrics(line)
    }

    fn series(&mut self, text: &'a [u8]) -> Result<SeriesLine<'a>, String> {
        let length = series_length(text, self.strict)
            .ok_or_else(|| format!("braces or quotes are not closed in {}", excerpt(text)))?;
        let (series, values) = text.split_at(length);
        if series.is_empty() {
            return Err(expected("a metric name", text));
        }
        self.sample(series, values)
    }

    /// The rest of a line, without its line feed; moves behind it.
    fn take_line(&mut self, rest: &'a [u8]) -> Result<&'a [u8], String> {
        match memchr::memchr(b'\n', rest) {
            Some(end) => {
                let (line, behind) = rest.split_at(end);
                self.at = self.body.len() - behind.len() + 1;
                Ok(line)
            }
            None if self.strict => Err("data does not end with # EOF".to_owned()),
            None => {
                self.at = self.body.len();
                Ok(rest)
            }
        }
    }

    /// What stands behind the series: a value, a timestamp, an exemplar.
    fn sample(&mut self, series: &'a [u8], rest: &'a [u8]) -> Result<SeriesLine<'a>, String> {
        let values = self.take_line(rest)?;
        if self.strict {
            self.open_metrics_sample(series, values)
        } else {
            prometheus_sample(series, values)
        }
    }

    fn open_metrics_sample(
        &self,
        series: &'a [u8],
        values: &'a [u8],
    ) -> Result<SeriesLine<'a>, String> {
        let (value, mut rest) = strict_value(values, "a value after the metric")?;
        let mut timestamp = None;
        if !rest.is_empty() && !rest.starts_with(b" # {") {
            let (seconds, behind) = strict_seconds(rest, "a timestamp or # symbol")?;
            timestamp = Some(seconds);
            rest = behind;
        }
        let exemplar = match rest.strip_prefix(b" # ") {
            Some(text) if text.starts_with(b"{") => Some(RawExemplar(Raw::Text {
                text,
                before: self.body.get(..self.line_start).unwrap_or_default(),
            })),
            _ if rest.is_empty() => None,
            _ => return Err(expected("the next entry after the timestamp", rest)),
        };
        Ok(SeriesLine {
            series,
            value,
            timestamp,
            exemplar,
        })
    }
}

fn prometheus_sample<'a>(series: &'a [u8], values: &'a [u8]) -> Result<SeriesLine<'a>, String> {
    let (word, rest) = blank_word(skip_blanks(values));
    let value = number::value(word).ok_or_else(|| expected("a value after the metric", word))?;
    let (word, rest) = blank_word(rest);
    if !rest.is_empty() {
        return Err(expected("the next entry after the timestamp", rest));
    }
    let timestamp = match word {
        [] => None,
        // Digits only: no sign.
        _ => Some(
            milliseconds(word)
                .ok_or_else(|| expected("a timestamp or the end of the line", word))?,
        ),
    };
    Ok(SeriesLine {
        series,
        value,
        timestamp,
        exemplar: None,
    })
}

fn milliseconds(word: &[u8]) -> Option<i64> {
    let digits = word.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(word)
        .ok()
        .filter(|_| digits)?
        .parse()
        .ok()
}

/// A word up to a blank, and what follows the blanks.
fn blank_word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'\t'));
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    (word, skip_blanks(rest))
}

/// One space, a number up to the next space, and what follows.
fn strict_value<'a>(text: &'a [u8], what: &str) -> Result<(f64, &'a [u8]), String> {
    let Some(inside) = text.strip_prefix(b" ") else {
        return Err(expected(what, text));
    };
    let end = memchr::memchr(b' ', inside).unwrap_or(inside.len());
    let (word, rest) = inside.split_at(end);
    match number::value(word) {
        Some(value) => Ok((value, rest)),
        None if word.is_empty() => Err(expected(what, inside)),
        None => Err(expected(what, word)),
    }
}

/// The same for seconds, as milliseconds.
fn strict_seconds<'a>(text: &'a [u8], what: &str) -> Result<(i64, &'a [u8]), String> {
    let (seconds, rest) = strict_value(text, what)?;
    if !seconds.is_finite() {
        return Err(format!(
            "invalid timestamp {}",
            excerpt(text.trim_ascii_start())
        ));
    }
    // Cut towards zero, and at the ends of the range.
    Ok(((seconds * 1000.0) as i64, rest))
}

/// Reads `{labels} value [seconds]`.
pub(super) fn exemplar(text: &[u8]) -> Result<Exemplar, String> {
    let mut labels = LabelsBuilder::new();
    let rest = exemplar_labels(text, &mut labels)?;
    let (value, rest) = strict_value(rest, "a value after the exemplar labels")?;
    let (time, rest) = if rest.is_empty() {
        (None, rest)
    } else {
        let (time, rest) = strict_seconds(rest, "a timestamp of the exemplar")?;
        (Some(time), rest)
    };
    if !rest.is_empty() {
        return Err(expected("the end of the line after the exemplar", rest));
    }
    Ok(Exemplar {
        labels: labels.build(),
        value,
        time,
    })
}
