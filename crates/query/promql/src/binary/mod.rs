//! Binary operators.

mod joined;
mod operate;
mod scalar;
mod sets;

use crate::QueryError;
use crate::ast::Binary;
use crate::column::Steps;
use crate::eval::{Context, Evaluated, Reading};

/// Evaluates both sides and the operator.
pub(crate) fn eval(
    context: &Context<'_>,
    binary: &Binary,
    steps: &Steps,
) -> Result<Evaluated, QueryError> {
    let sides = || {
        let left = context.eval(&binary.left, steps)?;
        Ok::<_, QueryError>((left, context.eval(&binary.right, steps)?))
    };
    let (left, right) = if binary.op.is_trim() {
        context.reading_as(Reading::Whole, sides)?
    } else {
        sides()?
    };
    Ok(match (left, right) {
        (Evaluated::Scalar(_), Evaluated::Scalar(_)) if binary.op.is_trim() => {
            let op = model::name::quoted(binary.op.as_str());
            let text = format!("operator {op} not allowed for Scalar operations");
            return Err(QueryError::execution(text));
        }
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
            let mut series = if binary.op.is_set() {
                sets::eval(context, binary.op, matching, &left, &right, steps)?
            } else {
                joined::eval(context, binary, matching, &left, &right, steps)?
            };
            context.release(&left);
            context.release(&right);
            context.hold(&mut series)?;
            Evaluated::Vector(series)
        }
        _ => return Err(QueryError::execution("binary operator on a string")),
    })
}
