//! A tree and a value in, text out.
//!
//! `Set` holds templates by name, `Run` executes one: `walk` goes through nodes, `evaluate`
//! through pipelines, `access` through fields and methods; `builtin` are the functions every
//! template knows, and a [`Library`] brings the others. Texts and values go to `Output`, which
//! escapes them where it must.
//!
//! Everything an execution takes is counted: steps, depth, bytes written, bytes made.

mod access;
mod builtin;
mod evaluate;
mod index;
mod output;
mod set;
mod walk;

pub(crate) use builtin::is_builtin;
pub(crate) use output::Output;
pub use set::Set;

use crate::TemplateError;
use crate::limits::{MAX_DEPTH, MAX_MADE, MAX_STEPS};
use crate::quote::quoted;
use crate::syntax::{Command, Definition, Operand, Pipeline, TemplateCall};
use crate::value::{Signature, Value};

/// What `.name` is of a map without the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// Nothing, which prints as `<no value>`. Go's default.
    Invalid,
    /// The zero of the map's values: an empty text, or nothing where the map holds anything. What
    /// Prometheus and Alertmanager have chosen.
    #[default]
    Zero,
    /// An error.
    Error,
}

/// Functions beside the built-in ones.
pub trait Library {
    /// What a function takes, where there is one of that name.
    fn signature(&self, name: &str) -> Option<Signature>;

    /// Calls a function with arguments that fit its signature.
    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String>;
}

/// What execution is at, for errors.
#[derive(Clone, Copy)]
enum Place<'t> {
    Nowhere,
    Operand(&'t Operand),
    Pipeline(&'t Pipeline),
    Command(&'t Command),
    Call(&'t TemplateCall),
}

/// An execution that is under way.
struct Run<'t> {
    set: &'t Set,
    library: &'t dyn Library,
    missing_key: MissingKey,
    output: Output,
    /// The template that is executed.
    template: &'t Definition,
    place: Place<'t>,
    variables: Vec<(&'t str, Value)>,
    depth: usize,
    /// Whether the last value came out of a map that may hold anything: Go then knows its type
    /// only once it is used.
    boxed: bool,
    steps: u64,
    made: usize,
}

type Executed<T> = Result<T, TemplateError>;

impl<'t> Run<'t> {
    /// An error at the place execution is at.
    fn fail<T>(&self, message: impl Into<String>) -> Executed<T> {
        let source = &self.template.source;
        let (at, context) = match self.place {
            Place::Nowhere => (0, String::new()),
            Place::Operand(operand) => (operand.at, operand.to_string()),
            Place::Pipeline(pipeline) => (pipeline.at, pipeline.to_string()),
            Place::Command(command) => (command.at, command.to_string()),
            Place::Call(call) => (call.at, call.to_string()),
        };
        Err(TemplateError::Execute {
            place: source.place(at),
            template: quoted(&self.template.name),
            context,
            message: message.into(),
        })
    }

    fn or_fail<T>(&self, result: Result<T, String>) -> Executed<T> {
        result.or_else(|message| self.fail(message))
    }

    fn step(&mut self) -> Executed<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return self.fail(format!("a template may take {MAX_STEPS} steps; loop less"));
        }
        Ok(())
    }

    /// Counts a value that was made.
    fn make(&mut self, value: Value) -> Executed<Value> {
        self.made = self.made.saturating_add(value.size());
        if self.made > MAX_MADE {
            return self.fail(format!("a template may make {MAX_MADE} bytes of values"));
        }
        Ok(value)
    }

    /// One level deeper, while `inner` runs.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Executed<T>) -> Executed<T> {
        if self.depth >= MAX_DEPTH {
            return self.fail(format!("exceeded maximum template depth ({MAX_DEPTH})"));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }
}
