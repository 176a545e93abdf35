//! `metadata`: what the targets say of each metric.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use crate::answer::{Answer, ApiResult};
use crate::face::Face;
use crate::params::Params;
use crate::targets::services;

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Meaning {
    #[serde(rename = "type")]
    kind: &'static str,
    help: String,
    unit: String,
}

/// `/api/v1/metadata`
pub(crate) async fn metadata(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let metric = Some(params.get("metric")).filter(|metric| !metric.is_empty());
    let limit = params.most("limit")?;
    let per_metric = params.most("limit_per_metric")?.filter(|most| *most > 0);
    let mut meanings: BTreeMap<String, BTreeSet<Meaning>> = BTreeMap::new();
    for (_, metadata) in services(&face)?.targets.metadata(metric) {
        for one in metadata {
            let meaning = Meaning {
                kind: one.kind.as_str(),
                help: one.help,
                unit: one.unit,
            };
            let known = meanings.entry(one.metric).or_default();
            if per_metric.is_none_or(|most| known.len() < most) {
                known.insert(meaning);
            }
        }
    }
    let shown = limit.unwrap_or(meanings.len());
    Answer::of(&meanings.into_iter().take(shown).collect::<BTreeMap<_, _>>())
}
