//! The values of arguments, read as the originals read them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::go_time;

/// The path of a file that is there.
pub(crate) fn existing_file(text: &str) -> Result<PathBuf> {
    let path = PathBuf::from(text);
    let Ok(facts) = std::fs::metadata(&path) else {
        bail!("path '{text}' does not exist");
    };
    if facts.is_dir() {
        bail!("'{text}' is a directory");
    }
    Ok(path)
}

/// `name=value` or `name:value`.
pub(crate) fn pair(text: &str) -> Result<(String, String)> {
    let (name, value) = text
        .split_once(['=', ':'])
        .with_context(|| format!("expected KEY=VALUE got '{text}'"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A length of time as Go reads it, such as `1h30m` or `1.5s`; not negative.
pub(crate) fn duration(text: &str) -> Result<Duration> {
    let nanos = go_time::parse_duration(text)?;
    let nanos = u64::try_from(nanos).ok().context("it is negative")?;
    Ok(Duration::from_nanos(nanos))
}

/// A moment in milliseconds since the epoch: seconds with a fraction, or RFC 3339.
pub(crate) fn moment(text: &str) -> Result<i64> {
    let seconds: Option<f64> = text.parse().ok();
    if let Some(seconds) = seconds.filter(|seconds| seconds.is_finite()) {
        return Ok((seconds * 1000.0).round() as i64);
    }
    let time: Option<jiff::Timestamp> = text.parse().ok();
    let time = time.with_context(|| format!("cannot parse {text:?} to a valid timestamp"))?;
    Ok(time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_or_dates() {
        for (text, millis) in [
            ("1.5", 1500),
            ("-1", -1000),
            ("1e3", 1_000_000),
            ("1970-01-01T00:00:02.25Z", 2250),
            ("1970-01-01T01:00:00+01:00", 0),
        ] {
            assert_eq!(moment(text).unwrap(), millis, "{text}");
        }
        assert!(moment("NaN").is_err());
        let error = moment("yesterday").unwrap_err().to_string();
        assert_eq!(error, "cannot parse \"yesterday\" to a valid timestamp");
    }

    #[test]
    fn pairs_are_split_at_the_first_sign() {
        let check = |text: &str, name: &str, value: &str| {
            assert_eq!(pair(text).unwrap(), (name.to_owned(), value.to_owned()));
        };
        check("a=b=c", "a", "b=c");
        check("a: b", "a", " b");
        assert!(pair("a").is_err());
    }
}
