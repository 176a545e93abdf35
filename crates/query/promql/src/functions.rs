//! The table of functions: name, argument types, result type.

use crate::ast::ValueType;

/// What a function takes and gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Types of its arguments. With [`Variadic::UpTo`] or [`Variadic::Any`], the last may be
    /// left out or repeated.
    pub args: &'static [ValueType],
    /// How the number of arguments may vary.
    pub variadic: Variadic,
    /// Type of its result.
    pub returns: ValueType,
    /// Whether it needs the feature `promql-experimental-functions`.
    pub experimental: bool,
}

/// How the number of a function's arguments may vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variadic {
    /// Exactly the listed ones.
    No,
    /// The last listed argument may be absent, and may be repeated so that there are this many
    /// more than the listed ones at most.
    UpTo(usize),
    /// The last listed argument may be absent or repeated at will.
    Any,
}

/// The function of a name.
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|f| f.name == name)
}

/// All functions, sorted by name.
pub static FUNCTIONS: &[Function] = &[Function {
    name: "rate",
    args: &[ValueType::Matrix],
    variadic: Variadic::No,
    returns: ValueType::Vector,
    experimental: false,
}];
