//! The push gateway's face: upstream's paths, codes and words, at `/pushgateway` of Argand's own
//! port and, on request, at a port of its own.
//!
//! ```text
//! path > cleaned > place > method > handler
//! ```
//! Paths are matched here rather than by the router: a group's labels lie in the path, any number
//! of them, and upstream decodes and cleans a path before it looks at it. Who a path is meant for
//! (`crate::roles`) is told by the path as it came; one that cleaning would change is answered with
//! a redirection and never acted upon, so that the two cannot disagree.
//!
//! Beyond upstream: a group's time to live (`Push-Ttl: 1h`, or `?ttl=1h`), and deleting by matchers
//! (`DELETE /api/v1/groups?match[]=…`).

mod answer;
mod body;
mod counts;
mod list;
mod path;
mod pushing;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use contract::{Clock, Gather};
use push::Pushgateway;
use tokio::sync::mpsc;
use tower::ServiceExt as _;
use tower_http::compression::CompressionLayer;

use crate::face::Face;
use crate::intake::Intake;
use crate::safe;
use answer::{moved, not_allowed, not_found, plain, with_cors};
use counts::RequestCounts;
use path::Place;

/// Where the face lies on Argand's own port.
const TOP: &str = "/pushgateway";

/// What the routes ask.
pub struct PushFace {
    /// What holds the groups.
    pub gateway: Arc<Pushgateway>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// When the process started, in milliseconds since the epoch.
    pub started: i64,
    /// Argand's own version.
    pub version: &'static str,
    /// Flags with the values in force, for the status.
    pub flags: BTreeMap<String, String>,
    /// Whether everything may be dropped by one request.
    pub admin_api: bool,
    /// Takes the request to end, where that is switched on.
    pub quit: Option<mpsc::Sender<()>>,
    /// Whether pushes are answered before anybody looks whether they contradict what is held.
    pub answers_unchecked: bool,
    /// Where `/metrics` lies.
    pub metrics_path: String,
    /// What `/metrics` tells beside the groups and the gateway itself.
    pub gatherers: Vec<Arc<dyn Gather>>,
    /// Bodies under way.
    pub intake: PushIntake,
}

/// The room for bodies under way and the counts of requests; one a process.
#[derive(Default)]
pub struct PushIntake {
    room: Intake,
    counts: RequestCounts,
}

/// A face below a prefix.
#[derive(Clone)]
struct Door {
    face: Arc<PushFace>,
    prefix: Arc<str>,
    /// What paths begin with for whoever asks: another router may have taken some of it.
    shown: Arc<str>,
}

/// The whole face, whose paths begin with `prefix`.
pub fn push_router(face: &Arc<PushFace>, prefix: &str) -> Router {
    door(face, prefix, prefix)
        .layer(from_fn(safe::layer))
        .layer(CompressionLayer::new().gzip(true))
}

fn door(face: &Arc<PushFace>, prefix: &str, shown: &str) -> Router {
    let door = Door {
        face: Arc::clone(face),
        prefix: prefix.into(),
        shown: shown.into(),
    };
    Router::new().fallback(answer_at).with_state(door)
}

/// The face as it lies on Argand's own port, where all paths begin with `prefix`, which is gone
/// when they come here.
pub(crate) fn mounted_router(face: &Arc<PushFace>, prefix: &str) -> Router {
    door(face, TOP, &format!("{prefix}{TOP}"))
}

/// A request to a face of Prometheus, which passes it on where there is a push gateway.
pub(crate) async fn mounted(State(face): State<Arc<Face>>, request: Request) -> Response {
    match face.push.get() {
        Some(router) => router.clone().oneshot(request).await.into_response(),
        None => plain(
            StatusCode::NOT_FOUND,
            "there is no push gateway in this process: it starts, or --no-push.enable says so\n",
        ),
    }
}

async fn answer_at(State(door): State<Door>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let Some(below) = path.strip_prefix(&*door.prefix) else {
        return not_found();
    };
    let Some(decoded) = path::decoded(below) else {
        return plain(StatusCode::BAD_REQUEST, "400 Bad Request");
    };
    let cleaned = path::cleaned(&decoded);
    if cleaned != decoded {
        let place = path::with_query(&door.shown, &cleaned, parts.uri.query());
        return moved(&parts.method, StatusCode::MOVED_PERMANENTLY, &place);
    }
    let place = path::place(&decoded, &door.face.metrics_path);
    let asked = Asked {
        face: door.face,
        method: parts.method,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
    };
    match place {
        Place::Push(labels) => pushing::answer(asked, labels, body).await,
        Place::Nowhere => not_found(),
        Place::Beside(beside) => {
            let place = path::with_query(&door.shown, beside, Some(&asked.query));
            // Only a question is asked again as it was; anything else keeps its method.
            let status = match asked.method {
                Method::GET => StatusCode::MOVED_PERMANENTLY,
                _ => StatusCode::TEMPORARY_REDIRECT,
            };
            moved(&asked.method, status, &place)
        }
        place => fixed(asked, place).await,
    }
}

/// A request, but for its path and its body.
struct Asked {
    face: Arc<PushFace>,
    method: Method,
    query: String,
    headers: HeaderMap,
}

/// The places without labels in their paths.
async fn fixed(asked: Asked, place: Place) -> Response {
    let face = Arc::clone(&asked.face);
    let methods = match place {
        Place::Quit => "GET, OPTIONS, POST, PUT",
        Place::Wipe => "OPTIONS, PUT",
        Place::Groups => "DELETE, OPTIONS",
        _ => "GET, OPTIONS",
    };
    let is_api = matches!(place, Place::Status | Place::List | Place::Groups);
    let answer = match (&asked.method, place) {
        (&Method::OPTIONS, _) => {
            if is_api {
                return with_cors(Response::new(Body::empty()));
            }
            ([(header::ALLOW, methods)], "").into_response()
        }
        (&Method::GET, Place::Home) => home(),
        (&Method::GET, Place::Healthy | Place::Ready) => plain(StatusCode::OK, "OK"),
        (&Method::GET, Place::Quit) => plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "Only POST or PUT requests allowed.",
        ),
        (&Method::PUT | &Method::POST, Place::Quit) => quit(&face),
        (&Method::GET, Place::Metrics) => list::metrics(face).await,
        (&Method::GET, Place::Status) => list::status(&face),
        (&Method::GET, Place::List) => list::groups(face).await,
        (&Method::DELETE, Place::Groups) => pushing::delete_matching(&asked),
        (&Method::PUT, Place::Wipe) if face.admin_api => pushing::wipe(&face),
        (&Method::PUT, Place::Wipe) => not_found(),
        _ => return not_allowed(methods),
    };
    if is_api { with_cors(answer) } else { answer }
}

fn quit(face: &PushFace) -> Response {
    let Some(quit) = &face.quit else {
        return plain(StatusCode::FORBIDDEN, "Lifecycle API is not enabled.");
    };
    // A full channel means that the end has been asked for already.
    let _ = quit.try_send(());
    plain(StatusCode::OK, "Requesting termination... Goodbye!")
}

/// What lies here, for people who look at a port of its own.
fn home() -> Response {
    const PAGE: &str = "<!DOCTYPE html><title>Argand push gateway</title>\
        <h1>Argand push gateway</h1><ul>\
        <li><a href=\"metrics\">what is held, as a scrape sees it</a>\
        <li><a href=\"api/v1/metrics\">the groups, as JSON</a>\
        <li><a href=\"api/v1/status\">flags and build, as JSON</a></ul>\n";
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], PAGE).into_response()
}
