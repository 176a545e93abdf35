//! XML as servers answer it, read as a tree.
//!
//! In comes a whole text, out comes its outermost element. Absent: validation, namespaces (a
//! prefix is left out), document types and their entities.

use serde_json::{Map, Value};
use thiserror::Error;

/// How deep elements may lie in one another.
const MAX_DEPTH: usize = 64;

/// Why a text is no XML.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not valid XML at byte {at}: {reason}")]
pub(crate) struct XmlError {
    at: usize,
    reason: &'static str,
}

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// Its own text, without that of its children and the white space around it.
    pub(crate) text: String,
    /// Everything between its tags as it was written.
    pub(crate) inner: String,
}

impl Element {
    /// The first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.all(name).next()
    }

    /// All children of a name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name; empty where there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.as_str())
    }

    /// The value of an attribute; empty where there is none.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The element as the tree that JSON would be: one with children named `item` is a list, one
    /// with others a map, and one without any a text.
    pub(crate) fn value(&self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text.clone());
        }
        if self.children.iter().all(|child| child.name == "item") {
            return self.children.iter().map(Self::value).collect();
        }
        let pairs = self.children.iter();
        let map: Map<String, Value> = pairs
            .map(|child| (child.name.clone(), child.value()))
            .collect();
        Value::Object(map)
    }
}

/// Reads a text.
pub(crate) fn parse(text: &str) -> Result<Element, XmlError> {
    let mut reader = Reader { text, at: 0 };
    // Open elements, each with the place where its inside begins.
    let mut open: Vec<(Element, usize)> = Vec::new();
    loop {
        let before = reader.at;
        let plain = reader.until("<");
        match (open.last_mut(), plain) {
            (_, None) => return Err(reader.fault("the text ends within an element")),
            (Some((element, _)), Some(plain)) => element.text.push_str(&unescaped(plain)),
            (None, Some(plain)) if plain.trim_start_matches('\u{feff}').trim().is_empty() => {}
            (None, Some(_)) => {
                return Err(XmlError {
                    at: before,
                    reason: "text outside of elements",
                });
            }
        }
        if reader.skip("!--") {
            reader
                .until("-->")
                .ok_or_else(|| reader.fault("a comment has no end"))?;
        } else if reader.skip("![CDATA[") {
            let data = reader.until("]]>");
            let data = data.ok_or_else(|| reader.fault("a CDATA section has no end"))?;
            if let Some((element, _)) = open.last_mut() {
                element.text.push_str(data);
            }
        } else if reader.skip("?") || reader.skip("!") {
            reader
                .until(">")
                .ok_or_else(|| reader.fault("a declaration has no end"))?;
        } else if reader.skip("/") {
            let name = reader
                .until(">")
                .ok_or_else(|| reader.fault("a tag has no end"))?;
            let (mut element, start) = open
                .pop()
                .ok_or_else(|| reader.fault("an end without a beginning"))?;
            if local(name.trim()) != element.name {
                return Err(reader.fault("an element ends under another name"));
            }
            element.text = element.text.trim().to_owned();
            element.inner = text
                .get(start..before + plain.map_or(0, str::len))
                .unwrap_or("")
                .to_owned();
            if let Some(whole) = close(&mut open, element) {
                return Ok(whole);
            }
        } else {
            let (element, empty) = reader.tag()?;
            if empty {
                if let Some(whole) = close(&mut open, element) {
                    return Ok(whole);
                }
            } else if open.len() == MAX_DEPTH {
                return Err(reader.fault("elements lie too deep"));
            } else {
                open.push((element, reader.at));
            }
        }
    }
}

/// Puts a finished element into the one around it; gives it back where there is none.
fn close(open: &mut [(Element, usize)], element: Element) -> Option<Element> {
    match open.last_mut() {
        Some((parent, _)) => {
            parent.children.push(element);
            None
        }
        None => Some(element),
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn fault(&self, reason: &'static str) -> XmlError {
        XmlError {
            at: self.at,
            reason,
        }
    }

    /// What stands before a mark, which is passed too.
    fn until(&mut self, mark: &str) -> Option<&'a str> {
        let (before, _) = self.rest().split_once(mark)?;
        self.at += before.len() + mark.len();
        Some(before)
    }

    fn skip(&mut self, mark: &str) -> bool {
        let found = self.rest().starts_with(mark);
        if found {
            self.at += mark.len();
        }
        found
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// What stands before white space or one of the marks that end names.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/');
        let word = rest.split(ends).next().unwrap_or("");
        self.at += word.len();
        word
    }

    /// A tag behind its `<`, and whether the element ends with it.
    fn tag(&mut self) -> Result<(Element, bool), XmlError> {
        let name = local(self.word());
        if name.is_empty() {
            return Err(self.fault("a tag without a name"));
        }
        let mut element = Element {
            name: name.to_owned(),
            ..Element::default()
        };
        loop {
            self.skip_space();
            if self.skip("/>") {
                return Ok((element, true));
            }
            if self.skip(">") {
                return Ok((element, false));
            }
            let name = local(self.word());
            self.skip_space();
            if name.is_empty() || !self.skip("=") {
                return Err(self.fault("a tag that has no end"));
            }
            self.skip_space();
            let quote = if self.skip("\"") {
                "\""
            } else if self.skip("'") {
                "'"
            } else {
                return Err(self.fault("an attribute without quotes"));
            };
            let value = self.until(quote);
            let value = value.ok_or_else(|| self.fault("an attribute has no end"))?;
            element.attributes.push((name.to_owned(), unescaped(value)));
        }
    }
}

/// A text with its escapes undone; what is no escape stays.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let escape = behind
            .split_once(';')
            .and_then(|(name, after)| Some((character(name)?, after)));
        match escape {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_are_trees() {
        let text = "<?xml version=\"1.0\"?>\n<!-- a -->\n<n:a x='1&amp;2'> t <b/><c><item>1</item><item>&#x41;<![CDATA[<]]></item></c></n:a>";
        let a = parse(text).expect("an element");
        assert_eq!(
            (a.name.as_str(), a.attribute("x"), a.text.as_str()),
            ("a", "1&2", "t")
        );
        assert_eq!(a.value(), json!({"b": "", "c": ["1", "A<"]}));
        let c = a.child("c").expect("a child");
        assert_eq!(c.inner, "<item>1</item><item>&#x41;<![CDATA[<]]></item>");
    }

    #[test]
    fn what_is_no_element_is_refused() {
        for text in [
            "",
            "a",
            "<a>",
            "<a></b>",
            "</a>",
            "<a b></a>",
            "<a b=c></a>",
            "<a b='></a>",
            "<!-- ",
            "< a></a>",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"<a>".repeat(1000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[<>/a=&;#x!\\[\\]'é -]{0,60}", any: String) {
            let _ = parse(&text);
            let _ = parse(&any);
        }
    }
}
