//! When the samples of an expression are taken.

use crate::QueryError;
use crate::ast::{At, DurationExpr, Expr, ExprKind};
use crate::eval::Context;

/// When the samples that an expression is made of are taken: info series are looked up there.
#[derive(Default)]
pub(super) struct Moment {
    /// What `@` says, in milliseconds since the epoch.
    pub(super) fixed: Option<i64>,
    /// How long before that, or before each step.
    pub(super) offset: i64,
}

impl Moment {
    fn shift(
        &mut self,
        context: &Context<'_>,
        at: Option<At>,
        offset: &DurationExpr,
    ) -> Result<(), QueryError> {
        if let Some(time) = context.fixed(at) {
            *self = Self {
                fixed: Some(time),
                offset: 0,
            };
        }
        self.offset = self.offset.saturating_add(context.duration(offset)?);
        Ok(())
    }

    /// Goes down to the first selector; answers whether there is one.
    pub(super) fn descend(
        &mut self,
        context: &Context<'_>,
        expr: &Expr,
    ) -> Result<bool, QueryError> {
        let inner: Vec<&Expr> = match &expr.kind {
            ExprKind::Number { .. } | ExprKind::String(_) => return Ok(false),
            ExprKind::Vector(selector) => {
                self.shift(context, selector.at, &selector.offset)?;
                return Ok(true);
            }
            ExprKind::Matrix(matrix) => {
                self.shift(context, matrix.selector.at, &matrix.selector.offset)?;
                return Ok(true);
            }
            ExprKind::Subquery(subquery) => {
                self.shift(context, subquery.at, &subquery.offset)?;
                return self.descend(context, &subquery.expr);
            }
            ExprKind::Paren(inner) => vec![inner],
            ExprKind::Unary { operand, .. } => vec![operand],
            ExprKind::Binary(binary) => vec![&binary.left, &binary.right],
            ExprKind::Aggregate(aggregate) => {
                aggregate.param.iter().chain([&aggregate.expr]).collect()
            }
            ExprKind::Call(call) => call.args.iter().collect(),
        };
        for expr in inner {
            if self.descend(context, expr)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
