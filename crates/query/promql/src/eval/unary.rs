//! Signs.

use std::sync::Arc;

use model::FloatHistogram;

use super::{Context, Evaluated};
use crate::QueryError;
use crate::ast::Expr;
use crate::column::{Steps, is_present, merge_same_labels};
use crate::histogram::scale::negate;

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
                    self.budget.check()?;
                    let labels = std::mem::take(&mut one.labels);
                    (one.labels, one.drop_name) = self.derived(labels);
                    for value in one.values.iter_mut().filter(|v| is_present(**v)) {
                        *value = -*value;
                    }
                    let negated: Vec<_> = one
                        .histograms
                        .iter()
                        .map(|(step, histogram)| {
                            let mut histogram = FloatHistogram::clone(histogram);
                            negate(&mut histogram);
                            (step, Arc::new(histogram))
                        })
                        .collect();
                    for (step, histogram) in negated {
                        one.histograms.set(step, histogram);
                    }
                }
                Evaluated::Vector(merge_same_labels(&self.budget, series)?)
            }
        })
    }
}
