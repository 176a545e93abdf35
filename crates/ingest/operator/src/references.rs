//! Secrets and config maps that objects refer to. Each is watched alone, so that no right to read
//! all of a namespace's secrets is needed, and a change is seen at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubernetes::{Changes, Connection, Resource};
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::Notify;

use crate::convert::text;
use crate::objects::Store;

/// Most secrets and config maps that objects may refer to; each costs a connection or a stream.
const MAX_REFERENCES: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Secret,
    ConfigMap,
}

type Key = (Place, String, String);

/// What is referred to, by whoever refers.
pub(crate) struct References {
    connection: Arc<Connection>,
    signal: Arc<Notify>,
    followed: Mutex<BTreeMap<Key, Followed>>,
}

struct Followed {
    changes: Changes<Store>,
    /// Whether the round under way asked for it.
    used: bool,
}

impl References {
    pub(crate) fn new(connection: Arc<Connection>, signal: Arc<Notify>) -> Self {
        Self {
            connection,
            signal,
            followed: Mutex::default(),
        }
    }

    /// A round begins: what it does not ask for is forgotten at its end.
    pub(crate) fn begin(&self) {
        for followed in self.followed.lock().values_mut() {
            followed.used = false;
            followed.changes.take();
        }
    }

    /// Whether all that was asked for has been read, or refused.
    pub(crate) fn is_settled(&self) -> bool {
        let all = self.followed.lock();
        all.values()
            .all(|followed| followed.changes.watched.is_settled())
    }

    /// The round is over.
    pub(crate) fn end(&self) {
        self.followed.lock().retain(|_, followed| followed.used);
    }

    fn get(&self, key: Key, name: &str) -> Result<String, String> {
        let what = match key.0 {
            Place::Secret => "secret",
            Place::ConfigMap => "config map",
        };
        let (namespace, object) = (key.1.clone(), key.2.clone());
        let place = key.0;
        let mut all = self.followed.lock();
        if all.len() >= MAX_REFERENCES && !all.contains_key(&key) {
            return Err(format!(
                "more than {MAX_REFERENCES} secrets and config maps are referred to"
            ));
        }
        let followed = all
            .entry(key)
            .or_insert_with(|| self.follow(place, &namespace, &object));
        followed.used = true;
        let watched = &followed.changes.watched;
        let found = watched.get(&format!("{namespace}/{object}"));
        let Some(found) = found else {
            return Err(match (watched.is_listed(), watched.trouble()) {
                (false, None) => format!("{what} {namespace}/{object} is being read"),
                (false, Some(trouble)) => format!("{what} {namespace}/{object}: {trouble}"),
                (true, _) => format!("{what} {namespace}/{object} does not exist"),
            });
        };
        let value = found
            .data
            .get(name)
            .ok_or_else(|| format!("{what} {namespace}/{object} has no key {name:?}"))?;
        if place == Place::ConfigMap {
            return Ok(value.clone());
        }
        let bytes = STANDARD.decode(value.trim()).ok();
        let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        decoded.ok_or_else(|| format!("key {name:?} of secret {namespace}/{object} is not a text"))
    }

    fn follow(&self, place: Place, namespace: &str, name: &str) -> Followed {
        let resource = match place {
            Place::Secret => Resource::all("secret", "api/v1", "secrets"),
            Place::ConfigMap => Resource::all("configmap", "api/v1", "configmaps"),
        };
        let mut resource = resource.within(Some(namespace));
        resource.field = format!("metadata.name={name}");
        let watched = self.connection.watch(resource);
        Followed {
            changes: watched.follow(Arc::clone(&self.signal)),
            used: true,
        }
    }
}

/// Looks references up for an object of one namespace.
pub(crate) struct Lookup<'a> {
    /// `None` knows no reference, for what has none.
    pub(crate) references: Option<&'a References>,
    pub(crate) namespace: &'a str,
}

impl Lookup<'_> {
    /// What a structure refers to, where it is a reference: a key of a secret, which stands alone
    /// or says of which kind it is.
    pub(crate) fn reference(&self, fields: &Map<String, Value>) -> Result<Option<String>, String> {
        for (field, place) in [("secret", Place::Secret), ("configMap", Place::ConfigMap)] {
            if let Some(inner) = fields.get(field).and_then(Value::as_object)
                && fields.values().filter(|value| !value.is_null()).count() == 1
                && is_reference(inner)
            {
                return self.find(place, inner).map(Some);
            }
        }
        if is_reference(fields) {
            return self.find(Place::Secret, fields).map(Some);
        }
        Ok(None)
    }

    fn find(&self, place: Place, fields: &Map<String, Value>) -> Result<String, String> {
        let of = |name: &str| fields.get(name).map(text).unwrap_or_default().to_owned();
        let references = self.references.ok_or("no reference is allowed here")?;
        let found = references.get((place, self.namespace.to_owned(), of("name")), &of("key"));
        match found {
            Err(_) if fields.get("optional") == Some(&Value::Bool(true)) => Ok(String::new()),
            found => found,
        }
    }
}

fn is_reference(fields: &Map<String, Value>) -> bool {
    let is_text = |name: &str| fields.get(name).is_some_and(Value::is_string);
    let mut names = fields.keys();
    is_text("name")
        && is_text("key")
        && names.all(|name| matches!(name.as_str(), "name" | "key" | "optional"))
}
