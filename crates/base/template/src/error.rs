//! Why a template gave no text.

use thiserror::Error;

/// Why a template could not be read or executed. The words are Go's, since people look for them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// The text is no template.
    #[error("template: {name}:{line}: {message}")]
    Parse {
        /// The name the text was given.
        name: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// The text is longer than a template may be.
    #[error("template: {name}: the text has {size} bytes, a template may have {limit}; shorten it")]
    TooLong {
        /// The name the text was given.
        name: String,
        /// Its bytes.
        size: usize,
        /// Bytes it may have.
        limit: usize,
    },
    /// Executing failed at a place in the text.
    #[error("template: {place}: executing {template} at <{context}>: {message}")]
    Execute {
        /// `name:line:column` of the text; the column counts bytes from 0.
        place: String,
        /// The template that was executed, quoted.
        template: String,
        /// The part of the text that was executed.
        context: String,
        /// What went wrong.
        message: String,
    },
    /// There is no template of that name.
    #[error("template: no template {name:?} is defined")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A rule's text failed; in Prometheus' words.
    #[error("error {doing} template {name}: {error}")]
    Rule {
        /// `parsing` or `executing`.
        doing: &'static str,
        /// The template's name.
        name: String,
        /// Why.
        error: Box<TemplateError>,
    },
}
