//! `routes`: the routing tree with what lives in it, and where the labels of an alert would lead.

use std::sync::Arc;

use axum::extract::State;
use config::alertmanager::parse_matcher;
use model::duration::format as format_duration;
use model::{Labels, LabelsBuilder, MatchOp};
use routing::{Reach, RouteView};
use serde::Serialize;

use crate::alertmanager::AlertmanagerFace;
use crate::answer::{Answer, ApiError, ApiResult};
use crate::params::Params;

/// Labels of one alert; more are a mistake.
const MOST_LABELS: usize = 256;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    depth: usize,
    receiver: String,
    matchers: Vec<ShownMatcher>,
    /// `["..."]` for all labels, as in the file.
    group_by: Vec<String>,
    group_wait: String,
    group_interval: String,
    repeat_interval: String,
    r#continue: bool,
    mute_time_intervals: Vec<String>,
    active_time_intervals: Vec<String>,
    quiet: Vec<String>,
    groups: usize,
    alerts: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<&'static str>,
}

#[derive(Serialize)]
struct ShownMatcher {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fits: Option<bool>,
}

impl From<RouteView> for Shown {
    fn from(view: RouteView) -> Self {
        let fits = view.asked.as_ref().map(|(_, fits)| fits);
        let matchers = view.matchers.into_iter().enumerate();
        let matchers = matchers.map(|(place, text)| ShownMatcher {
            text,
            fits: fits.and_then(|fits| fits.get(place).copied()),
        });
        Self {
            depth: view.depth,
            receiver: view.receiver,
            matchers: matchers.collect(),
            group_by: view.group_by.unwrap_or_else(|| vec!["...".to_owned()]),
            group_wait: format_duration(view.group_wait),
            group_interval: format_duration(view.group_interval),
            repeat_interval: format_duration(view.repeat_interval),
            r#continue: view.continues,
            mute_time_intervals: view.mute_time_intervals,
            active_time_intervals: view.active_time_intervals,
            quiet: view.quiet,
            groups: view.groups,
            alerts: view.alerts,
            reach: view.asked.as_ref().map(|(reach, _)| word(*reach)),
        }
    }
}

fn word(reach: Reach) -> &'static str {
    match reach {
        Reach::Receives => "receives",
        Reach::Passes => "passes",
        Reach::Fails => "fails",
        Reach::Unasked => "unasked",
    }
}

/// `/api/v1/alerting/routes?label[]=severity="critical"`
pub(super) async fn routes(State(face): State<Arc<AlertmanagerFace>>, params: Params) -> ApiResult {
    let labels = labels(&params)?;
    let views = face.routing.route_views(labels.as_ref());
    let shown: Vec<Shown> = views.into_iter().map(Shown::from).collect();
    Answer::of(&shown)
}

/// The labels that are asked for; none where no parameter names one.
fn labels(params: &Params) -> Result<Option<Labels>, ApiError> {
    let mut labels = LabelsBuilder::new();
    let mut count = 0;
    for text in params.all("label[]") {
        let matcher = parse_matcher(text).map_err(|e| ApiError::parameter("label[]", e))?;
        if matcher.op() != MatchOp::Equal {
            return Err(ApiError::parameter(
                "label[]",
                "a label is a name and its value, as severity=\"critical\"",
            ));
        }
        count += 1;
        if count > MOST_LABELS {
            return Err(ApiError::parameter(
                "label[]",
                format!("an alert has at most {MOST_LABELS} labels here"),
            ));
        }
        labels.set(matcher.name(), matcher.value());
    }
    Ok((count > 0).then(|| labels.build()))
}
