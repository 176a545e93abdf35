//! A tree of nodes against the tables of the sections: what comes out is typed, complete and
//! obeys every section's rules, or is the first fault with its place.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use model::{Pattern, duration};
use url::{ParseError, Url};

use crate::error::{Fault, Place};
use crate::nearest::nearest;
use crate::scalar;
use crate::schema::{Field, Kind, Preset, Section};
use crate::table::{Item, Table, Value};
use crate::tree::Tree;
use crate::yaml::{Content, Entry, Node};

/// Reads a document as a section. `folder` is what paths in it are relative to.
pub(crate) fn document(
    section: &'static Section,
    root: &Node,
    folder: &Path,
) -> Result<Table, Fault> {
    let strict = true;
    Reader { folder, strict }.table(section, root, &Trail::Root)
}

/// As [`document`], with keys that nobody knows passed over.
pub(crate) fn document_with_more(
    section: &'static Section,
    root: &Node,
    folder: &Path,
) -> Result<Table, Fault> {
    let strict = false;
    Reader { folder, strict }.table(section, root, &Trail::Root)
}

/// The keys that lead to a node; written out only where a section or a fault needs them.
enum Trail<'a> {
    Root,
    Key(&'a Trail<'a>, &'a str),
    Index(&'a Trail<'a>, usize),
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

struct Reader<'a> {
    folder: &'a Path,
    /// Whether a key that nobody knows is an error.
    strict: bool,
}

fn expected(what: &str, node: &Node, trail: &Trail<'_>) -> Fault {
    Fault::new(
        node.at,
        trail,
        format!("expected {what}, found {}", node.describe()),
    )
}

/// A fault that repeats the text that stood there; never for secrets.
fn not_a(what: &str, text: &str, node: &Node, trail: &Trail<'_>) -> Fault {
    Fault::new(node.at, trail, format!("expected {what}, found {text:?}"))
}

impl Reader<'_> {
    fn table(
        &self,
        section: &'static Section,
        node: &Node,
        trail: &Trail<'_>,
    ) -> Result<Table, Fault> {
        let nothing = Vec::new();
        let entries = match &node.content {
            Content::Map(entries) => entries,
            Content::Null => &nothing,
            _ => return Err(expected("a map of settings", node, trail)),
        };
        let mut table = Table::fresh(section, node.at, trail.to_string());
        for entry in entries {
            let field = match known(section, entry, trail) {
                Ok(field) => field,
                Err(fault) if self.strict => return Err(fault),
                Err(_) => continue,
            };
            let value = self.field(field, &entry.value, &Trail::Key(trail, field.key))?;
            // Presets of an inner section stand again where the file says null.
            if value != Value::Null || !matches!(field.preset, Preset::Fresh) {
                let at = if value == Value::Null {
                    entry.at
                } else {
                    entry.value.at
                };
                table.put(field.key, at, value);
            }
        }
        for field in section.fields().filter(|field| field.required) {
            table.require(field.key, "")?;
        }
        for check in section.checks() {
            check(&mut table)?;
        }
        Ok(table)
    }

    fn field(&self, field: &Field, node: &Node, trail: &Trail<'_>) -> Result<Value, Fault> {
        match node.content {
            Content::Null => Ok(Value::Null),
            _ => self.value(field.kind, node, trail),
        }
    }

    fn value(&self, kind: Kind, node: &Node, trail: &Trail<'_>) -> Result<Value, Fault> {
        match kind {
            Kind::List(inner) => self.list(*inner, node, trail),
            Kind::Map(inner) => self.map(*inner, node, trail),
            Kind::Tables(section) => self.list(Kind::Table(section), node, trail),
            Kind::NamedTables(section) => self.map(Kind::Table(section), node, trail),
            Kind::Labels => self.labels(node, trail),
            Kind::Table(section) => Ok(Value::Table(Box::new(self.table(section, node, trail)?))),
            Kind::Any => Ok(Value::Tree(Tree::from_node(node))),
            Kind::TextOr(section, key) => {
                let mut table = match &node.content {
                    Content::Scalar { text, .. } => {
                        let mut table = Table::fresh(section, node.at, trail.to_string());
                        table.put(key, node.at, text_value(text));
                        table
                    }
                    _ => self.table(section, node, trail)?,
                };
                table.at = node.at;
                Ok(Value::Table(Box::new(table)))
            }
            _ => match &node.content {
                Content::Scalar { text, plain } => self.scalar(kind, text, *plain, node, trail),
                _ => Err(expected(scalar_name(kind), node, trail)),
            },
        }
    }

    fn list(&self, kind: Kind, node: &Node, trail: &Trail<'_>) -> Result<Value, Fault> {
        let Content::List(nodes) = &node.content else {
            return Err(expected("a list", node, trail));
        };
        let mut items = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let trail = Trail::Index(trail, index);
            let value = match (&node.content, kind) {
                (Content::Null, Kind::Table(_)) => {
                    return Err(Fault::new(
                        node.at,
                        &trail,
                        "an empty or null entry; expected a map of settings",
                    ));
                }
                (Content::Null, _) => Value::Null,
                _ => self.value(kind, node, &trail)?,
            };
            items.push(Item { at: node.at, value });
        }
        Ok(Value::List(items))
    }

    fn map(&self, kind: Kind, node: &Node, trail: &Trail<'_>) -> Result<Value, Fault> {
        let Content::Map(entries) = &node.content else {
            return Err(expected("a map", node, trail));
        };
        let mut items = Vec::with_capacity(entries.len());
        for entry in entries {
            let trail = Trail::Key(trail, &entry.key);
            let value = match entry.value.content {
                Content::Null => Value::Null,
                _ => self.value(kind, &entry.value, &trail)?,
            };
            items.push((
                entry.key.clone(),
                Item {
                    at: entry.at,
                    value,
                },
            ));
        }
        items.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Value::Map(items))
    }

    fn labels(&self, node: &Node, trail: &Trail<'_>) -> Result<Value, Fault> {
        let value = self.map(Kind::Text, node, trail)?;
        if let Value::Map(items) = &value
            && let Some((_, item)) = items.iter().find(|(name, _)| name.is_empty())
        {
            return Err(Fault::new(item.at, trail, "\"\" is not a valid label name"));
        }
        Ok(value)
    }

    fn scalar(
        &self,
        kind: Kind,
        text: &str,
        plain: bool,
        node: &Node,
        trail: &Trail<'_>,
    ) -> Result<Value, Fault> {
        let wrong = || not_a(scalar_name(kind), text, node, trail);
        let said = |message: String| Fault::new(node.at, trail, message);
        let number = plain.then_some(text);
        match kind {
            Kind::Bool | Kind::Flag => number
                .and_then(scalar::boolean)
                .map(Value::Bool)
                .ok_or_else(wrong),
            Kind::Int => number
                .and_then(scalar::integer)
                .map(Value::Int)
                .ok_or_else(wrong),
            Kind::Uint => number
                .and_then(scalar::integer)
                .filter(|n| *n >= 0)
                .map(Value::Int)
                .ok_or_else(wrong),
            Kind::Float => number
                .and_then(scalar::float)
                .map(Value::Float)
                .ok_or_else(wrong),
            Kind::Duration => duration::parse(text)
                .map(Value::Millis)
                .map_err(|error| said(error.to_string())),
            Kind::Size => scalar::size(text).map(Value::Bytes).ok_or_else(wrong),
            Kind::File => Ok(Value::Text(resolve(self.folder, text))),
            Kind::Url => url(text).map(|()| text_value(text)).map_err(said),
            Kind::WebUrl => web_url(text).map(|()| text_value(text)).map_err(said),
            // Shown anew, a secret URL is not one, and is a placeholder nobody can be asked by.
            Kind::SecretUrl if text == "<secret>" => Ok(text_value(text)),
            Kind::SecretUrl => web_url(text).map(|()| text_value(text)).map_err(|_| {
                said("not a valid URL: unsupported scheme or missing host".to_owned())
            }),
            Kind::GoDuration => scalar::go_duration(text)
                .or_else(|| number.and_then(scalar::integer).map(scalar::nanoseconds))
                .map(Value::Millis)
                .ok_or_else(wrong),
            Kind::Regex => Pattern::new(text)
                .map(|_| text_value(text))
                .map_err(|error| said(error.to_string())),
            Kind::Label if text.is_empty() => Err(wrong()),
            Kind::Choice(words) if !words.contains(&text) => {
                Err(not_a(&one_of(words), text, node, trail))
            }
            _ => Ok(text_value(text)),
        }
    }
}

/// The words of a choice, for messages; that it may be left empty goes without saying.
fn one_of(words: &[&str]) -> String {
    let named: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.is_empty())
        .collect();
    format!("one of {}", named.join(", "))
}

fn text_value(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn scalar_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool | Kind::Flag => "true or false",
        Kind::Int => "a whole number",
        Kind::Uint => "a whole number that is not negative",
        Kind::Float => "a number",
        Kind::Duration | Kind::GoDuration => "a duration such as 1m30s",
        Kind::Size => "a size with its unit such as 15MB",
        Kind::Url | Kind::WebUrl | Kind::SecretUrl => "a URL",
        Kind::Regex => "a regular expression",
        Kind::Label => "a label name",
        _ => "a text",
    }
}

fn known(section: &Section, entry: &Entry, trail: &Trail<'_>) -> Result<&'static Field, Fault> {
    if let Some(field) = section.fields().find(|field| field.key == entry.key) {
        return Ok(field);
    }
    let keys = section.fields().map(|field| field.key);
    let hint =
        nearest(&entry.key, keys).map_or(String::new(), |key| format!("; did you mean {key:?}?"));
    Err(unknown(
        entry.at,
        trail,
        format!("unknown key {:?}{hint}", entry.key),
    ))
}

fn unknown(at: Place, trail: &Trail<'_>, message: String) -> Fault {
    Fault::new(at, trail, message)
}

/// A URL may lack a host (`localhost:9090` is a scheme and a path) and even a scheme, as upstream
/// has it; sections that need more say so. The text is not repeated: it may hold a password.
fn url(text: &str) -> Result<(), String> {
    if text.starts_with(char::is_whitespace) || !has_valid_escapes(text) {
        return Err("not a valid URL: white space before it or an invalid % escape".to_owned());
    }
    match Url::parse(text) {
        Err(ParseError::RelativeUrlWithoutBase) if is_relative(text) => Ok(()),
        Err(error) => Err(format!("not a valid URL: {error}")),
        Ok(_) => Ok(()),
    }
}

/// A URL that a web server can be asked by.
pub(crate) fn web_url(text: &str) -> Result<(), String> {
    url(text)?;
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(format!("unsupported scheme {scheme:?} for URL"));
    }
    let host = rest.strip_prefix("//").unwrap_or("");
    if host.is_empty() || host.starts_with(['/', '?', '#']) {
        return Err("missing host for URL".to_owned());
    }
    Ok(())
}

/// Whether every `%` before the query begins an escape of two hexadecimal digits.
fn has_valid_escapes(text: &str) -> bool {
    let before_query = text.split('?').next().unwrap_or("");
    before_query.split('%').skip(1).all(|after| {
        let mut digits = after.bytes();
        let mut is_digit = || digits.next().is_some_and(|b| b.is_ascii_hexdigit());
        is_digit() && is_digit()
    })
}

/// Whether a text without a scheme is a relative URL: no colon before its first slash.
fn is_relative(text: &str) -> bool {
    let first = text.split(['/', '?', '#']).next().unwrap_or("");
    !first.contains(':') && !text.chars().any(char::is_control)
}

/// A path relative to the file's folder, without `.` and `..` where that can be told from the
/// text alone. An empty path stays empty.
pub(crate) fn resolve(folder: &Path, path: &str) -> String {
    if path.is_empty() || Path::new(path).is_absolute() {
        return path.to_owned();
    }
    let mut clean = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match clean.components().next_back() {
                Some(Component::Normal(_)) => {
                    clean.pop();
                }
                Some(Component::RootDir) => {}
                _ => clean.push(".."),
            },
            part => clean.push(part),
        }
    }
    clean.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_folder() {
        for (folder, path, whole) in [
            ("", "a.yml", "a.yml"),
            (".", "a.yml", "a.yml"),
            ("/etc/p", "../a/*.yml", "/etc/a/*.yml"),
            ("/etc/p", "/a", "/a"),
            ("/etc", "", ""),
            ("/", "../a", "/a"),
            ("x", "../../a", "../a"),
        ] {
            assert_eq!(resolve(Path::new(folder), path), whole, "{folder} {path}");
        }
    }
}
