//! What all objects have: a name, labels, owners.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

use crate::Text;

/// A kind of object, as far as its fields are used.
pub trait Object: DeserializeOwned + PartialEq + Send + Sync + 'static {
    /// What all objects have.
    fn meta(&self) -> &Meta;

    /// The same, to be changed while it is read.
    fn meta_mut(&mut self) -> &mut Meta;
}

/// `metadata`.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// `name`
    pub name: Text,
    /// `namespace`; empty where the kind has none.
    pub namespace: Text,
    /// `uid`
    pub uid: Text,
    /// `labels`, by name.
    pub labels: Pairs,
    /// `annotations`, by name.
    pub annotations: Pairs,
    /// `ownerReferences`
    #[serde(deserialize_with = "or_default")]
    pub owner_references: Vec<Owner>,
    /// Where a watch goes on; empty once the object is kept, so that it makes no difference.
    #[serde(deserialize_with = "or_default")]
    pub resource_version: String,
}

impl Meta {
    /// The key of an object among those of its kind: `namespace/name`, or the name where there is
    /// no namespace.
    pub fn key(&self) -> Text {
        if self.namespace.is_empty() {
            self.name.clone()
        } else {
            Text::new(&format!("{}/{}", self.namespace, self.name))
        }
    }

    /// The owner that made the object and cares for it.
    pub fn controller(&self) -> Option<&Owner> {
        self.owner_references.iter().find(|owner| owner.controller)
    }
}

/// One of `ownerReferences`.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
pub struct Owner {
    /// `kind`
    pub kind: Text,
    /// `name`
    pub name: Text,
    /// `controller`
    #[serde(deserialize_with = "or_default")]
    pub controller: bool,
}

/// Names and values, sorted by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pairs(Box<[(Text, Text)]>);

impl Pairs {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Text> {
        let place = self
            .0
            .binary_search_by(|(known, _)| known.as_str().cmp(name));
        place
            .ok()
            .and_then(|at| self.0.get(at))
            .map(|(_, value)| value)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names and values")
            }

            fn visit_unit<E>(self) -> Result<Pairs, E> {
                Ok(Pairs::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                pairs.sort();
                Ok(Pairs(pairs.into_boxed_slice()))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

/// Reads a field that may be absent or `null`, as servers write empty lists.
///
/// # Errors
/// A value of another form.
pub fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_as_servers_write_it() {
        let meta: Meta = serde_json::from_str(
            r#"{"name":"a","namespace":"n","labels":{"z":"1","a":"2"},"annotations":null,
                "ownerReferences":[{"kind":"X","name":"x"},{"kind":"ReplicaSet","name":"r","controller":true}],
                "managedFields":[{"manager":"kubectl"}]}"#,
        )
        .unwrap();
        assert_eq!(meta.key().as_str(), "n/a");
        assert_eq!(meta.labels.get("a").unwrap().as_str(), "2");
        assert_eq!(
            meta.labels.iter().collect::<Vec<_>>(),
            [("a", "2"), ("z", "1")]
        );
        assert_eq!(meta.controller().unwrap().kind.as_str(), "ReplicaSet");
        let bare: Meta = serde_json::from_str(r#"{"name":"node-1"}"#).unwrap();
        assert_eq!(bare.key().as_str(), "node-1");
    }
}
