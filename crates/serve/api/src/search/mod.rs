//! `search/metric_names`, `search/label_names`, `search/label_values`: names that fit what somebody
//! types, the best first where asked for (`--enable-feature=search-api`).
//!
//! The answer is a JSON object a line: batches of results, then a line that says how it ended and
//! whether there is more. What is found is at most `limit` names, so it is put together before the
//! first byte goes out, and a store that fails shows in the status.

mod params;
mod score;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use contract::{MetricMetadata, SelectError};
use serde::Serialize;

use crate::answer::ApiError;
use crate::face::{Face, Services};
use crate::params::Params;
use crate::series::ask;
use params::{Order, Wanted};

/// The routes, below `/api/v1`.
pub(crate) fn routes() -> Router<Arc<Face>> {
    Router::new()
        .route("/search/metric_names", get(metric_names).post(metric_names))
        .route("/search/label_names", get(label_names).post(label_names))
        .route("/search/label_values", get(label_values).post(label_values))
}

/// A name that fits.
#[derive(Debug, PartialEq)]
struct Found {
    text: String,
    score: f64,
}

#[derive(Serialize)]
struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(rename = "type", skip_serializing_if = "str::is_empty")]
    kind: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    help: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'a str,
}

#[derive(Serialize)]
struct Batch<'a> {
    results: &'a [Row<'a>],
}

#[derive(Serialize)]
struct Trailer {
    status: &'static str,
    has_more: bool,
}

async fn metric_names(State(face): State<Arc<Face>>, params: Params) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&face, &params, "metric_names")?;
    let with_metadata = params::truth(&params, "include_metadata", false)?;
    let (batch, score) = (wanted.batch, wanted.with_score);
    let (found, has_more, metadata) = ask(face, move |services| {
        let (found, has_more) = wanted.find(|matchers, range| {
            let selection = params::selection(matchers, range);
            services.select.label_values("__name__", &selection)
        })?;
        let metadata = if with_metadata {
            metadata_of(services)
        } else {
            HashMap::new()
        };
        Ok::<_, SelectError>((found, has_more, metadata))
    })
    .await?;
    let rows = found.iter().map(|found| {
        let known = metadata.get(&found.text);
        Row {
            kind: known.map_or("", |known| known.kind.as_str()),
            help: known.map_or("", |known| &known.help),
            unit: known.map_or("", |known| &known.unit),
            ..row(found, score)
        }
    });
    lines(&rows.collect::<Vec<_>>(), batch, has_more)
}

async fn label_names(State(face): State<Arc<Face>>, params: Params) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&face, &params, "label_names")?;
    let (batch, score) = (wanted.batch, wanted.with_score);
    let (found, has_more) = ask(face, move |services| {
        wanted.find(|matchers, range| {
            let selection = params::selection(matchers, range);
            services.select.label_names(&selection)
        })
    })
    .await?;
    let rows = found.iter().map(|found| row(found, score));
    lines(&rows.collect::<Vec<_>>(), batch, has_more)
}

async fn label_values(State(face): State<Arc<Face>>, params: Params) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&face, &params, "label_values")?;
    let label = params.get("label").to_owned();
    if label.is_empty() {
        return Err(ApiError::bad_data("missing required parameter \"label\""));
    }
    let (batch, score) = (wanted.batch, wanted.with_score);
    let (found, has_more) = ask(face, move |services| {
        wanted.find(|matchers, range| {
            let selection = params::selection(matchers, range);
            services.select.label_values(&label, &selection)
        })
    })
    .await?;
    let rows = found.iter().map(|found| Row {
        name: None,
        value: Some(&found.text),
        ..row(found, score)
    });
    lines(&rows.collect::<Vec<_>>(), batch, has_more)
}

fn row(found: &Found, with_score: bool) -> Row<'_> {
    Row {
        name: Some(&found.text),
        value: None,
        score: with_score.then_some(found.score),
        kind: "",
        help: "",
        unit: "",
    }
}

/// What targets say of their metrics, the first of them of each.
fn metadata_of(services: &Services) -> HashMap<String, MetricMetadata> {
    let mut known = HashMap::new();
    for (_, metadata) in services.targets.metadata(None) {
        for one in metadata {
            known.entry(one.metric.clone()).or_insert(one);
        }
    }
    known
}

/// Sorts what fits and cuts it; answers whether that left anything out.
fn ranked(mut found: Vec<Found>, order: Order, limit: usize) -> (Vec<Found>, bool) {
    let by_text = |one: &Found, other: &Found| one.text.cmp(&other.text);
    let by_score = |one: &Found, other: &Found| {
        let best = other.score.partial_cmp(&one.score);
        best.unwrap_or(Ordering::Equal)
            .then_with(|| by_text(one, other))
    };
    match order {
        Order::Rising => found.sort_by(by_text),
        Order::Falling => found.sort_by(|one, other| by_text(other, one)),
        Order::Score => found.sort_by(by_score),
    }
    let has_more = found.len() > limit;
    found.truncate(limit);
    (found, has_more)
}

/// The answer: a first batch even where nothing fits, and the line that ends it.
fn lines(rows: &[Row<'_>], batch: usize, has_more: bool) -> Result<Response, ApiError> {
    let failed = |error: serde_json::Error| ApiError::internal(error.to_string());
    let mut body = Vec::new();
    let mut push = |line: serde_json::Result<Vec<u8>>| {
        body.extend_from_slice(&line.map_err(failed)?);
        body.push(b'\n');
        Ok::<_, ApiError>(())
    };
    if rows.is_empty() {
        push(serde_json::to_vec(&Batch { results: rows }))?;
    }
    for results in rows.chunks(batch.max(1)) {
        push(serde_json::to_vec(&Batch { results }))?;
    }
    push(serde_json::to_vec(&Trailer {
        status: "success",
        has_more,
    }))?;
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8")];
    Ok((kind, body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_first_and_no_more_than_asked_for() {
        let found = || {
            let one = |text: &str, score| Found {
                text: text.to_owned(),
                score,
            };
            vec![one("b", 0.5), one("c", 0.9), one("a", 0.5)]
        };
        for (order, limit, expected, more) in [
            (Order::Rising, 9, "abc", false),
            (Order::Falling, 3, "cba", false),
            (Order::Score, 9, "cab", false),
            (Order::Score, 2, "ca", true),
        ] {
            let (ranked, has_more) = ranked(found(), order, limit);
            let texts: String = ranked.into_iter().map(|found| found.text).collect();
            assert_eq!((texts.as_str(), has_more), (expected, more), "{order:?}");
        }
    }
}
