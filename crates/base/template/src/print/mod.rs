//! Values as Go's `fmt` prints them.
//!
//! `sprint`, `sprintln` and `sprintf` are the functions of that name; `verb` prints one value by
//! one verb, `number` writes numbers. All that is written together is bounded.
//!
//! Absent: fractions in base 2 and 16 (`%b` and `%x` of a float), and addresses (`%p`).

mod format;
mod number;
mod verb;

pub(crate) use format::sprintf;
pub(crate) use number::general as float_general;

use crate::limits::MAX_OUTPUT;
use crate::value::Value;

/// What a verb's flags say.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
    /// `%+v`: fields with their names.
    named: bool,
    /// `%#v`: as Go's source would say it.
    source: bool,
}

/// Where values are printed, as far as the limit reaches.
#[derive(Default)]
struct Printer {
    out: String,
    full: bool,
    flags: Flags,
}

impl Printer {
    fn push(&mut self, text: &str) {
        if self.out.len() + text.len() > MAX_OUTPUT {
            self.full = true;
        } else {
            self.out.push_str(text);
        }
    }

    fn finish(self) -> Result<String, String> {
        if self.full {
            return Err(format!("the text would have more than {MAX_OUTPUT} bytes"));
        }
        Ok(self.out)
    }
}

/// Go's `Sprint`: spaces between values that are both no texts.
pub(crate) fn sprint(values: &[Value]) -> Result<String, String> {
    let mut printer = Printer::default();
    let mut text_before = true;
    for (place, value) in values.iter().enumerate() {
        let is_text = value.as_text().is_some();
        if place > 0 && !is_text && !text_before {
            printer.push(" ");
        }
        printer.value('v', value);
        text_before = is_text;
    }
    printer.finish()
}

/// Go's `Sprintln`: spaces between all values, and a newline.
pub(crate) fn sprintln(values: &[Value]) -> Result<String, String> {
    let mut printer = Printer::default();
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            printer.push(" ");
        }
        printer.value('v', value);
    }
    printer.push("\n");
    printer.finish()
}
