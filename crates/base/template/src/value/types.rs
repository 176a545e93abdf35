//! What functions and methods take, and whether a value is that.

use super::{Element, Value};

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Anything.
    Any,
    /// A text, and no other kind of text.
    Text,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A list of texts.
    Texts,
    /// A list of anything.
    List,
    /// A moment.
    Time,
    /// A span of time.
    Duration,
    /// A thing of this type, which may be absent.
    Object(&'static str),
}

/// A function's or method's name and arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name in templates.
    pub name: &'static str,
    /// What it takes.
    pub params: &'static [Type],
    /// What it takes any number of, behind the others.
    pub rest: Option<Type>,
}

impl Signature {
    /// A function of a fixed number of arguments.
    pub const fn new(name: &'static str, params: &'static [Type]) -> Self {
        Self {
            name,
            params,
            rest: None,
        }
    }

    /// A function that takes any number of arguments behind the fixed ones.
    pub const fn variadic(name: &'static str, params: &'static [Type], rest: Type) -> Self {
        Self {
            name,
            params,
            rest: Some(rest),
        }
    }

    /// What the argument at a place must be.
    pub(crate) fn param(&self, place: usize) -> Type {
        self.params
            .get(place)
            .copied()
            .or(self.rest)
            .unwrap_or(Type::Any)
    }
}

impl Type {
    /// The type as Go names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Text => "string",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float64",
            Self::Texts => "[]string",
            Self::List => "[]interface {}",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Object(name) => name,
        }
    }

    /// Whether nothing may stand for it.
    pub(crate) fn may_be_nil(self) -> bool {
        matches!(self, Self::Any | Self::Texts | Self::List | Self::Object(_))
    }

    /// Whether a value that is something is of the type.
    pub(crate) fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::Text, Value::Text(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Int, Value::Int(_))
            | (Self::Float, Value::Float(_))
            | (Self::Time, Value::Time(_))
            | (Self::Duration, Value::Duration(_)) => true,
            (Self::Texts, Value::List(list)) => list.element() == Element::Text,
            (Self::List, Value::List(list)) => list.element() == Element::Any,
            (Self::Object(name), Value::Object(object)) => object.type_name() == name,
            _ => false,
        }
    }
}
