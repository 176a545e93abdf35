//! `series`, `labels` and `label/<name>/values`: which series, names and values there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use contract::{SelectError, Selection, TimeRange};
use model::{Labels, Matcher, name};
use promql::{Allowance, CancelToken, Held, QueryError};

use crate::answer::{Answer, ApiError, ApiResult, json_response};
use crate::face::{Face, Services};
use crate::json;
use crate::known_labels::Question;
use crate::params::Params;
use crate::query::{CancelOnDrop, timeout};

/// Label sets that are collected between two looks whether to go on: a millisecond or so.
const SETS_AT_ONCE: usize = 1024;

/// What a label set takes beside its text, in bytes: its counts and its place in the set.
const SET_OVERHEAD: usize = 64;

const TRUNCATED: &str = "results truncated due to limit";

/// Asks the store on a thread that may block.
pub(crate) async fn ask<T: Send + 'static>(
    face: Arc<Face>,
    question: impl FnOnce(&Services) -> Result<T, SelectError> + Send + 'static,
) -> Result<T, ApiError> {
    let work = tokio::task::spawn_blocking(move || {
        face.services().map_or(Err(SelectError::NotReady), question)
    });
    let answer = work
        .await
        .map_err(|e| ApiError::internal(format!("the lookup failed: {e}")))?;
    Ok(answer?)
}

/// The union over all selectors; without any, of everything.
fn union(
    selectors: &[Vec<Matcher>],
    mut ask: impl FnMut(&[Matcher]) -> Result<Vec<String>, SelectError>,
) -> Result<Vec<String>, SelectError> {
    match selectors {
        [] => ask(&[]),
        [one] => ask(one),
        several => {
            let mut all = BTreeSet::new();
            for matchers in several {
                all.extend(ask(matchers)?);
            }
            Ok(all.into_iter().collect())
        }
    }
}

fn names_answer(mut names: Vec<String>, limit: usize) -> Answer {
    let cut = limit > 0 && names.len() > limit;
    if cut {
        names.truncate(limit);
    }
    // Each with its quotes and a comma.
    let room = names.iter().map(|name| name.len() + 3).sum::<usize>();
    let mut text = Answer::begun(room + 2);
    json::push_strings(&mut text, &names);
    let mut answer = Answer::written(text);
    if cut {
        answer.warnings.push(TRUNCATED.to_owned());
    }
    answer
}

/// `/api/v1/labels`
pub(crate) async fn labels(
    State(face): State<Arc<Face>>,
    params: Params,
) -> Result<Response, ApiError> {
    list(face, None, &params).await
}

/// `/api/v1/label/<name>/values`
pub(crate) async fn values(
    State(face): State<Arc<Face>>,
    Path(label): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    let label = unescape_name(&label);
    if label.is_empty() {
        return Err(ApiError::bad_data("invalid label name: \"\""));
    }
    list(face, Some(label), &params).await
}

/// The names of labels, or the values of one.
async fn list(
    face: Arc<Face>,
    label: Option<String>,
    params: &Params,
) -> Result<Response, ApiError> {
    let (range, selectors, limit) = (params.range()?, params.selectors()?, params.limit("limit")?);
    let question = Question { label, limit };
    // What dashboards ask on every page: most of what it costs is handing it to another thread.
    let services = face.services().filter(|_| selectors.is_empty());
    let stamp = services.and_then(|services| services.select.label_stamp(range));
    if let Some(stamp) = &stamp
        && let Some(text) = face.known_labels.find(&question, stamp)
    {
        return Ok(json_response(StatusCode::OK, text));
    }
    let label = question.label.clone();
    let found = ask(Arc::clone(&face), move |services| {
        union(&selectors, |matchers| {
            let selection = Selection {
                matchers,
                range,
                limit: 0,
            };
            match &label {
                Some(label) => services.select.label_values(label, &selection),
                None => services.select.label_names(&selection),
            }
        })
    })
    .await?;
    let text = Bytes::from(names_answer(found, limit).into_text());
    if let Some(stamp) = stamp {
        face.known_labels.keep(question, stamp, &text);
    }
    Ok(json_response(StatusCode::OK, text))
}

/// `/api/v1/series`
pub(crate) async fn series(State(face): State<Arc<Face>>, params: Params) -> ApiResult {
    if params.all("match[]").next().is_none() {
        return Err(ApiError::bad_data("no match[] parameter provided"));
    }
    let (range, selectors, limit) = (params.range()?, params.selectors()?, params.limit("limit")?);
    let timeout = timeout(&face, &params)?;
    let cancel = CancelToken::default();
    let guard = CancelOnDrop(cancel.clone());
    let work = tokio::task::spawn_blocking(move || {
        let services = face.services().ok_or(SelectError::NotReady)?;
        let allowance = services.engine.allowance(Some(timeout), &cancel);
        let found = find(services, &selectors, range, &allowance)?;
        let mut answer = series_answer(&found.sets, limit);
        answer.warnings.extend(found.warnings);
        Ok::<_, ApiError>(answer)
    });
    let answer = work
        .await
        .map_err(|e| ApiError::internal(format!("the lookup failed: {e}")))?;
    drop(guard);
    answer
}

/// The label sets of all selected series.
struct Found {
    sets: Vec<Labels>,
    /// What the store says of them.
    warnings: Vec<String>,
    /// Their memory.
    _held: Held,
}

/// Finds the label sets of all selected series.
fn find(
    services: &Services,
    selectors: &[Vec<Matcher>],
    range: TimeRange,
    allowance: &Allowance,
) -> Result<Found, QueryError> {
    let mut found: Vec<Labels> = Vec::new();
    let mut warnings: Vec<String> = Vec::new();
    let mut held = allowance.hold(0)?;
    let mut bytes = 0;
    for matchers in selectors {
        let selection = Selection {
            matchers,
            range,
            limit: 0,
        };
        let list = services
            .select
            .select_watched(&selection, allowance.watch())
            .map_err(|error| match error {
                SelectError::Stopped => allowance.why_stopped(),
                other => QueryError::Select(other),
            })?;
        for text in list.warnings() {
            if !warnings.contains(&text) {
                warnings.push(text);
            }
        }
        for place in 0..list.len() {
            if place % SETS_AT_ONCE == 0 {
                allowance.check()?;
                held.resize(bytes)?;
            }
            let labels = list.labels(place);
            bytes += labels.size() + SET_OVERHEAD;
            found.push(labels);
        }
    }
    held.resize(bytes)?;
    found.sort_unstable();
    found.dedup();
    Ok(Found {
        sets: found,
        warnings,
        _held: held,
    })
}

fn series_answer(found: &[Labels], limit: usize) -> Answer {
    let cut = limit > 0 && found.len() > limit;
    let shown = if cut { limit } else { found.len() };
    let found = found.get(..shown).unwrap_or_default();
    // A label's lengths take two bytes, its quotes, colon and comma six.
    let room = found.iter().map(|labels| labels.size() * 3 / 2).sum();
    let mut text = Answer::begun(room);
    text.push('[');
    for (place, labels) in found.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        json::push_labels(&mut text, labels);
    }
    text.push(']');
    let mut answer = Answer::written(text);
    if cut {
        answer.warnings.push(TRUNCATED.to_owned());
    }
    answer
}

/// A name beyond the classic alphabet may come in its escaped form, `U__` and then `_<hex>_` for
/// each character outside the alphabet and `__` for an underscore.
fn unescape_name(written: &str) -> String {
    let Some(escaped) = written.strip_prefix("U__") else {
        return written.to_owned();
    };
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((clean, after)) = rest.split_once('_') {
        out.push_str(clean);
        if let Some(after) = after.strip_prefix('_') {
            out.push('_');
            rest = after;
            continue;
        }
        let decoded = after.split_once('_').and_then(|(hex, after)| {
            Some((
                u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)?,
                after,
            ))
        });
        match decoded {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => return written.to_owned(),
        }
    }
    out.push_str(rest);
    if name::is_legacy_label(&out) {
        written.to_owned()
    } else {
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_names() {
        for (written, meant) in [
            ("job", "job"),
            ("U__a_2e_b", "a.b"),
            ("U__a__b_2e_c", "a_b.c"),
            ("U__a_zz_b", "U__a_zz_b"),
            ("U__plain", "U__plain"),
            ("U__a_2e", "U__a_2e"),
        ] {
            assert_eq!(unescape_name(written), meant);
        }
    }
}
