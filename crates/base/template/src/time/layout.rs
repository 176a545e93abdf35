//! Moments by Go's layouts: a layout shows how the moment 2006-01-02 15:04:05 -0700 MST, a
//! Monday, is to be written.

use std::fmt::Write as _;

use super::{Calendar, Time};

/// A part of the moment.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Year,
    Year2,
    MonthName,
    MonthShort,
    Month2,
    Month,
    WeekdayName,
    WeekdayShort,
    Day,
    Day2,
    DaySpaces,
    YearDay,
    YearDaySpaces,
    Hour24,
    Hour12,
    Hour12Two,
    Minute,
    Minute2,
    Second,
    Second2,
    Upper,
    Lower,
    ZoneName,
    Offset {
        zulu: bool,
        colons: bool,
        parts: usize,
    },
}

/// How the parts are written in a layout. Of two that begin alike the longer comes first.
const PARTS: [(&str, Part); 33] = [
    ("January", Part::MonthName),
    ("Jan", Part::MonthShort),
    ("Monday", Part::WeekdayName),
    ("Mon", Part::WeekdayShort),
    ("MST", Part::ZoneName),
    ("2006", Part::Year),
    ("__2", Part::YearDaySpaces),
    ("_2", Part::DaySpaces),
    ("002", Part::YearDay),
    ("01", Part::Month2),
    ("02", Part::Day2),
    ("03", Part::Hour12Two),
    ("04", Part::Minute2),
    ("05", Part::Second2),
    ("06", Part::Year2),
    ("15", Part::Hour24),
    ("1", Part::Month),
    ("2", Part::Day),
    ("3", Part::Hour12),
    ("4", Part::Minute),
    ("5", Part::Second),
    ("PM", Part::Upper),
    ("pm", Part::Lower),
    (
        "-070000",
        Part::Offset {
            zulu: false,
            colons: false,
            parts: 3,
        },
    ),
    (
        "-07:00:00",
        Part::Offset {
            zulu: false,
            colons: true,
            parts: 3,
        },
    ),
    (
        "-0700",
        Part::Offset {
            zulu: false,
            colons: false,
            parts: 2,
        },
    ),
    (
        "-07:00",
        Part::Offset {
            zulu: false,
            colons: true,
            parts: 2,
        },
    ),
    (
        "-07",
        Part::Offset {
            zulu: false,
            colons: false,
            parts: 1,
        },
    ),
    (
        "Z070000",
        Part::Offset {
            zulu: true,
            colons: false,
            parts: 3,
        },
    ),
    (
        "Z07:00:00",
        Part::Offset {
            zulu: true,
            colons: true,
            parts: 3,
        },
    ),
    (
        "Z0700",
        Part::Offset {
            zulu: true,
            colons: false,
            parts: 2,
        },
    ),
    (
        "Z07:00",
        Part::Offset {
            zulu: true,
            colons: true,
            parts: 2,
        },
    ),
    (
        "Z07",
        Part::Offset {
            zulu: true,
            colons: false,
            parts: 1,
        },
    ),
];

/// What a layout has next.
pub(super) enum Next {
    Part(Part),
    /// So many decimals of the second behind this mark, without their last zeros where `trim`.
    Fraction {
        mark: char,
        digits: usize,
        trim: bool,
    },
    Literal(char),
}

/// Writes a moment.
pub(super) fn format(time: &Time, layout: &str) -> String {
    let mut out = String::with_capacity(layout.len() + 10);
    let mut rest = layout;
    let moment = Moment::new(time);
    while let Some((next, after)) = next(rest) {
        rest = after;
        match next {
            Next::Literal(c) => out.push(c),
            Next::Part(part) => moment.push(&mut out, part),
            Next::Fraction { mark, digits, trim } => {
                moment.push_fraction(&mut out, mark, digits, trim);
            }
        }
    }
    out
}

/// The next piece of a layout, and what follows it.
pub(super) fn next(layout: &str) -> Option<(Next, &str)> {
    let first = layout.chars().next()?;
    if let Some(fraction) = fraction(layout) {
        return Some(fraction);
    }
    let literal = || Some((Next::Literal(first), layout.get(first.len_utf8()..)?));
    // A year behind an underscore is no day: the underscore stands for itself.
    if layout.starts_with("_2006") {
        return literal();
    }
    for (written, part) in PARTS {
        let Some(after) = layout.strip_prefix(written) else {
            continue;
        };
        // `Month` and `Janet` are words, not names of a day or month.
        let in_word =
            matches!(written, "Jan" | "Mon") && after.starts_with(|c: char| c.is_ascii_lowercase());
        if !in_word {
            return Some((Next::Part(part), after));
        }
    }
    literal()
}

/// `.000` or `,999`, where no other digit follows.
fn fraction(layout: &str) -> Option<(Next, &str)> {
    let mark = layout.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let behind = layout.get(1..)?;
    let digit = behind.chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let after = behind.trim_start_matches(digit);
    if after.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = behind.len() - after.len();
    Some((
        Next::Fraction {
            mark,
            digits,
            trim: digit == '9',
        },
        after,
    ))
}

/// A moment taken apart.
struct Moment {
    civil: jiff::civil::DateTime,
    nanos: i32,
    offset: i32,
    /// The zone's letters; `None` where it is only an offset.
    zone: Option<String>,
}

impl Moment {
    fn new(time: &Time) -> Self {
        let zoned = time.zoned();
        let (offset, zone) = time.offset();
        let civil = zoned.datetime();
        Self {
            civil,
            nanos: civil.subsec_nanosecond(),
            offset,
            zone,
        }
    }

    fn push(&self, out: &mut String, part: Part) {
        let at = &self.civil;
        let month = Calendar::Month(at.month()).name();
        let weekday = Calendar::Weekday(at.weekday().to_sunday_zero_offset()).name();
        let hour12 = match at.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        let short = |name: &'static str| name.get(..3).unwrap_or(name);
        // Writing to a string cannot fail.
        let _ = match part {
            Part::Year if at.year() < 0 => write!(out, "-{:04}", at.year().unsigned_abs()),
            Part::Year => write!(out, "{:04}", at.year()),
            Part::Year2 => write!(out, "{:02}", at.year().rem_euclid(100)),
            Part::MonthName => out.write_str(month),
            Part::MonthShort => out.write_str(short(month)),
            Part::Month2 => write!(out, "{:02}", at.month()),
            Part::Month => write!(out, "{}", at.month()),
            Part::WeekdayName => out.write_str(weekday),
            Part::WeekdayShort => out.write_str(short(weekday)),
            Part::Day => write!(out, "{}", at.day()),
            Part::Day2 => write!(out, "{:02}", at.day()),
            Part::DaySpaces => write!(out, "{:2}", at.day()),
            Part::YearDay => write!(out, "{:03}", at.day_of_year()),
            Part::YearDaySpaces => write!(out, "{:3}", at.day_of_year()),
            Part::Hour24 => write!(out, "{:02}", at.hour()),
            Part::Hour12 => write!(out, "{hour12}"),
            Part::Hour12Two => write!(out, "{hour12:02}"),
            Part::Minute => write!(out, "{}", at.minute()),
            Part::Minute2 => write!(out, "{:02}", at.minute()),
            Part::Second => write!(out, "{}", at.second()),
            Part::Second2 => write!(out, "{:02}", at.second()),
            Part::Upper => out.write_str(if at.hour() < 12 { "AM" } else { "PM" }),
            Part::Lower => out.write_str(if at.hour() < 12 { "am" } else { "pm" }),
            Part::ZoneName => {
                self.push_zone(out);
                Ok(())
            }
            Part::Offset {
                zulu,
                colons,
                parts,
            } => {
                self.push_offset(out, zulu, colons, parts);
                Ok(())
            }
        };
    }

    /// The zone's letters, or its offset where it has none.
    fn push_zone(&self, out: &mut String) {
        match &self.zone {
            Some(letters) => out.push_str(letters),
            None => self.push_offset(out, false, false, 2),
        }
    }

    fn push_offset(&self, out: &mut String, zulu: bool, colons: bool, parts: usize) {
        if zulu && self.offset == 0 {
            return out.push('Z');
        }
        out.push(if self.offset < 0 { '-' } else { '+' });
        let size = self.offset.unsigned_abs();
        let numbers = [size / 3600, size / 60 % 60, size % 60];
        for (place, number) in numbers.iter().take(parts).enumerate() {
            if place > 0 && colons {
                out.push(':');
            }
            let _ = write!(out, "{number:02}");
        }
    }

    fn push_fraction(&self, out: &mut String, mark: char, digits: usize, trim: bool) {
        let all = format!("{:09}", self.nanos);
        let shown = all.get(..digits.min(9)).unwrap_or(&all);
        let shown = if trim {
            shown.trim_end_matches('0')
        } else {
            shown
        };
        if !(trim && shown.is_empty()) {
            out.push(mark);
            out.push_str(shown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Time;

    #[test]
    fn moments_as_go_writes_them() {
        let time = Time::from_nanos(1_136_214_245_120_000_000);
        for (layout, written) in [
            ("2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z"),
            (
                "Mon Jan _2 15:04:05 MST 2006",
                "Mon Jan  2 15:04:05 UTC 2006",
            ),
            ("3:04PM", "3:04PM"),
            (".000 ,99 .999999999", ".120 ,12 .12"),
            ("Month Monday January Janet", "Month Monday January Janet"),
            ("_2006 __2 002 06 1/2", "_2006   2 002 06 1/2"),
            ("-07 -07:00 Z0700", "+00 +00:00 Z"),
        ] {
            assert_eq!(time.format(layout), written, "{layout}");
        }
        assert_eq!(Time::zero().text(), "0001-01-01 00:00:00 +0000 UTC");
    }
}
