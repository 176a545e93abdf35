//! Things with fields and methods.

use super::{List, Map, Signature, Value};

/// One field of a structure.
#[derive(Clone)]
pub struct Field {
    /// Its name in templates.
    pub name: &'static str,
    /// Its name in JSON.
    pub json: &'static str,
    /// Its value.
    pub value: Value,
}

/// What a thing looks like to `range`, `index`, `len` and `print`.
pub enum Shape<'a> {
    /// Named fields, in order.
    Struct(&'a [Field]),
    /// Values in order.
    List(&'a List),
    /// Values by name.
    Map(&'a Map),
}

/// A thing with fields and methods.
pub trait Object: Send + Sync {
    /// Its type as Go names it.
    fn type_name(&self) -> &'static str;

    /// What it looks like.
    fn shape(&self) -> Shape<'_>;

    /// Its methods.
    fn methods(&self) -> &'static [Signature] {
        &[]
    }

    /// Calls one of its methods with arguments that fit the method's signature.
    fn call(&self, method: &str, _arguments: &[Value]) -> Result<Value, String> {
        Err(format!("there is no method {method}"))
    }

    /// The text it prints as, where it says so itself.
    fn text(&self) -> Option<String> {
        None
    }
}
