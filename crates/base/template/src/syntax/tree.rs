//! The tree of a template. Places are bytes from the beginning of the text.

use std::sync::Arc;

use super::Number;

/// A text and the name its errors carry.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Source {
    /// `name:line:column` of a place; lines count from 1, columns are bytes from 0.
    pub(crate) fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        let column = before.rfind('\n').map_or(at, |newline| at - newline - 1);
        format!("{}:{line}:{column}", self.name)
    }
}

/// A template: what `define` or a whole text gives.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) source: Arc<Source>,
    pub(crate) body: Vec<Node>,
}

impl Definition {
    /// Whether there is nothing in it but space.
    pub(crate) fn is_blank(&self) -> bool {
        self.body.iter().all(|node| match node {
            Node::Text(text) => text.trim().is_empty(),
            _ => false,
        })
    }
}

/// One piece of a template.
#[derive(Debug)]
pub(crate) enum Node {
    Text(Box<str>),
    Action(Pipeline),
    /// The first arm that holds, or what stands behind `else`.
    If(Vec<Arm>, Vec<Node>),
    /// The same with the dot set to what holds.
    With(Vec<Arm>, Vec<Node>),
    Range(Box<Arm>, Vec<Node>),
    Call(Box<TemplateCall>),
    Break,
    Continue,
}

/// A pipeline and what is done with its value.
#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) pipeline: Pipeline,
    pub(crate) body: Vec<Node>,
}

/// `{{template "name" pipeline}}`.
#[derive(Debug)]
pub(crate) struct TemplateCall {
    pub(crate) at: usize,
    pub(crate) name: String,
    pub(crate) argument: Option<Pipeline>,
}

/// Commands, each of which gets the value of the one before.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) at: usize,
    /// `=` rather than `:=`.
    pub(crate) assigns: bool,
    /// With their `$`; one, or two in `range`.
    pub(crate) variables: Vec<String>,
    pub(crate) commands: Vec<Command>,
}

/// A word and its arguments; never empty.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) at: usize,
    pub(crate) first: Operand,
    pub(crate) arguments: Vec<Operand>,
}

/// A word.
#[derive(Debug)]
pub(crate) struct Operand {
    pub(crate) at: usize,
    pub(crate) kind: OperandKind,
}

/// What a word says.
#[derive(Debug)]
pub(crate) enum OperandKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    Text {
        written: String,
        value: Arc<str>,
    },
    /// `.A.B`
    Field(Vec<String>),
    /// `$x.A.B`: the variable with its `$`, and the fields.
    Variable(String, Vec<String>),
    Function(String),
    /// `(…).A.B`
    Chain(Box<Operand>, Vec<String>),
    /// `(…)`
    Pipeline(Pipeline),
}
