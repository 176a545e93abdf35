//! Nodes: texts, actions, blocks, calls.

use super::{Executed, Place, Run};
use crate::print::sprint;
use crate::quote::quoted;
use crate::syntax::{Arm, Node, TemplateCall};
use crate::value::Value;

/// How a list of nodes ended.
pub(super) enum Flow {
    On,
    Break,
    Continue,
}

impl<'t> Run<'t> {
    pub(super) fn nodes(&mut self, dot: &Value, nodes: &'t [Node]) -> Executed<Flow> {
        for node in nodes {
            self.step()?;
            let flow = match node {
                Node::Text(text) => {
                    let written = self.output.text(text);
                    self.or_fail(written)?;
                    Flow::On
                }
                Node::Action(pipeline) => {
                    let value = self.pipeline(dot, pipeline)?;
                    if pipeline.variables.is_empty() {
                        let written = self.output.value(&value);
                        self.or_fail(written)?;
                    }
                    Flow::On
                }
                Node::If(arms, otherwise) => self.choose(dot, arms, otherwise, false)?,
                Node::With(arms, otherwise) => self.choose(dot, arms, otherwise, true)?,
                Node::Range(arm, otherwise) => self.range(dot, arm, otherwise)?,
                Node::Call(call) => {
                    self.call_template(dot, call)?;
                    Flow::On
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if !matches!(flow, Flow::On) {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    /// Nodes with the variables they set gone behind them.
    fn block(&mut self, dot: &Value, nodes: &'t [Node]) -> Executed<Flow> {
        let variables = self.variables.len();
        let flow = self.deeper(|run| run.nodes(dot, nodes))?;
        self.variables.truncate(variables);
        Ok(flow)
    }

    fn choose(
        &mut self,
        dot: &Value,
        arms: &'t [Arm],
        otherwise: &'t [Node],
        sets_dot: bool,
    ) -> Executed<Flow> {
        let variables = self.variables.len();
        for arm in arms {
            let value = self.pipeline(dot, &arm.pipeline)?;
            if value.truth() {
                let flow = self.block(if sets_dot { &value } else { dot }, &arm.body)?;
                self.variables.truncate(variables);
                return Ok(flow);
            }
        }
        let flow = self.block(dot, otherwise)?;
        self.variables.truncate(variables);
        Ok(flow)
    }

    fn range(&mut self, dot: &Value, arm: &'t Arm, otherwise: &'t [Node]) -> Executed<Flow> {
        let variables = self.variables.len();
        let over = self.pipeline(dot, &arm.pipeline)?;
        let mut turns = 0;
        if let Some(items) = over.as_list() {
            for (place, item) in items.iter().enumerate() {
                let place = Value::Int(i64::try_from(place).unwrap_or(i64::MAX));
                turns += 1;
                if self.turn(arm, place, item.clone())? {
                    break;
                }
            }
        } else if let Some(map) = over.as_map() {
            for (key, item) in map.iter() {
                turns += 1;
                if self.turn(arm, Value::Text(key.clone()), item.clone())? {
                    break;
                }
            }
        } else if let Some(count) = over.as_integer() {
            if arm.pipeline.variables.len() > 1 {
                let shown = self.or_fail(sprint(std::slice::from_ref(&over)))?;
                let what = format!("can't use {shown} to iterate over more than one variable");
                return self.fail(what);
            }
            for number in 0..count {
                turns += 1;
                if self.turn(arm, Value::Nil, Value::Int(number))? {
                    break;
                }
            }
        } else if !matches!(over, Value::Nil) {
            let shown = self.or_fail(sprint(std::slice::from_ref(&over)))?;
            return self.fail(format!("range can't iterate over {shown}"));
        }
        self.variables.truncate(variables);
        if turns == 0 {
            self.block(dot, otherwise)
        } else {
            Ok(Flow::On)
        }
    }

    /// One turn of a loop; true where it is the last.
    fn turn(&mut self, arm: &'t Arm, key: Value, item: Value) -> Executed<bool> {
        self.step()?;
        let pipeline = &arm.pipeline;
        match (pipeline.variables.as_slice(), pipeline.assigns) {
            ([], _) => {}
            ([only], true) => self.assign(only, item.clone())?,
            ([first, second, ..], true) => {
                self.assign(first, key)?;
                self.assign(second, item.clone())?;
            }
            ([_], false) => self.set_from_top(1, item.clone()),
            ([_, _, ..], false) => {
                self.set_from_top(2, key);
                self.set_from_top(1, item.clone());
            }
        }
        Ok(matches!(self.block(&item, &arm.body)?, Flow::Break))
    }

    /// Sets the variable that was declared so many declarations ago.
    fn set_from_top(&mut self, distance: usize, value: Value) {
        let place = self.variables.len().checked_sub(distance);
        if let Some(variable) = place.and_then(|place| self.variables.get_mut(place)) {
            variable.1 = value;
        }
    }

    fn call_template(&mut self, dot: &Value, call: &'t TemplateCall) -> Executed<()> {
        self.place = Place::Call(call);
        let Some(template) = self.set.get(&call.name) else {
            return self.fail(format!("template {} not defined", quoted(&call.name)));
        };
        let before = self.variables.len();
        let argument = match &call.argument {
            Some(pipeline) => self.pipeline(dot, pipeline)?,
            None => Value::Nil,
        };
        self.variables.truncate(before);
        let variables = std::mem::replace(&mut self.variables, vec![("$", argument.clone())]);
        let caller = std::mem::replace(&mut self.template, template);
        self.deeper(|run| run.nodes(&argument, &template.body))?;
        self.template = caller;
        self.variables = variables;
        Ok(())
    }
}
