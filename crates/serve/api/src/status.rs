//! `status/*`: configuration, flags, build, run and store.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use contract::Damage;
use serde::Serialize;

use crate::answer::{Answer, ApiError, ApiResult};
use crate::face::Face;
use crate::params::Params;
use crate::targets::{moment, services};

/// The version of the original whose API this one keeps to; clients switch features on by it.
const COMPATIBLE_WITH: &str = "3.14.0";

/// Rows of each cardinality list where the client does not say.
const TSDB_ROWS: usize = 10;

/// Rows a client may ask for.
const MAX_TSDB_ROWS: usize = 10_000;

/// `/api/v1/status/config`
pub(crate) async fn config(State(face): State<Arc<Face>>) -> ApiResult {
    Answer::of(&BTreeMap::from([(
        "yaml",
        face.options.runtime.config().as_str(),
    )]))
}

/// `/api/v1/status/flags`
pub(crate) async fn flags(State(face): State<Arc<Face>>) -> ApiResult {
    Answer::of(&face.options.runtime.flags)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Build {
    version: String,
    revision: &'static str,
    branch: &'static str,
    build_user: &'static str,
    build_date: &'static str,
    go_version: &'static str,
}

/// `/api/v1/status/buildinfo`
pub(crate) async fn build(State(face): State<Arc<Face>>) -> ApiResult {
    Answer::of(&build_of(&face))
}

/// `/version`: the same without an envelope.
pub(crate) async fn version(State(face): State<Arc<Face>>) -> Response {
    let text = serde_json::to_string(&build_of(&face)).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn build_of(face: &Face) -> Build {
    Build {
        version: format!("{COMPATIBLE_WITH}+argand.{}", face.options.runtime.version),
        revision: "",
        branch: "",
        build_user: "",
        build_date: "",
        go_version: "",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    start_time: String,
    #[serde(rename = "CWD")]
    working_directory: String,
    hostname: String,
    server_time: String,
    reload_config_success: bool,
    /// Ours: why the last reload failed, or empty.
    reload_config_error: String,
    last_config_time: String,
    corruption_count: u64,
    goroutine_count: usize,
    #[serde(rename = "GOMAXPROCS")]
    cores: usize,
    #[serde(rename = "GOMEMLIMIT")]
    memory_limit: i64,
    #[serde(rename = "GOGC")]
    collector: &'static str,
    #[serde(rename = "GODEBUG")]
    debug: &'static str,
    storage_retention: String,
    /// Ours: what the operator must know, such as a store that is read-only.
    warnings: Vec<String>,
    /// Ours: damaged files, what is wrong with them and what was done.
    damages: Vec<String>,
}

/// `/api/v1/status/runtimeinfo`
pub(crate) async fn run(State(face): State<Arc<Face>>) -> ApiResult {
    let runtime = &face.options.runtime;
    let store = &services(&face)?.store;
    let directory = std::env::current_dir().unwrap_or_default();
    Answer::of(&Run {
        start_time: moment(Some(runtime.started)),
        working_directory: directory.display().to_string(),
        hostname: std::fs::read_to_string("/proc/sys/kernel/hostname")
            .map(|name| name.trim().to_owned())
            .unwrap_or_default(),
        server_time: moment(Some(face.now())),
        reload_config_success: runtime.reload_ok(),
        reload_config_error: runtime.reload_error().as_str().to_owned(),
        last_config_time: moment(Some(runtime.config_time())),
        corruption_count: store.corruptions(),
        goroutine_count: activities(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_limit: i64::MAX,
        collector: "",
        debug: "",
        storage_retention: runtime.retention.clone(),
        warnings: store.warnings(),
        damages: store.damages().iter().map(damage).collect(),
    })
}

fn damage(found: &Damage) -> String {
    let Damage {
        file, what, done, ..
    } = found;
    format!("{} {file}: {what}; {done}", moment(Some(found.found)))
}

/// What comes nearest to the original's count of goroutines: the tasks that await something or
/// run, beside the threads that run them.
fn activities() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let metrics = tokio::runtime::Handle::current().metrics();
    threads.saturating_add(metrics.num_alive_tasks())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeadStats {
    num_series: u64,
    num_label_pairs: u64,
    chunk_count: u64,
    min_time: i64,
    max_time: i64,
}

#[derive(Serialize)]
struct Row {
    name: String,
    value: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tsdb {
    head_stats: HeadStats,
    series_count_by_metric_name: Vec<Row>,
    label_value_count_by_label_name: Vec<Row>,
    memory_in_bytes_by_label_name: Vec<Row>,
    series_count_by_label_value_pair: Vec<Row>,
}

/// `/api/v1/status/tsdb/blocks`
pub(crate) async fn blocks(State(face): State<Arc<Face>>) -> ApiResult {
    let blocks = services(&face)?.store.blocks();
    Ok(Answer::new(&format!(
        "{{\"blocks\":[{}]}}",
        blocks.join(",")
    )))
}

/// `/api/v1/status/tsdb`
pub(crate) async fn tsdb(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let rows = match params.get("limit") {
        "" => TSDB_ROWS,
        text => match text.parse::<i64>() {
            Ok(rows) if rows > 0 => usize::try_from(rows).unwrap_or(usize::MAX),
            _ => return Err(ApiError::bad_data("limit must be a positive number")),
        },
    };
    if rows > MAX_TSDB_ROWS {
        let text = format!("limit must not exceed {MAX_TSDB_ROWS}");
        return Err(ApiError::bad_data(text));
    }
    let state = services(&face)?.store.head_state(rows);
    let list = |rows: Vec<(String, u64)>| {
        rows.into_iter()
            .map(|(name, value)| Row { name, value })
            .collect()
    };
    let (min_time, max_time) = state.range.unwrap_or((i64::MAX, i64::MIN));
    Answer::of(&Tsdb {
        head_stats: HeadStats {
            num_series: state.series,
            num_label_pairs: state.label_pairs,
            chunk_count: state.chunks,
            min_time,
            max_time,
        },
        series_count_by_metric_name: list(state.series_by_metric),
        label_value_count_by_label_name: list(state.values_by_label),
        memory_in_bytes_by_label_name: list(state.bytes_by_label),
        series_count_by_label_value_pair: list(state.series_by_pair),
    })
}

#[derive(Serialize)]
struct Replay {
    min: u64,
    max: u64,
    current: u64,
    state: &'static str,
}

/// `/api/v1/status/walreplay`
pub(crate) async fn replay(State(face): State<Arc<Face>>) -> ApiResult {
    let store = &services(&face)?.store;
    let (min, max, current) = store.replay_progress();
    let state = if store.is_ready() {
        "done"
    } else {
        "in progress"
    };
    Answer::of(&Replay {
        min,
        max,
        current,
        state,
    })
}
