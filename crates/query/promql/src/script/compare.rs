//! Runs one evaluation and compares.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use contract::memory::MemoryStore;
use model::{Columns, FloatHistogram, Labels};

use super::Outcome;
use super::expect::{Expected, Says, When};
use super::notation::Written;
use crate::histogram::buckets::walk;
use crate::histogram::describe;
use crate::{Engine, QueryError, QueryOptions, QueryResult, SampleValue, Value};

/// Results may differ from the expectation by this share of it.
const TOLERANCE: f64 = 1e-6;

/// An instant query is run again as a range query that begins and ends this much around it.
const AROUND: i64 = 60_000;

pub(super) fn run(engine: &Engine, store: &MemoryStore, expected: &Expected) -> Outcome {
    match compare(engine, store, expected) {
        Ok(()) => Outcome::Passed,
        Err(difference) => Outcome::Failed(difference),
    }
}

fn compare(engine: &Engine, store: &MemoryStore, expected: &Expected) -> Result<(), String> {
    let options = QueryOptions::default();
    let query = expected.query.as_str();
    let result = match expected.when {
        When::Instant(time) => engine.instant(store, query, time, &options),
        When::Range { start, end, step } => engine.range(store, query, start, end, step, &options),
    };
    let Some(result) = outcome(expected, result)? else {
        return Ok(());
    };
    notes(
        "warning",
        &expected.warnings,
        expected.no_warnings,
        &result.warnings,
    )?;
    notes("info", &expected.infos, expected.no_infos, &result.infos)?;
    values(expected, &result.value)?;
    match (expected.when, &result.value) {
        (When::Instant(time), Value::Vector(_)) if !expected.ordered => {
            again(engine, store, expected, time)
        }
        _ => Ok(()),
    }
}

/// The result, or none where the query had to fail and did.
fn outcome(
    expected: &Expected,
    result: Result<QueryResult, QueryError>,
) -> Result<Option<QueryResult>, String> {
    match (&expected.fail, result) {
        (None, Ok(result)) => Ok(Some(result)),
        (None, Err(error)) => Err(format!("expected a result, got error: {error}")),
        (Some(_), Ok(_)) => Err("expected an error, got a result".to_owned()),
        (Some(says), Err(error)) => {
            let text = error.to_string();
            let bare = text
                .split_once("parse error: ")
                .map_or(text.as_str(), |(_, bare)| bare);
            if says.fits(&text) || says.fits(bare) {
                Ok(None)
            } else {
                Err(format!("expected error {says:?}, got: {text}"))
            }
        }
    }
}

fn notes(kind: &str, wanted: &[Says], none: bool, got: &[String]) -> Result<(), String> {
    if none && !got.is_empty() {
        return Err(format!("expected no {kind}, got {got:?}"));
    }
    for says in wanted {
        if !got.iter().any(|text| says.fits(text)) {
            return Err(format!("expected {kind} {says:?}, got {got:?}"));
        }
    }
    Ok(())
}

fn values(expected: &Expected, value: &Value) -> Result<(), String> {
    match value {
        Value::Scalar(sample) => match expected.scalar {
            Some(wanted) if same(wanted, sample.value) => Ok(()),
            wanted => Err(format!("expected {wanted:?}, got {}", sample.value)),
        },
        Value::String { value, .. } => match &expected.string {
            Some(wanted) if wanted == value => Ok(()),
            wanted => Err(format!("expected {wanted:?}, got {value:?}")),
        },
        Value::Vector(vector) => {
            let got: Vec<_> = vector
                .iter()
                .map(|one| {
                    let value = match &one.value {
                        SampleValue::Float(number) => Written::Number(*number),
                        SampleValue::Histogram(histogram) => got_histogram(histogram),
                    };
                    (one.labels.clone(), vec![Some(value)])
                })
                .collect();
            if expected.ordered && !in_order(&expected.series, &got) {
                return Err(difference(&expected.series, &got));
            }
            same_series(&expected.series, &got)
        }
        Value::Matrix(matrix) => {
            let When::Range { start, end, step } = expected.when else {
                return Err("expected no range vector".to_owned());
            };
            let count = usize::try_from((end - start) / step.max(1)).unwrap_or(0) + 1;
            let got: Vec<_> = matrix
                .iter()
                .map(|one| {
                    let mut values = vec![None; count];
                    for (time, value) in points(&one.samples) {
                        let place = usize::try_from((time - start) / step.max(1));
                        if let Some(cell) = place.ok().and_then(|place| values.get_mut(place)) {
                            *cell = Some(value);
                        }
                    }
                    (one.labels.clone(), values)
                })
                .collect();
            same_series(&expected.series, &got)
        }
    }
}

/// The same query as a range query must give the same values at that moment.
fn again(
    engine: &Engine,
    store: &MemoryStore,
    expected: &Expected,
    time: i64,
) -> Result<(), String> {
    let options = QueryOptions::default();
    let (start, end) = (time - AROUND, time + AROUND);
    if is_about_the_query(&expected.query) {
        return Ok(());
    }
    let result = engine
        .range(store, &expected.query, start, end, AROUND, &options)
        .map_err(|error| format!("as a range query: {error}"))?;
    let Value::Matrix(matrix) = result.value else {
        return Err("expected a range query's matrix".to_owned());
    };
    let got: Vec<_> = matrix
        .iter()
        .filter_map(|one| {
            let (_, value) = points(&one.samples).find(|(at, _)| *at == time)?;
            Some((one.labels.clone(), vec![Some(value)]))
        })
        .collect();
    same_series(&expected.series, &got).map_err(|text| format!("as a range query: {text}"))
}

/// Whether the value depends on the query's own start, end or step.
fn is_about_the_query(query: &str) -> bool {
    let lower = query.to_lowercase();
    ["start()", "end()", "step()", "range()"]
        .iter()
        .any(|word| lower.contains(word))
}

type Series = (Labels, Vec<Option<Written>>);

fn got_histogram(histogram: &FloatHistogram) -> Written {
    Written::Histogram {
        histogram: histogram.clone(),
        hinted: false,
    }
}

fn points(samples: &Columns) -> impl Iterator<Item = (i64, Written)> + '_ {
    let numbers = samples
        .iter()
        .map(|sample| (sample.time, Written::Number(sample.value)));
    let histograms = samples.histograms.iter().map(|sample| {
        let histogram = sample.value.clone().into_float();
        (sample.time, got_histogram(&histogram))
    });
    numbers.chain(histograms)
}

fn same_series(wanted: &[Series], got: &[Series]) -> Result<(), String> {
    let by_labels: BTreeMap<&Labels, &Vec<Option<Written>>> = got
        .iter()
        .map(|(labels, values)| (labels, values))
        .collect();
    // An expected series without any value is one that is not there.
    let wanted_count = wanted
        .iter()
        .filter(|(_, values)| values.iter().any(Option::is_some))
        .count();
    let all_there = wanted
        .iter()
        .all(|(labels, values)| match by_labels.get(labels) {
            Some(got) => same_values(values, got),
            None => values.iter().all(Option::is_none),
        });
    if all_there && wanted_count == got.len() {
        Ok(())
    } else {
        Err(difference(wanted, got))
    }
}

fn in_order(wanted: &[Series], got: &[Series]) -> bool {
    wanted.len() == got.len() && wanted.iter().zip(got).all(|(w, g)| w.0 == g.0)
}

fn same_values(wanted: &[Option<Written>], got: &[Option<Written>]) -> bool {
    let longest = wanted.len().max(got.len());
    (0..longest).all(|place| {
        let wanted = wanted.get(place).and_then(Option::as_ref);
        match (wanted, got.get(place).and_then(Option::as_ref)) {
            (Some(Written::Number(wanted)), Some(Written::Number(got))) => same(*wanted, *got),
            (
                Some(Written::Histogram { histogram, hinted }),
                Some(Written::Histogram { histogram: got, .. }),
            ) => same_histogram(histogram, *hinted, got),
            (wanted, got) => wanted.is_none() && got.is_none(),
        }
    })
}

/// The hint counts where it is written.
fn same_histogram(wanted: &FloatHistogram, hinted: bool, got: &FloatHistogram) -> bool {
    let filled = |spans, counts| -> Vec<(i32, f64)> {
        walk(spans, counts)
            .filter(|(_, count)| *count != 0.0)
            .collect()
    };
    let same_buckets = |wanted: Vec<(i32, f64)>, got: Vec<(i32, f64)>| {
        wanted.len() == got.len()
            && wanted
                .iter()
                .zip(&got)
                .all(|(w, g)| w.0 == g.0 && same(w.1, g.1))
    };
    wanted.schema == got.schema
        && same(wanted.count, got.count)
        && same(wanted.sum, got.sum)
        && wanted.zero_threshold == got.zero_threshold
        && same(wanted.zero_count, got.zero_count)
        && (!wanted.is_custom() || wanted.custom == got.custom)
        && same_buckets(
            filled(&wanted.positive_spans, &wanted.positive),
            filled(&got.positive_spans, &got.positive),
        )
        && same_buckets(
            filled(&wanted.negative_spans, &wanted.negative),
            filled(&got.negative_spans, &got.negative),
        )
        && (!hinted || wanted.hint == got.hint)
}

fn same(wanted: f64, got: f64) -> bool {
    if wanted == got || (wanted.is_nan() && got.is_nan()) {
        return true;
    }
    let size = wanted.abs() + got.abs();
    let difference = (wanted - got).abs();
    difference.is_finite() && difference / size.min(f64::MAX) < TOLERANCE
        || (size < f64::MIN_POSITIVE && difference < TOLERANCE * f64::MIN_POSITIVE)
}

fn difference(wanted: &[Series], got: &[Series]) -> String {
    let mut text = String::from("expected");
    let mut list = |series: &[Series]| {
        for (labels, values) in series {
            let _ = write!(text, " {labels}");
            for value in values {
                match value {
                    Some(Written::Number(number)) => {
                        let _ = write!(text, " {number}");
                    }
                    Some(Written::Histogram { histogram, .. }) => {
                        let _ = write!(
                            text,
                            " {} schema {} {:?}",
                            describe::text(histogram),
                            histogram.schema,
                            histogram.hint
                        );
                    }
                    None => text.push_str(" _"),
                }
            }
            text.push(';');
        }
        text.push_str(" got");
    };
    list(wanted);
    list(got);
    text.strip_suffix(" got").unwrap_or(&text).to_owned()
}
