//! Checked sections back to YAML, as upstream shows them: values at their zero are left out,
//! secrets are `<secret>`, lists stand at the indent of their key.

use std::fmt::Write as _;

use model::duration;

use crate::scalar;
use crate::schema::{Field, Kind, Preset};
use crate::table::{Table, Value};
use crate::tree::Tree;

/// A document to be written.
enum Yaml {
    /// Written as it is.
    Raw(String),
    /// Quoted as needed.
    Text(String),
    List(Vec<Self>),
    /// A list of texts in one line.
    InLine(Vec<String>),
    Map(Vec<(String, Self)>),
}

/// The section as YAML.
pub(crate) fn to_yaml(table: &Table) -> String {
    let mut out = String::new();
    match table_yaml(table) {
        Yaml::Map(entries) if !entries.is_empty() => write_map(&mut out, &entries, 0),
        _ => out.push_str("{}\n"),
    }
    out
}

fn table_yaml(table: &Table) -> Yaml {
    let shown = table
        .slots()
        .filter(|(field, slot)| is_shown(field, &slot.value));
    Yaml::Map(
        shown
            .map(|(field, slot)| (field.key.to_owned(), field_yaml(field, &slot.value)))
            .collect(),
    )
}

/// Truth values that may be absent are shown wherever they are there, and a zero where leaving it
/// out would mean something else.
fn is_shown(field: &Field, value: &Value) -> bool {
    field.always_shown
        || !matches!(field.preset, Preset::Zero)
        || match field.kind {
            Kind::Flag => *value != Value::Null,
            _ => !value.is_zero(),
        }
}

fn field_yaml(field: &Field, value: &Value) -> Yaml {
    match value {
        Value::List(items) if field.in_line => {
            Yaml::InLine(items.iter().map(|item| item.text().to_owned()).collect())
        }
        _ => value_yaml(field.kind, value),
    }
}

fn value_yaml(kind: Kind, value: &Value) -> Yaml {
    match (kind, value) {
        (Kind::Secret | Kind::SecretUrl, Value::Text(text)) if !text.is_empty() => {
            Yaml::Raw("<secret>".to_owned())
        }
        (Kind::Secret | Kind::SecretUrl, _) => Yaml::Raw("null".to_owned()),
        (Kind::Url | Kind::WebUrl, Value::Text(text)) => Yaml::Text(without_password(text)),
        (_, Value::Text(text)) => Yaml::Text(text.clone()),
        (_, Value::Bool(b)) => Yaml::Raw(b.to_string()),
        (_, Value::Int(n)) => Yaml::Raw(n.to_string()),
        (_, Value::Float(f)) => Yaml::Raw(f.to_string()),
        (_, Value::Millis(n)) => Yaml::Raw(duration::format(*n)),
        (_, Value::Bytes(n)) => Yaml::Raw(scalar::write_size(*n)),
        (_, Value::Table(table)) => table_yaml(table),
        (_, Value::Tree(tree)) => tree_yaml(tree),
        (Kind::List(inner), Value::List(items)) => Yaml::List(
            items
                .iter()
                .map(|item| value_yaml(*inner, &item.value))
                .collect(),
        ),
        (Kind::Tables(section), Value::List(items)) => {
            let kind = Kind::Table(section);
            Yaml::List(
                items
                    .iter()
                    .map(|item| value_yaml(kind, &item.value))
                    .collect(),
            )
        }
        (Kind::Map(inner), Value::Map(items)) => Yaml::Map(
            items
                .iter()
                .map(|(key, item)| (key.clone(), value_yaml(*inner, &item.value)))
                .collect(),
        ),
        (_, Value::Map(items)) => Yaml::Map(
            items
                .iter()
                .map(|(key, item)| (key.clone(), value_yaml(Kind::Text, &item.value)))
                .collect(),
        ),
        (_, Value::List(_)) => Yaml::List(Vec::new()),
        (_, Value::Null) => zero_yaml(kind),
    }
}

fn zero_yaml(kind: Kind) -> Yaml {
    match kind {
        Kind::Bool | Kind::Flag => Yaml::Raw("false".to_owned()),
        Kind::Int | Kind::Uint | Kind::Float => Yaml::Raw("0".to_owned()),
        Kind::Duration | Kind::GoDuration => Yaml::Raw("0s".to_owned()),
        Kind::Size => Yaml::Raw("0B".to_owned()),
        Kind::List(_) | Kind::Tables(_) => Yaml::List(Vec::new()),
        Kind::Map(_) | Kind::Labels | Kind::Table(_) | Kind::TextOr(..) | Kind::NamedTables(_) => {
            Yaml::Map(Vec::new())
        }
        Kind::Any => Yaml::Raw("null".to_owned()),
        _ => Yaml::Text(String::new()),
    }
}

fn tree_yaml(tree: &Tree) -> Yaml {
    match tree {
        Tree::Null => Yaml::Raw("null".to_owned()),
        Tree::Bool(truth) => Yaml::Raw(truth.to_string()),
        Tree::Int(number) => Yaml::Raw(number.to_string()),
        Tree::Float(number) => Yaml::Raw(number.to_string()),
        Tree::Text(text) => Yaml::Text(text.clone()),
        Tree::List(items) => Yaml::List(items.iter().map(tree_yaml).collect()),
        Tree::Map(entries) => Yaml::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), tree_yaml(value)))
                .collect(),
        ),
    }
}

/// A URL whose password, if any, is hidden; otherwise as it was written.
fn without_password(text: &str) -> String {
    let hidden = || {
        let (scheme, rest) = text.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end)?;
        let (login, host) = authority.rsplit_once('@')?;
        let (user, _) = login.split_once(':')?;
        Some(format!("{scheme}://{user}:xxxxx@{host}{tail}"))
    };
    hidden().unwrap_or_else(|| text.to_owned())
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn write_map(out: &mut String, entries: &[(String, Yaml)], indent: usize) {
    for (place, (key, value)) in entries.iter().enumerate() {
        // The first key of a list's item stands behind its dash.
        if place > 0 || !out.ends_with("- ") {
            pad(out, indent);
        }
        write_text(out, key, indent);
        out.push(':');
        match value {
            Yaml::Map(inner) if !inner.is_empty() => {
                out.push('\n');
                write_map(out, inner, indent + 2);
            }
            Yaml::List(items) if !items.is_empty() => {
                out.push('\n');
                write_list(out, items, indent);
            }
            value => {
                out.push(' ');
                write_single(out, value, indent + 2);
            }
        }
    }
}

fn write_list(out: &mut String, items: &[Yaml], indent: usize) {
    for item in items {
        pad(out, indent);
        out.push_str("- ");
        match item {
            Yaml::Map(inner) if !inner.is_empty() => write_map(out, inner, indent + 2),
            Yaml::List(inner) if !inner.is_empty() => write_list(out, inner, indent + 2),
            item => write_single(out, item, indent + 2),
        }
    }
}

/// What fits behind a key or dash, and the end of the line.
fn write_single(out: &mut String, value: &Yaml, indent: usize) {
    match value {
        Yaml::Raw(text) => out.push_str(text),
        Yaml::Text(text) => write_text(out, text, indent),
        Yaml::List(_) => out.push_str("[]"),
        Yaml::Map(_) => out.push_str("{}"),
        Yaml::InLine(texts) => {
            out.push('[');
            for (place, text) in texts.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                if text.contains([',', '[', ']', '{', '}', '?']) {
                    write_double(out, text);
                } else {
                    write_text(out, text, indent);
                }
            }
            out.push(']');
        }
    }
    out.push('\n');
}

/// A text in the plainest form that reads back as itself.
fn write_text(out: &mut String, text: &str, indent: usize) {
    let control = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    if text.chars().any(control) || means_something_else(text) {
        write_double(out, text);
    } else if text.contains('\n') {
        write_block(out, text, indent);
    } else if is_plain(text) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

/// Whether a plain scalar of this text would be read as null, a truth value, a number or a time.
fn means_something_else(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL" | "<<" | "=")
        || scalar::boolean(text).is_some()
        || scalar::integer(text).is_some()
        || scalar::float(text).is_some()
        || is_sexagesimal_or_date(text)
}

/// `1:20` is eighty in YAML 1.1, and `2001-01-01` a day.
fn is_sexagesimal_or_date(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.trim_start_matches(['-', '+']);
    let whole = unsigned
        .split_once('.')
        .map_or(unsigned, |(whole, _)| whole);
    let sexagesimal = whole.contains(':')
        && whole.split(':').enumerate().all(|(place, part)| {
            digits(part) && (place == 0 || part.parse::<u8>().is_ok_and(|number| number < 60))
        });
    let date = text.split_once('-').is_some_and(|(year, rest)| {
        year.len() == 4
            && digits(year)
            && rest
                .chars()
                .all(|c| c.is_ascii_digit() || ":-.TtZz+ ".contains(c))
    });
    sexagesimal || date
}

fn is_plain(text: &str) -> bool {
    let first_fits = match text.chars().next() {
        None => false,
        Some(c) if ",[]{}#&*!|>'\"%@` ".contains(c) => false,
        Some('-' | '?' | ':') => text.chars().nth(1).is_some_and(|c| c != ' '),
        Some(_) => true,
    };
    first_fits
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
}

fn write_double(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A text of several lines.
fn write_block(out: &mut String, text: &str, indent: usize) {
    // Leading white space or trailing line breaks would need indicators of their own.
    if text.starts_with([' ', '\n']) || text.ends_with("\n\n") || text == "\n" {
        write_double(out, text);
        return;
    }
    out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
    for line in text.trim_end_matches('\n').split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent.max(2));
            out.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::{self, Content};

    /// What a document of one list of one text reads back as.
    fn read_back(text: &str) -> Option<String> {
        let mut out = String::new();
        write_list(&mut out, &[Yaml::Text(text.to_owned())], 0);
        let node = yaml::parse(&out).ok()?;
        let Content::List(items) = node.content else {
            return None;
        };
        match &items.first()?.content {
            Content::Scalar { text, .. } => Some(text.clone()),
            _ => None,
        }
    }

    #[test]
    fn texts_are_written_as_plainly_as_they_may() {
        for (text, written) in [
            ("(.*)", "(.*)"),
            ("$1", "$1"),
            (";", ";"),
            ("", "\"\""),
            ("true", "\"true\""),
            ("123", "\"123\""),
            ("10s", "10s"),
            ("*x", "'*x'"),
            ("a: b", "'a: b'"),
            ("localhost:9090", "localhost:9090"),
            ("1:20", "\"1:20\""),
            ("1.2.3.4:9093", "1.2.3.4:9093"),
            ("2001-01-01", "\"2001-01-01\""),
            ("-", "'-'"),
            ("測試", "測試"),
        ] {
            let mut out = String::new();
            write_text(&mut out, text, 0);
            assert_eq!(out, written);
        }
    }

    #[test]
    fn passwords_in_urls_are_hidden() {
        for (url, shown) in [
            ("http://u:p@h:1/x@y", "http://u:xxxxx@h:1/x@y"),
            ("http://u:p@q@h", "http://u:xxxxx@h"),
            ("http://u@h/a:b", "http://u@h/a:b"),
            ("localhost:9090", "localhost:9090"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    proptest! {
        #[test]
        fn every_text_reads_back(text in "[-a-c:{}\\[\\],&*!|> \\n\"'#~<0-9=%@`.\\t]{0,20}|\\PC{0,20}") {
            prop_assert_eq!(read_back(&text), Some(text));
        }
    }
}
