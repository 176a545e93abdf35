//! `dashboards`: the list, the model and the document of each, saving, and earlier versions.
//!
//! Files are read on threads that may block.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, put};
use dashboards::{Entry, Library, LibraryError, MAX_DOCUMENT};
use serde::Serialize;

use crate::answer::{Answer, ApiError, ApiResult, ErrorKind, json_response};
use crate::face::Face;

/// Everything below `/api/v1/dashboards`.
pub(crate) fn routes() -> Router<Arc<Face>> {
    // A document over the limit is refused here already, with a reason.
    let save = put(save).layer(DefaultBodyLimit::max(MAX_DOCUMENT + 1));
    Router::new()
        .route("/dashboards", get(list))
        .route("/dashboards/{uid}", save.get(model))
        .route("/dashboards/{uid}/source", get(source))
        .route("/dashboards/{uid}/versions", get(versions))
        .route("/dashboards/{uid}/versions/{version}", get(version))
}

impl From<LibraryError> for ApiError {
    fn from(error: LibraryError) -> Self {
        let kind = match &error {
            LibraryError::Unknown(_) | LibraryError::UnknownVersion { .. } => ErrorKind::NotFound,
            LibraryError::Wrong { .. } | LibraryError::Uid(_) => ErrorKind::BadData,
            LibraryError::ReadOnly { .. } => ErrorKind::Conflict,
            LibraryError::Io { .. } => ErrorKind::Internal,
        };
        Self {
            kind,
            message: error.to_string(),
        }
    }
}

/// Asks the library, on a thread that may block.
async fn ask<T: Send + 'static>(
    face: &Face,
    question: impl FnOnce(&Library) -> Result<T, LibraryError> + Send + 'static,
) -> Result<T, ApiError> {
    let library = face.dashboards.get().cloned();
    let work = tokio::task::spawn_blocking(move || match library {
        Some(library) => question(&library),
        None => question(&Library::new(Vec::new())),
    });
    let outcome = work
        .await
        .map_err(|error| ApiError::internal(format!("reading dashboards failed: {error}")))?;
    Ok(outcome?)
}

#[derive(Serialize)]
struct List<'a> {
    dashboards: Vec<Listed<'a>>,
    problems: Vec<FileProblem<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    uid: &'a str,
    title: &'a str,
    description: &'a str,
    tags: &'a [String],
    folder: &'a str,
    file: String,
    problems: usize,
    /// Why it may not be saved; empty where it may.
    read_only: &'a str,
    changed: i64,
}

#[derive(Serialize)]
struct FileProblem<'a> {
    file: String,
    message: &'a str,
}

impl<'a> From<&'a Entry> for Listed<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            uid: &entry.head.uid,
            title: &entry.head.title,
            description: &entry.head.description,
            tags: &entry.head.tags,
            folder: &entry.folder,
            file: entry.file.display().to_string(),
            problems: entry.head.problems,
            read_only: entry.read_only.as_deref().unwrap_or_default(),
            changed: entry.changed,
        }
    }
}

/// `GET /api/v1/dashboards`
async fn list(State(face): State<Arc<Face>>) -> ApiResult {
    let listing = ask(&face, |library| Ok(library.list())).await?;
    let problems = listing.problems.iter().map(|problem| FileProblem {
        file: problem.file.display().to_string(),
        message: &problem.message,
    });
    Answer::of(&List {
        dashboards: listing.dashboards.iter().map(Listed::from).collect(),
        problems: problems.collect(),
    })
}

/// `GET /api/v1/dashboards/{uid}`
async fn model(State(face): State<Arc<Face>>, Path(uid): Path<String>) -> ApiResult {
    let model = ask(&face, move |library| library.model(&uid)).await?;
    Answer::of(&model)
}

/// `GET /api/v1/dashboards/{uid}/source`: the document as it lies in its file.
async fn source(
    State(face): State<Arc<Face>>,
    Path(uid): Path<String>,
) -> Result<Response, ApiError> {
    let document = ask(&face, move |library| library.document(&uid)).await?;
    Ok(json_response(StatusCode::OK, document))
}

#[derive(Serialize)]
struct SavedAs {
    file: String,
    /// The number that the document before it is kept under.
    version: Option<u64>,
}

/// `PUT /api/v1/dashboards/{uid}`: the document takes the place of the one that is there.
async fn save(
    State(face): State<Arc<Face>>,
    Path(uid): Path<String>,
    document: Bytes,
) -> ApiResult {
    let saved = ask(&face, move |library| library.save(&uid, &document)).await?;
    Answer::of(&SavedAs {
        file: saved.file.display().to_string(),
        version: saved.kept,
    })
}

#[derive(Serialize)]
struct Kept {
    version: u64,
    /// Milliseconds since the epoch.
    written: i64,
    size: u64,
}

/// `GET /api/v1/dashboards/{uid}/versions`: the newest first.
async fn versions(State(face): State<Arc<Face>>, Path(uid): Path<String>) -> ApiResult {
    let versions = ask(&face, move |library| library.versions(&uid)).await?;
    let kept = versions.iter().map(|version| Kept {
        version: version.version,
        written: version.written,
        size: version.size,
    });
    Answer::of(&kept.collect::<Vec<_>>())
}

/// `GET /api/v1/dashboards/{uid}/versions/{version}`: an earlier document.
async fn version(
    State(face): State<Arc<Face>>,
    Path((uid, version)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let number = version.parse();
    let number: u64 =
        number.map_err(|_| ApiError::parameter("version", "a number was expected"))?;
    let document = ask(&face, move |library| library.version(&uid, number)).await?;
    Ok(json_response(StatusCode::OK, document))
}
