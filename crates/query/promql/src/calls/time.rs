//! Parts of a date, in UTC, in years without end.
//!
//! A moment is a whole number of seconds in 64 bits. What does not fit, NaN among it, is the least
//! of them, and what lies before the first year that upstream can count to is counted from the
//! other end: both are what its processor and its calendar make of such values.

/// Seconds of a day.
const DAY: i128 = 86_400;

/// Seconds from the epoch to the first moment of upstream's calendar, in the year -292277022399.
const FIRST: i128 = -9_223_372_028_715_321_600;

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
    /// The part of a moment in seconds since the epoch.
    pub(crate) fn of(self, seconds: f64) -> f64 {
        let seconds = whole(seconds);
        let date = Date::of(seconds.div_euclid(DAY));
        let of_day = seconds.rem_euclid(DAY);
        let value = match self {
            Self::DayOfMonth => date.day,
            Self::DayOfWeek => (date.days + 4).rem_euclid(7),
            Self::DayOfYear => date.days - first_of(date.year) + 1,
            Self::DaysInMonth => date.days_in_month(),
            Self::Hour => of_day / 3600,
            Self::Minute => of_day % 3600 / 60,
            Self::Month => date.month,
            Self::Year => date.year,
        };
        value as f64
    }
}

fn whole(seconds: f64) -> i128 {
    let in_range = seconds >= i64::MIN as f64 && seconds < i64::MAX as f64;
    let seconds = i128::from(if in_range { seconds as i64 } else { i64::MIN });
    if seconds < FIRST {
        seconds + (1 << 64)
    } else {
        seconds
    }
}

/// A day by its date.
#[derive(Debug)]
struct Date {
    year: i128,
    month: i128,
    day: i128,
    /// Days since the epoch.
    days: i128,
}

/// Days of 400 years.
const ERA: i128 = 146_097;

/// Days from the first of March of the year 0 to the epoch.
const MARCH_TO_EPOCH: i128 = 719_468;

impl Date {
    /// The date of a day. Years are counted from March here, so that the day that only some have
    /// is their last.
    fn of(days: i128) -> Self {
        let shifted = days + MARCH_TO_EPOCH;
        let (era, of_era) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let month = (month_from_march + 2) % 12 + 1;
        Self {
            year: year_of_era + era * 400 + i128::from(month <= 2),
            month,
            day: of_year - (153 * month_from_march + 2) / 5 + 1,
            days,
        }
    }

    fn days_in_month(&self) -> i128 {
        match self.month {
            2 => 28 + i128::from(is_leap(self.year)),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

fn is_leap(year: i128) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// Days from the epoch to the first of January of a year.
fn first_of(year: i128) -> i128 {
    let before = year - 1;
    365 * before + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_moments() {
        let all = [
            "year",
            "month",
            "day_of_month",
            "hour",
            "minute",
            "day_of_week",
            "day_of_year",
            "days_in_month",
        ];
        for (seconds, expected) in [
            (0.0, [1970, 1, 1, 0, 0, 4, 1, 31]),
            (1_709_210_096.5, [2024, 2, 29, 12, 34, 4, 60, 29]),
            (-1.0, [1969, 12, 31, 23, 59, 3, 365, 31]),
            (4_107_542_399.0, [2100, 2, 28, 23, 59, 0, 59, 28]),
            (1e12, [33_658, 9, 27, 1, 46, 5, 270, 30]),
            (f64::NAN, [292_277_026_596, 12, 4, 15, 30, 0, 339, 31]),
            (f64::INFINITY, [292_277_026_596, 12, 4, 15, 30, 0, 339, 31]),
        ] {
            let parts = all.map(|name| find(name).map(|part| part.of(seconds) as i64));
            assert_eq!(parts, expected.map(Some), "{seconds}");
        }
    }
}
