//! What a batch asks: the body of a request, and each of its questions as it will be run.

use promql::Allowance;
use serde::Deserialize;

use super::macros::{Macros, asks_for_rate_interval, fill};
use super::scrape_interval::Asked;
use super::step::step;
use crate::answer::ApiError;
use crate::face::{Face, Services};
use crate::params::{parse_duration, parse_time};
use crate::query::{MAX_STEPS, check_range};

/// Questions of one batch: a dashboard of a hundred panels, each with five.
pub(super) const MAX_QUESTIONS: usize = 500;

/// Points of a panel that does not say how many it has room for.
const POINTS: i64 = 1_000;

/// How many scrapes `$__rate_interval` covers at least: rates need two samples, and one scrape may
/// fail.
const SCRAPES: i64 = 4;

/// The body of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    pub(super) queries: Vec<Question>,
    /// For all of them together.
    #[serde(default)]
    pub(super) timeout: Option<Written>,
}

/// One question as it is asked.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Question {
    pub(super) id: String,
    pub(super) expr: String,
    kind: Kind,
    start: Option<Written>,
    end: Option<Written>,
    step: Option<Written>,
    max_points: Option<i64>,
    min_step: Option<Written>,
    time: Option<Written>,
    exemplars: bool,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Range,
    Instant,
}

/// A moment or a length of time: seconds, or a text as clients of the other routes write it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    Number(f64),
    Text(String),
}

impl Written {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            // Grafana writes a least step as `>10s`, too.
            Self::Text(text) => text.trim().trim_start_matches('>').to_owned(),
        }
    }
}

/// The text of something that may not be there; empty then.
fn text(written: Option<&Written>) -> String {
    written.map(Written::text).unwrap_or_default()
}

fn moment(name: &str, written: Option<&Written>) -> Result<Option<i64>, ApiError> {
    match text(written).as_str() {
        "" => Ok(None),
        text => parse_time(text)
            .map(Some)
            .map_err(|reason| ApiError::parameter(name, reason)),
    }
}

/// Milliseconds above 0.
pub(super) fn length(name: &str, written: Option<&Written>) -> Result<Option<i64>, ApiError> {
    length_of(name, &text(written))
}

fn length_of(name: &str, text: &str) -> Result<Option<i64>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let millis = parse_duration(text).map_err(|reason| ApiError::parameter(name, reason))?;
    if millis <= 0 {
        return Err(ApiError::parameter(name, "it must be above 0"));
    }
    Ok(Some(millis))
}

/// One question as it is run; equal ones have one answer. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) expr: String,
    pub(super) moments: Moments,
    pub(super) step: i64,
    pub(super) exemplars: bool,
}

/// The moments of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Moments {
    Instant { time: i64 },
    Range { start: i64, end: i64 },
}

impl Question {
    /// What will be run: the step chosen, the macros filled. Blocks where the store must be asked
    /// how often series are scraped.
    pub(super) fn prepared(
        &self,
        face: &Face,
        services: &Services,
        allowance: &Allowance,
    ) -> Result<Run, ApiError> {
        let now = face.now();
        let time = moment("time", self.time.as_ref())?;
        let end = moment("end", self.end.as_ref())?;
        let end = end.or(time).unwrap_or(now);
        let start = moment("start", self.start.as_ref())?;
        if start.is_none() && self.kind == Kind::Range {
            return Err(ApiError::parameter("start", "a range needs one"));
        }
        let start = start.unwrap_or(end);
        let interval = |expr: &str| {
            let stand_in = fill(expr, &Macros::STAND_IN);
            let parsed = promql::parse_with(&stand_in, services.engine.features());
            // A query that cannot be read says so where it is run.
            let parsed = parsed.ok()?;
            let asked = Asked {
                services,
                allowance,
                end,
                now,
            };
            Some(face.scrape_intervals.largest(&asked, &parsed))
        };
        let (step, macros) = self.widths(start, end, interval)?;
        let moments = match self.kind {
            Kind::Instant => Moments::Instant {
                time: time.unwrap_or(end),
            },
            Kind::Range => {
                check_range(start, end, step)?;
                Moments::Range { start, end }
            }
        };
        Ok(Run {
            expr: fill(&self.expr, &macros),
            moments,
            step,
            exemplars: self.exemplars,
        })
    }

    /// The step and what the macros stand for. `scraped` answers how often the series of a query
    /// are scraped, and is asked only where that matters.
    fn widths(
        &self,
        start: i64,
        end: i64,
        scraped: impl Fn(&str) -> Option<i64>,
    ) -> Result<(i64, Macros), ApiError> {
        let span = end.saturating_sub(start);
        let given = length("step", self.step.as_ref())?;
        let least = text(self.min_step.as_ref());
        // Dashboards that ask for a step of `$__rate_interval` mean that of the series.
        let by_rate = asks_for_rate_interval(&least);
        let least = match fill(&least, &Macros::STAND_IN) == least {
            true => length_of("min_step", &least)?,
            false => None,
        };
        let points = self.max_points.unwrap_or(POINTS).clamp(1, MAX_STEPS);
        let mut width = given.unwrap_or_else(|| step(span, points, least.unwrap_or(0), MAX_STEPS));
        let mut rate_interval = 0;
        if by_rate || asks_for_rate_interval(&self.expr) {
            let scrape = least.or_else(|| scraped(&self.expr)).unwrap_or(width);
            let covering = scrape.saturating_mul(SCRAPES);
            rate_interval = width.saturating_add(scrape).max(covering);
            if by_rate && given.is_none() {
                width = rate_interval;
            }
        }
        let macros = Macros {
            interval: width,
            rate_interval,
            range: span,
        };
        Ok((width, macros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn widths(question: &str) -> Result<(i64, Macros), ApiError> {
        let question: Question = serde_json::from_str(question).expect("a question");
        question.widths(0, HOUR, |_| Some(30_000))
    }

    #[test]
    fn steps_and_rate_intervals() {
        for (question, step, rate_interval) in [
            (r#"{"max_points": 1000}"#, 5_000, 0),
            (r#"{"max_points": 1000, "min_step": "30s"}"#, 30_000, 0),
            (r#"{"max_points": 1000, "min_step": 30}"#, 30_000, 0),
            (r#"{"max_points": 1000, "min_step": ">30s"}"#, 30_000, 0),
            (r#"{"step": "7s", "min_step": "30s"}"#, 7_000, 0),
            (r#"{"step": null, "min_step": ""}"#, 5_000, 0),
            (r#"{"expr": "x[$__rate_interval]"}"#, 5_000, 120_000),
            (
                r#"{"expr": "x[$__rate_interval]", "max_points": 2}"#,
                1_800_000,
                1_830_000,
            ),
            (
                r#"{"expr": "x[$__rate_interval]", "min_step": "1m"}"#,
                60_000,
                240_000,
            ),
            (r#"{"expr": "x", "min_step": "$__interval"}"#, 5_000, 0),
            (
                r#"{"expr": "x", "min_step": "$__rate_interval"}"#,
                120_000,
                120_000,
            ),
        ] {
            let (found, macros) = widths(question).expect(question);
            assert_eq!(
                (found, macros.rate_interval),
                (step, rate_interval),
                "{question}"
            );
            assert_eq!(macros.interval, found, "{question}");
        }
        for question in [
            r#"{"step": 0}"#,
            r#"{"min_step": "x"}"#,
            r#"{"step": "-1s"}"#,
        ] {
            assert!(widths(question).is_err(), "{question}");
        }
    }
}
