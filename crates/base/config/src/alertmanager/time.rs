//! `time_intervals`: named times of the week, month and year.

use jiff::tz::TimeZone;

/// A named set of periods. A moment lies in it if it lies in one of them.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeInterval {
    /// `name`.
    pub name: String,
    /// `time_intervals`.
    pub periods: Vec<TimePeriod>,
}

/// The moments that satisfy every condition given; `None` is no condition, and an empty list one
/// that nothing satisfies.
#[derive(Clone, Debug, PartialEq)]
pub struct TimePeriod {
    /// `times` of the day.
    pub times: Option<Vec<MinuteRange>>,
    /// `weekdays`: 0 is Sunday, 6 Saturday.
    pub weekdays: Option<Vec<InclusiveRange>>,
    /// `days_of_month`: 1 to 31, or -1 (the last day) to -31. A range that ends after the month
    /// does, ends with the month; one that begins after it is empty then.
    pub days_of_month: Option<Vec<InclusiveRange>>,
    /// `months`: 1 to 12.
    pub months: Option<Vec<InclusiveRange>>,
    /// `years`.
    pub years: Option<Vec<InclusiveRange>>,
    /// `location`: where the clock hangs; UTC where nothing is said.
    pub location: TimeZone,
}

/// Minutes of a day, of 0 to 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinuteRange {
    /// The first minute within.
    pub start: u16,
    /// The first minute after it.
    pub end: u16,
}

/// Both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InclusiveRange {
    /// The first.
    pub start: i32,
    /// The last.
    pub end: i32,
}
