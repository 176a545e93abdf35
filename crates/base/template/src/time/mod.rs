//! Moments and spans of time as Go's `time` package writes and computes them.
//!
//! A [`Time`] is a moment with the zone it is written in. `layout` writes and reads moments by
//! Go's layouts (`2006-01-02 15:04:05`), `duration` writes spans (`1h30m0s`), `methods` is what
//! templates call. Years from -9999 to 9999 are known; what leads beyond stays at the edge.

mod calendar;
mod duration;
mod layout;
mod methods;
mod parse;

use std::cmp::Ordering;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

pub use calendar::Calendar;
pub(crate) use duration::text as duration_text;
pub(crate) use methods::{DURATION_METHODS, TIME_METHODS, call_duration, call_time};

/// A moment and the zone it is written in.
#[derive(Clone, Debug)]
pub struct Time {
    at: Timestamp,
    zone: TimeZone,
}

impl PartialEq for Time {
    /// As `==` does in Go: moment and zone.
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && self.zone == other.zone
    }
}

/// Go's zero time: the beginning of the year 1.
const ZERO_SECONDS: i64 = -62_135_596_800;

impl Time {
    /// A moment in milliseconds since the Unix epoch, in UTC.
    pub fn from_millis(millis: i64) -> Self {
        Self::utc(Timestamp::from_millisecond(millis).unwrap_or(edge(millis)))
    }

    /// A moment in nanoseconds since the Unix epoch, in UTC.
    pub fn from_nanos(nanos: i64) -> Self {
        Self::utc(Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(edge(nanos)))
    }

    /// A moment in UTC.
    pub(crate) fn utc(at: Timestamp) -> Self {
        Self {
            at,
            zone: TimeZone::UTC,
        }
    }

    /// Go's zero time.
    pub fn zero() -> Self {
        Self::utc(Timestamp::from_second(ZERO_SECONDS).unwrap_or(Timestamp::MIN))
    }

    /// The same moment in another zone.
    pub(crate) fn within(&self, zone: TimeZone) -> Self {
        Self { at: self.at, zone }
    }

    pub(crate) fn zoned(&self) -> Zoned {
        self.at.to_zoned(self.zone.clone())
    }

    /// Nanoseconds since the Unix epoch.
    pub(crate) fn nanos(&self) -> i128 {
        self.at.as_nanosecond()
    }

    /// Seconds east of UTC, and the zone's letters where it is more than an offset.
    fn offset(&self) -> (i32, Option<String>) {
        let info = self.zone.to_offset_info(self.at);
        let only_offset = self.zone != TimeZone::UTC && self.zone.to_fixed_offset().is_ok();
        let letters = (!only_offset).then(|| info.abbreviation().to_owned());
        (info.offset().seconds(), letters)
    }

    fn add(&self, nanos: i64) -> Self {
        let moved = self.at.saturating_add(SignedDuration::from_nanos(nanos));
        let edge = if nanos < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        Self {
            at: moved.unwrap_or(edge),
            zone: self.zone.clone(),
        }
    }

    /// Nanoseconds from another moment to this one; as many as fit.
    pub(crate) fn since(&self, other: &Self) -> i64 {
        let nanos = self.nanos() - other.nanos();
        i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
    }

    fn order(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }

    /// As Go's `String` writes it.
    pub(crate) fn text(&self) -> String {
        self.format("2006-01-02 15:04:05.999999999 -0700 MST")
    }

    /// By a layout of Go.
    pub fn format(&self, layout: &str) -> String {
        layout::format(self, layout)
    }
}

fn edge(distance: i64) -> Timestamp {
    if distance < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    }
}
