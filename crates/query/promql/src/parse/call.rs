//! What begins with a name: aggregations, function calls and selectors.

use super::error::{Fault, Parsed};
use super::expression::{Parser, Tree};
use super::token::{Keyword, Kind, Token};
use crate::ast::{Aggregate, AggregateOp, Call, Expr, ExprKind, Grouping, Span};
use crate::functions;

/// The arguments of a call and the height of the tallest.
struct Arguments {
    exprs: Vec<Expr>,
    height: usize,
}

impl Parser<'_> {
    /// What begins with a name that a metric may bear.
    pub(super) fn named(&mut self) -> Parsed<Tree> {
        // Only the word behind tells a metric named `sum` from the operator.
        let token = self.advance();
        match (token.kind, self.token.kind) {
            (
                Kind::Aggregate(op),
                Kind::LeftParen | Kind::Keyword(Keyword::By | Keyword::Without),
            ) => self.aggregate(op, token),
            (Kind::Identifier | Kind::Time(_), Kind::LeftParen) => self.call(token),
            _ => {
                let selector = self.selector_named(Some(token))?;
                let expr = self.node(token.span.start, ExprKind::Vector(selector));
                Ok(Tree { expr, height: 1 })
            }
        }
    }

    fn aggregate(&mut self, op: AggregateOp, name: Token) -> Parsed<Tree> {
        let start = name.span.start;
        self.aggregations += 1;
        let mut grouping = self.grouping()?;
        let arguments = self.arguments()?;
        self.aggregations -= 1;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        let span = Span {
            start,
            end: self.end,
        };
        let height = self.above(arguments.height)?;
        let (param, expr) = self.aggregated(op, span, arguments.exprs)?;
        let kind = ExprKind::Aggregate(Box::new(Aggregate {
            op,
            expr,
            param,
            grouping: grouping.unwrap_or_default(),
        }));
        let expr = Expr { kind, span };
        Ok(Tree { expr, height })
    }

    /// The parameter and what is aggregated.
    fn aggregated(
        &self,
        op: AggregateOp,
        span: Span,
        arguments: Vec<Expr>,
    ) -> Parsed<(Option<Expr>, Expr)> {
        let fault = |message: String| Err(Fault::new(span, message));
        let wanted = if op.takes_param() { 2 } else { 1 };
        let got = arguments.len();
        if got == 0 {
            return fault("no arguments for aggregate expression provided".to_owned());
        }
        if op.is_experimental() && !self.features.experimental_functions {
            return fault(format!(
                "{}() is experimental and must be enabled with \
                 --enable-feature=promql-experimental-functions",
                op.as_str()
            ));
        }
        let mut arguments = arguments.into_iter();
        match (wanted, arguments.next(), arguments.next(), arguments.next()) {
            (1, Some(expr), None, None) => Ok((None, expr)),
            (2, Some(param), Some(expr), None) => Ok((Some(param), expr)),
            _ => fault(format!(
                "wrong number of arguments for aggregate expression provided, \
                 expected {wanted}, got {got}"
            )),
        }
    }

    fn grouping(&mut self) -> Parsed<Option<Grouping>> {
        let without = match self.token.kind {
            Kind::Keyword(Keyword::By) => false,
            Kind::Keyword(Keyword::Without) => true,
            _ => return Ok(None),
        };
        self.advance();
        let labels = self.labels()?;
        Ok(Some(Grouping { without, labels }))
    }

    fn arguments(&mut self) -> Parsed<Arguments> {
        self.take(Kind::LeftParen)
            .ok_or_else(|| self.unexpected())?;
        let mut arguments = Arguments {
            exprs: Vec::new(),
            height: 0,
        };
        if self.take(Kind::RightParen).is_some() {
            return Ok(arguments);
        }
        loop {
            let Tree { expr, height } = self.nested(Self::expression)?;
            arguments.exprs.push(expr);
            arguments.height = arguments.height.max(height);
            match self.token.kind {
                Kind::RightParen => {
                    self.advance();
                    return Ok(arguments);
                }
                Kind::Comma => {
                    let comma = self.advance();
                    let kind = self.token.kind;
                    if kind != Kind::Error && !kind.begins_expression() {
                        let message = "trailing commas not allowed in function call args";
                        return Err(Fault::new(comma.span, message));
                    }
                }
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn call(&mut self, token: Token) -> Parsed<Tree> {
        let written = self.word(token);
        let arguments = self.arguments()?;
        // Words are known in any case, names of functions are not.
        let function = functions::find(written);
        let name = model::name::quoted(written);
        let Some(function) = function else {
            let message = format!("unknown function with name {name}");
            return Err(Fault::new(token.span, message));
        };
        if function.experimental && !self.features.experimental_functions {
            let message = format!("function {name} is not enabled");
            return Err(Fault::new(token.span, message));
        }
        let height = self.above(arguments.height)?;
        let call = Call {
            function,
            args: arguments.exprs,
        };
        let expr = self.node(token.span.start, ExprKind::Call(call));
        Ok(Tree { expr, height })
    }
}
