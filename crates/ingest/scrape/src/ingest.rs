//! One body to one batch: the hot path of scraping.
//!
//! A body is walked along the layout of the one before ([`follow`]). Where it leaves the layout,
//! the rest is read by [`crate::rebuild`], which makes the next layout. Either all of a body goes
//! into the batch or none of it.

use config::ScrapeConfig;
use contract::{Append, PendingExemplar, PendingSample, SeriesId};
use model::{Exemplar, stale_nan};
use wire::exposition::{Entry as Line, Format, ParseError, Parser, SeriesLine};

use crate::error::ScrapeError;
use crate::histogram;
use crate::layout::{Entry, Flags, Layout};
use crate::metadata::Metadata;
use crate::rebuild::{At, Rebuild};
use crate::scratch::Scratch;
use crate::series::SampleRules;

/// What is kept of a target from one scrape to the next.
#[derive(Default)]
pub(crate) struct Cache {
    pub(crate) layout: Layout,
    pub(crate) metadata: Metadata,
}

/// What a body came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Samples on its lines.
    pub(crate) scraped: u64,
    /// Those that metric relabelling left.
    pub(crate) kept: u64,
    /// Series that the scrape before did not have.
    pub(crate) added: u64,
    /// Lines that repeat a series of an earlier line.
    pub(crate) repeated: u64,
}

/// A line with its own words, for the way from the layout to its rebuilding.
pub(crate) struct OwnedLine {
    pub(crate) series: Vec<u8>,
    pub(crate) said: Said,
}

/// What a line says of its series.
pub(crate) enum Said {
    Number(Reading),
    Histogram(histogram::Reading),
}

/// What a line says beside its series.
pub(crate) struct Reading {
    pub(crate) value: f64,
    /// The line's own time in milliseconds.
    pub(crate) time: Option<i64>,
    pub(crate) exemplar: Option<Exemplar>,
}

impl Reading {
    pub(crate) fn of(line: &SeriesLine<'_>) -> Result<Self, ScrapeError> {
        let exemplar = line.exemplar.as_ref().map(|raw| raw.parse()).transpose();
        Ok(Self {
            value: line.value,
            time: line.timestamp,
            exemplar: exemplar.map_err(parse_error)?,
        })
    }
}

pub(crate) fn parse_error(error: ParseError) -> ScrapeError {
    ScrapeError::Parse(error.to_string())
}

/// Where samples go: the batch, with the rules of their target and the time of the scrape.
pub(crate) struct Output<'a> {
    pub(crate) scratch: &'a mut Scratch,
    pub(crate) rules: &'a SampleRules<'a>,
    pub(crate) time: i64,
    pub(crate) counts: Counts,
}

impl Output<'_> {
    /// A sample of a known series. Answers whether it went into the batch.
    #[inline]
    pub(crate) fn push(&mut self, entry: &mut Entry, reading: Reading) -> bool {
        self.counts.scraped += 1;
        if entry.flags() == Flags::TRACKED && reading.time.is_none() && reading.exemplar.is_none() {
            self.counts.kept += 1;
            self.sample(entry.id, self.time, reading.value);
            return true;
        }
        self.push_rare(entry, reading)
    }

    #[cold]
    fn push_rare(&mut self, entry: &mut Entry, reading: Reading) -> bool {
        let Some(time) = self.take(entry, reading.time) else {
            return false;
        };
        self.sample(entry.id, time, reading.value);
        if let Some(mut exemplar) = reading.exemplar {
            exemplar.time = exemplar.time.or(Some(time));
            self.scratch.batch.exemplars.push(PendingExemplar {
                series: entry.id,
                exemplar,
            });
        }
        true
    }

    /// Whether a sample of a known series is stored, and under which time; `own` is the one it
    /// says itself.
    pub(crate) fn take(&mut self, entry: &mut Entry, own: Option<i64>) -> Option<i64> {
        if entry.flags().is_dropped() {
            return None;
        }
        self.counts.kept += 1;
        let config = self.rules.config;
        let own = own.filter(|_| config.honor_timestamps);
        if entry.flags().is_repeated() {
            // Several samples of one series are fine where each says its time.
            if own.is_none() {
                self.counts.repeated += 1;
                return None;
            }
        } else {
            let tracked = own.is_none() || config.track_timestamps_staleness;
            entry.set_flags(entry.flags().tracking(tracked));
        }
        Some(own.unwrap_or(self.time))
    }

    /// What a line says of a known series. Answers whether it went into the batch.
    pub(crate) fn push_said(&mut self, entry: &mut Entry, said: Said) -> bool {
        match said {
            Said::Number(reading) => self.push(entry, reading),
            Said::Histogram(reading) => self.push_histogram(entry, reading),
        }
    }

    #[inline]
    fn sample(&mut self, series: SeriesId, time: i64, value: f64) {
        self.scratch.batch.samples.push(PendingSample {
            series,
            time,
            value,
        });
    }

    /// Marks the end of a series.
    pub(crate) fn stale(&mut self, series: SeriesId) {
        self.sample(series, self.time, stale_nan());
    }
}

/// Reads a body into the batch, which is empty before. After an error the batch holds the stale
/// markers of what the target had, and nothing of the body.
pub(crate) fn read(
    cache: &mut Cache,
    body: &[u8],
    format: Format,
    store: &dyn Append,
    output: &mut Output<'_>,
) -> Result<(), ScrapeError> {
    cache.metadata.begin(format);
    if body.is_empty() {
        end_all(&mut cache.layout, output);
        return Ok(());
    }
    let outcome = read_lines(cache, body, format, store, output);
    if outcome.is_err() {
        output.scratch.batch.clear();
        end_all(&mut cache.layout, output);
    } else if cache.metadata.differs() {
        cache.metadata.learn(body, format);
    }
    outcome
}

/// Marks the end of all that the target had, once. The layout stays: the target may come back.
pub(crate) fn end_all(layout: &mut Layout, output: &mut Output<'_>) {
    if !std::mem::take(&mut layout.alive) {
        return;
    }
    for entry in layout.entries() {
        if entry.flags().ends_marked() && !entry.flags().is_repeated() {
            output.stale(entry.id);
        }
    }
}

fn read_lines(
    cache: &mut Cache,
    body: &[u8],
    format: Format,
    store: &dyn Append,
    output: &mut Output<'_>,
) -> Result<(), ScrapeError> {
    let wanted = histogram::wanted(output.rules.config);
    let mut parser = Parser::with_histograms(body, format, wanted);
    let followed = if cache.layout.format == Some(format) {
        follow(cache, &mut parser, output)?
    } else {
        Followed::Left {
            place: 0,
            line: None,
        }
    };
    let Followed::Left { place, line } = followed else {
        cache.layout.alive = true;
        return within_samples(output);
    };
    let mut rebuild = Rebuild::new(&cache.layout, place, body, format);
    if let Some(line) = line {
        let at = At {
            number: parser.line(),
            place: parser.place(),
        };
        rebuild.take(&line.series, line.said, at, output)?;
    }
    loop {
        if cache.metadata.pass(&mut parser) {
            continue;
        }
        // Where the next line begins.
        let at = At {
            number: parser.line().saturating_add(1),
            place: parser.place(),
        };
        match parser.next() {
            None => break,
            Some(Err(error)) => return Err(parse_error(error)),
            Some(Ok(Line::Series(line))) => {
                let said = Said::Number(Reading::of(&line)?);
                rebuild.take(line.series, said, at, output)?;
            }
            Some(Ok(Line::Histogram(line))) => {
                let reading = histogram::Reading::of(&line, output.rules.config)?;
                let said = Said::Histogram(reading);
                rebuild.take(line.series, said, at, output)?;
            }
            Some(Ok(other)) => {
                cache.metadata.note(&other);
                cache.metadata.noted(&parser);
            }
        }
    }
    cache.layout = rebuild.finish(store, output)?;
    Ok(())
}

enum Followed {
    /// The body is the layout, line for line.
    Whole,
    /// The body goes on differently from a place of the layout; the line read last is not yet
    /// taken.
    Left {
        place: usize,
        line: Option<OwnedLine>,
    },
}

fn follow(
    cache: &mut Cache,
    parser: &mut Parser<'_>,
    output: &mut Output<'_>,
) -> Result<Followed, ScrapeError> {
    let Cache { layout, metadata } = cache;
    let lines = layout.len();
    output.scratch.batch.samples.reserve(lines);
    for (place, entry) in layout.entries_mut().iter_mut().enumerate() {
        loop {
            let known = |series: &[u8]| entry.is_of(series);
            if let Some(line) = parser.next_if_known(entry.length(), known) {
                let line = line.map_err(parse_error)?;
                output.push(entry, Reading::of(&line)?);
                break;
            }
            match between(parser, metadata, output.rules.config)? {
                Between::Passed => {}
                Between::Line(OwnedLine {
                    series,
                    said: Said::Histogram(reading),
                }) if entry.length() == series.len() && entry.is_of(&series) => {
                    output.push_histogram(entry, reading);
                    break;
                }
                Between::Line(line) => {
                    return Ok(Followed::Left {
                        place,
                        line: Some(line),
                    });
                }
                Between::End => return Ok(Followed::Left { place, line: None }),
            }
        }
    }
    loop {
        match between(parser, metadata, output.rules.config)? {
            Between::Passed => {}
            Between::Line(line) => {
                let (place, line) = (lines, Some(line));
                return Ok(Followed::Left { place, line });
            }
            Between::End => return Ok(Followed::Whole),
        }
    }
}

enum Between {
    Passed,
    Line(OwnedLine),
    End,
}

/// Takes one line that is not the sample expected, or several that are known.
fn between(
    parser: &mut Parser<'_>,
    metadata: &mut Metadata,
    config: &ScrapeConfig,
) -> Result<Between, ScrapeError> {
    if metadata.pass(parser) {
        return Ok(Between::Passed);
    }
    match parser.next() {
        None => Ok(Between::End),
        Some(Err(error)) => Err(parse_error(error)),
        Some(Ok(Line::Series(line))) => Ok(Between::Line(OwnedLine {
            said: Said::Number(Reading::of(&line)?),
            series: line.series.to_vec(),
        })),
        Some(Ok(Line::Histogram(line))) => Ok(Between::Line(OwnedLine {
            said: Said::Histogram(histogram::Reading::of(&line, config)?),
            series: line.series.to_vec(),
        })),
        Some(Ok(other)) => {
            metadata.note(&other);
            metadata.noted(parser);
            Ok(Between::Passed)
        }
    }
}

fn within_samples(output: &Output<'_>) -> Result<(), ScrapeError> {
    let limit = output.rules.limits.samples;
    if output.counts.kept > limit {
        return Err(ScrapeError::SampleLimit { limit });
    }
    Ok(())
}
