//! `batch`: all queries of a page in one request.
//!
//! In comes a list of questions in which macros such as `$__rate_interval` still stand, out go the
//! answers in the same order, each with the query and the step as run. Its `data` are byte for byte
//! those of `query` or `query_range`. Equal questions are evaluated once; some run side by side,
//! each within the limits of any other query. One that fails is told in its place.
//!
//! [`request`] knows what is asked, `macros`, `step` and `scrape_interval` what a page cannot know,
//! `run` answers, `written` shapes the answer.

mod macros;
mod request;
mod run;
mod scrape_interval;
mod step;
mod written;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use promql::{Allowance, CancelToken};

use crate::answer::ApiError;
use crate::asker::Asker;
use crate::face::Face;
use crate::query::CancelOnDrop;
use crate::targets::services;
use request::{Body, MAX_QUESTIONS, Run};
use run::Work;

pub(crate) use scrape_interval::ScrapeIntervals;

/// Bytes of a request.
pub(crate) const MAX_REQUEST: usize = 1 << 20;

/// `/api/v1/batch`
pub(crate) async fn batch(
    State(face): State<Arc<Face>>,
    asker: Asker,
    body: Bytes,
) -> Result<Response, ApiError> {
    let asked: Body = serde_json::from_slice(&body)
        .map_err(|reason| ApiError::bad_data(format!("the body is no batch: {reason}")))?;
    drop(body);
    if asked.queries.len() > MAX_QUESTIONS {
        return Err(ApiError::bad_data(format!(
            "a batch may have {MAX_QUESTIONS} queries, this one has {}",
            asked.queries.len()
        )));
    }
    let timeout = timeout(&face, &asked)?;
    let cancel = CancelToken::default();
    let guard = CancelOnDrop(cancel.clone());
    let until = Instant::now() + timeout;
    let engine = &services(&face)?.engine;
    let allowance = engine.allowance(Some(timeout), &cancel);
    let (whole, watched) = (Arc::clone(&face), allowance.clone());
    let prepared = tokio::task::spawn_blocking(move || prepare(&whole, asked, &watched));
    let prepared = prepared
        .await
        .map_err(|error| ApiError::internal(format!("reading the batch failed: {error}")))??;
    let work = Work::new(prepared.runs, until, allowance, cancel, asker.0);
    let answers = run::side_by_side(&face, &Arc::new(work)).await?;
    drop(guard);
    Ok(written::response(&prepared.questions, &answers))
}

/// The time that the whole batch may take: no more than any query may.
fn timeout(face: &Face, asked: &Body) -> Result<Duration, ApiError> {
    let longest = face.options.query_timeout;
    let wanted = request::length("timeout", asked.timeout.as_ref())?;
    let wanted = wanted.and_then(|millis| u64::try_from(millis).ok());
    Ok(wanted.map_or(longest, |millis| Duration::from_millis(millis).min(longest)))
}

/// A question that has been read.
struct Prepared {
    id: String,
    /// The query as it was asked.
    expr: String,
    /// Which of the distinct questions it is, or why it is none.
    place: Result<usize, ApiError>,
}

/// All questions of a batch, and the distinct ones among them.
struct PreparedBatch {
    questions: Vec<Prepared>,
    runs: Vec<Run>,
}

/// Reads all questions; `allowance` ends that where it takes too long or nobody waits any more.
fn prepare(face: &Face, asked: Body, allowance: &Allowance) -> Result<PreparedBatch, ApiError> {
    let services = services(face)?;
    let mut runs = Vec::new();
    let mut known: HashMap<Run, usize> = HashMap::new();
    let questions = asked.queries.into_iter().map(|question| {
        allowance.check()?;
        let place = question.prepared(face, services, allowance).map(|run| {
            *known.entry(run).or_insert_with_key(|run| {
                runs.push(run.clone());
                runs.len() - 1
            })
        });
        Ok(Prepared {
            id: question.id,
            expr: question.expr,
            place,
        })
    });
    let questions = questions.collect::<Result<_, ApiError>>()?;
    Ok(PreparedBatch { questions, runs })
}
