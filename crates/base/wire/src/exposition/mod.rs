//! What targets answer when they are scraped, and what this program answers when it is.
//!
//! A body and its [`Format`] come in; [`Parser`] gives one [`Entry`] after the other: samples with
//! the raw bytes of their series, and what the body says of its metrics. Who has seen a series'
//! bytes before need not read them again ([`Parser::next_if_known`]); who has not, reads them
//! with [`parse_series`]. [`write`] goes the other way.
//!
//! Invariants: no bytes make a parser panic; a parser that gave an error gives nothing more; a
//! sample costs no allocation in the text forms. Faults are told with the line they are on.
//!
//! Absent: any opinion on which labels are stored.
//!
//! ```
//! use model::LabelsBuilder;
//! use wire::exposition::{Entry, Format, Parser, parse_series};
//!
//! let mut parser = Parser::new(b"up{job=\"node\"} 1 1700000000000\n", Format::Text004);
//! let Some(Ok(Entry::Series(line))) = parser.next() else { panic!("a sample") };
//! assert_eq!((line.value, line.timestamp), (1.0, Some(1_700_000_000_000)));
//! let mut labels = LabelsBuilder::new();
//! parse_series(line.series, Format::Text004, &mut labels).expect("a valid series");
//! assert_eq!(labels.get("job"), "node");
//! ```

mod comment;
mod entry;
mod format;
mod labels;
pub(crate) mod number;
mod parser;
mod protobuf;
mod text;
pub mod write;

pub use entry::{Entry, HistogramLine, RawExemplar, SeriesLine};
pub use format::Format;
pub use labels::parse_series;
pub use parser::Parser;
pub(crate) use protobuf::message;
pub use protobuf::{Histograms, ProtobufParser};
pub use text::TextParser;

use thiserror::Error;

/// Bytes of a faulty text that an error repeats; a body may be one line of megabytes.
const EXCERPT: usize = 60;

/// A body that does not keep to its format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct ParseError {
    /// The line, from 1; of protobuf the number of the metric family. 0 where a series was read
    /// by itself.
    pub line: usize,
    /// What was expected and what stood there.
    pub reason: String,
}

/// "expected …, got …", the latter quoted and cut.
fn expected(what: &str, text: &[u8]) -> String {
    if text.is_empty() || text.starts_with(b"\n") {
        return format!("expected {what}, got the end of the line");
    }
    format!("expected {what}, got {}", excerpt(text))
}

/// A text for an error: up to its line's end, quoted, cut.
fn excerpt(text: &[u8]) -> String {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
    let cut = line.get(..EXCERPT).unwrap_or(line);
    let shown = model::name::quoted(&String::from_utf8_lossy(cut));
    let dots = if cut.len() < line.len() { "..." } else { "" };
    shown + dots
}

#[cfg(test)]
mod tests;
