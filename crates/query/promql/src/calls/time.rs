//! Parts of a date, in UTC.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A part of a date.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    DaysInMonth,
    Hour,
    Minute,
    Month,
    Year,
}

/// The part a function's name asks for.
pub(crate) fn find(name: &str) -> Option<Part> {
    Some(match name {
        "day_of_month" => Part::DayOfMonth,
        "day_of_week" => Part::DayOfWeek,
        "day_of_year" => Part::DayOfYear,
        "days_in_month" => Part::DaysInMonth,
        "hour" => Part::Hour,
        "minute" => Part::Minute,
        "month" => Part::Month,
        "year" => Part::Year,
        _ => return None,
    })
}

impl Part {
    /// The part of a moment in seconds since the epoch; NaN outside the years a date can have.
    pub(crate) fn of(self, seconds: f64) -> f64 {
        if seconds.is_nan() {
            return f64::NAN;
        }
        let Ok(moment) = Timestamp::from_second(seconds as i64) else {
            return f64::NAN;
        };
        let date = moment.to_zoned(TimeZone::UTC);
        match self {
            Self::DayOfMonth => f64::from(date.day()),
            Self::DayOfWeek => f64::from(date.weekday().to_sunday_zero_offset()),
            Self::DayOfYear => f64::from(date.day_of_year()),
            Self::DaysInMonth => f64::from(date.days_in_month()),
            Self::Hour => f64::from(date.hour()),
            Self::Minute => f64::from(date.minute()),
            Self::Month => f64::from(date.month()),
            Self::Year => f64::from(date.year()),
        }
    }
}
