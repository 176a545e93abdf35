//! What targets answer: exposition formats.

mod format;
mod labels;
mod number;
mod text;
pub mod write;

pub use format::Format;
pub use labels::parse_series;
pub use text::{Entry, Parser, RawExemplar, SeriesLine, TextParser};

use thiserror::Error;

/// Bytes of a faulty text that an error repeats.
const EXCERPT: usize = 60;

/// A body that does not keep to its format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What was expected and what stood there.
    pub reason: String,
}

/// A text for an error: quoted, printable, cut.
fn excerpt(text: &[u8]) -> String {
    let cut = text.get(..EXCERPT).unwrap_or(text);
    let shown = model::name::quoted(&String::from_utf8_lossy(cut));
    if cut.len() < text.len() {
        format!("{shown}...")
    } else {
        shown
    }
}
