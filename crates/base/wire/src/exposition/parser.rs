//! One parser for a body of any form.

use super::{Entry, Format, Histograms, ParseError, ProtobufParser, SeriesLine, TextParser};

/// Reads a body of any form; see [`TextParser`] for what it promises.
///
/// Entries are lent: an entry is gone when the next one is asked for.
pub struct Parser<'a>(Form<'a>);

enum Form<'a> {
    Text(TextParser<'a>),
    Protobuf(Box<ProtobufParser<'a>>),
}

impl<'a> Parser<'a> {
    /// A parser at the beginning of a body that tells no native histograms.
    pub fn new(body: &'a [u8], format: Format) -> Self {
        Self::with_histograms(body, format, Histograms::Classic)
    }

    /// A parser at the beginning of a body. Only protobuf has native histograms.
    pub fn with_histograms(body: &'a [u8], format: Format, histograms: Histograms) -> Self {
        Self(match format {
            Format::Protobuf => Form::Protobuf(Box::new(ProtobufParser::new(body, histograms))),
            text => Form::Text(TextParser::new(body, text)),
        })
    }

    /// The next entry; `None` at the end, and after an error. See [`TextParser::next`].
    ///
    /// # Errors
    /// What does not keep to the form.
    #[expect(
        clippy::should_implement_trait,
        reason = "entries are lent, one at a time"
    )]
    pub fn next(&mut self) -> Option<Result<Entry<'_>, ParseError>> {
        match &mut self.0 {
            Form::Text(parser) => parser.next(),
            Form::Protobuf(parser) => parser.next(),
        }
    }

    /// Takes the next sample where its series is a known one. See [`TextParser::next_if_known`].
    ///
    /// # Errors
    /// Where the line goes on with something else than a value.
    #[inline]
    pub fn next_if_known(
        &mut self,
        length: usize,
        known: impl FnOnce(&[u8]) -> bool,
    ) -> Option<Result<SeriesLine<'_>, ParseError>> {
        match &mut self.0 {
            Form::Text(parser) => parser.next_if_known(length, known),
            Form::Protobuf(parser) => parser.next_if_known(known).map(Ok),
        }
    }

    /// Where the next line begins in the body; `None` of protobuf.
    #[inline]
    pub fn place(&self) -> Option<usize> {
        match &self.0 {
            Form::Text(parser) => Some(parser.place()),
            Form::Protobuf(_) => None,
        }
    }

    /// The same where the next line can be no sample: it begins with `#` or is empty.
    #[inline]
    pub fn comment_at(&self) -> Option<usize> {
        match &self.0 {
            Form::Text(parser) => parser.comment_at(),
            Form::Protobuf(_) => None,
        }
    }

    /// Passes whole lines unread. See [`TextParser::pass_comments`]; of protobuf nothing moves.
    #[inline]
    pub fn pass_comments(&mut self, length: usize, known: impl FnOnce(&[u8]) -> bool) -> bool {
        match &mut self.0 {
            Form::Text(parser) => parser.pass_comments(length, known),
            Form::Protobuf(_) => false,
        }
    }

    /// The line that was read last, from 1; of protobuf the number of the family.
    pub fn line(&self) -> usize {
        match &self.0 {
            Form::Text(parser) => parser.line(),
            Form::Protobuf(parser) => parser.line(),
        }
    }
}
