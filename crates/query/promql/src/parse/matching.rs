//! What may stand behind a binary operator: `bool`, `on (…)`, `group_left (…)`, `fill (…)`; and
//! lists of labels.

use super::error::{Fault, Parsed};
use super::expression::Parser;
use super::token::{Keyword, Kind};
use crate::ast::{BinaryOp, Cardinality, Matching};

const CONTEXT: &str = "grouping opts";

impl Parser<'_> {
    /// All modifiers of an operator.
    pub(super) fn matching(&mut self) -> Parsed<(bool, Matching)> {
        let return_bool = self.take(Kind::Keyword(Keyword::Bool)).is_some();
        let mut matching = Matching {
            cardinality: Cardinality::OneToOne,
            labels: Vec::new(),
            on: false,
            include: Vec::new(),
            fill_left: None,
            fill_right: None,
        };
        let keyword = self.token.kind;
        if let Kind::Keyword(Keyword::On | Keyword::Ignoring) = keyword {
            self.advance();
            matching.on = keyword == Kind::Keyword(Keyword::On);
            matching.labels = self.labels()?;
            self.group(&mut matching)?;
        }
        self.fill(&mut matching)?;
        Ok((return_bool, matching))
    }

    fn group(&mut self, matching: &mut Matching) -> Parsed<()> {
        matching.cardinality = match self.token.kind {
            Kind::Keyword(Keyword::GroupLeft) => Cardinality::ManyToOne,
            Kind::Keyword(Keyword::GroupRight) => Cardinality::OneToMany,
            _ => return Ok(()),
        };
        self.advance();
        if self.token.kind == Kind::LeftParen {
            matching.include = self.labels()?;
        }
        Ok(())
    }

    /// `fill (v)`, or `fill_left (v)` and `fill_right (v)` in either order.
    fn fill(&mut self, matching: &mut Matching) -> Parsed<()> {
        while let Kind::Keyword(keyword) = self.token.kind
            && keyword.is_fill()
        {
            let left = keyword != Keyword::FillRight;
            let right = keyword != Keyword::FillLeft;
            if left && matching.fill_left.is_some() || right && matching.fill_right.is_some() {
                return Err(self.unexpected());
            }
            self.advance();
            self.take(Kind::LeftParen)
                .ok_or_else(|| self.unexpected())?;
            let value = self.signed_number()?;
            self.take(Kind::RightParen)
                .ok_or_else(|| self.unexpected())?;
            if left {
                matching.fill_left = Some(value);
            }
            if right {
                matching.fill_right = Some(value);
            }
        }
        Ok(())
    }

    /// A number that may have a sign.
    pub(super) fn signed_number(&mut self) -> Parsed<f64> {
        let negative = match self.token.kind {
            Kind::Operator(BinaryOp::Sub) => true,
            Kind::Operator(BinaryOp::Add) => false,
            _ => return self.number().map(|(value, _)| value),
        };
        self.advance();
        let (value, _) = self.number()?;
        Ok(if negative { -value } else { value })
    }

    /// `(a, b, "c.d")`; a comma may stand before the closing parenthesis.
    pub(super) fn labels(&mut self) -> Parsed<Vec<String>> {
        let mut labels = Vec::new();
        self.take(Kind::LeftParen)
            .ok_or_else(|| self.unexpected_in(CONTEXT, r#""(""#))?;
        while self.take(Kind::RightParen).is_none() {
            labels.push(self.label()?);
            match self.token.kind {
                Kind::Comma => {
                    self.advance();
                }
                Kind::RightParen => {}
                _ => return Err(self.unexpected_in(CONTEXT, r#""," or ")""#)),
            }
        }
        Ok(labels)
    }

    fn label(&mut self) -> Parsed<String> {
        let token = self.token;
        let label = match token.kind {
            Kind::String => {
                let text = self.text()?;
                if !text.is_label_name() {
                    let message = format!("invalid label name for grouping: {text}");
                    return Err(Fault::new(token.span, message));
                }
                text.as_str().to_owned()
            }
            kind if kind.names_label() => {
                self.advance();
                self.word(token).to_owned()
            }
            _ => return Err(self.unexpected_in(CONTEXT, "label")),
        };
        Ok(label)
    }
}
