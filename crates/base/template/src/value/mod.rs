//! What templates compute with.
//!
//! A [`Value`] is what Go's reflection would see of the data upstream gives its templates: plain
//! values, lists, maps with texts for keys, and things with fields and methods ([`Object`]).
//! Cloning costs one reference count at most. Lists and maps know how deep they are, so that
//! nothing that walks them runs out of stack.

mod compare;
mod object;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use compare::{Order, equal, order};
pub use object::{Field, Object, Shape};
pub use types::{Signature, Type};

use crate::limits::MAX_VALUE_DEPTH;
use crate::time::{Calendar, Time};

/// A value of a template.
#[derive(Clone)]
pub enum Value {
    /// Nothing: an absent key, `nil`.
    Nil,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(Arc<str>),
    /// A text that stands as it is where it fits, with what it is.
    Safe(Markup, Arc<str>),
    /// A moment.
    Time(Time),
    /// A span of time in nanoseconds.
    Duration(i64),
    /// A month or a day of the week: a number with a name.
    Calendar(Calendar),
    /// Values in order.
    List(Arc<List>),
    /// Values by name.
    Map(Arc<Map>),
    /// Anything with fields and methods.
    Object(Arc<dyn Object>),
}

/// What a text that needs no escaping is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// A piece of HTML.
    Html,
    /// A URL.
    Url,
}

/// What the items of a list or map may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// Anything.
    Any,
    /// Texts.
    Text,
}

impl Element {
    /// What stands for an absent item where absent keys are zero.
    pub(crate) fn zero(self) -> Value {
        match self {
            Self::Any => Value::Nil,
            Self::Text => Value::text(""),
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Text => "string",
        }
    }
}

/// Values in order.
pub struct List {
    element: Element,
    depth: u32,
    items: Vec<Value>,
}

/// Values by name, in the order of names.
pub struct Map {
    element: Element,
    depth: u32,
    entries: BTreeMap<Arc<str>, Value>,
}

/// Values were put into one another too often.
fn deeper<'a>(items: impl Iterator<Item = &'a Value>) -> Result<u32, String> {
    let depth = 1 + items.map(Value::depth).max().unwrap_or(0);
    if depth > MAX_VALUE_DEPTH {
        let limit = MAX_VALUE_DEPTH;
        return Err(format!(
            "lists and maps may be {limit} deep inside one another"
        ));
    }
    Ok(depth)
}

impl List {
    /// A list of anything; fails where the items are too deep already.
    pub fn new(items: Vec<Value>) -> Result<Self, String> {
        let depth = deeper(items.iter())?;
        Ok(Self {
            element: Element::Any,
            depth,
            items,
        })
    }

    /// A list of texts.
    pub fn texts<T: Into<Arc<str>>>(items: impl IntoIterator<Item = T>) -> Self {
        let items = items.into_iter().map(Value::text).collect();
        Self {
            element: Element::Text,
            depth: 1,
            items,
        }
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    /// What the items may be.
    pub fn element(&self) -> Element {
        self.element
    }

    /// The same list with other items of its own.
    pub(crate) fn with(&self, items: Vec<Value>) -> Self {
        Self {
            element: self.element,
            depth: self.depth,
            items,
        }
    }
}

impl Map {
    /// A map to anything; fails where the items are too deep already.
    pub fn new(entries: BTreeMap<Arc<str>, Value>) -> Result<Self, String> {
        let depth = deeper(entries.values())?;
        Ok(Self {
            element: Element::Any,
            depth,
            entries,
        })
    }

    /// A map to texts.
    pub fn texts<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let entries = entries
            .into_iter()
            .map(|(name, value)| (name.into(), Value::text(value)));
        Self {
            element: Element::Text,
            depth: 1,
            entries: entries.collect(),
        }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(name)
    }

    /// Names and values in the order of names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Value)> {
        self.entries.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What the values may be.
    pub fn element(&self) -> Element {
        self.element
    }
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A list of anything; fails where the items are too deep already.
    pub fn list(items: Vec<Value>) -> Result<Self, String> {
        Ok(Self::List(Arc::new(List::new(items)?)))
    }

    /// A list of texts.
    pub fn texts<T: Into<Arc<str>>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(Arc::new(List::texts(items)))
    }

    /// A thing with fields and methods.
    pub fn object(object: impl Object + 'static) -> Self {
        Self::Object(Arc::new(object))
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Safe(_, text) => Some(text),
            _ => None,
        }
    }

    /// The number, where it is a whole one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Int(value) | Self::Duration(value) => Some(*value),
            Self::Calendar(day) => Some(day.number()),
            _ => None,
        }
    }

    /// The items, where it has some.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(list) => Some(list.items()),
            Self::Object(object) => match object.shape() {
                Shape::List(list) => Some(list.items()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The entries, where it has some.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            Self::Object(object) => match object.shape() {
                Shape::Map(map) => Some(map),
                _ => None,
            },
            _ => None,
        }
    }

    /// How deep lists and maps are inside it.
    fn depth(&self) -> u32 {
        match self {
            Self::List(list) => list.depth,
            Self::Map(map) => map.depth,
            Self::Object(object) => match object.shape() {
                Shape::List(list) => list.depth,
                Shape::Map(map) => map.depth,
                Shape::Struct(_) => 4,
            },
            _ => 0,
        }
    }

    /// Bytes it was made of, roughly; parts it shares with others count as one reference.
    pub(crate) fn size(&self) -> usize {
        const WORD: usize = size_of::<Value>();
        match self {
            Self::Text(text) | Self::Safe(_, text) => WORD + text.len(),
            Self::List(list) => WORD * (1 + list.items.len()),
            Self::Map(map) => 4 * WORD * (1 + map.len()),
            _ => WORD,
        }
    }

    /// Whether `if` takes it for true: not zero, not empty.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) | Self::Safe(_, text) => !text.is_empty(),
            Self::Time(_) => true,
            Self::Int(_) | Self::Duration(_) | Self::Calendar(_) => self.as_integer() != Some(0),
            Self::List(_) | Self::Map(_) | Self::Object(_) => self.len() != Some(0),
        }
    }

    /// How many items or bytes it has, where it can have some.
    pub(crate) fn len(&self) -> Option<usize> {
        let text = self.as_text().map(str::len);
        text.or_else(|| self.as_list().map(<[Value]>::len))
            .or_else(|| self.as_map().map(Map::len))
    }

    /// Its type as Go names it.
    pub fn type_name(&self) -> String {
        let name = match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Safe(Markup::Html, _) => "template.HTML",
            Self::Safe(Markup::Url, _) => "template.URL",
            Self::Time(_) => "time.Time",
            Self::Duration(_) => "time.Duration",
            Self::Calendar(day) => day.type_name(),
            Self::List(list) => return format!("[]{}", list.element.type_name()),
            Self::Map(map) => return format!("map[string]{}", map.element.type_name()),
            Self::Object(object) => object.type_name(),
        };
        name.to_owned()
    }
}
