//! `status` and `receivers`: what runs, and who can be told.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use contract::{ClusterPeer, ClusterState};
use serde::Serialize;

use super::AlertmanagerFace;
use super::alerts::Named;
use super::answer;
use super::body::moment_text;

#[derive(Serialize)]
struct Peer {
    address: String,
    name: String,
}

#[derive(Serialize)]
struct Cluster {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    peers: Vec<Peer>,
    status: &'static str,
}

/// The cluster in upstream's words.
fn cluster(state: Option<ClusterState>) -> Cluster {
    let Some(state) = state else {
        return Cluster {
            name: None,
            peers: Vec::new(),
            status: "disabled",
        };
    };
    let peer = |ClusterPeer { name, address }| Peer { address, name };
    Cluster {
        name: Some(state.name),
        peers: state.peers.into_iter().map(peer).collect(),
        status: if state.settled { "ready" } else { "settling" },
    }
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
        cluster: cluster(face.routing.cluster()),
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
