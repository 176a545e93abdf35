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

/// What is wrong with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Complaint {
    /// The operator has no meaning for these kinds of values.
    Kinds(&'static str, &'static str),
    /// The bounds of two histograms do not fit.
    Layout,
    /// There is a result, and a doubt about it.
    Doubt(Doubt),
}

/// An operator, and what it last had to complain of.
pub(super) struct Operator<'o> {
    context: &'o Context<'o>,
    op: BinaryOp,
    span: Span,
    complaint: std::cell::Cell<Option<Complaint>>,
}

impl<'o> Operator<'o> {
    pub(super) fn of(context: &'o Context<'o>, binary: &Binary) -> Self {
        Self {
            context,
            op: binary.op,
            span: binary.left.span,
            complaint: std::cell::Cell::new(None),
        }
    }

    /// What there was to complain of since this was last asked.
    pub(super) fn take_complaint(&self) -> Option<Complaint> {
        self.complaint.take()
    }

    /// Tells the asker of the query.
    pub(super) fn tell(&self, complaint: Complaint) {
        let op = self.op.as_str();
        match complaint {
            Complaint::Kinds(left, right) => {
                let quoted = model::name::quoted(op);
                let text = format!(
                    "incompatible sample types encountered for binary operator {quoted}: {left} {op} {right}"
                );
                self.context.info(self.span, &text);
            }
            Complaint::Layout => {
                let text =
                    format!("incompatible bucket layout encountered for binary operator {op}");
                self.context.warn(self.span, &text);
            }
            Complaint::Doubt(doubt) => self.context.note(self.span, doubt, ""),
        }
    }

    /// The result, of a comparison the left value, and whether a comparison holds. None, and a
    /// complaint, where the operator is not defined for these operands.
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
        self.complaint
            .set(Some(Complaint::Kinds(left.kind(), right.kind())));
        None
    }

    fn told(
        &self,
        outcome: Result<(FloatHistogram, Reconciled), Incompatible>,
        operation: Operation,
    ) -> Option<FloatHistogram> {
        let Ok((result, reconciled)) = outcome else {
            self.complaint.set(Some(Complaint::Layout));
            return None;
        };
        let doubt = match reconciled {
            Reconciled { hints: true, .. } => Doubt::HintCollision(operation),
            Reconciled { bounds: true, .. } => Doubt::Reconciled(operation),
            _ => return Some(result),
        };
        self.complaint.set(Some(Complaint::Doubt(doubt)));
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
