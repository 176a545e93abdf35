//! Selectors of series: `metric{label="value", …}`.

use model::{METRIC_NAME, MatchOp, Matcher};

use super::error::{Fault, Parsed};
use super::expression::Parser;
use super::token::{Kind, Token};
use crate::ast::{BinaryOp, DurationExpr, RangeMode, Span, VectorSelector};

const CONTEXT: &str = "label matching";

impl Parser<'_> {
    /// A selector; the next word is its name or brace.
    pub(super) fn vector_selector(&mut self) -> Parsed<VectorSelector> {
        let name = (self.token.kind != Kind::LeftBrace).then(|| self.advance());
        self.selector_named(name)
    }

    /// The rest of a selector whose name, if any, has been taken.
    pub(super) fn selector_named(&mut self, name: Option<Token>) -> Parsed<VectorSelector> {
        let name = name.map(|token| self.word(token).to_owned());
        let mut matchers = Vec::new();
        if self.take(Kind::LeftBrace).is_some() {
            self.matchers(&mut matchers)?;
        }
        if let Some(name) = &name {
            matchers.push(Matcher::equal(METRIC_NAME, name));
        }
        Ok(VectorSelector {
            name,
            matchers,
            offset: DurationExpr::Millis(0),
            at: None,
            mode: RangeMode::Plain,
        })
    }

    /// What stands in the braces, up to the closing one; a comma may stand before it.
    fn matchers(&mut self, matchers: &mut Vec<Matcher>) -> Parsed<()> {
        while self.take(Kind::RightBrace).is_none() {
            matchers.push(self.matcher()?);
            match self.token.kind {
                Kind::Comma => {
                    self.advance();
                }
                Kind::RightBrace => {}
                _ => return Err(self.unexpected_in(CONTEXT, r#""," or "}""#)),
            }
        }
        Ok(())
    }

    fn matcher(&mut self) -> Parsed<Matcher> {
        let start = self.token.span.start;
        let (name, quoted) = match self.token.kind {
            Kind::Identifier => {
                let token = self.advance();
                (self.word(token).to_owned(), false)
            }
            Kind::String => (self.string()?, true),
            _ => return Err(self.unexpected_in(CONTEXT, r#"identifier or "}""#)),
        };
        let op = match self.token.kind {
            Kind::Assign => MatchOp::Equal,
            Kind::Operator(BinaryOp::NotEqual) => MatchOp::NotEqual,
            Kind::Regex => MatchOp::Regex,
            Kind::NotRegex => MatchOp::NotRegex,
            // A quoted text alone is the metric's name.
            _ if quoted => return Ok(Matcher::equal(METRIC_NAME, &name)),
            _ => return Err(self.unexpected_in(CONTEXT, "label matching operator")),
        };
        self.advance();
        if self.token.kind != Kind::String {
            return Err(self.unexpected_in(CONTEXT, "string"));
        }
        let value = self.string()?;
        Matcher::new(&name, op, &value).map_err(|error| {
            let span = Span {
                start,
                end: self.end,
            };
            Fault::new(span, error.to_string())
        })
    }
}
