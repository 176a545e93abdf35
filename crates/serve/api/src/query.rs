//! `query`, `query_range`, `format_query`, `parse_query`: PromQL over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use promql::ast::Expr;
use promql::{CancelToken, Moments, Origin, QueryError, QueryOptions, QueryResult, Value};

use crate::answer::{Answer, ApiError, ApiResult, ErrorKind};
use crate::asker::Asker;
use crate::face::{Face, Services};
use crate::params::Params;
use crate::{json, stats};

/// Points of one series in one answer. The check is on steps, so that one point more passes, as
/// clients of the original know it.
pub(crate) const MAX_STEPS: i64 = 11_000;

/// Bytes of a query that may be read on a network thread: it takes some ten microseconds.
const BRIEF_TEXT: usize = 2 << 10;

/// Bytes of an answer that are written between two looks whether to go on, and counted at once.
const WRITTEN_AT_ONCE: usize = 64 << 10;

/// `/api/v1/query`
pub(crate) async fn instant(
    State(face): State<Arc<Face>>,
    asker: Asker,
    params: Params,
) -> ApiResult {
    let time = params.time_or("time", face.now())?;
    let limit = params.limit("limit")?;
    let options = options(&face, asker, &params)?;
    let query = params.get("query").to_owned();
    let shape = Shape::new(limit, &params);
    run(&face, options, shape, query, Moments::at(time)).await
}

/// `/api/v1/query_range`
pub(crate) async fn range(
    State(face): State<Arc<Face>>,
    asker: Asker,
    params: Params,
) -> ApiResult {
    let limit = params.limit("limit")?;
    let start = params.time("start")?;
    let end = params.time("end")?;
    let step = crate::params::parse_duration(params.get("step"));
    let step = check_end(start, end).and(step.map_err(|e| ApiError::parameter("step", e)))?;
    check_range(start, end, step)?;
    let options = options(&face, asker, &params)?;
    let query = params.get("query").to_owned();
    let shape = Shape::new(limit, &params);
    let moments = Moments::every(start, end, step).ok_or_else(bad_step)?;
    run(&face, options, shape, query, moments).await
}

fn check_end(start: i64, end: i64) -> Result<(), ApiError> {
    if end < start {
        return Err(ApiError::parameter(
            "end",
            "end timestamp must not be before start time",
        ));
    }
    Ok(())
}

fn bad_step() -> ApiError {
    ApiError::parameter(
        "step",
        "zero or negative query resolution step widths are not accepted. Try a positive integer",
    )
}

/// Refuses steps that lead nowhere or give too many points.
pub(crate) fn check_range(start: i64, end: i64, step: i64) -> Result<(), ApiError> {
    check_end(start, end)?;
    if step <= 0 {
        return Err(bad_step());
    }
    if end.saturating_sub(start) / step > MAX_STEPS {
        return Err(ApiError::bad_data(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ));
    }
    Ok(())
}

/// `/api/v1/format_query`
pub(crate) async fn format(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let expr = parsed(&face, &params)?;
    let mut data = String::new();
    json::push_string(&mut data, &promql::prettify(&expr));
    Ok(Answer::new(&data))
}

/// `/api/v1/parse_query`
pub(crate) async fn tree(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let expr = parsed(&face, &params)?;
    Answer::of(&crate::parse_tree::tree(&expr))
}

/// `/api/v1/explain`, ours: how the engine would evaluate the query.
pub(crate) async fn plan(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let services = face
        .services()
        .ok_or_else(|| ApiError::internal("the store is not ready"))?;
    let plan = promql::explain(params.get("query"), services.engine.features())
        .map_err(|e| ApiError::parameter("query", e))?;
    Answer::of(&crate::plan_tree::plan_json(&plan))
}

/// The query as the engine would read it.
fn parsed(face: &Face, params: &Params) -> Result<Expr, ApiError> {
    let services = face
        .services()
        .ok_or_else(|| ApiError::internal("the store is not ready"))?;
    promql::parse_with(params.get("query"), services.engine.features())
        .map_err(|e| ApiError::parameter("query", e))
}

fn options(face: &Face, asker: Asker, params: &Params) -> Result<QueryOptions, ApiError> {
    Ok(QueryOptions {
        lookback: lookback(params)?,
        timeout: Some(timeout(face, params)?),
        cancel: CancelToken::default(),
        per_step_stats: params.get("stats") == "all",
        origin: Origin::Http(asker.0),
    })
}

/// How old a sample may be that a query takes for current, where the request says so.
fn lookback(params: &Params) -> Result<Option<i64>, ApiError> {
    match params.get("lookback_delta") {
        "" => Ok(None),
        text => crate::params::parse_duration(text)
            .map(Some)
            .map_err(|reason| {
                ApiError::bad_data(format!("error parsing lookback delta duration: {reason}"))
            }),
    }
}

/// The time that a request wants to wait, no more than the server allows.
pub(crate) fn timeout(face: &Face, params: &Params) -> Result<Duration, ApiError> {
    let longest = face.options.query_timeout;
    let Some(asked) = params.duration("timeout")? else {
        return Ok(longest);
    };
    match u64::try_from(asked) {
        Ok(millis) if millis > 0 => Ok(Duration::from_millis(millis).min(longest)),
        _ => Err(ApiError::parameter("timeout", "it must be above 0")),
    }
}

/// Cancels the query when the request is dropped because its client went away.
pub(crate) struct CancelOnDrop(pub(crate) CancelToken);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// How an answer is wanted.
#[derive(Default)]
struct Shape {
    /// Series at most; 0 for all.
    limit: usize,
    /// What the parameter `stats` says.
    stats: String,
}

impl Shape {
    fn new(limit: usize, params: &Params) -> Self {
        Self {
            limit,
            stats: params.get("stats").to_owned(),
        }
    }
}

/// Runs a query and writes its answer: here where it is brief, and otherwise on a thread that may
/// block, so that the network threads never wait for it.
async fn run(
    face: &Arc<Face>,
    options: QueryOptions,
    shape: Shape,
    query: String,
    moments: Moments,
) -> ApiResult {
    let guard = CancelOnDrop(options.cancel.clone());
    let mut prepared = None;
    // Patterns take long to compile, and whoever looks for series by them is never brief.
    if query.len() <= BRIEF_TEXT
        && !query.contains('~')
        && let Some(Services { select, engine, .. }) = face.services()
    {
        let query = engine.prepare(&query)?;
        if let Some(result) = engine.briefly(select.as_ref(), &query, moments, &options) {
            return Ok(answer(result?, &shape)?);
        }
        prepared = Some(query);
    }
    let face = Arc::clone(face);
    let work = tokio::task::spawn_blocking(move || {
        let Services { select, engine, .. } = face.services()?;
        let prepared = prepared.map_or_else(|| engine.prepare(&query), Ok);
        let result =
            prepared.and_then(|query| engine.evaluate(select.as_ref(), &query, moments, &options));
        Some(result.and_then(|result| answer(result, &shape)))
    });
    let outcome = work.await.map_err(|e| ApiError {
        kind: ErrorKind::Internal,
        message: format!("the query's thread failed: {e}"),
    })?;
    drop(guard);
    let answer = outcome.ok_or_else(|| ApiError::internal("the store is not ready"))?;
    Ok(answer?)
}

/// The answer to a query about which nothing else was asked.
pub(crate) fn plain(result: QueryResult) -> Result<Answer, QueryError> {
    answer(result, &Shape::default())
}

fn answer(result: QueryResult, shape: &Shape) -> Result<Answer, QueryError> {
    let QueryResult {
        mut value,
        mut warnings,
        infos,
        stats,
        held,
        allowance,
    } = result;
    if shape.limit > 0 && truncate(&mut value, shape.limit) {
        warnings.push("results truncated due to limit".to_owned());
    }
    let mut text = Answer::begun(1);
    text.push('{');
    text.reserve(length(&value).min(WRITTEN_AT_ONCE));
    let mut written = allowance.hold(0)?;
    let mut counted = 0;
    json::push_value(&mut text, &value, &mut |length| {
        if length - counted >= WRITTEN_AT_ONCE {
            counted = length;
            // Twice: the text, and its copy where it outgrows its memory.
            written.resize(2 * length)?;
            allowance.check()?;
        }
        Ok(())
    })?;
    drop((value, held));
    if !shape.stats.is_empty() {
        text.push_str(",\"stats\":");
        stats::push(&mut text, &stats);
        warnings.extend(stats::warning(&shape.stats));
    }
    text.push('}');
    Ok(Answer::written(text).noting(warnings, infos))
}

/// Bytes that a value takes as text, about: a series' labels and a point in so many each.
fn length(value: &Value) -> usize {
    const OF_LABELS: usize = 160;
    const OF_POINT: usize = 32;
    let (series, points) = match value {
        Value::Scalar(_) | Value::String { .. } => (0, 1),
        Value::Vector(samples) => (samples.len(), samples.len()),
        Value::Matrix(series) => (
            series.len(),
            series.iter().map(|one| one.samples.len()).sum(),
        ),
    };
    series * OF_LABELS + points * OF_POINT
}

/// Cuts the list of series; answers whether any was cut.
fn truncate(value: &mut Value, limit: usize) -> bool {
    let before;
    match value {
        Value::Vector(samples) => {
            before = samples.len();
            samples.truncate(limit);
        }
        Value::Matrix(series) => {
            before = series.len();
            series.truncate(limit);
        }
        Value::Scalar(_) | Value::String { .. } => before = 0,
    }
    before > limit
}
