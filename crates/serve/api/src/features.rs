//! `features`: what this server can do, so that a client need not guess it from a version.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;

use crate::answer::{Answer, ApiResult};
use crate::face::Face;

/// What is on and off: by area (`promql`, `api`, …), then by name.
pub type FeatureList = BTreeMap<&'static str, BTreeMap<String, bool>>;

/// `/api/v1/features`
pub(crate) async fn features(State(face): State<Arc<Face>>) -> ApiResult {
    Answer::of(&face.options.features)
}
