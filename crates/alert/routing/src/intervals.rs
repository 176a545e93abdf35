//! Whether a moment lies in a named time interval.

use config::alertmanager::{InclusiveRange, TimeInterval, TimePeriod};
use jiff::{Timestamp, Zoned};

/// Whether the moment, in milliseconds since the epoch, lies in one of the interval's periods.
pub(crate) fn contains(interval: &TimeInterval, now: i64) -> bool {
    let Ok(moment) = Timestamp::from_millisecond(now) else {
        return false;
    };
    interval.periods.iter().any(|period| {
        let local = moment.to_zoned(period.location.clone());
        period_contains(period, &local)
    })
}

/// Which of the named intervals the moment lies in.
pub(crate) fn containing(names: &[String], intervals: &[TimeInterval], now: i64) -> Vec<String> {
    let holds = |name: &&String| {
        let interval = intervals.iter().find(|interval| interval.name == **name);
        interval.is_some_and(|interval| contains(interval, now))
    };
    names.iter().filter(holds).cloned().collect()
}

fn period_contains(period: &TimePeriod, local: &Zoned) -> bool {
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let time = period.times.as_ref().is_none_or(|times| {
        let within = |r: &config::alertmanager::MinuteRange| {
            i32::from(r.start) <= minute && minute < i32::from(r.end)
        };
        times.iter().any(within)
    });
    let days = i32::from(local.days_in_month());
    let day = i32::from(local.day());
    let from_start = |day: i32| if day < 0 { days + day + 1 } else { day };
    let day_of_month = period.days_of_month.as_ref().is_none_or(|ranges| {
        ranges
            .iter()
            .any(|r| from_start(r.start) <= day && day <= from_start(r.end))
    });
    let weekday = i32::from(local.weekday().to_sunday_zero_offset());
    time && day_of_month
        && holds(period.weekdays.as_ref(), weekday)
        && holds(period.months.as_ref(), i32::from(local.month()))
        && holds(period.years.as_ref(), i32::from(local.year()))
}

fn holds(ranges: Option<&Vec<InclusiveRange>>, value: i32) -> bool {
    ranges.is_none_or(|ranges| {
        ranges
            .iter()
            .any(|range| range.start <= value && value <= range.end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::alertmanager::MinuteRange;
    use jiff::tz::TimeZone;

    fn always() -> TimePeriod {
        TimePeriod {
            times: None,
            weekdays: None,
            days_of_month: None,
            months: None,
            years: None,
            location: TimeZone::UTC,
        }
    }

    #[track_caller]
    fn check(period: &TimePeriod, moments: &[(&str, bool)]) {
        let interval = TimeInterval {
            name: "x".to_owned(),
            periods: vec![period.clone()],
        };
        for (text, expected) in moments {
            let moment: Timestamp = text.parse().unwrap();
            let found = contains(&interval, moment.as_millisecond());
            assert_eq!(found, *expected, "{text} in {period:?}");
        }
    }

    fn range(start: i32, end: i32) -> Option<Vec<InclusiveRange>> {
        Some(vec![InclusiveRange { start, end }])
    }

    #[test]
    fn times_of_the_day() {
        let times = Some(vec![MinuteRange {
            start: 540,
            end: 1020,
        }]);
        check(
            &TimePeriod { times, ..always() },
            &[
                ("2026-11-21T08:59:59Z", false),
                ("2026-11-21T09:00:00Z", true),
                ("2026-11-21T16:59:59Z", true),
                ("2026-11-21T17:00:00Z", false),
            ],
        );
    }

    #[test]
    fn weekdays_months_and_years() {
        check(
            &TimePeriod {
                weekdays: range(0, 1),
                ..always()
            },
            &[
                ("2026-11-21T12:00:00Z", false),
                ("2026-11-22T12:00:00Z", true),
                ("2026-11-23T12:00:00Z", true),
                ("2026-11-24T00:00:00Z", false),
            ],
        );
        let months = TimePeriod {
            months: range(11, 12),
            years: range(2026, 2026),
            ..always()
        };
        check(
            &months,
            &[
                ("2026-10-31T23:59:59Z", false),
                ("2026-11-01T00:00:00Z", true),
                ("2027-01-01T00:00:00Z", false),
                ("2025-11-01T00:00:00Z", false),
            ],
        );
    }

    #[test]
    fn days_of_the_month_count_from_both_ends() {
        let last = TimePeriod {
            days_of_month: range(-3, -1),
            ..always()
        };
        check(
            &last,
            &[
                ("2026-02-25T12:00:00Z", false),
                ("2026-02-26T12:00:00Z", true),
                ("2026-02-28T12:00:00Z", true),
                ("2028-02-26T12:00:00Z", false),
            ],
        );
        // February has no 30th.
        let late = TimePeriod {
            days_of_month: range(30, 31),
            ..always()
        };
        check(
            &late,
            &[
                ("2026-02-28T12:00:00Z", false),
                ("2026-03-30T12:00:00Z", true),
            ],
        );
        let mixed = TimePeriod {
            days_of_month: range(27, -1),
            ..always()
        };
        check(
            &mixed,
            &[
                ("2026-02-26T12:00:00Z", false),
                ("2026-02-28T12:00:00Z", true),
            ],
        );
    }

    #[test]
    fn clocks_hang_somewhere() {
        let times = Some(vec![MinuteRange { start: 0, end: 60 }]);
        let location = TimeZone::get("Europe/Berlin").unwrap();
        check(
            &TimePeriod {
                times,
                location,
                ..always()
            },
            &[
                ("2026-11-20T23:30:00Z", true),
                ("2026-11-21T00:30:00Z", false),
                // Summer time.
                ("2026-06-20T22:30:00Z", true),
                ("2026-06-20T23:30:00Z", false),
            ],
        );
    }
}
