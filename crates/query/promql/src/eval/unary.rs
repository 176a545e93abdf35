//! Signs.

use super::{Context, Evaluated};
use crate::QueryError;
use crate::ast::Expr;
use crate::column::{Steps, is_present, merge_same_labels};

impl Context<'_> {
    pub(super) fn unary(
        &self,
        negative: bool,
        operand: &Expr,
        steps: &Steps,
    ) -> Result<Evaluated, QueryError> {
        let value = self.eval(operand, steps)?;
        if !negative {
            return Ok(value);
        }
        Ok(match value {
            Evaluated::Scalar(values) => Evaluated::Scalar(values.iter().map(|v| -v).collect()),
            Evaluated::String(text) => Evaluated::String(text),
            Evaluated::Vector(mut series) => {
                for one in &mut series {
                    let labels = std::mem::take(&mut one.labels);
                    (one.labels, one.drop_name) = self.derived(labels);
                    for value in one.values.iter_mut().filter(|v| is_present(**v)) {
                        *value = -*value;
                    }
                }
                Evaluated::Vector(merge_same_labels(series)?)
            }
        })
    }
}
