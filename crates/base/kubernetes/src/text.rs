//! Texts of objects, each kept once.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use rapidhash::RapidHashSet;
use serde::de::{Deserialize, Deserializer, Visitor};

/// An immutable text. Equal texts that objects hold share one allocation; a clone costs one
/// reference count.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Arc<str>);

/// Longer texts are not shared: they are said once (an applied configuration, a certificate), and
/// looking them up would cost more than it saves.
const LONGEST_SHARED: usize = 256;

/// The set is swept when it has doubled since the last time, and not below this size.
const FIRST_SWEEP: usize = 4096;

#[derive(Default)]
struct Interner {
    texts: RapidHashSet<Arc<str>>,
    sweep_at: usize,
}

/// The texts that objects hold now.
static INTERNER: LazyLock<Mutex<Interner>> = LazyLock::new(|| {
    Mutex::new(Interner {
        texts: RapidHashSet::default(),
        sweep_at: FIRST_SWEEP,
    })
});

impl Text {
    /// The text, shared with all others that read the same.
    pub fn new(text: &str) -> Self {
        if text.len() > LONGEST_SHARED {
            return Self(text.into());
        }
        let mut interner = INTERNER.lock();
        if let Some(known) = interner.texts.get(text) {
            return Self(Arc::clone(known));
        }
        if interner.texts.len() >= interner.sweep_at {
            interner.texts.retain(|text| Arc::strong_count(text) > 1);
            interner.sweep_at = (interner.texts.len() * 2).max(FIRST_SWEEP);
        }
        let text: Arc<str> = text.into();
        interner.texts.insert(Arc::clone(&text));
        Self(text)
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new("")
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl Visitor<'_> for Reads {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text::new(text))
            }

            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text::default())
            }

            // Ports of probes and ingresses may be a number or a name.
            fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
                Ok(Text::new(&number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
                Ok(Text::new(&number.to_string()))
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one() {
        let (one, other) = (Text::new("a-text"), Text::new(&["a", "text"].join("-")));
        assert!(Arc::ptr_eq(&one.0, &other.0));
        let long = "x".repeat(LONGEST_SHARED + 1);
        assert_eq!(Text::new(&long), Text::new(&long));
        let read: Vec<Text> = serde_json::from_str(r#"["a-text", null, 80]"#).unwrap();
        assert_eq!(read, [one, Text::default(), Text::new("80")]);
    }
}
