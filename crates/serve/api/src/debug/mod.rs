//! `/debug/pprof`: where time and memory go, in the form of `pprof` and `promtool debug`.
//!
//! What can be said without stopping or slowing the process is said: the processor time of each
//! kind of thread over some seconds, the threads there are, and what the allocator holds. What
//! would need a Go runtime (execution traces, blocked goroutines, contended mutexes) is not made
//! up: those profiles are well-formed and empty, and say so in a comment.
//!
//! What is absent: stacks. A profiler of the machine, such as `perf`, sees them: the release binary
//! keeps its symbols.

mod profile;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::Semaphore;

use crate::face::Face;
use crate::params::Params;
use profile::Profile;

/// Seconds that a profile of processor time covers where nobody says; as upstream.
const SECONDS: u64 = 30;

/// Seconds it may cover: a request under way holds a connection.
const MAX_SECONDS: u64 = 600;

/// Profiles that may be taken at once.
static TAKEN: Semaphore = Semaphore::const_new(4);

/// Asked for what the allocator holds: (of what kind, bytes).
pub type HeapParts = fn() -> Vec<(&'static str, u64)>;

/// The routes, with their full paths.
pub(crate) fn routes() -> Router<Arc<Face>> {
    Router::new()
        .route("/debug/pprof/", get(index))
        .route("/debug/pprof/{name}", get(one).post(one))
}

const INDEX: &str = "profiles below this path: heap, goroutine and threadcreate (threads), \
profile?seconds=30 (processor time by thread), cmdline; block, mutex and allocs are empty\n";

async fn index() -> &'static str {
    INDEX
}

async fn one(State(face): State<Arc<Face>>, Path(name): Path<String>, params: Params) -> Response {
    let Ok(_place) = TAKEN.try_acquire() else {
        let text = "enough profiles are being taken; try again\n";
        let after = [(header::RETRY_AFTER, "30")];
        return (StatusCode::SERVICE_UNAVAILABLE, after, text).into_response();
    };
    let profile = match name.as_str() {
        "cmdline" => return command_line(&face),
        "profile" => match seconds(&params) {
            Ok(length) => processor_time(length).await,
            Err(text) => return (StatusCode::BAD_REQUEST, text).into_response(),
        },
        "heap" => heap(&face),
        "goroutine" | "threadcreate" => all_threads(&name),
        "block" | "mutex" => empty(&[("contentions", "count"), ("delay", "nanoseconds")]),
        "allocs" => empty(&[("alloc_objects", "count"), ("alloc_space", "bytes")]),
        "trace" => return no_trace(),
        _ => return (StatusCode::NOT_FOUND, "Unknown profile\n").into_response(),
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, disposition.as_str()),
    ];
    (headers, profile.encoded()).into_response()
}

fn seconds(params: &Params) -> Result<Duration, &'static str> {
    let seconds = match params.get("seconds") {
        "" => Some(SECONDS),
        text => text.parse().ok(),
    };
    seconds
        .filter(|seconds| (1..=MAX_SECONDS).contains(seconds))
        .map(Duration::from_secs)
        .ok_or("seconds must be a whole number from 1 to 600\n")
}

fn no_trace() -> Response {
    let text = "there is no Go runtime here whose execution could be traced\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

/// The flags in force, which `status/flags` shows as well, separated by zero bytes as upstream has
/// the words of the command line.
fn command_line(face: &Face) -> Response {
    let flags = face.options.runtime.flags.iter();
    let words: Vec<String> = std::iter::once("argand".to_owned())
        .chain(flags.map(|(name, value)| format!("--{name}={value}")))
        .collect();
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (kind, words.join("\0")).into_response()
}

async fn processor_time(length: Duration) -> Profile {
    let mut profile = Profile::new(&[("cpu", "nanoseconds")]);
    let before = threads::processor_time();
    tokio::time::sleep(length).await;
    profile.lasted(length);
    for (name, time) in threads::since(&before, &threads::processor_time()) {
        profile.push(&name, &[time]);
    }
    profile.comment("processor time by name of thread; there are no stacks");
    profile
}

fn all_threads(kind: &str) -> Profile {
    let mut profile = Profile::new(&[(kind, "count")]);
    for (name, count) in threads::counts() {
        profile.push(&name, &[count]);
    }
    profile.comment("threads by name; there are no stacks");
    profile
}

fn heap(face: &Face) -> Profile {
    let mut profile = Profile::new(&[("inuse_space", "bytes")]);
    for (kind, bytes) in (face.options.heap)() {
        profile.push(kind, &[i64::try_from(bytes).unwrap_or(i64::MAX)]);
    }
    profile.comment("what the allocator holds by kind; there are no stacks");
    profile
}

fn empty(types: &[(&str, &str)]) -> Profile {
    let mut profile = Profile::new(types);
    profile.comment("not measured here");
    profile
}
