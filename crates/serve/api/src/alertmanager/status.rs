//! `status` and `receivers`: what runs, and who can be told.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::AlertmanagerFace;
use super::alerts::Named;
use super::answer;
use super::body::moment_text;

#[derive(Serialize)]
struct Cluster {
    peers: [(); 0],
    status: &'static str,
}

#[derive(Serialize)]
struct Configuration {
    original: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    branch: &'static str,
    build_date: &'static str,
    build_user: &'static str,
    go_version: &'static str,
    revision: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    cluster: Cluster,
    config: Configuration,
    uptime: String,
    version_info: Version,
}

/// `GET status`
pub(super) async fn status(State(face): State<Arc<AlertmanagerFace>>) -> Response {
    answer::value(&Status {
        // One node: there is nobody to be in a cluster with.
        cluster: Cluster {
            peers: [],
            status: "disabled",
        },
        config: Configuration {
            original: face.routing.configuration(),
        },
        uptime: moment_text(face.routing.started_at()),
        // Upstream's clients want every one of these; those that mean nothing here are empty.
        version_info: Version {
            branch: "",
            build_date: "",
            build_user: "",
            go_version: "",
            revision: "",
            version: face.version,
        },
    })
}

/// `GET receivers`
pub(super) async fn receivers(State(face): State<Arc<AlertmanagerFace>>) -> Response {
    let names = face.routing.receivers();
    let list: Vec<Named> = names.into_iter().map(|name| Named { name }).collect();
    answer::value(&list)
}
