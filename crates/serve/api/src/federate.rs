//! `/federate`: the newest samples of selected series, for another server to scrape.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::{SelectError, Selection, TimeRange};
use model::{Columns, Labels, METRIC_NAME, Matcher, Sample, is_stale, name, number};
use wire::exposition::write;

use crate::face::{Face, Services};
use crate::params::Params;

const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const UTF8: &str = "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8";

/// `/federate`
pub(crate) async fn federate(
    State(face): State<Arc<Face>>,
    headers: HeaderMap,
    params: Params,
) -> Response {
    let mut selectors = Vec::new();
    for text in params.all("match[]") {
        match promql::parse_series_selector(text) {
            Ok(matchers) => selectors.push(matchers),
            Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
        }
    }
    let takes_utf8 = headers.get_all(header::ACCEPT).iter().any(|accept| {
        accept
            .as_bytes()
            .windows(11)
            .any(|word| word == b"allow-utf-8")
    });
    let asked = Arc::clone(&face);
    let work = tokio::task::spawn_blocking(move || {
        let services = face.services().ok_or(SelectError::NotReady)?;
        let newest = newest(services, &selectors, face.now())?;
        let external = face.options.runtime.external_labels();
        Ok::<_, SelectError>(page(newest, &external, takes_utf8))
    });
    let failure = match work.await {
        Ok(Ok(page)) => {
            let form = if takes_utf8 { UTF8 } else { CLASSIC };
            return ([(header::CONTENT_TYPE, form)], page).into_response();
        }
        Ok(Err(error)) => format!("{error}\n"),
        Err(error) => format!("federating failed: {error}\n"),
    };
    asked.tally.federation_failures.inc();
    (StatusCode::INTERNAL_SERVER_ERROR, failure).into_response()
}

/// The newest number of each series that any selector fits, no older than a query would take it.
/// Series that have ended, and histograms, which this form cannot say, are left out.
fn newest(
    services: &Services,
    selectors: &[Vec<Matcher>],
    now: i64,
) -> Result<Vec<(Labels, Sample)>, SelectError> {
    let range = TimeRange {
        start: now.saturating_sub(services.engine.lookback()),
        end: now,
    };
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut columns = Columns::new();
    for matchers in selectors {
        let list = services.local.select(&Selection {
            matchers,
            range,
            limit: 0,
        })?;
        for place in 0..list.len() {
            columns.clear();
            list.read_newest(place, &mut columns)?;
            let Some(sample) = columns.iter().next_back() else {
                continue;
            };
            let is_older = |h: &model::HistogramSample| h.time > sample.time;
            if is_stale(sample.value) || columns.histograms.last().is_some_and(is_older) {
                continue;
            }
            let labels = list.labels(place);
            if selectors.len() == 1 || seen.insert(labels.clone()) {
                found.push((labels, sample));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| (a.metric(), a).cmp(&(b.metric(), b)));
    Ok(found)
}

fn page(newest: Vec<(Labels, Sample)>, external: &Labels, takes_utf8: bool) -> String {
    // Whoever scrapes this must not take its own instance for that of a sample without one.
    let mut external: Vec<_> = external.iter().collect();
    if !external.iter().any(|(name, _)| *name == "instance") {
        external.push(("instance", ""));
        external.sort_unstable();
    }
    let mut page = String::new();
    let mut family = String::new();
    for (labels, sample) in newest {
        let Some(metric) = labels.metric() else {
            continue;
        };
        let metric = shown(metric, takes_utf8);
        if metric != family {
            page.push_str("# TYPE ");
            write::metric(&mut page, &metric);
            page.push_str(" untyped\n");
            family.clone_from(&metric);
        }
        let own = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
        let absent = |(name, _): &(&str, &str)| labels.get(name).is_none();
        let pairs: Vec<(String, &str)> = own
            .chain(external.iter().copied().filter(absent))
            .map(|(name, value)| (shown(name, takes_utf8), value))
            .collect();
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), *value));
        write::series(&mut page, &metric, pairs);
        page.push(' ');
        number::push_general(&mut page, sample.value);
        let _ = writeln!(page, " {}", sample.time);
    }
    page
}

/// A name as the client can take it: what the classic alphabet lacks becomes `_`.
fn shown(text: &str, takes_utf8: bool) -> String {
    if takes_utf8 || name::is_legacy_metric(text) {
        return text.to_owned();
    }
    let letter = |(place, letter): (usize, char)| {
        let fits = letter.is_ascii_alphabetic() || letter == '_' || letter == ':';
        if fits || (place > 0 && letter.is_ascii_digit()) {
            letter
        } else {
            '_'
        }
    };
    text.chars().enumerate().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_untyped_and_every_sample_has_an_instance() {
        let sample = |value| Sample { time: 1000, value };
        let newest = vec![
            (
                Labels::from_pairs([("__name__", "a.b"), ("x", "1\n")]),
                sample(1e6),
            ),
            (
                Labels::from_pairs([("__name__", "up"), ("instance", "i"), ("zone", "own")]),
                sample(1.0),
            ),
            (
                Labels::from_pairs([("__name__", "up"), ("instance", "j")]),
                sample(f64::NAN),
            ),
            (Labels::from_pairs([("x", "nameless")]), sample(1.0)),
        ];
        let external = Labels::from_pairs([("zone", "eu")]);
        let classic = "# TYPE a_b untyped\n\
            a_b{x=\"1\\n\",instance=\"\",zone=\"eu\"} 1e+06 1000\n\
            # TYPE up untyped\n\
            up{instance=\"i\",zone=\"own\"} 1 1000\n\
            up{instance=\"j\",zone=\"eu\"} NaN 1000\n";
        assert_eq!(page(newest.clone(), &external, false), classic);
        let utf8 = classic
            .replace("TYPE a_b", "TYPE \"a.b\"")
            .replace("a_b{", "{\"a.b\",");
        assert_eq!(page(newest, &external, true), utf8);
    }
}
