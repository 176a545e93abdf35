//! Where an execution writes.

use crate::html::push_html_plain;
use crate::limits::MAX_OUTPUT;
use crate::print::sprint;
use crate::value::{Markup, Value};

/// What was written so far.
pub(crate) struct Output {
    out: String,
    escape: bool,
}

impl Output {
    /// With `escape`, values are escaped as their place in the HTML demands.
    pub(super) fn new(escape: bool) -> Self {
        Self {
            out: String::new(),
            escape,
        }
    }

    /// Writes a text of the template.
    pub(super) fn text(&mut self, text: &str) -> Result<(), String> {
        self.out.push_str(text);
        self.check()
    }

    /// Writes a value.
    pub(super) fn value(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Nil if self.escape => {}
            Value::Nil => self.out.push_str("<no value>"),
            Value::Safe(Markup::Html, text) => self.out.push_str(text),
            other if self.escape => {
                let text = sprint(std::slice::from_ref(other))?;
                push_html_plain(&mut self.out, &text);
            }
            Value::Text(text) | Value::Safe(_, text) => self.out.push_str(text),
            other => self.out.push_str(&sprint(std::slice::from_ref(other))?),
        }
        self.check()
    }

    fn check(&self) -> Result<(), String> {
        if self.out.len() > MAX_OUTPUT {
            return Err(format!("a template may write {MAX_OUTPUT} bytes"));
        }
        Ok(())
    }

    pub(super) fn finish(self) -> String {
        self.out
    }
}
