//! A section that was read: one slot a field, each with its place.
//!
//! Whatever the file left out holds its preset; an explicit null is [`Value::Null`], which every
//! accessor reads as its type's zero, as Go does.

use std::time::Duration;

use crate::error::{Fault, Place};
use crate::schema::{Field, Kind, Preset, Section};
use crate::tree::Tree;

/// A checked value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// Milliseconds.
    Millis(i64),
    /// Bytes; files may hold negative ones, which the sections refuse.
    Bytes(i64),
    List(Vec<Item>),
    Map(Vec<(String, Item)>),
    Table(Box<Table>),
    Tree(Tree),
}

/// A value inside a list or map.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub at: Place,
    pub value: Value,
}

impl Item {
    /// The text, `""` where it is none.
    pub(crate) fn text(&self) -> &str {
        match &self.value {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// The section inside.
    pub(crate) fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The list inside.
    pub(crate) fn list(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }
}

/// The value of one field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    /// Where the value stands, or the section where nothing is said.
    pub at: Place,
    /// Whether the file has the key.
    pub given: bool,
    pub value: Value,
}

/// A section that was read.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub section: &'static Section,
    pub at: Place,
    /// The keys that lead here, such as `scrape_configs[0]`.
    pub path: String,
    slots: Vec<Slot>,
}

impl PartialEq for Table {
    /// By what it says, wherever it stands.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.section, other.section)
            && self
                .slots
                .iter()
                .map(|s| &s.value)
                .eq(other.slots.iter().map(|s| &s.value))
    }
}

static NOTHING: Slot = Slot {
    at: Place { line: 1, column: 1 },
    given: false,
    value: Value::Null,
};

impl Value {
    /// The value of the user's own form; null where it is another one.
    pub(crate) fn tree(&self) -> Tree {
        match self {
            Self::Tree(tree) => tree.clone(),
            _ => Tree::Null,
        }
    }

    /// Whether it is its type's zero: false, 0, "" or empty.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(b) => !b,
            Self::Int(n) | Self::Millis(n) | Self::Bytes(n) => *n == 0,
            Self::Float(f) => *f == 0.0,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(items) => items.is_empty(),
            Self::Table(table) => table.slots.iter().all(|slot| slot.value.is_zero()),
            Self::Tree(tree) => *tree == Tree::Null,
        }
    }
}

fn preset_of(field: &Field, at: Place, path: &str) -> Value {
    match field.preset {
        Preset::Zero => Value::Null,
        Preset::Bool(b) => Value::Bool(b),
        Preset::Int(n) => Value::Int(n),
        Preset::Float(f) => Value::Float(f),
        Preset::Text(text) => Value::Text(text.to_owned()),
        Preset::Millis(n) => Value::Millis(n),
        Preset::Fresh => match field.kind {
            Kind::Table(section) | Kind::TextOr(section, _) => {
                Value::Table(Box::new(Table::fresh(section, at, join(path, field.key))))
            }
            _ => Value::Null,
        },
    }
}

/// A path with one key more.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

impl Table {
    /// A section of which the file says nothing.
    pub(crate) fn fresh(section: &'static Section, at: Place, path: String) -> Self {
        let slots = section
            .fields()
            .map(|field| Slot {
                at,
                given: false,
                value: preset_of(field, at, &path),
            })
            .collect();
        Self {
            section,
            at,
            path,
            slots,
        }
    }

    /// Every field with its slot, in the order in which they are shown.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (&'static Field, &Slot)> {
        self.section.fields().zip(&self.slots)
    }

    /// Whether the section has such a field at all.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.section.fields().any(|field| field.key == key)
    }

    fn index(&self, key: &str) -> Option<usize> {
        let index = self.section.fields().position(|field| field.key == key);
        debug_assert!(index.is_some(), "no field {key} in {}", self.path);
        index
    }

    /// The slot of a field.
    pub(crate) fn slot(&self, key: &str) -> &Slot {
        self.index(key)
            .and_then(|index| self.slots.get(index))
            .unwrap_or(&NOTHING)
    }

    /// Puts a value that the file gave.
    pub(crate) fn put(&mut self, key: &str, at: Place, value: Value) {
        if let Some(slot) = self.index(key).and_then(|index| self.slots.get_mut(index)) {
            *slot = Slot {
                at,
                given: true,
                value,
            };
        }
    }

    /// Completes a value that the file left open.
    pub(crate) fn set(&mut self, key: &str, value: Value) {
        if let Some(slot) = self.index(key).and_then(|index| self.slots.get_mut(index)) {
            slot.value = value;
        }
    }

    /// Takes a value out, leaving null.
    pub(crate) fn take(&mut self, key: &str) -> Value {
        self.index(key)
            .and_then(|index| self.slots.get_mut(index))
            .map_or(Value::Null, |slot| {
                std::mem::replace(&mut slot.value, Value::Null)
            })
    }

    /// Whether the value is not its type's zero.
    pub(crate) fn has(&self, key: &str) -> bool {
        !self.slot(key).value.is_zero()
    }

    /// Whether a section inside was given, even an empty one.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.slot(key).value != Value::Null
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        match &self.slot(key).value {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// The value of the user's own form; null where there is none.
    pub(crate) fn tree(&self, key: &str) -> Tree {
        self.slot(key).value.tree()
    }

    pub(crate) fn bool(&self, key: &str) -> bool {
        self.slot(key).value == Value::Bool(true)
    }

    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        match self.slot(key).value {
            Value::Bool(b) => Some(b),
            _ => None,
        }
    }

    pub(crate) fn int(&self, key: &str) -> i64 {
        match self.slot(key).value {
            Value::Int(n) | Value::Millis(n) | Value::Bytes(n) => n,
            _ => 0,
        }
    }

    /// A number that is not negative.
    pub(crate) fn uint(&self, key: &str) -> u64 {
        u64::try_from(self.int(key)).unwrap_or(0)
    }

    pub(crate) fn float(&self, key: &str) -> f64 {
        match self.slot(key).value {
            Value::Float(f) => f,
            _ => 0.0,
        }
    }

    pub(crate) fn duration(&self, key: &str) -> Duration {
        Duration::from_millis(self.uint(key))
    }

    pub(crate) fn list(&self, key: &str) -> &[Item] {
        match &self.slot(key).value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The sections in a list.
    pub(crate) fn tables(&self, key: &str) -> impl Iterator<Item = &Self> {
        self.list(key).iter().filter_map(Item::table)
    }

    /// The sections in a list, to be completed.
    pub(crate) fn tables_mut(&mut self, key: &str) -> impl Iterator<Item = &mut Self> {
        let slot = self.index(key).and_then(|index| self.slots.get_mut(index));
        let items: &mut [Item] = match slot.map(|slot| &mut slot.value) {
            Some(Value::List(items)) => items,
            _ => &mut [],
        };
        items.iter_mut().filter_map(|item| match &mut item.value {
            Value::Table(table) => Some(&mut **table),
            _ => None,
        })
    }

    /// The texts in a list.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        self.list(key)
            .iter()
            .map(|item| item.text().to_owned())
            .collect()
    }

    pub(crate) fn map(&self, key: &str) -> &[(String, Item)] {
        match &self.slot(key).value {
            Value::Map(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn table(&self, key: &str) -> Option<&Self> {
        match &self.slot(key).value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// A fault at a field.
    pub(crate) fn fault(&self, key: &str, message: impl Into<String>) -> Fault {
        Fault::new(self.slot(key).at, join(&self.path, key), message)
    }

    /// A fault of the section as a whole.
    pub(crate) fn fault_here(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.at, &self.path, message)
    }

    /// Refuses more than one of several keys.
    pub(crate) fn at_most_one(&self, keys: &[&str]) -> Result<(), Fault> {
        let mut given = keys.iter().filter(|key| self.has(key));
        match (given.next(), given.next()) {
            (Some(first), Some(second)) => Err(self.fault(
                second,
                format!(
                    "at most one of {} may be given, and {first} is given too",
                    keys.join(", ")
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a section that lacks a key.
    pub(crate) fn require(&self, key: &str, why: &str) -> Result<(), Fault> {
        if self.has(key) {
            return Ok(());
        }
        Err(self.fault(key, format!("must be given{why}, and is missing or empty")))
    }
}
