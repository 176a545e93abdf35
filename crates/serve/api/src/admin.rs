//! `admin/tsdb/*`: what an operator may order of the store, where that is switched on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::{AdminError, StoreAdmin};
use serde::Serialize;

use crate::answer::{Answer, ApiError, ErrorKind};
use crate::face::Face;
use crate::params::Params;
use crate::targets::services;

/// The names under which Go reads truth and falsehood.
const TRUE: [&str; 6] = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE: [&str; 6] = ["0", "f", "F", "false", "FALSE", "False"];

impl From<AdminError> for ApiError {
    fn from(error: AdminError) -> Self {
        Self::internal(error.to_string())
    }
}

/// Carries an order out on a thread that may block. Upstream answers 204 where there is nothing to
/// say.
async fn order<T: Send + 'static>(
    face: &Face,
    give: impl FnOnce(&dyn StoreAdmin) -> Result<T, AdminError> + Send + 'static,
) -> Result<T, ApiError> {
    let store = Arc::clone(&services(face)?.admin);
    tokio::task::spawn_blocking(move || give(&*store))
        .await
        .map_err(|error| ApiError::internal(format!("the order was cut off: {error}")))?
        .map_err(ApiError::from)
}

fn allowed(face: &Face) -> Result<(), ApiError> {
    if face.options.admin_api {
        return Ok(());
    }
    Err(ApiError {
        kind: ErrorKind::Unavailable,
        message: "admin APIs disabled".to_owned(),
    })
}

/// `/api/v1/admin/tsdb/delete_series`
pub(crate) async fn delete_series(
    State(face): State<Arc<Face>>,
    params: Params,
) -> Result<Response, ApiError> {
    allowed(&face)?;
    if params.all("match[]").next().is_none() {
        return Err(ApiError::bad_data("no match[] parameter provided"));
    }
    let range = params.range()?;
    let selectors = params.selectors()?;
    order(&face, move |store| {
        selectors
            .iter()
            .try_for_each(|matchers| store.delete_series(matchers, range))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `/api/v1/admin/tsdb/clean_tombstones`
pub(crate) async fn clean_tombstones(State(face): State<Arc<Face>>) -> Result<Response, ApiError> {
    allowed(&face)?;
    order(&face, |store| store.clean_tombstones()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Serialize)]
struct Snapshot {
    name: String,
}

/// `/api/v1/admin/tsdb/snapshot`
pub(crate) async fn snapshot(
    State(face): State<Arc<Face>>,
    params: Params,
) -> Result<Answer, ApiError> {
    allowed(&face)?;
    let skip_head = match params.get("skip_head") {
        "" => false,
        text if TRUE.contains(&text) => true,
        text if FALSE.contains(&text) => false,
        text => {
            let reason = format!(
                "unable to parse boolean: strconv.ParseBool: parsing {}: invalid syntax",
                model::name::quoted(text)
            );
            return Err(ApiError::parameter("skip_head", reason));
        }
    };
    let name = order(&face, move |store| store.snapshot(skip_head)).await?;
    Answer::of(&Snapshot { name })
}

/// A link must not be able to delete anything.
pub(crate) async fn only_post() -> Response {
    let allowed = [(header::ALLOW, "POST, PUT")];
    (
        StatusCode::METHOD_NOT_ALLOWED,
        allowed,
        "Method Not Allowed\n",
    )
        .into_response()
}
