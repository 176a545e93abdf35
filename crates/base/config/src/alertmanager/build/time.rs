//! Named times.

use jiff::tz::TimeZone;

use super::super::{InclusiveRange, MinuteRange, TimeInterval, TimePeriod};
use super::text;
use crate::error::Fault;
use crate::table::Table;

const WEEKDAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The fewest days of a month: a range that begins before it ends in such a month does so in all.
const SHORTEST_MONTH: i32 = 28;

pub(super) fn interval(interval: &Table) -> Result<TimeInterval, Fault> {
    Ok(TimeInterval {
        name: text(interval, "name"),
        periods: interval
            .tables("time_intervals")
            .map(period)
            .collect::<Result<_, Fault>>()?,
    })
}

fn period(period: &Table) -> Result<TimePeriod, Fault> {
    let times = period
        .holds("times")
        .then(|| period.tables("times").map(time_range).collect())
        .transpose()?;
    Ok(TimePeriod {
        times,
        weekdays: ranges(period, "weekdays", weekday, |range| {
            if range.start > range.end {
                return Err("start day cannot be before end day".to_owned());
            }
            Ok(())
        })?,
        days_of_month: ranges(period, "days_of_month", number, days_of_month)?,
        months: ranges(period, "months", month, |range| {
            if range.start > range.end {
                return Err("end month is before start month".to_owned());
            }
            Ok(())
        })?,
        years: ranges(period, "years", number, |range| {
            if range.start > range.end {
                return Err(format!(
                    "end year {} is before start year {}",
                    range.end, range.start
                ));
            }
            Ok(())
        })?,
        location: location(period)?,
    })
}

/// The ranges of one key, each `first:last` or a single member.
fn ranges(
    period: &Table,
    key: &str,
    member: fn(&str) -> Result<i32, String>,
    check: fn(&InclusiveRange) -> Result<(), String>,
) -> Result<Option<Vec<InclusiveRange>>, Fault> {
    if !period.holds(key) {
        return Ok(None);
    }
    let read = |text: &str| {
        let text = text.to_lowercase();
        let (start, end) = text.split_once(':').unwrap_or((&text, &text));
        let range = InclusiveRange {
            start: member(start)?,
            end: member(end)?,
        };
        check(&range).map(|()| range)
    };
    let ranges = period.list(key).iter().map(|item| {
        read(item.text()).map_err(|message| {
            let mut fault = period.fault(key, message);
            fault.at = item.at;
            fault
        })
    });
    ranges.collect::<Result<Vec<_>, Fault>>().map(Some)
}

fn number(text: &str) -> Result<i32, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not a valid number or range"))
}

fn name_of(names: &[&str], text: &str) -> Option<i32> {
    let place = names.iter().position(|name| *name == text)?;
    i32::try_from(place).ok()
}

fn weekday(text: &str) -> Result<i32, String> {
    name_of(&WEEKDAYS, text).ok_or_else(|| format!("{text} is not a valid weekday"))
}

fn month(text: &str) -> Result<i32, String> {
    name_of(&MONTHS, text)
        .map(|place| place + 1)
        .or_else(|| text.parse().ok())
        .ok_or_else(|| format!("{text} is not a valid month"))
}

fn days_of_month(range: &InclusiveRange) -> Result<(), String> {
    for day in [range.start, range.end] {
        if day == 0 || !(-31..=31).contains(&day) {
            return Err(format!(
                "{day} is not a valid day of the month: out of range"
            ));
        }
    }
    if range.start < 0 && range.end > 0 {
        return Err("end day must be negative if start day is negative".to_owned());
    }
    let from_start = |day: i32| if day < 0 { SHORTEST_MONTH + day } else { day };
    if from_start(range.start) > from_start(range.end) {
        return Err(format!(
            "end day {} is always before start day {}",
            range.end, range.start
        ));
    }
    Ok(())
}

fn time_range(range: &Table) -> Result<MinuteRange, Fault> {
    if !range.has("start_time") || !range.has("end_time") {
        return Err(range.fault_here("both start and end times must be provided"));
    }
    let read = |key: &str| {
        let text = range.text(key);
        minutes(text).ok_or_else(|| {
            range.fault(
                key,
                format!("couldn't parse timestamp {text}, invalid format: expected HH:MM"),
            )
        })
    };
    let (start, end) = (read("start_time")?, read("end_time")?);
    if start >= end {
        return Err(range.fault(
            "start_time",
            "start time cannot be equal or greater than end time",
        ));
    }
    Ok(MinuteRange { start, end })
}

/// The minute of the day of `HH:MM`; `24:00` is the end of the day.
fn minutes(text: &str) -> Option<u16> {
    if text == "24:00" {
        return Some(24 * 60);
    }
    let [h1, h2, b':', m1, m2] = text.as_bytes() else {
        return None;
    };
    let number = |tens: &u8, ones: &u8, limit: u16| {
        let digit = |b: &u8| b.is_ascii_digit().then(|| u16::from(b - b'0'));
        Some(digit(tens)? * 10 + digit(ones)?).filter(|number| *number < limit)
    };
    Some(number(h1, h2, 24)? * 60 + number(m1, m2, 60)?)
}

fn location(period: &Table) -> Result<TimeZone, Fault> {
    match period.text("location") {
        "" | "UTC" => Ok(TimeZone::UTC),
        "Local" => Ok(TimeZone::system()),
        name => TimeZone::get(name)
            .map_err(|_| period.fault("location", format!("unknown time zone {name}"))),
    }
}
