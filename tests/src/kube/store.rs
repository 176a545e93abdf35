//! The objects, and what happened to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::kinds::{self, Kind};

/// What is asked for.
pub(super) struct Query {
    pub(super) kind: Kind,
    pub(super) namespace: Option<String>,
    pub(super) label: String,
    pub(super) field: String,
}

/// An object, and as it is sent.
struct Stored {
    value: Value,
    text: String,
}

/// A kind, a namespace, a name.
type Key = (&'static str, String, String);

struct Event {
    version: u64,
    kind: &'static str,
    before: Option<Arc<Stored>>,
    after: Option<Arc<Stored>>,
}

#[derive(Default)]
struct State {
    version: u64,
    objects: BTreeMap<Key, Arc<Stored>>,
    events: Vec<Event>,
    /// Events up to this version are forgotten.
    floor: u64,
    refused: BTreeSet<String>,
    /// Counts the times at which all watches ended.
    hung_up: u64,
    posted: Vec<Value>,
    asked: BTreeMap<String, usize>,
}

#[derive(Default)]
pub(super) struct Store {
    state: Mutex<State>,
    changed: Condvar,
}

/// What a watch has to tell.
pub(super) enum News {
    /// Lines, up to a version.
    Lines(String, u64),
    /// Nothing for now.
    Nothing(u64),
    /// What it would go on from is forgotten.
    Forgotten,
    /// The watch has to end.
    End,
}

impl Store {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, mut object: Value) -> Result<()> {
        let key = key(&object)?;
        let kind = kinds::named(key.0).context("an unknown kind")?;
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        let of = |object: &mut Value, name: &str, value: Value| {
            if let Some(map) = object.as_object_mut() {
                map.entry(name).or_insert(value);
            }
        };
        of(&mut object, "apiVersion", kind.version.into());
        if let Some(meta) = object.get_mut("metadata") {
            of(meta, "uid", format!("uid-{}-{}", key.1, key.2).into());
            if let Some(meta) = meta.as_object_mut() {
                meta.insert("resourceVersion".to_owned(), version.to_string().into());
            }
        }
        let after = Arc::new(Stored {
            text: object.to_string(),
            value: object,
        });
        let before = state.objects.insert(key.clone(), Arc::clone(&after));
        state.events.push(Event {
            version,
            kind: key.0,
            before,
            after: Some(after),
        });
        self.changed.notify_all();
        Ok(())
    }

    pub(super) fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<()> {
        let kind = kinds::named(kind).context("an unknown kind")?.kind;
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        let before = state
            .objects
            .remove(&(kind, namespace.to_owned(), name.to_owned()));
        state.events.push(Event {
            version,
            kind,
            before,
            after: None,
        });
        self.changed.notify_all();
        Ok(())
    }

    pub(super) fn refuse(&self, plural: &str, refused: bool) {
        let mut state = self.lock();
        if refused {
            state.refused.insert(plural.to_owned());
        } else {
            state.refused.remove(plural);
        }
        state.hung_up += 1;
        self.changed.notify_all();
    }

    pub(super) fn is_refused(&self, plural: &str) -> bool {
        self.lock().refused.contains(plural)
    }

    pub(super) fn forget(&self) {
        let mut state = self.lock();
        state.version += 1;
        state.floor = state.version;
        state.events.clear();
        self.changed.notify_all();
    }

    pub(super) fn hang_up(&self) {
        self.lock().hung_up += 1;
        self.changed.notify_all();
    }

    pub(super) fn hung_up(&self) -> u64 {
        self.lock().hung_up
    }

    pub(super) fn post(&self, object: Value) {
        self.lock().posted.push(object);
    }

    pub(super) fn posted(&self) -> Vec<Value> {
        self.lock().posted.clone()
    }

    pub(super) fn note(&self, asked: String) {
        *self.lock().asked.entry(asked).or_default() += 1;
    }

    pub(super) fn asked(&self) -> BTreeMap<String, usize> {
        self.lock().asked.clone()
    }

    /// A page of the objects. `from` is the version of the first page and the key of the last
    /// object, as the page before gave them.
    pub(super) fn list(&self, query: &Query, limit: usize, from: &str) -> String {
        let state = self.lock();
        let (version, behind) = match from.split_once(' ') {
            Some((version, key)) => (version.to_owned(), key.split_once('/')),
            None => (state.version.to_string(), None),
        };
        let behind = behind.map(|(namespace, name)| (namespace.to_owned(), name.to_owned()));
        let mut items = Vec::new();
        let mut next = String::new();
        for ((kind, namespace, name), stored) in &state.objects {
            let key = (namespace.clone(), name.clone());
            if *kind != query.kind.kind
                || behind.as_ref().is_some_and(|behind| key <= *behind)
                || !query.fits(stored)
            {
                continue;
            }
            if items.len() == limit {
                break;
            }
            items.push(stored.text.as_str());
            next = format!("{version} {namespace}/{name}");
        }
        if items.len() < limit {
            next.clear();
        }
        let meta = json!({"resourceVersion": version, "continue": next});
        format!(
            r#"{{"kind":"{}List","apiVersion":"{}","metadata":{meta},"items":[{}]}}"#,
            query.kind.kind,
            query.kind.version,
            items.join(",")
        )
    }

    /// What happened behind a version; waits for it for a time.
    pub(super) fn news(&self, query: &Query, from: u64, hung_up: u64, wait: Duration) -> News {
        let state = self.lock();
        let quiet = |state: &mut State| state.version <= from && state.hung_up == hung_up;
        let (state, _) = self
            .changed
            .wait_timeout_while(state, wait, quiet)
            .unwrap_or_else(PoisonError::into_inner);
        if state.hung_up != hung_up {
            return News::End;
        }
        if from < state.floor {
            return News::Forgotten;
        }
        let first = state.events.partition_point(|event| event.version <= from);
        let mut lines = String::new();
        for event in state.events.iter().skip(first) {
            if event.kind == query.kind.kind {
                lines.push_str(&event.line(query).unwrap_or_default());
            }
        }
        if lines.is_empty() {
            return News::Nothing(state.version);
        }
        News::Lines(lines, state.version)
    }
}

impl Event {
    /// As a watch tells it; an object that no longer fits what is asked for is gone.
    fn line(&self, query: &Query) -> Option<String> {
        let fitting = |stored: &Option<Arc<Stored>>| stored.clone().filter(|one| query.fits(one));
        let (before, after) = (fitting(&self.before), fitting(&self.after));
        let (event, text) = match (&before, &after) {
            (None, None) => return None,
            (None, Some(after)) => ("ADDED", after.text.clone()),
            (Some(_), Some(after)) => ("MODIFIED", after.text.clone()),
            (Some(before), None) => {
                let mut value = before.value.clone();
                let version = self.version.to_string();
                if let Some(meta) = value.pointer_mut("/metadata/resourceVersion") {
                    *meta = version.into();
                }
                ("DELETED", value.to_string())
            }
        };
        Some(format!("{{\"type\":\"{event}\",\"object\":{text}}}\n"))
    }
}

impl Query {
    fn fits(&self, stored: &Stored) -> bool {
        let meta = stored.value.get("metadata");
        let text = |pointer: &str| stored.value.pointer(pointer).and_then(Value::as_str);
        let namespace = text("/metadata/namespace");
        let holds = |condition: &str, value: &dyn Fn(&str) -> Option<String>| {
            if let Some((name, wanted)) = condition.split_once("!=") {
                return value(name).as_deref() != Some(wanted);
            }
            match condition.split_once('=') {
                Some((name, wanted)) => {
                    value(name).as_deref() == Some(wanted.trim_start_matches('='))
                }
                None => value(condition).is_some(),
            }
        };
        let label = |name: &str| {
            let labels = meta.and_then(|meta| meta.get("labels"));
            labels?.get(name)?.as_str().map(ToOwned::to_owned)
        };
        let field =
            |path: &str| text(&format!("/{}", path.replace('.', "/"))).map(ToOwned::to_owned);
        let all = |conditions: &str, value: &dyn Fn(&str) -> Option<String>| {
            let mut conditions = conditions.split(',').filter(|one| !one.is_empty());
            conditions.all(|condition| holds(condition, value))
        };
        self.namespace
            .as_deref()
            .is_none_or(|wanted| namespace == Some(wanted))
            && all(&self.label, &label)
            && all(&self.field, &field)
    }
}

fn key(object: &Value) -> Result<Key> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let kind = text("/kind").context("an object without a kind")?;
    let kind = kinds::named(kind).with_context(|| format!("the unknown kind {kind}"))?;
    let name = text("/metadata/name").context("an object without a name")?;
    let namespace = text("/metadata/namespace").unwrap_or_default();
    Ok((kind.kind, namespace.to_owned(), name.to_owned()))
}
