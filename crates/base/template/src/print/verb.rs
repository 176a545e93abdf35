//! One value by one verb.

use super::number::{digits, exponent, general, plain, special, with_zeros};
use super::{Flags, Printer};
use crate::quote::{is_printable, push_quoted};
use crate::time::duration_text;
use crate::value::{List, Map, Object, Shape, Value};

impl Printer {
    /// Prints a value.
    pub(super) fn value(&mut self, verb: char, value: &Value) {
        match (verb, value) {
            ('T', _) => self.string('s', &value.type_name(), value),
            ('v', Value::Nil) => self.pad("<nil>"),
            ('p', _) | (_, Value::Nil) => self.bad(verb, value),
            ('v' | 't', Value::Bool(truth)) => self.pad(if *truth { "true" } else { "false" }),
            (_, Value::Bool(_)) => self.bad(verb, value),
            (_, Value::Int(number)) => self.integer(verb, *number, value),
            (_, Value::Float(number)) => self.float(verb, *number, value),
            (_, Value::Text(text) | Value::Safe(_, text)) => self.string(verb, text, value),
            (_, Value::Time(time)) if is_textual(verb) => self.string(verb, &time.text(), value),
            (_, Value::Duration(nanos)) if is_textual(verb) && !self.flags.source => {
                self.string(verb, &duration_text(*nanos), value);
            }
            (_, Value::Calendar(day)) if is_textual(verb) && !self.flags.source => {
                self.string(verb, day.name(), value);
            }
            (_, Value::Time(_)) => self.bad(verb, value),
            (_, Value::Duration(_) | Value::Calendar(_)) => {
                self.integer(verb, value.as_integer().unwrap_or(0), value);
            }
            (_, Value::List(list)) => self.list(verb, &value.type_name(), list),
            (_, Value::Map(map)) => self.map(verb, &value.type_name(), map),
            (_, Value::Object(object)) => self.object(verb, object.as_ref(), value),
        }
    }

    fn object(&mut self, verb: char, object: &dyn Object, value: &Value) {
        if is_textual(verb)
            && !self.flags.source
            && let Some(text) = object.text()
        {
            return self.string(verb, &text, value);
        }
        let name = object.type_name();
        match object.shape() {
            Shape::List(list) => self.list(verb, name, list),
            Shape::Map(map) => self.map(verb, name, map),
            Shape::Struct(fields) => {
                let Flags { named, source, .. } = self.flags;
                if source {
                    self.push(name);
                }
                self.push("{");
                for (place, field) in fields.iter().enumerate() {
                    if place > 0 {
                        self.push(if source { ", " } else { " " });
                    }
                    if named || source {
                        self.push(field.name);
                        self.push(":");
                    }
                    self.item(verb, &field.value);
                }
                self.push("}");
            }
        }
    }

    fn list(&mut self, verb: char, name: &str, list: &List) {
        let source = self.flags.source;
        if source {
            self.push(name);
        }
        self.push(if source { "{" } else { "[" });
        for (place, item) in list.items().iter().enumerate() {
            if place > 0 {
                self.push(if source { ", " } else { " " });
            }
            if self.full {
                return;
            }
            self.item(verb, item);
        }
        self.push(if source { "}" } else { "]" });
    }

    fn map(&mut self, verb: char, name: &str, map: &Map) {
        let source = self.flags.source;
        if source {
            self.push(name);
        }
        self.push(if source { "{" } else { "map[" });
        for (place, (key, item)) in map.iter().enumerate() {
            if place > 0 {
                self.push(if source { ", " } else { " " });
            }
            if self.full {
                return;
            }
            self.value(verb, &Value::Text(key.clone()));
            self.push(":");
            self.item(verb, item);
        }
        self.push(if source { "}" } else { "]" });
    }

    /// Prints a value inside another one.
    fn item(&mut self, verb: char, value: &Value) {
        match value {
            Value::Nil => self.push("<nil>"),
            value => self.value(verb, value),
        }
    }

    /// A verb that does not fit the value.
    fn bad(&mut self, verb: char, value: &Value) {
        self.push(&format!("%!{verb}("));
        if !matches!(value, Value::Nil) {
            self.push(&value.type_name());
            self.push("=");
        }
        self.value('v', value);
        self.push(")");
    }

    fn string(&mut self, verb: char, text: &str, value: &Value) {
        match verb {
            'v' if self.flags.source => self.quoted(text),
            'v' | 's' => {
                let text = self.cut(text);
                self.pad(text);
            }
            'x' | 'X' => self.hex(text, verb == 'X'),
            'q' => self.quoted(text),
            _ => self.bad(verb, value),
        }
    }

    /// As many characters as the precision says.
    fn cut<'t>(&self, text: &'t str) -> &'t str {
        let end = self
            .flags
            .precision
            .and_then(|count| text.char_indices().nth(count));
        end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
    }

    fn quoted(&mut self, text: &str) {
        let text = self.cut(text);
        let raw = self.flags.sharp
            && text
                .chars()
                .all(|c| c == '\t' || (c != '`' && c != '\u{7f}' && is_printable(c)));
        if raw {
            return self.pad(&format!("`{text}`"));
        }
        let mut out = String::new();
        push_quoted(&mut out, text, '"', self.flags.plus);
        self.pad(&out);
    }

    fn hex(&mut self, text: &str, upper: bool) {
        let count = self.flags.precision.unwrap_or(usize::MAX);
        let mark = if upper { "0X" } else { "0x" };
        let mut out = String::new();
        for (place, byte) in text.bytes().take(count).enumerate() {
            if place > 0 && self.flags.space {
                out.push(' ');
            }
            if self.flags.sharp && (place == 0 || self.flags.space) {
                out.push_str(mark);
            }
            out.push_str(&if upper {
                format!("{byte:02X}")
            } else {
                format!("{byte:02x}")
            });
        }
        self.pad_with(&out, false);
    }

    fn integer(&mut self, verb: char, number: i64, value: &Value) {
        let base = match verb {
            'v' | 'd' => 10,
            'b' => 2,
            'o' | 'O' => 8,
            'x' | 'X' => 16,
            'c' => return self.pad(&character(number).to_string()),
            'q' => {
                let mut out = String::new();
                let text = character(number).to_string();
                push_quoted(&mut out, &text, '\'', self.flags.plus);
                return self.pad(&out);
            }
            'U' => return self.unicode(number),
            _ => return self.bad(verb, value),
        };
        let sign = self.sign(number < 0);
        let least = match self.flags.precision {
            Some(0) if number == 0 => return self.pad_with("", false),
            Some(precision) => precision,
            None if self.flags.zero && !self.flags.minus => {
                self.flags.width.unwrap_or(0).saturating_sub(sign.len())
            }
            None => 0,
        };
        let mut text = digits(number.unsigned_abs(), base, verb == 'X');
        if text.len() < least {
            text = format!("{}{text}", "0".repeat(least - text.len()));
        }
        let mark = match (verb, self.flags.sharp) {
            ('O', _) => "0o",
            ('b', true) => "0b",
            ('o', true) if !text.starts_with('0') => "0",
            ('x', true) => "0x",
            ('X', true) => "0X",
            _ => "",
        };
        self.pad_with(&format!("{sign}{mark}{text}"), false);
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.flags.plus, self.flags.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }

    fn unicode(&mut self, number: i64) {
        let least = self
            .flags
            .precision
            .filter(|precision| *precision > 4)
            .unwrap_or(4);
        // A number below zero is the unsigned one of the same bits.
        let mut text = format!("U+{:0>least$}", digits(number as u64, 16, true));
        let shown = character(number);
        if self.flags.sharp && shown != '\u{fffd}' && is_printable(shown) {
            text.push_str(&format!(" '{shown}'"));
        }
        self.pad_with(&text, false);
    }

    fn float(&mut self, verb: char, number: f64, value: &Value) {
        let precision = self.flags.precision;
        let size = number.abs();
        let text = match (special(size), verb) {
            (Some(word), 'v' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G') => {
                return self.special_float(word, number);
            }
            (None, 'v' | 'g') => general(size, precision),
            (None, 'G') => general(size, precision).to_uppercase(),
            (None, 'e') => exponent(size, precision.unwrap_or(6)),
            (None, 'E') => exponent(size, precision.unwrap_or(6)).to_uppercase(),
            (None, 'f' | 'F') => plain(size, precision.unwrap_or(6)),
            _ => return self.bad(verb, value),
        };
        let text = match (self.flags.sharp, verb) {
            (true, 'v' | 'g' | 'G') => with_zeros(&text, precision.unwrap_or(6)),
            (true, _) => with_zeros(&text, 0),
            (false, _) => text,
        };
        let sign = self.sign(number.is_sign_negative());
        let width = self.flags.width.unwrap_or(0);
        if self.flags.zero && !self.flags.minus && width > sign.len() + text.len() {
            let zeros = "0".repeat(width - sign.len() - text.len());
            self.push(&format!("{sign}{zeros}{text}"));
        } else {
            self.pad(&format!("{sign}{text}"));
        }
    }

    /// What is no number is not padded with zeros; infinity always has a sign.
    fn special_float(&mut self, word: &str, number: f64) {
        let word = word.trim_start_matches('+');
        let sign = match self.sign(number == f64::NEG_INFINITY) {
            "" if word == "Inf" => "+",
            sign => sign,
        };
        self.pad_with(&format!("{sign}{word}"), false);
    }

    fn pad(&mut self, text: &str) {
        self.pad_with(text, self.flags.zero);
    }

    fn pad_with(&mut self, text: &str, zeros: bool) {
        let width = self.flags.width.unwrap_or(0);
        let missing = width.saturating_sub(if width == 0 { 0 } else { text.chars().count() });
        if missing == 0 {
            return self.push(text);
        }
        if self.flags.minus {
            self.push(text);
            self.push(&" ".repeat(missing));
        } else {
            self.push(&if zeros { "0" } else { " " }.repeat(missing));
            self.push(text);
        }
    }
}

/// Whether a verb asks for a text of what has one.
fn is_textual(verb: char) -> bool {
    matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
}

fn character(number: i64) -> char {
    u32::try_from(number)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or('\u{fffd}')
}
