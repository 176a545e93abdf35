//! The operators on two values.

use model::{FloatHistogram, ResetHint};

use crate::ast::{Binary, BinaryOp, Span};
use crate::column::Cell;
use crate::eval::Context;
use crate::histogram::merge::{Incompatible, Reconciled, add, subtract};
use crate::histogram::scale::{divide, equal, multiply};
use crate::histogram::trim::{Side, trim};
use crate::notes::{Doubt, Operation};

/// The result of an arithmetic operator; of a comparison, the left number.
pub(super) fn value(op: BinaryOp, left: f64, right: f64) -> f64 {
    match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left * right,
        BinaryOp::Div => left / right,
        BinaryOp::Mod => left % right,
        BinaryOp::Pow => left.powf(right),
        BinaryOp::Atan2 => left.atan2(right),
        _ => left,
    }
}

/// Whether a comparison holds; true of any other operator.
pub(super) fn holds(op: BinaryOp, left: f64, right: f64) -> bool {
    match op {
        BinaryOp::Equal => left == right,
        BinaryOp::NotEqual => left != right,
        BinaryOp::Greater => left > right,
        BinaryOp::Less => left < right,
        BinaryOp::GreaterOrEqual => left >= right,
        BinaryOp::LessOrEqual => left <= right,
        _ => true,
    }
}

/// 1 or 0.
pub(super) fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// An operator with what is needed to say what is wrong with its operands.
#[derive(Clone, Copy)]
pub(super) struct Operator<'o> {
    context: &'o Context<'o>,
    op: BinaryOp,
    span: Span,
}

impl<'o> Operator<'o> {
    pub(super) fn of(context: &'o Context<'o>, binary: &Binary) -> Self {
        Self {
            context,
            op: binary.op,
            span: binary.left.span,
        }
    }

    /// The result, of a comparison the left value, and whether a comparison holds. None, and a
    /// note, where the operator is not defined for these operands.
    pub(super) fn apply(&self, left: &Cell, right: &Cell) -> Option<(Cell, bool)> {
        let always = |histogram| Some((Cell::histogram(histogram), true));
        match (left, right) {
            (Cell::Number(left), Cell::Number(right)) if !self.op.is_trim() => {
                let result = Cell::Number(value(self.op, *left, *right));
                Some((result, holds(self.op, *left, *right)))
            }
            (Cell::Number(factor), Cell::Histogram(histogram)) if self.op == BinaryOp::Mul => {
                always(scaled(histogram, *factor, multiply))
            }
            (Cell::Histogram(histogram), Cell::Number(number)) => match self.op {
                BinaryOp::Mul => always(scaled(histogram, *number, multiply)),
                BinaryOp::Div => always(scaled(histogram, *number, divide)),
                BinaryOp::TrimUpper => always(trim(histogram, *number, Side::Below)),
                BinaryOp::TrimLower => always(trim(histogram, *number, Side::Above)),
                _ => self.refuse(left, right),
            },
            (Cell::Histogram(a), Cell::Histogram(b)) => match self.op {
                BinaryOp::Add => always(self.told(add(a, b), Operation::Addition)?),
                BinaryOp::Sub => {
                    let mut result = self.told(subtract(a, b), Operation::Subtraction)?;
                    result.hint = ResetHint::Gauge;
                    always(result)
                }
                BinaryOp::Equal => Some((left.clone(), equal(a, b))),
                BinaryOp::NotEqual => Some((left.clone(), !equal(a, b))),
                _ => self.refuse(left, right),
            },
            _ => self.refuse(left, right),
        }
    }

    fn refuse(&self, left: &Cell, right: &Cell) -> Option<(Cell, bool)> {
        let op = self.op.as_str();
        let text = format!(
            "incompatible sample types encountered for binary operator {}: {} {op} {}",
            model::name::quoted(op),
            left.kind(),
            right.kind(),
        );
        self.context.info(self.span, &text);
        None
    }

    fn told(
        &self,
        outcome: Result<(FloatHistogram, Reconciled), Incompatible>,
        operation: Operation,
    ) -> Option<FloatHistogram> {
        let Ok((result, reconciled)) = outcome else {
            let text = format!(
                "incompatible bucket layout encountered for binary operator {}",
                self.op.as_str()
            );
            self.context.warn(self.span, &text);
            return None;
        };
        if reconciled.hints {
            self.context
                .note(self.span, Doubt::HintCollision(operation), "");
        }
        if reconciled.bounds {
            self.context
                .note(self.span, Doubt::Reconciled(operation), "");
        }
        Some(result)
    }
}

fn scaled(
    histogram: &FloatHistogram,
    number: f64,
    change: fn(&mut FloatHistogram, f64),
) -> FloatHistogram {
    let mut result = histogram.clone();
    change(&mut result, number);
    result
}
