//! Sum and mean of the histograms of a group.

use crate::ast::{AggregateOp, Span};
use crate::column::{Cell, Histograms, Series};
use crate::eval::Context;
use crate::histogram::merge::Incompatible;
use crate::kernels::mixed::totals::Total;
use crate::notes::Doubt;

/// What all groups of an aggregation share.
pub(super) struct Adding<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) op: AggregateOp,
    /// Where the aggregated expression stands, for notes.
    pub(super) span: Span,
}

/// What a group remembers of the histograms at one step.
#[derive(Clone, Debug)]
enum Sum {
    Nothing,
    Total(Box<Total>),
    /// Exponential and listed bounds do not add up: there is no result.
    Incompatible,
}

/// What a group remembers of its histograms; no memory where it has none.
#[derive(Clone, Debug, Default)]
pub(super) struct HistogramCells(Vec<Sum>);

impl HistogramCells {
    pub(super) fn add(&mut self, adding: &Adding<'_>, histograms: &Histograms, metric: &str) {
        for (step, histogram) in histograms.iter() {
            if self.0.len() <= step {
                self.0.resize(step + 1, Sum::Nothing);
            }
            let Some(sum) = self.0.get_mut(step) else {
                continue;
            };
            match sum {
                Sum::Nothing => {
                    let mean = adding.op == AggregateOp::Avg;
                    *sum = Sum::Total(Box::new(Total::starting(histogram, mean)));
                }
                Sum::Total(total) => {
                    if let Err(Incompatible) = total.add(histogram) {
                        adding
                            .context
                            .note(adding.span, Doubt::MixedSchemas, metric);
                        *sum = Sum::Incompatible;
                    }
                }
                Sum::Incompatible => {}
            }
        }
    }

    /// Puts the sums beside the numbers. A step with both has no result.
    pub(super) fn finish(self, adding: &Adding<'_>, one: &mut Series) {
        let note = |doubt| adding.context.note(adding.span, doubt, "");
        for (step, sum) in self.0.into_iter().enumerate() {
            if matches!(sum, Sum::Nothing) {
                continue;
            }
            if one.has(step) {
                note(Doubt::MixedAggregation);
                one.clear(step);
                continue;
            }
            if let Sum::Total(total) = sum {
                total.doubts().for_each(note);
                one.set(step, Cell::histogram(total.finish()));
            }
        }
    }
}
