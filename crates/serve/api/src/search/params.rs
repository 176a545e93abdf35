//! What a search asks for.

use std::collections::BTreeSet;

use contract::{SelectError, Selection, TimeRange};
use model::{Matcher, name};

use super::score::{Method, Term};
use super::{Found, ranked};
use crate::answer::{ApiError, ErrorKind};
use crate::face::Face;
use crate::params::{Params, parse_time};

/// Names where nobody says how many, and names of one line.
const LIMIT: usize = 100;

/// Terms of one search: each costs a look at every name.
const MAX_TERMS: usize = 32;

/// Bytes of one term: more than any name that people type.
const MAX_TERM: usize = 1024;

/// Names are looked for in the last hour where no time is given.
const SPAN: i64 = 3_600_000;

/// The order of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Rising,
    Falling,
    Score,
}

/// A search as it was asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    selectors: Vec<Vec<Matcher>>,
    range: TimeRange,
    /// Any of them; none means that every name fits.
    terms: Vec<Term>,
    case_sensitive: bool,
    order: Order,
    limit: usize,
    pub(super) with_score: bool,
    pub(super) batch: usize,
}

impl Wanted {
    /// `route` is the name by which errors call the search.
    pub(super) fn read(face: &Face, params: &Params, route: &str) -> Result<Self, ApiError> {
        let Some(most) = face.options.search_limit else {
            return Err(ApiError {
                kind: ErrorKind::Unavailable,
                message: "search API disabled".to_owned(),
            });
        };
        let now = face.now();
        let range = TimeRange {
            start: time(params, "start", now.saturating_sub(SPAN))?,
            end: time(params, "end", now)?,
        };
        if range.end < range.start {
            return Err(ApiError::bad_data(
                "end timestamp must not be before start timestamp",
            ));
        }
        let selectors = params
            .all("match[]")
            .map(promql::parse_series_selector)
            .collect::<Result<_, _>>()
            .map_err(|error| ApiError::bad_data(error.to_string()))?;
        let case_sensitive = truth(params, "case_sensitive", true)?;
        let terms = terms(params, case_sensitive)?;
        let with_score = truth(params, "include_score", false)?;
        let order = order(params)?;
        let (limit, batch) = (limit(params, most)?, count(params, "batch_size", LIMIT)?);
        if !matches!(params.get("sort_by"), "" | "alpha" | "score") {
            let given = name::quoted(params.get("sort_by"));
            return Err(ApiError::bad_data(format!(
                "invalid sort_by {given} for {route}: must be \"alpha\" or \"score\""
            )));
        }
        Ok(Self {
            selectors,
            range,
            terms,
            case_sensitive,
            order,
            limit,
            with_score,
            batch,
        })
    }

    /// Asks for the names of each selector and keeps what fits; also answers whether the limit
    /// left anything out.
    pub(super) fn find(
        &self,
        ask: impl Fn(&[Matcher], TimeRange) -> Result<Vec<String>, SelectError>,
    ) -> Result<(Vec<Found>, bool), SelectError> {
        let names: Vec<String> = match self.selectors.as_slice() {
            [] => ask(&[], self.range)?,
            [one] => ask(one, self.range)?,
            several => {
                let mut all = BTreeSet::new();
                for matchers in several {
                    all.extend(ask(matchers, self.range)?);
                }
                all.into_iter().collect()
            }
        };
        let found = names.into_iter().filter_map(|text| {
            let score = self.score(&text)?;
            Some(Found { text, score })
        });
        Ok(ranked(found.collect(), self.order, self.limit))
    }

    fn score(&self, name: &str) -> Option<f64> {
        if self.terms.is_empty() {
            return Some(1.0);
        }
        let best = |name: &str| {
            let scores = self.terms.iter().filter_map(|term| term.score(name));
            scores.reduce(f64::max)
        };
        if self.case_sensitive {
            best(name)
        } else {
            best(&name.to_lowercase())
        }
    }
}

/// The selection of all names that matchers fit in a range.
pub(super) fn selection(matchers: &[Matcher], range: TimeRange) -> Selection<'_> {
    Selection {
        matchers,
        range,
        limit: 0,
    }
}

/// A moment in milliseconds; the error names the parameter in other words than elsewhere, as
/// upstream has it.
fn time(params: &Params, name: &str, default: i64) -> Result<i64, ApiError> {
    match params.get(name) {
        "" => Ok(default),
        text => parse_time(text).map_err(|reason| {
            ApiError::bad_data(format!("invalid time value for '{name}': {reason}"))
        }),
    }
}

fn terms(params: &Params, case_sensitive: bool) -> Result<Vec<Term>, ApiError> {
    let typed: Vec<&str> = params.all("search[]").collect();
    if typed.len() > MAX_TERMS {
        return Err(ApiError::bad_data(format!(
            "too many search[] terms: got {}, maximum is {MAX_TERMS}",
            typed.len()
        )));
    }
    if typed.iter().any(|text| text.len() > MAX_TERM) {
        return Err(ApiError::bad_data(format!(
            "a search[] term may have at most {MAX_TERM} bytes"
        )));
    }
    let threshold = match params.get("fuzz_threshold") {
        "" => 0,
        text => {
            let share = text.parse::<u8>().ok().filter(|share| *share <= 100);
            share.ok_or_else(|| {
                let given = name::quoted(text);
                ApiError::bad_data(format!("invalid fuzz_threshold {given}: must be 0-100"))
            })?
        }
    };
    let method = match params.get("fuzz_alg") {
        "" | "subsequence" => Method::Subsequence,
        "jarowinkler" => Method::JaroWinkler,
        other => {
            let given = name::quoted(other);
            return Err(ApiError::bad_data(format!(
                "unsupported fuzz_alg {given}: must be one of [subsequence jarowinkler]"
            )));
        }
    };
    let term = |text: &str| {
        let text = if case_sensitive {
            text.to_owned()
        } else {
            text.to_lowercase()
        };
        Term::new(text, method, f64::from(threshold) / 100.0)
    };
    let typed = typed.into_iter().filter(|text| !text.is_empty());
    Ok(typed.map(term).collect())
}

fn order(params: &Params) -> Result<Order, ApiError> {
    let (by, direction) = (params.get("sort_by"), params.get("sort_dir"));
    let refused = |text: &str| Err(ApiError::bad_data(text));
    match (by, direction) {
        ("", text) if !text.is_empty() => {
            return refused("sort_dir is only valid when sort_by is set");
        }
        ("score", text) if !text.is_empty() => {
            return refused("sort_dir is not supported for sort_by=score");
        }
        (_, "" | "asc" | "dsc") => {}
        (_, other) => {
            let given = name::quoted(other);
            let text = format!("invalid sort_dir {given}: must be \"asc\" or \"dsc\"");
            return Err(ApiError::bad_data(text));
        }
    }
    match (by, direction) {
        ("score", _) if params.all("search[]").next().is_none() => {
            refused("sort_by=score requires search[] to be set")
        }
        ("score", _) => Ok(Order::Score),
        ("alpha", "dsc") => Ok(Order::Falling),
        _ => Ok(Order::Rising),
    }
}

/// The limit; `most` is what one request may ask for, 0 for any number.
fn limit(params: &Params, most: usize) -> Result<usize, ApiError> {
    let default = if most > 0 { LIMIT.min(most) } else { LIMIT };
    let limit = count(params, "limit", default)?;
    if most > 0 && limit > most {
        return Err(ApiError::bad_data(format!(
            "limit {limit} exceeds the configured maximum ({most}, see --web.search.max-limit)"
        )));
    }
    Ok(limit)
}

fn count(params: &Params, name: &str, default: usize) -> Result<usize, ApiError> {
    let text = params.get(name);
    if text.is_empty() {
        return Ok(default);
    }
    let count = text.parse::<usize>().ok().filter(|count| *count > 0);
    count.ok_or_else(|| {
        let given = name::quoted(text);
        ApiError::bad_data(format!(
            "invalid {name} {given}: must be a positive integer"
        ))
    })
}

/// A truth value in Go's words.
pub(super) fn truth(params: &Params, name: &str, default: bool) -> Result<bool, ApiError> {
    match params.get(name) {
        "" => Ok(default),
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        text => {
            let given = name::quoted(text);
            Err(ApiError::bad_data(format!(
                "invalid {name} {given}: must be boolean"
            )))
        }
    }
}
