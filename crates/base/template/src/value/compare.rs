//! Which of two values is more, by Go's rules: only values of one kind are compared.

use std::cmp::Ordering;

use super::Value;
use crate::print::sprintf;

/// How two values stand to each other.
pub(crate) enum Order {
    /// One is less, or they are equal.
    Known(Ordering),
    /// One is no number.
    Never,
}

/// Kinds that can be compared; others cannot.
#[derive(PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Float,
    Text,
    Other,
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) | Value::Duration(_) | Value::Calendar(_) => Kind::Int,
        Value::Float(_) => Kind::Float,
        Value::Text(_) | Value::Safe(..) => Kind::Text,
        _ => Kind::Other,
    }
}

fn incompatible(one: &Value, other: &Value) -> String {
    let (one, other) = (one.type_name(), other.type_name());
    format!("incompatible types for comparison: {one} and {other}")
}

/// Whether two values are equal; fails where they cannot be compared.
pub(crate) fn equal(one: &Value, other: &Value) -> Result<bool, String> {
    if matches!(one, Value::Nil) || matches!(other, Value::Nil) {
        let nothing = |value: &Value| matches!(value, Value::Nil);
        return Ok(nothing(one) && nothing(other));
    }
    match (kind(one), kind(other)) {
        (Kind::Other, Kind::Other) => match (one, other) {
            (Value::Time(one), Value::Time(other)) => Ok(one == other),
            _ => {
                let shown = sprintf("%s", std::slice::from_ref(other))?;
                Err(format!(
                    "non-comparable type {shown}: {}",
                    other.type_name()
                ))
            }
        },
        (left, right) if left == right => Ok(match (one, other) {
            (Value::Bool(one), Value::Bool(other)) => one == other,
            (Value::Float(one), Value::Float(other)) => one == other,
            _ => one.as_text() == other.as_text() && one.as_integer() == other.as_integer(),
        }),
        _ => Err(incompatible(one, other)),
    }
}

/// Which of two values is more; fails where they cannot be ordered.
pub(crate) fn order(one: &Value, other: &Value) -> Result<Order, String> {
    let no_order = || Err("invalid type for comparison".to_owned());
    match (kind(one), kind(other)) {
        (Kind::Other, _) | (_, Kind::Other) | (Kind::Bool, Kind::Bool) => no_order(),
        (left, right) if left == right => Ok(match (one, other) {
            (Value::Float(one), Value::Float(other)) => {
                one.partial_cmp(other).map_or(Order::Never, Order::Known)
            }
            _ => Order::Known(
                (one.as_text(), one.as_integer()).cmp(&(other.as_text(), other.as_integer())),
            ),
        }),
        _ => Err(incompatible(one, other)),
    }
}
