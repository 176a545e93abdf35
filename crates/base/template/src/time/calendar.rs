//! Months and days of the week: numbers with names.

/// A month, from 1, or a day of the week, from Sunday as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// January is 1.
    Month(i8),
    /// Sunday is 0.
    Weekday(i8),
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

impl Calendar {
    /// Its number.
    pub fn number(self) -> i64 {
        match self {
            Self::Month(number) | Self::Weekday(number) => number.into(),
        }
    }

    /// Its English name.
    pub fn name(self) -> &'static str {
        let (names, place) = match self {
            Self::Month(number) => (MONTHS.as_slice(), i64::from(number) - 1),
            Self::Weekday(number) => (WEEKDAYS.as_slice(), i64::from(number)),
        };
        usize::try_from(place)
            .ok()
            .and_then(|place| names.get(place))
            .copied()
            .unwrap_or("?")
    }

    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Month(_) => "time.Month",
            Self::Weekday(_) => "time.Weekday",
        }
    }
}
