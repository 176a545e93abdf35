//! Fields and methods of values.

use super::evaluate::Given;
use super::{Executed, MissingKey, Place, Run};
use crate::quote::quoted;
use crate::syntax::Operand;
use crate::time::{DURATION_METHODS, TIME_METHODS, call_duration, call_time};
use crate::value::{Element, Shape, Signature, Value};

/// What every number with a name can do.
const CALENDAR_METHODS: &[Signature] = &[Signature::new("String", &[])];

impl<'t> Run<'t> {
    /// `.A.B.C` of a value; the last of them gets what is given.
    pub(super) fn chain(
        &mut self,
        from: Value,
        operand: &'t Operand,
        names: &'t [String],
        given: Given<'_, 't>,
    ) -> Executed<Value> {
        let Some((last, before)) = names.split_last() else {
            return Ok(from);
        };
        self.boxed = false;
        let none = Given::nothing(given.dot);
        let mut value = from;
        for name in before {
            value = self.field(value, name, operand, none)?;
        }
        self.field(value, last, operand, given)
    }

    fn field(
        &mut self,
        from: Value,
        name: &'t str,
        operand: &'t Operand,
        given: Given<'_, 't>,
    ) -> Executed<Value> {
        self.step()?;
        let boxed = std::mem::take(&mut self.boxed);
        if matches!(from, Value::Nil) {
            if boxed {
                return self.fail(format!("nil pointer evaluating interface {{}}.{name}"));
            }
            return match self.missing_key {
                MissingKey::Error => {
                    self.fail(format!("nil data; no entry for key {}", quoted(name)))
                }
                _ => Ok(Value::Nil),
            };
        }
        if let Some(signature) = methods(&from).iter().find(|method| method.name == name) {
            let arguments = self.arguments(signature, given)?;
            let result = call(&from, name, &arguments);
            return self.called(name, Place::Operand(operand), result);
        }
        if let Value::Object(object) = &from
            && let Shape::Struct(fields) = object.shape()
            && let Some(field) = fields.iter().find(|field| field.name == name)
        {
            if !given.is_empty() {
                let what = "has arguments but cannot be invoked as function";
                return self.fail(format!("{name} {what}"));
            }
            return Ok(field.value.clone());
        }
        let Some(map) = from.as_map() else {
            let of = if boxed {
                "interface {}".to_owned()
            } else {
                from.type_name()
            };
            return self.fail(format!("can't evaluate field {name} in type {of}"));
        };
        if !given.is_empty() {
            return self.fail(format!("{name} is not a method but has arguments"));
        }
        let found = match (map.get(name), self.missing_key) {
            (Some(value), _) => value.clone(),
            (None, MissingKey::Invalid) => return Ok(Value::Nil),
            (None, MissingKey::Zero) => map.element().zero(),
            (None, MissingKey::Error) => {
                return self.fail(format!("map has no entry for key {}", quoted(name)));
            }
        };
        self.boxed = map.element() == Element::Any;
        Ok(found)
    }
}

fn methods(value: &Value) -> &'static [Signature] {
    match value {
        Value::Time(_) => TIME_METHODS,
        Value::Duration(_) => DURATION_METHODS,
        Value::Calendar(_) => CALENDAR_METHODS,
        Value::Object(object) => object.methods(),
        _ => &[],
    }
}

fn call(value: &Value, method: &str, arguments: &[Value]) -> Result<Value, String> {
    match value {
        Value::Time(time) => call_time(time, method, arguments),
        Value::Duration(nanos) => call_duration(*nanos, method, arguments),
        Value::Calendar(day) => Ok(Value::text(day.name())),
        Value::Object(object) => object.call(method, arguments),
        _ => Err(format!("there is no method {method}")),
    }
}
