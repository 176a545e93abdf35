//! Follows HTML as a browser would, and writes values as their place demands.

use super::attribute::{Holds, holds, is_script_type};
use super::markup::{self, Amount};
use super::script::Script;
use super::style::Style;
use super::url::{self, Part};
use super::{REFUSED, markup::without_tags};
use crate::print::sprint;
use crate::value::{Markup, Value};

/// Where the next character stands.
#[derive(Clone, Debug)]
enum At {
    /// Between tags.
    Words,
    /// Inside `<!-- … -->`.
    Comment,
    /// In the name of a tag.
    TagName,
    /// In a tag, between attributes.
    Tag,
    /// In the name of an attribute.
    Name,
    /// Behind an attribute's `=`.
    BeforeValue,
    /// In an attribute's value; the mark that ends it, where it has one.
    Value(Option<char>, Inside),
    /// Inside an element that holds only words (`title`, `textarea`).
    OnlyWords,
    /// Inside a script.
    Script(Script),
    /// Inside a style.
    Style(Style),
}

/// Where in an attribute's value.
#[derive(Clone, Debug)]
enum Inside {
    Text,
    Url(Part),
    UrlList,
    Script(Script),
    Style(Style),
}

/// Follows what is written and escapes values.
#[derive(Clone, Debug)]
pub(crate) struct Escaper {
    at: At,
    /// The tag's name so far, or that of the element inside of which text is special.
    element: String,
    is_end_tag: bool,
    /// The attribute's name so far.
    name: String,
    /// The value of a script's `type`, so far.
    script_type: String,
}

/// Bytes of names that are looked at; longer ones are none that matter.
const MAX_NAME: usize = 64;

impl Escaper {
    /// At the beginning of a document or a piece of one.
    pub(crate) fn new() -> Self {
        Self {
            at: At::Words,
            element: String::new(),
            is_end_tag: false,
            name: String::new(),
            script_type: String::new(),
        }
    }

    /// Appends a text of the template.
    pub(crate) fn text(&mut self, out: &mut String, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let used = self.take(out, c, rest).max(c.len_utf8());
            rest = rest.get(used..).unwrap_or("");
        }
        // Of a comment that goes on behind a value, each part leaves a space.
        out.extend(match &mut self.at {
            At::Script(script) => script.comment_rest(),
            At::Style(style) => style.comment_rest(),
            _ => None,
        });
    }

    /// Takes what comes next; how many bytes of `rest` that was, or 0 for one character.
    fn take(&mut self, out: &mut String, c: char, rest: &str) -> usize {
        if matches!(self.at, At::OnlyWords | At::Script(_) | At::Style(_)) && self.ends(rest) {
            self.at = At::TagName;
            self.is_end_tag = true;
            self.element.clear();
            out.push_str("</");
            return 2;
        }
        let behind = rest.get(c.len_utf8()..).unwrap_or("");
        let next = behind.chars().next();
        match &mut self.at {
            At::Words => return self.words(out, c, rest),
            At::Comment => {
                if rest.starts_with("-->") {
                    self.at = At::Words;
                    return 3;
                }
            }
            At::OnlyWords => out.push(c),
            At::Script(script) => out.extend(script.take(c, next)),
            At::Style(style) => out.extend(style.take(c, next)),
            At::TagName => {
                if c.is_whitespace() || matches!(c, '/' | '>') {
                    self.at = At::Tag;
                    return self.tag(out, c);
                }
                push_name(&mut self.element, c);
                out.push(c);
            }
            At::Tag => return self.tag(out, c),
            At::Name => {
                if c.is_whitespace() || matches!(c, '/' | '>' | '=') {
                    self.at = At::Tag;
                    return self.tag(out, c);
                }
                push_name(&mut self.name, c);
                out.push(c);
            }
            At::BeforeValue => return self.before_value(out, c),
            At::Value(mark, _) => {
                let ends = match mark {
                    Some(mark) => c == *mark,
                    None => c.is_whitespace() || c == '>',
                };
                if ends {
                    let quoted = mark.is_some();
                    self.at = At::Tag;
                    if quoted {
                        out.push(c);
                        return 0;
                    }
                    return self.tag(out, c);
                }
                return self.in_value(out, rest);
            }
        }
        0
    }

    /// Whether the element that holds text of its own kind ends here.
    fn ends(&self, rest: &str) -> bool {
        let Some(name) = rest.strip_prefix("</") else {
            return false;
        };
        let Some((name, behind)) = name.split_at_checked(self.element.len()) else {
            return false;
        };
        let ended = behind
            .chars()
            .next()
            .is_none_or(|c| !c.is_ascii_alphanumeric());
        name.eq_ignore_ascii_case(&self.element) && ended
    }

    fn words(&mut self, out: &mut String, c: char, rest: &str) -> usize {
        if c != '<' {
            out.push(c);
            return 0;
        }
        if rest.starts_with("<!--") {
            self.at = At::Comment;
            return 4;
        }
        let is_letter = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
        let behind = rest.get(1..).unwrap_or("");
        if is_letter(behind) {
            self.is_end_tag = false;
        } else if behind.strip_prefix('/').is_some_and(is_letter) {
            self.is_end_tag = true;
        } else {
            let doctype = behind
                .get(..8)
                .is_some_and(|word| word.eq_ignore_ascii_case("!doctype"));
            out.push_str(if doctype { "<" } else { "&lt;" });
            return 1;
        }
        self.at = At::TagName;
        self.element.clear();
        self.script_type.clear();
        out.push_str(if self.is_end_tag { "</" } else { "<" });
        1 + usize::from(self.is_end_tag)
    }

    /// Between attributes.
    fn tag(&mut self, out: &mut String, c: char) -> usize {
        out.push(c);
        match c {
            '>' => self.at = self.inside_element(),
            '=' if !self.name.is_empty() => self.at = At::BeforeValue,
            c if c.is_whitespace() || c == '/' => {}
            c => {
                self.name.clear();
                push_name(&mut self.name, c);
                self.at = At::Name;
            }
        }
        0
    }

    /// What a tag's end leads into.
    fn inside_element(&self) -> At {
        if self.is_end_tag {
            return At::Words;
        }
        match self.element.as_str() {
            "script" if is_script_type(&self.script_type) => At::Script(Script::new()),
            "style" => At::Style(Style::new()),
            "title" | "textarea" => At::OnlyWords,
            _ => At::Words,
        }
    }

    fn before_value(&mut self, out: &mut String, c: char) -> usize {
        if c.is_whitespace() {
            out.push(c);
            return 0;
        }
        let inside = self.value_begins();
        match c {
            '"' | '\'' => {
                self.at = At::Value(Some(c), inside);
                out.push(c);
                0
            }
            '>' => {
                self.at = At::Tag;
                self.tag(out, c)
            }
            c => {
                self.at = At::Value(None, inside);
                let mut one = [0; 4];
                self.in_value(out, c.encode_utf8(&mut one))
            }
        }
    }

    /// The value of the attribute whose name was read.
    fn value_begins(&mut self) -> Inside {
        let name = std::mem::take(&mut self.name);
        self.name.clear();
        if self.element == "script" && name == "type" {
            self.script_type.clear();
            // Kept while the value is read.
            self.name = name;
            return Inside::Text;
        }
        match holds(&name) {
            Holds::Text => Inside::Text,
            Holds::Url => Inside::Url(Part::Start),
            Holds::UrlList => Inside::UrlList,
            Holds::Script => Inside::Script(Script::new()),
            Holds::Style => Inside::Style(Style::new()),
        }
    }

    /// One character of an attribute's value, which may be written as an entity.
    fn in_value(&mut self, out: &mut String, rest: &str) -> usize {
        let (c, written) = decoded(rest);
        let next = rest.get(written.len()..).map(decoded).map(|(c, _)| c);
        let At::Value(_, inside) = &mut self.at else {
            return 0;
        };
        match inside {
            Inside::Text if self.name == "type" && self.script_type.len() < MAX_NAME => {
                self.script_type.push(c);
            }
            Inside::Text | Inside::UrlList => {}
            Inside::Url(part) => *part = part.after(c),
            // Comments stay in attributes.
            Inside::Script(script) => {
                script.take(c, next);
            }
            Inside::Style(style) => {
                style.take(c, next);
            }
        }
        out.push_str(written);
        written.len()
    }

    /// Appends a value as its place demands.
    pub(crate) fn value(&mut self, out: &mut String, value: &Value) -> Result<(), String> {
        let text = match value {
            Value::Nil => String::new(),
            other => sprint(std::slice::from_ref(other))?,
        };
        let html = matches!(value, Value::Safe(Markup::Html, _));
        let url = matches!(value, Value::Safe(Markup::Url, _));
        let amount = if html {
            Amount::ButEntities
        } else {
            Amount::All
        };
        if let At::BeforeValue = self.at {
            self.at = At::Value(None, self.value_begins());
        }
        match &mut self.at {
            At::Comment => {}
            At::Words if html => out.push_str(&text),
            At::Words => markup::push(out, &text, Amount::All),
            At::OnlyWords => markup::push(out, &text, amount),
            At::Script(script) => script.push_value(out, value, &text)?,
            At::Style(style) => style.push_value(out, &text, url),
            At::Tag | At::Name | At::TagName => self.push_name(out, &text),
            At::BeforeValue => {}
            At::Value(mark, inside) => {
                let mut escaped = String::new();
                match inside {
                    Inside::Text if html => escaped = without_tags(&text),
                    Inside::Text => escaped = text,
                    Inside::Url(part) => escaped = url::escaped(*part, &text, url),
                    Inside::UrlList if url => escaped = url::escaped(Part::Front, &text, true),
                    Inside::UrlList => escaped = url::escaped_list(&text),
                    Inside::Script(script) => script.push_value(&mut escaped, value, &text)?,
                    Inside::Style(style) => style.push_value(&mut escaped, &text, url),
                }
                match mark {
                    Some(_) => markup::push(out, &escaped, amount),
                    None => markup::push_unquoted(out, &escaped, amount),
                }
            }
        }
        Ok(())
    }

    /// A value in a tag is an attribute's name, and of one that only holds text.
    fn push_name(&mut self, out: &mut String, text: &str) {
        let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let harmless = is_name && holds(text) == Holds::Text;
        if let At::Tag = self.at {
            self.name.clear();
            self.at = At::Name;
        }
        let shown = if harmless { text } else { REFUSED };
        for c in shown.chars() {
            push_name(&mut self.name, c);
        }
        out.push_str(shown);
    }
}

fn push_name(name: &mut String, c: char) {
    if name.len() < MAX_NAME {
        name.push(c.to_ascii_lowercase());
    }
}

/// The first character of an attribute's text, and how it is written there.
fn decoded(text: &str) -> (char, &str) {
    const ENTITIES: [(&str, char); 9] = [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&#34;", '"'),
        ("&#39;", '\''),
        ("&#x22;", '"'),
        ("&#x27;", '\''),
    ];
    for (entity, c) in ENTITIES {
        if let Some(written) = text.get(..entity.len()).filter(|start| *start == entity) {
            return (c, written);
        }
    }
    let c = text.chars().next().unwrap_or(' ');
    (c, text.get(..c.len_utf8()).unwrap_or(""))
}
