//! What is wrong with a query's text.

use thiserror::Error;

use crate::ast::Span;

/// A text that is no query. The wording is upstream's, for clients and their users know it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Something at a place of the text.
    #[error("{line}:{column}: parse error: {message}")]
    At {
        /// Line, from one.
        line: usize,
        /// Column in bytes, from one.
        column: usize,
        /// Bytes of the text.
        span: Span,
        /// What is wrong.
        message: String,
    },
    /// Nothing at all was written.
    #[error("unknown position: parse error: no expression found in input")]
    Empty,
    /// A selector of series that every series fits.
    #[error("match[] must contain at least one non-empty matcher")]
    MatchesEverything,
}

/// A fault at a place, before line and column are known.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    /// Where.
    pub(super) span: Span,
    /// What.
    pub(super) message: String,
}

/// The result of a step of the parser.
pub(super) type Parsed<T> = Result<T, Fault>;

impl Fault {
    /// A fault at a place.
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }

    /// The error a user sees.
    pub(super) fn locate(self, text: &str) -> ParseError {
        if text.is_empty() {
            return ParseError::Empty;
        }
        let start = self.span.start.min(text.len());
        let before = text.as_bytes().get(..start).unwrap_or_default();
        let line_start = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        ParseError::At {
            line: 1 + before.iter().filter(|b| **b == b'\n').count(),
            column: 1 + start - line_start,
            span: self.span,
            message: self.message,
        }
    }
}
