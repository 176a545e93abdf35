//! Text in, tree out.
//!
//! `lex` cuts the text into tokens, `parse` and `control` make the tree of `tree`, `show` writes
//! parts of it back for the words of errors. A tree knows the place of each part in its text.
//!
//! Absent: delimiters other than `{{` and `}}`, and imaginary numbers.

mod control;
mod lex;
mod number;
mod parse;
mod show;
mod tree;

pub(crate) use number::Number;
pub(crate) use parse::parse;
pub(crate) use tree::{
    Arm, Command, Definition, Node, Operand, OperandKind, Pipeline, TemplateCall,
};
