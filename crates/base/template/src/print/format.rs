//! `printf`: a text with verbs, and what it says of those that find no value.

use super::{Flags, Printer};
use crate::limits::MAX_WIDTH;
use crate::value::Value;

/// Go's `Sprintf`.
pub(crate) fn sprintf(format: &str, values: &[Value]) -> Result<String, String> {
    let mut reader = Reader {
        rest: format,
        values,
        next: 0,
        reordered: false,
        good_index: true,
        printer: Printer::default(),
    };
    reader.run();
    reader.printer.finish()
}

struct Reader<'a> {
    rest: &'a str,
    values: &'a [Value],
    /// The place of the next value.
    next: usize,
    /// Whether a place was named, as in `%[2]d`: then too many values are no mistake.
    reordered: bool,
    good_index: bool,
    printer: Printer,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some((before, after)) = self.rest.split_once('%') {
            self.printer.push(before);
            self.rest = after;
            self.verb();
            if self.printer.full {
                return;
            }
        }
        let rest = self.rest;
        self.printer.push(rest);
        if !self.reordered && self.next < self.values.len() {
            self.extra();
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn accept(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn verb(&mut self) {
        self.printer.flags = Flags::default();
        self.good_index = true;
        self.flags();
        let mut index_before = self.index();
        if self.accept('*') {
            index_before = false;
            match self.number_value() {
                Some(width) => {
                    self.printer.flags.minus |= width < 0;
                    self.printer.flags.zero &= width >= 0;
                    self.printer.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => self.printer.push("%!(BADWIDTH)"),
            }
        } else if let Some(width) = self.digits() {
            // `%[3]2d`: a place and then digits are a mistake.
            self.good_index &= !index_before;
            index_before = false;
            self.printer.flags.width = width;
        }
        if self.accept('.') {
            self.good_index &= !index_before;
            index_before = self.index();
            if self.accept('*') {
                index_before = false;
                match self.number_value() {
                    Some(precision) => {
                        self.printer.flags.precision = usize::try_from(precision).ok();
                        if precision < 0 {
                            self.printer.push("%!(BADPREC)");
                        }
                    }
                    None => self.printer.push("%!(BADPREC)"),
                }
            } else {
                self.printer.flags.precision = self.digits().unwrap_or(Some(0));
            }
        }
        if !index_before {
            self.index();
        }
        self.print();
    }

    fn print(&mut self) {
        let Some(verb) = self.peek() else {
            return self.printer.push("%!(NOVERB)");
        };
        self.rest = self.rest.get(verb.len_utf8()..).unwrap_or("");
        if verb == '%' {
            return self.printer.push("%");
        }
        if !self.good_index {
            return self.printer.push(&format!("%!{verb}(BADINDEX)"));
        }
        let Some(value) = self.values.get(self.next) else {
            return self.printer.push(&format!("%!{verb}(MISSING)"));
        };
        self.next += 1;
        let flags = &mut self.printer.flags;
        if verb == 'v' {
            flags.source = std::mem::take(&mut flags.sharp);
            flags.named = std::mem::take(&mut flags.plus);
        }
        self.printer.value(verb, value);
    }

    fn flags(&mut self) {
        while let Some(c) = self.peek() {
            let flags = &mut self.printer.flags;
            match c {
                '#' => flags.sharp = true,
                '0' => flags.zero = true,
                '+' => flags.plus = true,
                '-' => flags.minus = true,
                ' ' => flags.space = true,
                _ => break,
            }
            self.accept(c);
        }
        let flags = &mut self.printer.flags;
        flags.zero &= !flags.minus;
    }

    /// Digits; within them, nothing where they say too much.
    fn digits(&mut self) -> Option<Option<usize>> {
        let count = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return None;
        }
        let (number, after) = self.rest.split_at_checked(count)?;
        self.rest = after;
        // Go looks before it takes the last digit.
        let number: Option<i64> = number
            .parse()
            .ok()
            .filter(|number| *number / 10 <= MAX_WIDTH);
        if number.is_none() {
            // And takes the whole rest for the number.
            self.rest = "";
        }
        Some(number.and_then(|number| usize::try_from(number).ok()))
    }

    /// The next value as a width or precision.
    fn number_value(&mut self) -> Option<i64> {
        let value = self.values.get(self.next);
        self.next += usize::from(value.is_some());
        let number = match value {
            Some(Value::Int(number)) => *number,
            _ => return None,
        };
        (-MAX_WIDTH..=MAX_WIDTH).contains(&number).then_some(number)
    }

    /// `[n]`: the next value is the n-th, from 1.
    fn index(&mut self) -> bool {
        let Some(inside) = self.rest.strip_prefix('[') else {
            return false;
        };
        self.reordered = true;
        let Some((number, after)) = inside.split_once(']') else {
            self.good_index = false;
            self.rest = inside;
            return false;
        };
        self.rest = after;
        let place = number
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        match place.filter(|place| *place < self.values.len()) {
            Some(place) => {
                self.next = place;
                true
            }
            None => {
                self.good_index = false;
                true
            }
        }
    }

    /// Values that no verb took.
    fn extra(&mut self) {
        self.printer.flags = Flags::default();
        self.printer.push("%!(EXTRA ");
        let left = self.values.get(self.next..).unwrap_or_default();
        for (place, value) in left.iter().enumerate() {
            if place > 0 {
                self.printer.push(", ");
            }
            if !matches!(value, Value::Nil) {
                self.printer.push(&value.type_name());
                self.printer.push("=");
            }
            self.printer.value('v', value);
        }
        self.printer.push(")");
    }
}
