//! Binary operators.

mod joined;
mod operate;
mod scalar;
mod sets;

use crate::QueryError;
use crate::ast::{Binary, BinaryOp};
use crate::column::Steps;
use crate::eval::{Context, Evaluated};

/// Evaluates both sides and the operator.
pub(crate) fn eval(
    context: &Context<'_>,
    binary: &Binary,
    steps: &Steps,
) -> Result<Evaluated, QueryError> {
    if matches!(binary.op, BinaryOp::TrimLower | BinaryOp::TrimUpper) {
        let text = "operators </ and >/ on histograms are not available yet";
        return Err(QueryError::execution(text));
    }
    let left = context.eval(&binary.left, steps)?;
    let right = context.eval(&binary.right, steps)?;
    Ok(match (left, right) {
        (Evaluated::Scalar(left), Evaluated::Scalar(right)) => {
            Evaluated::Scalar(scalar::both(binary.op, &left, &right))
        }
        (Evaluated::Vector(vector), Evaluated::Scalar(scalar)) => Evaluated::Vector(
            scalar::with_vector(context, binary, vector, &scalar, false)?,
        ),
        (Evaluated::Scalar(scalar), Evaluated::Vector(vector)) => {
            Evaluated::Vector(scalar::with_vector(context, binary, vector, &scalar, true)?)
        }
        (Evaluated::Vector(left), Evaluated::Vector(right)) => {
            let matching = binary
                .matching
                .as_ref()
                .ok_or_else(|| QueryError::execution("binary operator without matching"))?;
            let series = if binary.op.is_set() {
                sets::eval(context, binary.op, matching, &left, &right, steps)?
            } else {
                joined::eval(context, binary, matching, &left, &right, steps)?
            };
            context.release(&left);
            context.release(&right);
            context.hold(&series)?;
            Evaluated::Vector(series)
        }
        _ => return Err(QueryError::execution("binary operator on a string")),
    })
}
