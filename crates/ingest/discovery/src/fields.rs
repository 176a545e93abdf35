//! From what a server tells of a thing to the labels of a target.
//!
//! A mechanism is mostly a table: which label holds what is found where in the answer. Answers are
//! read as trees; what is absent, null or empty leaves no label, as an empty label is none.

use std::borrow::Cow;

use model::{Labels, LabelsBuilder};
use serde_json::Value;

use crate::static_groups::ADDRESS;

/// Labels and where their values are found: names behind a common prefix, JSON pointers.
pub(crate) type Fields = &'static [(&'static str, &'static str)];

/// A target under construction.
#[derive(Clone, Default)]
pub(crate) struct Target(LabelsBuilder);

impl Target {
    /// Nothing but labels that several targets will share.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets the address that is scraped.
    pub(crate) fn address(&mut self, address: &str) -> &mut Self {
        self.set(ADDRESS, address)
    }

    /// Sets a label.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.0.set(name, value);
        self
    }

    /// Sets the labels of a table.
    pub(crate) fn fields(&mut self, prefix: &str, of: &Value, fields: Fields) -> &mut Self {
        for (name, pointer) in fields {
            self.set(&format!("{prefix}{name}"), &text(of, pointer));
        }
        self
    }

    /// Sets a label for each entry of a map, its key made fit for a name.
    pub(crate) fn map(&mut self, prefix: &str, of: &Value, pointer: &str) -> &mut Self {
        let map = of.pointer(pointer).and_then(Value::as_object);
        for (key, value) in map.into_iter().flatten() {
            self.named(prefix, key, &scalar(value));
        }
        self
    }

    /// Sets a label for each entry of a list of `{key, value}`, in whatever words these two are.
    pub(crate) fn tags(
        &mut self,
        prefix: &str,
        of: &Value,
        pointer: &str,
        (key, value): (&str, &str),
    ) -> &mut Self {
        for tag in list(of, pointer) {
            self.named(prefix, &text(tag, key), &text(tag, value));
        }
        self
    }

    /// Sets a label whose name ends in something foreign.
    pub(crate) fn named(&mut self, prefix: &str, key: &str, value: &str) -> &mut Self {
        self.set(&format!("{prefix}{}", sanitized(key)), value)
    }

    /// The current value of a label, or nothing.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name)
    }

    /// Sets all labels of another.
    pub(crate) fn overlay(&mut self, other: &Self) -> &mut Self {
        for (name, value) in other.0.iter() {
            self.0.set(name, value);
        }
        self
    }

    /// The labels.
    pub(crate) fn labels(&self) -> Labels {
        self.0.build()
    }
}

/// What stands at a pointer as text.
pub(crate) fn text<'a>(of: &'a Value, pointer: &str) -> Cow<'a, str> {
    of.pointer(pointer).map_or(Cow::Borrowed(""), scalar)
}

/// A single value as text: null and what has parts are nothing.
pub(crate) fn scalar(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Cow::Borrowed(""),
    }
}

/// The whole number at a pointer; 0 where there is none.
pub(crate) fn number(of: &Value, pointer: &str) -> i64 {
    of.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// The truth value at a pointer as text; what is absent is false.
pub(crate) fn yes_or_no(of: &Value, pointer: &str) -> &'static str {
    let yes = of.pointer(pointer).and_then(Value::as_bool);
    if yes.unwrap_or(false) {
        "true"
    } else {
        "false"
    }
}

/// The list at a pointer; absent and null are lists without entries.
pub(crate) fn list<'a>(of: &'a Value, pointer: &str) -> &'a [Value] {
    let list = of.pointer(pointer).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// The texts of the list at a pointer.
pub(crate) fn texts<'a>(of: &'a Value, pointer: &str) -> Vec<Cow<'a, str>> {
    list(of, pointer).iter().map(scalar).collect()
}

/// Texts with a separator between, before and behind them, so that patterns need not care for
/// places; nothing where there are none.
pub(crate) fn enclosed<T: AsRef<str>>(texts: &[T], separator: &str) -> String {
    if texts.is_empty() {
        return String::new();
    }
    let mut out = separator.to_owned();
    for text in texts {
        out.push_str(text.as_ref());
        out.push_str(separator);
    }
    out
}

/// `host:port`; an IPv6 address in brackets.
pub(crate) fn host_port(host: &str, port: impl std::fmt::Display) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// A text as the end of a label's name: whatever does not fit becomes `_`.
pub(crate) fn sanitized(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.chars()
        .map(|c| if fits(c) { c } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_absent_leaves_no_label() {
        let of = json!({"a": 1, "b": null, "c": "", "d": {"x-y": true, "z": []}, "e": ["u", 2]});
        let mut target = Target::new();
        target
            .fields(
                "__meta_",
                &of,
                &[("a", "/a"), ("b", "/b"), ("c", "/c"), ("f", "/f/g")],
            )
            .map("__meta_d_", &of, "/d");
        let labels: Vec<_> = target
            .labels()
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        assert_eq!(labels, ["__meta_a=1", "__meta_d_x_y=true"]);
        assert_eq!(enclosed(&texts(&of, "/e"), ","), ",u,2,");
        assert_eq!(enclosed(&texts(&of, "/no"), ","), "");
        assert_eq!(host_port("::1", 80), "[::1]:80");
    }
}
