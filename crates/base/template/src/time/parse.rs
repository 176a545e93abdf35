//! Moments out of texts by Go's layouts.

use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::{Offset, TimeZone};

use super::layout::{Next, Part, next};
use super::{Calendar, Time};
use crate::quote::quoted;

/// What was read so far.
struct Read {
    year: i16,
    month: i8,
    day: i8,
    year_day: Option<i16>,
    hour: i8,
    afternoon: Option<bool>,
    minute: i8,
    second: i8,
    nanos: i32,
    offset: Option<i32>,
}

impl Time {
    /// Reads a moment that is written by a layout; in UTC where it has no zone. Names of zones
    /// other than UTC have no meaning, as in Go. The error is in Go's words.
    pub fn parse(layout: &str, text: &str) -> Result<Self, String> {
        let wrong = |what: String| {
            format!(
                "parsing time {} as {}: {what}",
                quoted(text),
                quoted(layout)
            )
        };
        let mut read = Read {
            year: 0,
            month: 1,
            day: 1,
            year_day: None,
            hour: 0,
            afternoon: None,
            minute: 0,
            second: 0,
            nanos: 0,
            offset: None,
        };
        let (mut layout_left, mut left) = (layout, text);
        let mut after_second = false;
        while let Some((part, after)) = next(layout_left) {
            let written = layout_left
                .get(..layout_left.len() - after.len())
                .unwrap_or("");
            let fraction = matches!(part, Next::Fraction { .. });
            // Go takes decimals of the second even where the layout has none.
            if after_second && !fraction {
                left = read.fraction(left, None).unwrap_or(left);
            }
            after_second = matches!(part, Next::Part(Part::Second | Part::Second2));
            let space = matches!(part, Next::Literal(' '));
            layout_left = if space {
                after.trim_start_matches(' ')
            } else {
                after
            };
            let rest = read.take(&part, left);
            left = rest.ok_or_else(|| {
                wrong(format!(
                    "cannot parse {} as {}",
                    quoted(left),
                    quoted(written)
                ))
            })?;
        }
        if after_second {
            left = read.fraction(left, None).unwrap_or(left);
        }
        if !left.is_empty() {
            return Err(wrong(format!("extra text: {}", quoted(left))));
        }
        read.finish()
            .ok_or_else(|| format!("parsing time {}: day out of range", quoted(text)))
    }
}

impl Read {
    /// Takes one piece off the text; what is left of it.
    fn take<'t>(&mut self, piece: &Next, text: &'t str) -> Option<&'t str> {
        match piece {
            // Any number of spaces stands for any number, but none at all only for the end.
            Next::Literal(' ') => {
                let spaces = text.starts_with(' ') || text.is_empty();
                spaces.then(|| text.trim_start_matches(' '))
            }
            Next::Literal(c) => text.strip_prefix(*c),
            Next::Fraction {
                digits,
                trim: false,
                ..
            } => self.fraction(text, Some(*digits)),
            Next::Fraction { .. } => Some(self.fraction(text, None).unwrap_or(text)),
            Next::Part(part) => self.part(*part, text),
        }
    }

    fn part<'t>(&mut self, part: Part, text: &'t str) -> Option<&'t str> {
        match part {
            Part::MonthName | Part::MonthShort => {
                let short = matches!(part, Part::MonthShort);
                let (month, rest) = name(text, short, (1..=12).map(Calendar::Month))?;
                self.month = month;
                Some(rest)
            }
            Part::WeekdayName | Part::WeekdayShort => {
                let short = matches!(part, Part::WeekdayShort);
                Some(name(text, short, (0..7).map(Calendar::Weekday))?.1)
            }
            Part::Upper | Part::Lower => {
                let (half, rest) = text.split_at_checked(2)?;
                let upper = matches!(part, Part::Upper);
                let words = if upper { ["AM", "PM"] } else { ["am", "pm"] };
                self.afternoon = Some(words.iter().position(|word| *word == half)? == 1);
                Some(rest)
            }
            // A name says nothing, but must be there.
            Part::ZoneName => behind_zone_name(text),
            Part::Offset {
                zulu,
                colons,
                parts,
            } => self.zone(text, zulu, colons, parts),
            _ => self.number(part, text),
        }
    }

    /// The parts that are numbers.
    fn number<'t>(&mut self, part: Part, text: &'t str) -> Option<&'t str> {
        let (least, most) = match part {
            Part::Year => (4, 4),
            Part::YearDay => (3, 3),
            Part::YearDaySpaces => (1, 3),
            Part::Year2
            | Part::Month2
            | Part::Day2
            | Part::Hour12Two
            | Part::Minute2
            | Part::Second2 => (2, 2),
            _ => (1, 2),
        };
        let padded = matches!(part, Part::DaySpaces | Part::YearDaySpaces);
        let text = if padded {
            text.trim_start_matches(' ')
        } else {
            text
        };
        let (value, rest) = number(text, least, most)?;
        let small = i8::try_from(value);
        match part {
            Part::Year => self.year = i16::try_from(value).ok()?,
            // Two digits are of this century up to 68.
            Part::Year2 if value >= 69 => self.year = 1900 + i16::from(small.ok()?),
            Part::Year2 => self.year = 2000 + i16::from(small.ok()?),
            Part::Month | Part::Month2 => self.month = small.ok()?,
            Part::Day | Part::Day2 | Part::DaySpaces => self.day = small.ok()?,
            Part::Hour12 | Part::Hour12Two if value > 12 => return None,
            Part::Hour24 | Part::Hour12 | Part::Hour12Two => self.hour = small.ok()?,
            Part::Minute | Part::Minute2 => self.minute = small.ok()?,
            Part::Second | Part::Second2 => self.second = small.ok()?,
            _ => self.year_day = Some(i16::try_from(value).ok()?),
        }
        Some(rest)
    }

    fn zone<'t>(
        &mut self,
        text: &'t str,
        zulu: bool,
        colons: bool,
        parts: usize,
    ) -> Option<&'t str> {
        if zulu && let Some(rest) = text.strip_prefix('Z') {
            self.offset = Some(0);
            return Some(rest);
        }
        let (sign, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+')?),
        };
        let mut seconds = 0;
        for (place, unit) in [3600, 60, 1].into_iter().enumerate().take(parts) {
            if place > 0 && colons {
                rest = rest.strip_prefix(':')?;
            }
            let (value, after) = number(rest, 2, 2)?;
            seconds += i32::try_from(value).ok()? * unit;
            rest = after;
        }
        self.offset = Some(sign * seconds);
        Some(rest)
    }

    /// `.123`, of so many digits where that is said.
    fn fraction<'t>(&mut self, text: &'t str, digits: Option<usize>) -> Option<&'t str> {
        let behind = text.strip_prefix(['.', ','])?;
        let count = behind.bytes().take_while(u8::is_ascii_digit).count();
        let count = digits.unwrap_or(count);
        let (shown, rest) = behind.split_at_checked(count)?;
        let plain = !shown.is_empty() && shown.bytes().all(|byte| byte.is_ascii_digit());
        let nine: String = shown.chars().chain("000000000".chars()).take(9).collect();
        self.nanos = nine.parse().ok().filter(|_| plain)?;
        Some(rest)
    }

    fn finish(&self) -> Option<Time> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let date = match self.year_day {
            Some(day) => {
                let days = jiff::Span::new().try_days(i64::from(day) - 1).ok()?;
                let date = Date::new(self.year, 1, 1).ok()?.checked_add(days).ok()?;
                Some(date).filter(|date| date.year() == self.year)?
            }
            None => Date::new(self.year, self.month, self.day).ok()?,
        };
        let clock = Clock::new(hour, self.minute, self.second, self.nanos).ok()?;
        let zone = match self.offset {
            None | Some(0) => TimeZone::UTC,
            Some(seconds) => TimeZone::fixed(Offset::from_seconds(seconds).ok()?),
        };
        let zoned = DateTime::from_parts(date, clock)
            .to_zoned(zone.clone())
            .ok()?;
        Some(Time {
            at: zoned.timestamp(),
            zone,
        })
    }
}

/// What follows the letters of a zone, three to five of them, or an offset in their place.
fn behind_zone_name(text: &str) -> Option<&str> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(offset) = text.strip_prefix(['+', '-']) {
        let count = digits(offset);
        let hours: u32 = offset.get(..count)?.parse().ok()?;
        return offset.get(count..).filter(|_| hours < 24);
    }
    let letters = text
        .bytes()
        .take(6)
        .take_while(u8::is_ascii_uppercase)
        .count();
    let name = text.get(..letters)?;
    let known = match letters {
        3 => true,
        4 => name.ends_with('T') || name == "WITA",
        5 => name.ends_with('T'),
        _ => false,
    };
    match (text.strip_prefix("UTC"), known) {
        (Some(rest), _) => Some(rest),
        (None, true) => text.get(letters..),
        (None, false) => None,
    }
}

/// A number of so many digits at least and at most.
fn number(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let digits = text
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    let (number, rest) = text.split_at_checked(digits)?;
    (digits >= least).then_some((number.parse().ok()?, rest))
}

/// One of some names, whole or its first three letters, in any case.
fn name(text: &str, short: bool, names: impl Iterator<Item = Calendar>) -> Option<(i8, &str)> {
    names.into_iter().find_map(|one| {
        let whole = one.name();
        let wanted = if short { whole.get(..3)? } else { whole };
        let (shown, rest) = text.split_at_checked(wanted.len())?;
        let number = i8::try_from(one.number()).ok()?;
        shown.eq_ignore_ascii_case(wanted).then_some((number, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_go_reads_them() {
        for (layout, text, read) in [
            ("2006-01-02", "2026-06-25", "2026-06-25 00:00:00 +0000 UTC"),
            (
                "2006-01-02T15:04:05Z07:00",
                "2026-06-25T01:02:03.25Z",
                "2026-06-25 01:02:03.25 +0000 UTC",
            ),
            (
                "2006-01-02T15:04:05Z07:00",
                "2026-06-25T01:02:03+02:00",
                "2026-06-25 01:02:03 +0200 +0200",
            ),
            (
                "Jan _2 2006 3:04PM",
                "Jun  5 2026 1:30PM",
                "2026-06-05 13:30:00 +0000 UTC",
            ),
            (
                "Monday, January 2 06",
                "thursday, june 25 26",
                "2026-06-25 00:00:00 +0000 UTC",
            ),
        ] {
            assert_eq!(Time::parse(layout, text).unwrap().text(), read, "{layout}");
        }
        assert_eq!(
            Time::parse("2006-01-02", "x").unwrap_err(),
            "parsing time \"x\" as \"2006-01-02\": cannot parse \"x\" as \"2006\""
        );
        for (layout, text) in [
            ("2006-01-02", "2026-02-30"),
            ("2006-01-02", "2026-02-03x"),
            ("2006-01-02 15:04", "2026-02-0310:00"),
            ("2006-002", "2026-397"),
            ("3:04PM", "13:58AM"),
            ("15:04 MST", "13:58 UTCZ"),
        ] {
            assert!(Time::parse(layout, text).is_err(), "{layout} {text}");
        }
        assert!(Time::parse("15:04  MST", "13:58 +0000").is_ok());
    }
}
