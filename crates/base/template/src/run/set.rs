//! Templates by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Library, MissingKey, Output, Place, Run, is_builtin};
use crate::TemplateError;
use crate::syntax::{Definition, parse};
use crate::value::Value;

/// Templates by name, read from any number of texts. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Set {
    definitions: BTreeMap<String, Arc<Definition>>,
}

impl Set {
    /// A set without templates.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a text: what it defines, and itself under its name. A template of the same name is
    /// replaced, unless the new one is blank. `is_function` says which functions there are beside
    /// the built-in ones.
    pub fn add(
        &mut self,
        name: &str,
        text: &str,
        is_function: &dyn Fn(&str) -> bool,
    ) -> Result<(), TemplateError> {
        let known = |name: &str| is_builtin(name) || is_function(name);
        for definition in parse(name, text, &known)? {
            if !(definition.is_blank() && self.definitions.contains_key(&definition.name)) {
                self.definitions
                    .insert(definition.name.clone(), Arc::new(definition));
            }
        }
        Ok(())
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name).map(Arc::as_ref)
    }

    /// Executes the template of a name with a value for its dot.
    pub fn execute(
        &self,
        name: &str,
        dot: &Value,
        library: &dyn Library,
        missing_key: MissingKey,
        escape: bool,
    ) -> Result<String, TemplateError> {
        let Some(template) = self.get(name) else {
            return Err(TemplateError::Unknown {
                name: name.to_owned(),
            });
        };
        let mut run = Run {
            set: self,
            library,
            missing_key,
            output: Output::new(escape),
            template,
            place: Place::Nowhere,
            variables: vec![("$", dot.clone())],
            depth: 0,
            boxed: false,
            steps: 0,
            made: 0,
        };
        run.nodes(dot, &template.body)?;
        Ok(run.output.finish())
    }
}
