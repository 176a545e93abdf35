//! What may stand behind an operand: `[5m]`, `[1h:5m]`, `offset`, `@`, `anchored`, `smoothed`.

use super::error::{Fault, Parsed};
use super::expression::{Parser, Tree};
use super::token::{Keyword, Kind, Time};
use crate::ast::{
    At, BinaryOp, DurationExpr, Expr, ExprKind, MatrixSelector, RangeMode, Span, Subquery,
};

const DURATION: &str = "number, duration, step(), or range()";

/// The parts of a selector or subquery that `offset` and `@` set.
struct Modifiers<'e> {
    offset: &'e mut DurationExpr,
    at: &'e mut Option<At>,
}

/// The parts that may be set; `None` where the expression takes no modifier.
fn modifiers(expr: &mut Expr) -> Option<Modifiers<'_>> {
    let (offset, at) = match &mut expr.kind {
        ExprKind::Vector(selector) => (&mut selector.offset, &mut selector.at),
        ExprKind::Matrix(matrix) => (&mut matrix.selector.offset, &mut matrix.selector.at),
        ExprKind::Subquery(subquery) => (&mut subquery.offset, &mut subquery.at),
        _ => return None,
    };
    Some(Modifiers { offset, at })
}

impl Parser<'_> {
    /// Applies `offset`, `anchored` or `smoothed`; gives the tree back unchanged at any other
    /// keyword.
    pub(super) fn suffix(&mut self, tree: Tree, keyword: Keyword) -> Parsed<Result<Tree, Tree>> {
        match keyword {
            Keyword::Offset => self.offset(tree).map(Ok),
            Keyword::Anchored => self.mode(tree, RangeMode::Anchored).map(Ok),
            Keyword::Smoothed => self.mode(tree, RangeMode::Smoothed).map(Ok),
            _ => Ok(Err(tree)),
        }
    }

    fn offset(&mut self, mut tree: Tree) -> Parsed<Tree> {
        self.advance();
        let offset = self.duration_operand("offset", DURATION)?;
        let span = tree.expr.span;
        let Some(set) = modifiers(&mut tree.expr) else {
            let message = "offset modifier must be preceded by an instant vector selector \
                           or range vector selector or a subquery";
            return Err(Fault::new(span, message));
        };
        if *set.offset != DurationExpr::Millis(0) {
            return Err(Fault::new(span, "offset may not be set multiple times"));
        }
        *set.offset = offset;
        tree.expr.span.end = self.end;
        Ok(tree)
    }

    /// `@ 1609746000`, `@ start()`, `@ end()`.
    pub(super) fn at(&mut self, mut tree: Tree) -> Parsed<Tree> {
        self.advance();
        let span = tree.expr.span;
        let at = match self.token.kind {
            Kind::Time(time @ (Time::Start | Time::End)) => {
                self.advance();
                for kind in [Kind::LeftParen, Kind::RightParen] {
                    self.take(kind)
                        .ok_or_else(|| self.unexpected_in("@", "timestamp"))?;
                }
                match time {
                    Time::Start => At::Start,
                    _ => At::End,
                }
            }
            Kind::Number | Kind::Duration | Kind::Operator(BinaryOp::Add | BinaryOp::Sub) => {
                let sign = self.token.kind;
                if let Kind::Operator(_) = sign {
                    self.advance();
                }
                if !matches!(self.token.kind, Kind::Number | Kind::Duration) {
                    return Err(self.unexpected_in("@", "timestamp"));
                }
                let (value, _) = self.number()?;
                let negative = sign == Kind::Operator(BinaryOp::Sub);
                At::Time(timestamp(if negative { -value } else { value }, span)?)
            }
            _ => return Err(self.unexpected_in("@", "timestamp")),
        };
        let Some(set) = modifiers(&mut tree.expr) else {
            let message = "@ modifier must be preceded by an instant vector selector \
                           or range vector selector or a subquery";
            return Err(Fault::new(span, message));
        };
        if set.at.is_some() {
            return Err(Fault::new(
                span,
                "@ <timestamp> may not be set multiple times",
            ));
        }
        *set.at = Some(at);
        tree.expr.span.end = self.end;
        Ok(tree)
    }

    fn mode(&mut self, mut tree: Tree, mode: RangeMode) -> Parsed<Tree> {
        let name = mode.as_str();
        let span = tree.expr.span;
        let fault = |message: String| Err(Fault::new(span, message));
        self.advance();
        if !self.features.extended_range_selectors {
            return fault(format!("{name} modifier is experimental and not enabled"));
        }
        let set = match &mut tree.expr.kind {
            ExprKind::Vector(selector) => &mut selector.mode,
            ExprKind::Matrix(matrix) => &mut matrix.selector.mode,
            ExprKind::Subquery(_) => {
                return fault(format!("{name} modifier is not supported for subqueries"));
            }
            _ => return fault(format!("{name} modifier not implemented")),
        };
        if *set != RangeMode::Plain && *set != mode {
            let message = "anchored and smoothed modifiers cannot be used together";
            return fault(message.to_owned());
        }
        *set = mode;
        tree.expr.span.end = self.end;
        Ok(tree)
    }

    /// `[5m]` or `[1h:5m]`.
    pub(super) fn range(&mut self, tree: Tree) -> Parsed<Tree> {
        let open = self.advance();
        let range = self.bracket_duration("subquery or range selector", DURATION)?;
        match self.token.kind {
            Kind::RightBracket => {
                self.advance();
                let brackets = Span {
                    start: open.span.start,
                    end: self.end,
                };
                self.matrix(tree, range, brackets)
            }
            Kind::Colon => self.subquery(tree, range),
            _ => Err(self.unexpected_in("subquery or range", r#"":" or "]""#)),
        }
    }

    fn matrix(&self, tree: Tree, range: DurationExpr, brackets: Span) -> Parsed<Tree> {
        let fault = |message: &str| Err(Fault::new(brackets, message));
        let span = tree.expr.span;
        let ExprKind::Vector(selector) = tree.expr.kind else {
            return fault("ranges only allowed for vector selectors");
        };
        if selector.offset != DurationExpr::Millis(0) {
            return fault("no offset modifiers allowed before range");
        }
        if selector.at.is_some() {
            return fault("no @ modifiers allowed before range");
        }
        let matrix = MatrixSelector {
            selector,
            selector_span: span,
            range,
        };
        Ok(Tree {
            expr: self.node(span.start, ExprKind::Matrix(Box::new(matrix))),
            height: self.above(tree.height)?,
        })
    }

    fn subquery(&mut self, tree: Tree, range: DurationExpr) -> Parsed<Tree> {
        self.advance();
        let step = match self.token.kind {
            Kind::RightBracket => None,
            _ => {
                let expected = r#"number, duration, step(), range(), or "]""#;
                Some(self.bracket_duration("subquery selector", expected)?)
            }
        };
        self.take(Kind::RightBracket)
            .ok_or_else(|| self.unexpected_in("subquery selector", r#""]""#))?;
        let start = tree.expr.span.start;
        let subquery = Subquery {
            expr: tree.expr,
            range,
            step,
            offset: DurationExpr::Millis(0),
            at: None,
        };
        Ok(Tree {
            expr: self.node(start, ExprKind::Subquery(Box::new(subquery))),
            height: self.above(tree.height)?,
        })
    }
}

/// Milliseconds of a moment in seconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the range is checked before"
)]
fn timestamp(seconds: f64, span: Span) -> Parsed<i64> {
    if !seconds.is_finite() || seconds >= i64::MAX as f64 || seconds <= i64::MIN as f64 {
        let shown = match seconds {
            f64::INFINITY => "+Inf".to_owned(),
            f64::NEG_INFINITY => "-Inf".to_owned(),
            _ => format!("{seconds:.6}"),
        };
        let message = format!("timestamp out of bounds for @ modifier: {shown}");
        return Err(Fault::new(span, message));
    }
    Ok((seconds * 1000.0).round() as i64)
}
