//! Parameters of a request: from the URL and, for a POST, from its form; and the forms in which
//! clients write times and durations.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{Method, Uri, header};
use axum::response::{IntoResponse, Response};
use contract::TimeRange;
use model::{Matcher, duration, name};

use crate::answer::ApiError;

/// The earliest and latest moments a client may mean, in milliseconds: about 292 million years
/// either way, as upstream's `minTime` and `maxTime`.
const EARLIEST: i64 = i64::MIN / 1000;
const LATEST: i64 = i64::MAX / 1000;

/// The parameters of a request, those of a form first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let url = request.uri().query().unwrap_or_default().to_owned();
        let is_form = matches!(*request.method(), Method::POST | Method::PUT)
            && request
                .headers()
                .get(header::CONTENT_TYPE)
                .is_some_and(|kind| {
                    kind.as_bytes()
                        .starts_with(b"application/x-www-form-urlencoded")
                });
        let form = if is_form {
            Bytes::from_request(request, state)
                .await
                .map_err(IntoResponse::into_response)?
        } else {
            Bytes::new()
        };
        Ok(Self::parse(&form, url.as_bytes()))
    }
}

impl Params {
    /// The parameters of a URL alone.
    pub(crate) fn of_url(uri: &Uri) -> Self {
        Self::parse(&[], uri.query().unwrap_or_default().as_bytes())
    }

    /// The parameters of a form and of a URL.
    pub(crate) fn parse(form: &[u8], url: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(form).chain(form_urlencoded::parse(url));
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The first value of a parameter; `""` where absent.
    pub(crate) fn get(&self, name: &str) -> &str {
        let first = self.0.iter().find(|(n, _)| n == name);
        first.map_or("", |(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// A moment that must be given.
    pub(crate) fn time(&self, name: &str) -> Result<i64, ApiError> {
        parse_time(self.get(name)).map_err(|e| ApiError::parameter(name, e))
    }

    /// A moment, or `default` where absent.
    pub(crate) fn time_or(&self, name: &str, default: i64) -> Result<i64, ApiError> {
        match self.get(name) {
            "" => Ok(default),
            text => parse_time(text).map_err(|reason| {
                ApiError::parameter(name, format!("invalid time value for '{name}': {reason}"))
            }),
        }
    }

    /// A length of time in milliseconds; `None` where absent.
    pub(crate) fn duration(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.get(name) {
            "" => Ok(None),
            text => parse_duration(text)
                .map(Some)
                .map_err(|e| ApiError::parameter(name, e)),
        }
    }

    /// A limit; 0, or absent, means none.
    pub(crate) fn limit(&self, name: &str) -> Result<usize, ApiError> {
        match self.get(name) {
            "" => Ok(0),
            text => {
                let limit: i64 = text
                    .parse()
                    .map_err(|_| ApiError::parameter(name, not_a_number(text)))?;
                usize::try_from(limit)
                    .map_err(|_| ApiError::parameter(name, "limit must be non-negative"))
            }
        }
    }

    /// How many are wanted at most; `None`, as for absent or less than 0, means any number.
    pub(crate) fn most(&self, name: &str) -> Result<Option<usize>, ApiError> {
        match self.get(name) {
            "" => Ok(None),
            text => match text.parse::<i64>() {
                Ok(most) => Ok(usize::try_from(most).ok()),
                Err(_) => Err(ApiError::bad_data(format!("{name} must be a number"))),
            },
        }
    }

    /// `start` and `end`; all of time where absent. Nothing lies in a range that ends before it
    /// starts.
    pub(crate) fn range(&self) -> Result<TimeRange, ApiError> {
        let start = self.time_or("start", EARLIEST)?;
        let end = self.time_or("end", LATEST)?;
        Ok(TimeRange { start, end })
    }

    /// The selectors of `match[]`.
    pub(crate) fn selectors(&self) -> Result<Vec<Vec<Matcher>>, ApiError> {
        self.all("match[]")
            .map(|text| {
                promql::parse_series_selector(text).map_err(|e| ApiError::parameter("match[]", e))
            })
            .collect()
    }
}

/// A text that is no whole number, in Go's words.
fn not_a_number(text: &str) -> String {
    let quoted = name::quoted(text);
    format!("strconv.Atoi: parsing {quoted}: invalid syntax")
}

/// Seconds since the epoch, whole or with decimals, or RFC 3339; the result is in milliseconds.
pub(crate) fn parse_time(text: &str) -> Result<i64, String> {
    let refused = || format!("cannot parse {} to a valid timestamp", name::quoted(text));
    if let Ok(seconds) = text.parse::<f64>() {
        let millis = (seconds * 1000.0).round();
        if !millis.is_finite() || millis < EARLIEST as f64 || millis > LATEST as f64 {
            return Err(refused());
        }
        return Ok(millis as i64);
    }
    let moment: jiff::Timestamp = text.parse().map_err(|_| refused())?;
    Ok(moment.as_millisecond())
}

/// Seconds with decimals, or Prometheus' form; the result is in milliseconds.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let refused = || format!("cannot parse {} to a valid duration", name::quoted(text));
    if let Ok(seconds) = text.parse::<f64>() {
        let millis = seconds * 1000.0;
        if !millis.is_finite() || millis.abs() > LATEST as f64 {
            return Err(format!("{}. It overflows int64", refused()));
        }
        return Ok(millis as i64);
    }
    duration::parse(text).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, millis) in [
            ("0", 0),
            ("1435781451.781", 1_435_781_451_781),
            ("-1.5", -1500),
            ("1e3", 1_000_000),
            ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
            ("2015-07-01T22:10:51.781+02:00", 1_435_781_451_781),
        ] {
            assert_eq!(parse_time(text), Ok(millis), "{text}");
        }
        for text in ["", "foo", "NaN", "Inf", "1e300", "30s", "2015-07-01"] {
            assert_eq!(
                parse_time(text),
                Err(format!("cannot parse \"{text}\" to a valid timestamp")),
                "{text}"
            );
        }
    }

    #[test]
    fn durations() {
        for (text, millis) in [("1", 1000), ("0.5", 500), ("1m", 60_000), ("-3", -3000)] {
            assert_eq!(parse_duration(text), Ok(millis), "{text}");
        }
        for text in ["", "foo", "1x", "NaN", "1e300"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_form_stands_before_the_url() {
        let params = Params::parse(b"a=form&b=%7Bx%7D", b"a=url&c=1+2");
        assert_eq!(params.get("a"), "form");
        assert_eq!(params.all("a").collect::<Vec<_>>(), ["form", "url"]);
        assert_eq!(params.get("b"), "{x}");
        assert_eq!(params.get("c"), "1 2");
        assert_eq!(params.get("d"), "");
    }
}
