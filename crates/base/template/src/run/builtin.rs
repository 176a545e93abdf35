//! The functions that every template knows.

use std::borrow::Cow;

use super::index::{index, len, slice};
use crate::html::{push_html_plain, push_js_plain};
use crate::print::{sprint, sprintf, sprintln};
use crate::text::query_escape;
use crate::value::{Order, Signature, Type, Value, equal, order};

const ANY: &[Type] = &[Type::Any];
const TWO: &[Type] = &[Type::Any, Type::Any];

/// All of them; `and` and `or` are executed elsewhere, since they do not look at all arguments.
const FUNCTIONS: [Signature; 19] = [
    Signature::variadic("and", ANY, Type::Any),
    Signature::variadic("or", ANY, Type::Any),
    Signature::new("not", ANY),
    Signature::variadic("eq", ANY, Type::Any),
    Signature::new("ne", TWO),
    Signature::new("lt", TWO),
    Signature::new("le", TWO),
    Signature::new("gt", TWO),
    Signature::new("ge", TWO),
    Signature::new("len", ANY),
    Signature::variadic("index", ANY, Type::Any),
    Signature::variadic("slice", ANY, Type::Any),
    Signature::variadic("print", &[], Type::Any),
    Signature::variadic("println", &[], Type::Any),
    Signature::variadic("printf", &[Type::Text], Type::Any),
    Signature::variadic("html", &[], Type::Any),
    Signature::variadic("js", &[], Type::Any),
    Signature::variadic("urlquery", &[], Type::Any),
    Signature::variadic("call", ANY, Type::Any),
];

pub(super) fn signature(name: &str) -> Option<Signature> {
    FUNCTIONS
        .iter()
        .find(|function| function.name == name)
        .copied()
}

/// Whether there is a function of that name.
pub(crate) fn is_builtin(name: &str) -> bool {
    signature(name).is_some()
}

/// Calls a function with arguments that fit its signature.
pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    match (name, arguments) {
        ("not", [value]) => Ok(Value::Bool(!value.truth())),
        ("len", [value]) => len(value),
        ("index", [from, keys @ ..]) => index(from, keys),
        ("slice", [from, keys @ ..]) => slice(from, keys),
        ("print", _) => sprint(arguments).map(Value::text),
        ("println", _) => sprintln(arguments).map(Value::text),
        ("printf", [Value::Text(format), values @ ..]) => sprintf(format, values).map(Value::text),
        ("html", _) => escaped(arguments, push_html_plain),
        ("js", _) => escaped(arguments, push_js_plain),
        ("urlquery", _) => escaped(arguments, |out, text| out.push_str(&query_escape(text))),
        ("eq", [first, others @ ..]) => equal_to_any(first, others),
        ("ne", [one, other]) => Ok(Value::Bool(!equal(one, other)?)),
        ("lt" | "le" | "gt" | "ge", [one, other]) => compare(name, one, other).map(Value::Bool),
        _ => Err(format!("{name} cannot be called so")),
    }
}

fn equal_to_any(first: &Value, others: &[Value]) -> Result<Value, String> {
    if others.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    for other in others {
        if equal(first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn compare(name: &str, one: &Value, other: &Value) -> Result<bool, String> {
    // Go knows `less` only, so that nothing is less, not less or equal, and greater than what is
    // no number.
    Ok(match (order(one, other)?, name) {
        (Order::Known(order), "lt") => order.is_lt(),
        (Order::Known(order), "le") => order.is_le(),
        (Order::Known(order), "gt") => order.is_gt(),
        (Order::Known(order), _) => order.is_ge(),
        (Order::Never, "lt" | "le") => false,
        (Order::Never, _) => true,
    })
}

/// The texts of the arguments, as Go's escapers take them.
fn escaped(arguments: &[Value], push: fn(&mut String, &str)) -> Result<Value, String> {
    let text = argument_text(arguments)?;
    let mut out = String::with_capacity(text.len());
    push(&mut out, &text);
    Ok(Value::text(out))
}

/// One text as it is, all else as `print` writes it.
pub(crate) fn argument_text(arguments: &[Value]) -> Result<Cow<'_, str>, String> {
    if let [only] = arguments {
        if let Some(text) = only.as_text() {
            return Ok(Cow::Borrowed(text));
        }
        if matches!(only, Value::Nil) {
            return Ok(Cow::Borrowed("<no value>"));
        }
    }
    sprint(arguments).map(Cow::Owned)
}
