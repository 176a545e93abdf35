//! `targets`, `scrape_pools` and `targets/metadata`: what is scraped and how it goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use contract::{ActiveTarget, DroppedTarget, MetricMetadata};
use model::{Labels, duration};
use serde::Serialize;

use crate::answer::{Answer, ApiError, ApiResult};
use crate::face::{Face, Services};
use crate::params::Params;

pub(crate) fn services(face: &Face) -> Result<&Services, ApiError> {
    face.services()
        .ok_or_else(|| ApiError::internal("the store is not ready"))
}

pub(crate) fn label_map(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().collect()
}

/// A moment as RFC 3339 in UTC; upstream's zero time where there has been none.
pub(crate) fn moment(millis: Option<i64>) -> String {
    match millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok()) {
        Some(time) => time.to_string(),
        None => "0001-01-01T00:00:00Z".to_owned(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Active<'a> {
    discovered_labels: BTreeMap<&'a str, &'a str>,
    labels: BTreeMap<&'a str, &'a str>,
    scrape_pool: &'a str,
    scrape_url: &'a str,
    global_url: &'a str,
    last_error: &'a str,
    last_scrape: String,
    last_scrape_duration: f64,
    health: &'a str,
    scrape_interval: String,
    scrape_timeout: String,
}

impl<'a> Active<'a> {
    fn of(target: &'a ActiveTarget) -> Self {
        let written = |length: std::time::Duration| {
            duration::format(i64::try_from(length.as_millis()).unwrap_or(i64::MAX))
        };
        Self {
            discovered_labels: label_map(&target.discovered),
            labels: label_map(&target.labels),
            scrape_pool: &target.pool,
            scrape_url: &target.url,
            global_url: &target.url,
            last_error: &target.last_error,
            last_scrape: moment(target.last_scrape),
            last_scrape_duration: target.last_duration.as_secs_f64(),
            health: target.health.as_str(),
            scrape_interval: written(target.interval),
            scrape_timeout: written(target.timeout),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dropped<'a> {
    discovered_labels: BTreeMap<&'a str, &'a str>,
    scrape_pool: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TargetList<'a> {
    active_targets: Vec<Active<'a>>,
    dropped_targets: Vec<Dropped<'a>>,
    dropped_target_counts: BTreeMap<String, u64>,
}

/// `/api/v1/targets`
pub(crate) async fn targets(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let targets = &services(&face)?.targets;
    let pool = Some(params.get("scrapePool")).filter(|pool| !pool.is_empty());
    let state = params.get("state").to_lowercase();
    let (show_active, show_dropped) = match state.as_str() {
        "active" => (true, false),
        "dropped" => (false, true),
        _ => (true, true),
    };
    let active: Vec<ActiveTarget> = if show_active {
        targets.active(pool)
    } else {
        Vec::new()
    };
    let dropped: Vec<DroppedTarget> = if show_dropped {
        targets.dropped(pool)
    } else {
        Vec::new()
    };
    Answer::of(&TargetList {
        active_targets: active.iter().map(Active::of).collect(),
        dropped_targets: dropped
            .iter()
            .map(|target| Dropped {
                discovered_labels: label_map(&target.discovered),
                scrape_pool: &target.pool,
            })
            .collect(),
        dropped_target_counts: targets.dropped_counts().into_iter().collect(),
    })
}

/// `/api/v1/scrape_pools`
pub(crate) async fn pools(State(face): State<Arc<Face>>) -> ApiResult {
    let pools = services(&face)?.targets.pools();
    Answer::of(&BTreeMap::from([("scrapePools", pools)]))
}

#[derive(Serialize)]
struct TargetMetadata<'a> {
    target: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    metric: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    help: &'a str,
    unit: &'a str,
}

/// `/api/v1/targets/metadata`
pub(crate) async fn metadata(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    let metric = Some(params.get("metric")).filter(|metric| !metric.is_empty());
    let limit = params.most("limit")?;
    let matchers = match params.get("match_target") {
        "" => Vec::new(),
        text => promql::parse_series_selector(text)
            .map_err(|e| ApiError::parameter("match_target", e))?,
    };
    let known: Vec<(Labels, Vec<MetricMetadata>)> = services(&face)?.targets.metadata(metric);
    let rows: Vec<TargetMetadata<'_>> = known
        .iter()
        .filter(|(target, _)| {
            matchers
                .iter()
                .all(|m| m.matches(target.get(m.name()).unwrap_or_default()))
        })
        .flat_map(|(target, metadata)| metadata.iter().map(move |one| (target, one)))
        .take(limit.unwrap_or(usize::MAX))
        .map(|(target, one)| TargetMetadata {
            target: label_map(target),
            // Named by the question already, upstream leaves it out.
            metric: if metric.is_some() { "" } else { &one.metric },
            kind: one.kind.as_str(),
            help: &one.help,
            unit: &one.unit,
        })
        .collect();
    Answer::of(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(moment(None), "0001-01-01T00:00:00Z");
        assert_eq!(moment(Some(1_435_781_451_781)), "2015-07-01T20:10:51.781Z");
    }
}
