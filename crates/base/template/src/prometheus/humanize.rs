//! Numbers for people.

use crate::print::float_general;
use crate::value::Value;

/// Four digits, as all of these functions write.
pub(super) fn short(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value if value.is_nan() => "NaN".to_owned(),
        value => float_general(value, Some(4)),
    }
}

const LARGE: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const BINARY: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];

/// Divides by `step` while that leaves one or more; the number and the last prefix reached.
fn scaled_down(mut value: f64, step: f64, prefixes: [&'static str; 8]) -> (f64, &'static str) {
    let mut reached = "";
    for prefix in prefixes {
        if value.abs() < step {
            break;
        }
        reached = prefix;
        value /= step;
    }
    (value, reached)
}

/// Multiplies by a thousand until there is one or more.
fn scaled_up(mut value: f64) -> (f64, &'static str) {
    let mut reached = "";
    for prefix in SMALL {
        if value.abs() >= 1.0 {
            break;
        }
        reached = prefix;
        value *= 1000.0;
    }
    (value, reached)
}

/// With a metric prefix: `1.235k`.
pub(super) fn decimal(value: f64) -> Value {
    let (number, prefix) = if value == 0.0 || !value.is_finite() {
        (value, "")
    } else if value.abs() >= 1.0 {
        scaled_down(value, 1000.0, LARGE)
    } else {
        scaled_up(value)
    };
    Value::text(format!("{}{prefix}", short(number)))
}

/// With a binary prefix: `1.206ki`.
pub(super) fn binary(value: f64) -> Value {
    let (number, prefix) = if value.abs() <= 1.0 || !value.is_finite() {
        (value, "")
    } else {
        scaled_down(value, 1024.0, BINARY)
    };
    Value::text(format!("{}{prefix}", short(number)))
}

/// Hundredths: `12.34%`.
pub(super) fn percentage(value: f64) -> Value {
    Value::text(format!("{}%", short(value * 100.0)))
}

/// Seconds in days, hours, minutes and seconds, or in parts of a second.
pub(crate) fn duration(value: f64) -> Value {
    Value::text(if !value.is_finite() {
        short(value)
    } else if value == 0.0 {
        format!("{}s", short(value))
    } else if value.abs() >= 1.0 {
        long_duration(value)
    } else {
        let (number, prefix) = scaled_up(value);
        format!("{}{prefix}s", short(number))
    })
}

fn long_duration(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let size = value.abs();
    // More seconds than an integer holds are as many as it holds.
    let whole = size as i64;
    let (seconds, minutes) = (whole % 60, whole / 60 % 60);
    let (hours, days) = (whole / 3600 % 24, whole / 86_400);
    if days != 0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours != 0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes != 0 {
        format!("{sign}{minutes}m {seconds}s")
    } else {
        format!("{sign}{}s", short(size))
    }
}
