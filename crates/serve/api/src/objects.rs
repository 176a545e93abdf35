//! `status/objects`: Prometheus Operator's objects, those in force and those that are wrong.

use std::sync::Arc;

use axum::extract::State;
use operator::ObjectState;
use serde::Serialize;

use crate::answer::{Answer, ApiResult};
use crate::face::Face;
use crate::targets::services;

#[derive(Serialize)]
struct Shown {
    /// Whether objects are followed at all.
    followed: bool,
    objects: Vec<Object>,
}

#[derive(Serialize)]
struct Object {
    kind: &'static str,
    namespace: String,
    name: String,
    /// Why it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<&ObjectState> for Object {
    fn from(state: &ObjectState) -> Self {
        Self {
            kind: state.kind,
            namespace: state.namespace.clone(),
            name: state.name.clone(),
            problem: state.problem.clone(),
        }
    }
}

/// `/api/v1/status/objects`, ours.
pub(crate) async fn objects(State(face): State<Arc<Face>>) -> ApiResult {
    let outcome = services(&face)?.objects.as_ref();
    let outcome = outcome.map(|outcome| Arc::clone(&outcome.borrow()));
    let states = outcome.iter().flat_map(|outcome| &outcome.states);
    Answer::of(&Shown {
        followed: outcome.is_some(),
        objects: states.map(Object::from).collect(),
    })
}
