//! Pipelines, commands, words: values out of a tree.

use super::{Executed, Place, Run};
use crate::limits::{CALL_STEPS, MAX_STEPS, STEP_BYTES};
use crate::quote::quoted;
use crate::syntax::{Command, Number, Operand, OperandKind, Pipeline};
use crate::value::{Markup, Signature, Type, Value};

/// The arguments of a call that are written behind it, and the value that comes from the command
/// before it in the pipeline.
#[derive(Clone, Copy)]
pub(super) struct Given<'a, 't> {
    pub(super) dot: &'a Value,
    pub(super) written: &'t [Operand],
    pub(super) piped: Option<&'a Value>,
    /// The command it is all of.
    pub(super) command: Option<&'t Command>,
}

impl<'a, 't> Given<'a, 't> {
    /// Nothing is given.
    pub(super) fn nothing(dot: &'a Value) -> Self {
        Self {
            dot,
            written: &[],
            piped: None,
            command: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.written.is_empty() && self.piped.is_none()
    }
}

impl<'t> Run<'t> {
    /// The value of a pipeline; sets the variables it declares.
    pub(super) fn pipeline(&mut self, dot: &Value, pipeline: &'t Pipeline) -> Executed<Value> {
        self.place = Place::Pipeline(pipeline);
        let mut value = None;
        for command in &pipeline.commands {
            value = Some(self.command(dot, command, value.as_ref())?);
        }
        let value = value.unwrap_or(Value::Nil);
        for variable in &pipeline.variables {
            if pipeline.assigns {
                self.assign(variable, value.clone())?;
            } else {
                self.variables.push((variable, value.clone()));
            }
        }
        Ok(value)
    }

    pub(super) fn assign(&mut self, name: &str, value: Value) -> Executed<()> {
        match self
            .variables
            .iter_mut()
            .rev()
            .find(|(known, _)| *known == name)
        {
            Some(variable) => {
                variable.1 = value;
                Ok(())
            }
            None => self.fail(format!("undefined variable: {name}")),
        }
    }

    fn variable(&self, name: &str) -> Executed<Value> {
        match self
            .variables
            .iter()
            .rev()
            .find(|(known, _)| *known == name)
        {
            Some((_, value)) => Ok(value.clone()),
            None => self.fail(format!("undefined variable: {name}")),
        }
    }

    fn command(
        &mut self,
        dot: &Value,
        command: &'t Command,
        piped: Option<&Value>,
    ) -> Executed<Value> {
        let given = Given {
            dot,
            written: &command.arguments,
            piped,
            command: Some(command),
        };
        match &command.first.kind {
            OperandKind::Nil => {
                self.place = Place::Operand(&command.first);
                self.only_value(&command.first, given)?;
                self.fail("nil is not a command")
            }
            _ => self.word(&command.first, given),
        }
    }

    /// What is no function takes no arguments.
    fn only_value(&self, operand: &Operand, given: Given<'_, 't>) -> Executed<()> {
        if given.is_empty() {
            return Ok(());
        }
        let shown = match &operand.kind {
            OperandKind::Pipeline(pipeline) => pipeline.to_string(),
            _ => operand.to_string(),
        };
        self.fail(format!("can't give argument to non-function {shown}"))
    }

    /// The value of a word with what is given to it.
    fn word(&mut self, operand: &'t Operand, given: Given<'_, 't>) -> Executed<Value> {
        self.step()?;
        self.boxed = false;
        match &operand.kind {
            OperandKind::Pipeline(pipeline) => {
                self.only_value(operand, given)?;
                return self.deeper(|run| run.pipeline(given.dot, pipeline));
            }
            _ => self.place = Place::Operand(operand),
        }
        match &operand.kind {
            OperandKind::Field(names) => self.chain(given.dot.clone(), operand, names, given),
            OperandKind::Variable(name, names) => {
                let value = self.variable(name)?;
                if names.is_empty() {
                    self.only_value(operand, given)?;
                    return Ok(value);
                }
                self.chain(value, operand, names, given)
            }
            OperandKind::Chain(inner, names) => {
                if matches!(inner.kind, OperandKind::Nil) {
                    return self.fail(format!("indirection through explicit nil in {operand}"));
                }
                let none = Given::nothing(given.dot);
                let value = self.word(inner, none)?;
                self.chain(value, operand, names, given)
            }
            OperandKind::Function(name) => self.function(name, operand, given),
            kind => {
                self.only_value(operand, given)?;
                self.constant(given.dot, kind)
            }
        }
    }

    fn constant(&self, dot: &Value, kind: &OperandKind) -> Executed<Value> {
        Ok(match kind {
            OperandKind::Bool(value) => Value::Bool(*value),
            OperandKind::Number(number) => match untyped(number) {
                Some(value) => value,
                None => return self.fail(format!("{} overflows int", number.written)),
            },
            OperandKind::Text { value, .. } => Value::Text(value.clone()),
            OperandKind::Dot => dot.clone(),
            _ => Value::Nil,
        })
    }

    /// An argument that must be of a type.
    fn argument(&mut self, dot: &Value, operand: &'t Operand, wanted: Type) -> Executed<Value> {
        if !matches!(operand.kind, OperandKind::Pipeline(_)) {
            self.place = Place::Operand(operand);
        }
        let value = match (&operand.kind, wanted) {
            (OperandKind::Nil, _) => {
                if !wanted.may_be_nil() {
                    return self.fail(format!("cannot assign nil to {}", wanted.name()));
                }
                return Ok(Value::Nil);
            }
            (OperandKind::Bool(_), Type::Any | Type::Bool)
            | (OperandKind::Text { .. }, Type::Any | Type::Text)
            | (OperandKind::Number(_), Type::Any) => return self.constant(dot, &operand.kind),
            (OperandKind::Number(number), Type::Float) => return Ok(Value::Float(number.float)),
            (OperandKind::Number(number), Type::Int | Type::Duration) => {
                return match (number.integer, wanted) {
                    (Some(whole), Type::Int) => Ok(Value::Int(whole)),
                    (Some(nanos), _) => Ok(Value::Duration(nanos)),
                    (None, _) => self.fail(format!("expected integer; found {operand}")),
                };
            }
            (OperandKind::Bool(_) | OperandKind::Text { .. } | OperandKind::Number(_), _) => {
                let expected = match wanted {
                    Type::Bool => "bool",
                    Type::Text => "string",
                    Type::Int | Type::Duration => "integer",
                    Type::Float => "float",
                    other => {
                        let name = other.name();
                        return self.fail(format!("can't handle {operand} for arg of type {name}"));
                    }
                };
                return self.fail(format!("expected {expected}; found {operand}"));
            }
            _ => self.word(operand, Given::nothing(dot))?,
        };
        if self.boxed && wanted != Type::Any && matches!(value, Value::Nil) {
            let wanted = wanted.name();
            let what = "wrong type for value; expected";
            return self.fail(format!("{what} {wanted}; got interface {{}}"));
        }
        self.checked(value, wanted)
    }

    /// A value that must be of a type.
    fn checked(&self, value: Value, wanted: Type) -> Executed<Value> {
        match value {
            Value::Nil if wanted.may_be_nil() => Ok(Value::Nil),
            Value::Nil => self.fail(format!("invalid value; expected {}", wanted.name())),
            value if wanted.takes(&value) => Ok(value),
            value => {
                let (wanted, got) = (wanted.name(), value.type_name());
                self.fail(format!(
                    "wrong type for value; expected {wanted}; got {got}"
                ))
            }
        }
    }

    /// The arguments of a call, checked against what it takes.
    pub(super) fn arguments(
        &mut self,
        signature: &Signature,
        given: Given<'_, 't>,
    ) -> Executed<Vec<Value>> {
        let Signature { name, params, rest } = *signature;
        let got = given.written.len() + usize::from(given.piped.is_some());
        if rest.is_some() && got < params.len() {
            let (want, got) = (params.len(), given.written.len());
            let what = format!("wrong number of args for {name}: want at least {want} got {got}");
            return self.fail(what);
        }
        if rest.is_none() && got != params.len() {
            let want = params.len();
            return self.fail(format!(
                "wrong number of args for {name}: want {want} got {got}"
            ));
        }
        let mut values = Vec::with_capacity(got);
        for (place, operand) in given.written.iter().enumerate() {
            values.push(self.argument(given.dot, operand, signature.param(place))?);
        }
        if let Some(piped) = given.piped {
            let wanted = signature.param(given.written.len());
            values.push(self.checked(piped.clone(), wanted)?);
        }
        Ok(values)
    }

    fn function(
        &mut self,
        name: &'t str,
        operand: &'t Operand,
        given: Given<'_, 't>,
    ) -> Executed<Value> {
        if matches!(name, "and" | "or") && self.library.signature(name).is_none() {
            return self.and_or(name, given);
        }
        let builtin = super::builtin::signature(name);
        let Some(signature) = self.library.signature(name).or(builtin) else {
            return self.fail(format!("{} is not a defined function", quoted(name)));
        };
        let arguments = self.arguments(&signature, given)?;
        self.count_call(name, &arguments)?;
        let result = match (self.library.signature(name), name) {
            (Some(_), _) => self.library.call(name, &arguments),
            (None, "call") => Err(refused_call(&arguments, given)),
            // All is escaped where it is written, and must not be twice.
            (None, "html") if self.output.escapes() => {
                super::builtin::argument_text(&arguments).map(Value::text)
            }
            (None, "urlquery") if self.output.escapes() => super::builtin::call(name, &arguments)
                .map(|url| Value::Safe(Markup::Url, url.as_text().unwrap_or("").into())),
            (None, _) => super::builtin::call(name, &arguments),
        };
        self.boxed = false;
        self.called(
            name,
            given
                .command
                .map_or(Place::Operand(operand), Place::Command),
            result,
        )
    }

    /// Counts what a call may cost.
    fn count_call(&mut self, name: &str, arguments: &[Value]) -> Executed<()> {
        let bytes: usize = arguments.iter().map(Value::size).sum();
        let foreign = self.library.signature(name).is_some();
        self.steps += u64::try_from(bytes / STEP_BYTES).unwrap_or(MAX_STEPS);
        self.steps += if foreign { CALL_STEPS } else { 0 };
        self.step()
    }

    /// The result of a call, or why there is none.
    pub(super) fn called(
        &mut self,
        name: &str,
        place: Place<'t>,
        result: Result<Value, String>,
    ) -> Executed<Value> {
        match result {
            Ok(value) => self.make(value),
            Err(message) => {
                self.place = place;
                self.fail(format!("error calling {name}: {message}"))
            }
        }
    }

    /// The first argument that decides; those behind it are not looked at.
    fn and_or(&mut self, name: &str, given: Given<'_, 't>) -> Executed<Value> {
        if given.is_empty() {
            return self.fail(format!(
                "wrong number of args for {name}: want at least 1 got 0"
            ));
        }
        let mut value = Value::Nil;
        for operand in given.written {
            value = self.argument(given.dot, operand, Type::Any)?;
            if value.truth() == (name == "or") {
                return Ok(value);
            }
        }
        Ok(given.piped.cloned().unwrap_or(value))
    }
}

/// A number where nothing says of what type it is to be; `None` where it is too large for that.
fn untyped(number: &Number) -> Option<Value> {
    match number.integer {
        _ if number.fractional => Some(Value::Float(number.float)),
        whole => whole.map(Value::Int),
    }
}

/// Values are no functions, so `call` never can.
fn refused_call(arguments: &[Value], given: Given<'_, '_>) -> String {
    let callee = given
        .written
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    match arguments.first() {
        None | Some(Value::Nil) => "call of nil".to_owned(),
        Some(other) => format!("non-function {callee} of type {}", other.type_name()),
    }
}
