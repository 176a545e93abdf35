//! Durations that are expressions: computed in seconds, answered in milliseconds.

use super::Context;
use crate::QueryError;
use crate::ast::{At, DurationExpr, DurationOp};

impl Context<'_> {
    /// A duration in milliseconds.
    pub(crate) fn duration(&self, expr: &DurationExpr) -> Result<i64, QueryError> {
        if let DurationExpr::Millis(millis) = expr {
            return Ok(*millis);
        }
        let millis = (self.seconds(expr)? * 1000.0).round();
        if millis.is_finite() && millis.abs() < i64::MAX as f64 {
            Ok(millis as i64)
        } else {
            Err(QueryError::execution("duration out of range"))
        }
    }

    /// A duration that must be longer than nothing.
    pub(crate) fn positive(&self, expr: &DurationExpr) -> Result<i64, QueryError> {
        match self.duration(expr)? {
            millis if millis > 0 => Ok(millis),
            _ => Err(QueryError::execution("duration must be greater than 0")),
        }
    }

    /// The moment `@` fixes.
    pub(crate) fn fixed(&self, at: Option<At>) -> Option<i64> {
        at.map(|at| match at {
            At::Time(time) => time,
            At::Start => self.start,
            At::End => self.end,
        })
    }

    fn seconds(&self, expr: &DurationExpr) -> Result<f64, QueryError> {
        Ok(match expr {
            DurationExpr::Millis(millis) => *millis as f64 / 1000.0,
            DurationExpr::Number(number) => *number,
            DurationExpr::Step => self.interval as f64 / 1000.0,
            DurationExpr::Range => (self.end - self.start) as f64 / 1000.0,
            DurationExpr::Paren(inner) => self.seconds(inner)?,
            DurationExpr::Unary { negative, operand } => {
                let value = self.seconds(operand)?;
                if *negative { -value } else { value }
            }
            DurationExpr::Binary { op, left, right } => {
                let (left, right) = (self.seconds(left)?, self.seconds(right)?);
                match op {
                    DurationOp::Add => left + right,
                    DurationOp::Sub => left - right,
                    DurationOp::Mul => left * right,
                    DurationOp::Div if right == 0.0 => {
                        return Err(QueryError::execution("division by zero"));
                    }
                    DurationOp::Div => left / right,
                    DurationOp::Mod if right == 0.0 => {
                        return Err(QueryError::execution("modulo by zero"));
                    }
                    DurationOp::Mod => left % right,
                    DurationOp::Pow => left.powf(right),
                    DurationOp::Min => left.min(right),
                    DurationOp::Max => left.max(right),
                }
            }
        })
    }
}
