//! `alerts/groups`: the groups with their alerts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use routing::GroupView;
use serde::Serialize;

use super::alerts::{Named, Shown, object};
use super::answer::{self, Fault};
use super::{AlertmanagerFace, filter};

#[derive(Serialize)]
struct Group {
    alerts: Vec<Shown>,
    labels: BTreeMap<String, String>,
    receiver: Named,
}

impl Group {
    fn new(view: GroupView) -> Self {
        Self {
            labels: object(&view.labels),
            receiver: Named {
                name: view.receiver,
            },
            alerts: view.alerts.into_iter().map(Shown::new).collect(),
        }
    }
}

/// `GET alerts/groups`
pub(super) async fn list(
    State(face): State<Arc<AlertmanagerFace>>,
    uri: Uri,
) -> Result<Response, Fault> {
    let views = face.routing.groups(&filter::alerts(&uri)?);
    let groups: Vec<Group> = views.into_iter().map(Group::new).collect();
    Ok(answer::value(&groups))
}
