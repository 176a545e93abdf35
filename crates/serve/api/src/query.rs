//! `query`, `query_range`, `format_query`, `parse_query`: PromQL over HTTP.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use promql::ast::Expr;
use promql::{CancelToken, QueryError, QueryOptions, QueryResult, Value};

use crate::answer::{Answer, ApiError, ApiResult, ErrorKind};
use crate::face::{Face, Services};
use crate::json;
use crate::params::Params;

/// Points of one series in one answer. The check is on steps, so that one point more passes, as
/// clients of the original know it.
const MAX_STEPS: i64 = 11_000;

/// `/api/v1/query`
pub(crate) async fn instant(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let time = params.time_or("time", face.now())?;
    let limit = params.limit("limit")?;
    let options = options(&face, &params)?;
    let query = params.get("query").to_owned();
    let result = run(&face, options, move |services, options| {
        services
            .engine
            .instant(services.select.as_ref(), &query, time, options)
    })
    .await?;
    Ok(answer(result, limit, &params))
}

/// `/api/v1/query_range`
pub(crate) async fn range(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let limit = params.limit("limit")?;
    let start = params.time("start")?;
    let end = params.time("end")?;
    if end < start {
        return Err(ApiError::parameter(
            "end",
            "end timestamp must not be before start time",
        ));
    }
    let step = crate::params::parse_duration(params.get("step"))
        .map_err(|e| ApiError::parameter("step", e))?;
    if step <= 0 {
        return Err(ApiError::parameter(
            "step",
            "zero or negative query resolution step widths are not accepted. Try a positive integer",
        ));
    }
    if end.saturating_sub(start) / step > MAX_STEPS {
        return Err(ApiError::bad_data(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ));
    }
    let options = options(&face, &params)?;
    let query = params.get("query").to_owned();
    let result = run(&face, options, move |services, options| {
        services
            .engine
            .range(services.select.as_ref(), &query, start, end, step, options)
    })
    .await?;
    Ok(answer(result, limit, &params))
}

/// `/api/v1/format_query`
pub(crate) async fn format(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let expr = parsed(&face, &params)?;
    let mut data = String::new();
    json::push_string(&mut data, &promql::prettify(&expr));
    Ok(Answer::new(data))
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

fn options(face: &Face, params: &Params) -> Result<QueryOptions, ApiError> {
    let asked = params
        .duration("timeout")?
        .and_then(|millis| u64::try_from(millis).ok());
    let longest = face.options.query_timeout;
    let timeout = asked.map_or(longest, |millis| Duration::from_millis(millis).min(longest));
    Ok(QueryOptions {
        lookback: params.duration("lookback_delta")?,
        timeout: Some(timeout),
        cancel: CancelToken::default(),
        stats: !params.get("stats").is_empty(),
    })
}

/// Cancels the query when the request is dropped because its client went away.
struct CancelOnDrop(CancelToken);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Runs a query on a thread that may block, so that the network threads never wait for it.
async fn run(
    face: &Arc<Face>,
    options: QueryOptions,
    query: impl FnOnce(&Services, &QueryOptions) -> Result<QueryResult, QueryError> + Send + 'static,
) -> Result<QueryResult, ApiError> {
    let guard = CancelOnDrop(options.cancel.clone());
    let face = Arc::clone(face);
    let work = tokio::task::spawn_blocking(move || {
        face.services().map(|services| query(services, &options))
    });
    let outcome = work.await.map_err(|e| ApiError {
        kind: ErrorKind::Internal,
        message: format!("the query's thread failed: {e}"),
    })?;
    drop(guard);
    let result = outcome.ok_or_else(|| ApiError::internal("the store is not ready"))?;
    Ok(result?)
}

fn answer(result: QueryResult, limit: usize, params: &Params) -> Answer {
    let QueryResult {
        mut value,
        mut warnings,
        infos,
        stats,
    } = result;
    if limit > 0 && truncate(&mut value, limit) {
        warnings.push("results truncated due to limit".to_owned());
    }
    let mut data = String::from("{");
    json::push_value(&mut data, &value);
    if !params.get("stats").is_empty() {
        let _ = write!(
            data,
            ",\"stats\":{{\"timings\":{{\"evalTotalTime\":{},\"execQueueTime\":{},\"execTotalTime\":{},\"queryPreparationTime\":{},\"innerEvalTime\":{},\"resultSortTime\":0}},\"samples\":{{\"totalQueryableSamples\":{},\"peakSamples\":{}}}}}",
            (stats.prepare_time + stats.eval_time).as_secs_f64(),
            stats.queue_time.as_secs_f64(),
            (stats.queue_time + stats.prepare_time + stats.eval_time).as_secs_f64(),
            stats.prepare_time.as_secs_f64(),
            stats.eval_time.as_secs_f64(),
            stats.total_samples,
            stats.peak_samples,
        );
    }
    data.push('}');
    Answer {
        data,
        warnings,
        infos,
    }
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
