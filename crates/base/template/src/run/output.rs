//! Where an execution writes.

use crate::html::Escaper;
use crate::limits::MAX_OUTPUT;
use crate::print::sprint;
use crate::value::Value;

/// What was written so far.
pub(crate) struct Output {
    out: String,
    /// Escapes values as their place in the HTML demands, where that is wanted.
    escaper: Option<Escaper>,
}

impl Output {
    pub(super) fn new(escape: bool) -> Self {
        Self {
            out: String::new(),
            escaper: escape.then(Escaper::new),
        }
    }

    /// Whether values are escaped.
    pub(super) fn escapes(&self) -> bool {
        self.escaper.is_some()
    }

    /// Writes a text of the template.
    pub(super) fn text(&mut self, text: &str) -> Result<(), String> {
        match &mut self.escaper {
            Some(escaper) => escaper.text(&mut self.out, text),
            None => self.out.push_str(text),
        }
        self.check()
    }

    /// Writes a value.
    pub(super) fn value(&mut self, value: &Value) -> Result<(), String> {
        match (&mut self.escaper, value) {
            (Some(escaper), _) => escaper.value(&mut self.out, value)?,
            (None, Value::Nil) => self.out.push_str("<no value>"),
            (None, Value::Text(text) | Value::Safe(_, text)) => self.out.push_str(text),
            (None, other) => self.out.push_str(&sprint(std::slice::from_ref(other))?),
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
