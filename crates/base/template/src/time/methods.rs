//! The methods of moments and spans that templates call.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{Calendar, Time, ZERO_SECONDS, duration};
use crate::value::{Signature, Type, Value};

const fn plain(name: &'static str) -> Signature {
    Signature::new(name, &[])
}

/// What can be called on a moment.
pub(crate) const TIME_METHODS: &[Signature] = &[
    plain("String"),
    plain("GoString"),
    Signature::new("Format", &[Type::Text]),
    plain("Unix"),
    plain("UnixMilli"),
    plain("UnixMicro"),
    plain("UnixNano"),
    plain("UTC"),
    plain("Local"),
    Signature::new("Add", &[Type::Duration]),
    Signature::new("AddDate", &[Type::Int, Type::Int, Type::Int]),
    Signature::new("Sub", &[Type::Time]),
    Signature::new("Before", &[Type::Time]),
    Signature::new("After", &[Type::Time]),
    Signature::new("Equal", &[Type::Time]),
    Signature::new("Compare", &[Type::Time]),
    plain("IsZero"),
    plain("Year"),
    plain("Month"),
    plain("Day"),
    plain("YearDay"),
    plain("Weekday"),
    plain("Hour"),
    plain("Minute"),
    plain("Second"),
    plain("Nanosecond"),
    Signature::new("Truncate", &[Type::Duration]),
    Signature::new("Round", &[Type::Duration]),
    plain("Location"),
];

/// What can be called on a span of time.
pub(crate) const DURATION_METHODS: &[Signature] = &[
    plain("String"),
    plain("Nanoseconds"),
    plain("Microseconds"),
    plain("Milliseconds"),
    plain("Seconds"),
    plain("Minutes"),
    plain("Hours"),
    plain("Abs"),
    Signature::new("Truncate", &[Type::Duration]),
    Signature::new("Round", &[Type::Duration]),
];

/// Calls a method of a moment with arguments that fit its signature.
pub(crate) fn call_time(time: &Time, method: &str, arguments: &[Value]) -> Result<Value, String> {
    let whole = |unit: i128| Value::Int(clamp(time.nanos().div_euclid(unit)));
    let civil = || time.zoned().datetime();
    Ok(match (method, arguments) {
        ("String" | "GoString", _) => Value::text(time.text()),
        ("Format", [Value::Text(layout)]) => Value::text(time.format(layout)),
        ("Unix", _) => whole(1_000_000_000),
        ("UnixMilli", _) => whole(1_000_000),
        ("UnixMicro", _) => whole(1_000),
        ("UnixNano", _) => whole(1),
        ("UTC", _) => Value::Time(time.within(TimeZone::UTC)),
        ("Local", _) => Value::Time(time.within(TimeZone::system())),
        ("Add", [Value::Duration(nanos)]) => Value::Time(time.add(*nanos)),
        ("AddDate", [Value::Int(years), Value::Int(months), Value::Int(days)]) => {
            Value::Time(add_date(time, *years, *months, *days)?)
        }
        ("Sub", [Value::Time(other)]) => Value::Duration(time.since(other)),
        ("Before", [Value::Time(other)]) => Value::Bool(time.order(other).is_lt()),
        ("After", [Value::Time(other)]) => Value::Bool(time.order(other).is_gt()),
        ("Equal", [Value::Time(other)]) => Value::Bool(time.order(other).is_eq()),
        ("Compare", [Value::Time(other)]) => Value::Int(time.order(other) as i64),
        ("IsZero", _) => Value::Bool(time.order(&Time::zero()).is_eq()),
        ("Year", _) => Value::Int(civil().year().into()),
        ("Month", _) => Value::Calendar(Calendar::Month(civil().month())),
        ("Day", _) => Value::Int(civil().day().into()),
        ("YearDay", _) => Value::Int(civil().day_of_year().into()),
        ("Weekday", _) => {
            Value::Calendar(Calendar::Weekday(civil().weekday().to_sunday_zero_offset()))
        }
        ("Hour", _) => Value::Int(civil().hour().into()),
        ("Minute", _) => Value::Int(civil().minute().into()),
        ("Second", _) => Value::Int(civil().second().into()),
        ("Nanosecond", _) => Value::Int(civil().subsec_nanosecond().into()),
        ("Truncate", [Value::Duration(unit)]) => Value::Time(rounded(time, *unit, false)),
        ("Round", [Value::Duration(unit)]) => Value::Time(rounded(time, *unit, true)),
        ("Location", _) => Value::text(time.zone.iana_name().unwrap_or("Local")),
        _ => return Err(format!("there is no method {method}")),
    })
}

/// Calls a method of a span with arguments that fit its signature.
pub(crate) fn call_duration(
    nanos: i64,
    method: &str,
    arguments: &[Value],
) -> Result<Value, String> {
    let fraction =
        |unit: i64| Value::Float((nanos / unit) as f64 + (nanos % unit) as f64 / unit as f64);
    Ok(match (method, arguments) {
        ("String", _) => Value::text(duration::text(nanos)),
        ("Nanoseconds", _) => Value::Int(nanos),
        ("Microseconds", _) => Value::Int(nanos / 1_000),
        ("Milliseconds", _) => Value::Int(nanos / 1_000_000),
        ("Seconds", _) => fraction(1_000_000_000),
        ("Minutes", _) => fraction(60_000_000_000),
        ("Hours", _) => fraction(3_600_000_000_000),
        ("Abs", _) => Value::Duration(nanos.saturating_abs()),
        ("Truncate", [Value::Duration(unit)]) if *unit > 0 => Value::Duration(nanos - nanos % unit),
        ("Round", [Value::Duration(unit)]) if *unit > 0 => {
            Value::Duration(clamp(nearest_away(nanos.into(), (*unit).into())))
        }
        ("Truncate" | "Round", _) => Value::Duration(nanos),
        _ => return Err(format!("there is no method {method}")),
    })
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// The nearest multiple of a positive unit; halves go away from zero.
fn nearest_away(value: i128, unit: i128) -> i128 {
    let rest = value.abs() % unit;
    let down = value.abs() - rest;
    let near = if rest * 2 >= unit { down + unit } else { down };
    if value < 0 { -near } else { near }
}

/// Down to, or to the nearest, multiple of a unit since Go's zero time.
fn rounded(time: &Time, unit: i64, nearest: bool) -> Time {
    if unit <= 0 {
        return time.clone();
    }
    let unit = i128::from(unit);
    let zero = i128::from(ZERO_SECONDS) * 1_000_000_000;
    let rest = (time.nanos() - zero).rem_euclid(unit);
    let mut nanos = time.nanos() - rest;
    if nearest && rest * 2 >= unit {
        nanos += unit;
    }
    let at = Timestamp::from_nanosecond(nanos).unwrap_or(time.at);
    Time {
        at,
        zone: time.zone.clone(),
    }
}

/// Adds to the parts of the date; a day that the month has not goes into the next month.
fn add_date(time: &Time, years: i64, months: i64, days: i64) -> Result<Time, String> {
    let range = || "the date is out of range".to_owned();
    let civil = time.zoned().datetime();
    let month = i64::from(civil.month()) - 1;
    let all = years
        .checked_mul(12)
        .and_then(|all| all.checked_add(months))
        .ok_or_else(range)?;
    let all = all.checked_add(month).ok_or_else(range)?;
    let year = i64::from(civil.year())
        .checked_add(all.div_euclid(12))
        .ok_or_else(range)?;
    let year = i16::try_from(year).map_err(|_| range())?;
    let month = i8::try_from(all.rem_euclid(12) + 1).map_err(|_| range())?;
    let first = jiff::civil::Date::new(year, month, 1).map_err(|_| range())?;
    let days = days
        .checked_add(i64::from(civil.day()) - 1)
        .ok_or_else(range)?;
    let days = jiff::Span::new().try_days(days).map_err(|_| range())?;
    let date = first.checked_add(days).map_err(|_| range())?;
    let zoned: Zoned = date
        .to_datetime(civil.time())
        .to_zoned(time.zone.clone())
        .map_err(|_| range())?;
    Ok(Time {
        at: zoned.timestamp(),
        zone: time.zone.clone(),
    })
}
