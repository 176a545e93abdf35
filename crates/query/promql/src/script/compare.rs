//! Runs one evaluation and compares.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use contract::memory::MemoryStore;
use model::{Columns, FloatHistogram, Labels};

use super::Outcome;
use super::at;
use super::expect::{Expected, Grid, Says, When};
use super::notation::Written;
use crate::histogram::buckets::walk;
use crate::histogram::describe;
use crate::{Engine, QueryError, QueryOptions, QueryResult, RangeSeries, SampleValue, Value};

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

/// Who answers, over what.
struct Asked<'a> {
    engine: &'a Engine,
    store: &'a MemoryStore,
}

impl Asked<'_> {
    fn instant(&self, query: &str, time: i64) -> Result<QueryResult, QueryError> {
        let options = QueryOptions::default();
        self.engine.instant(self.store, query, time, &options)
    }

    fn range(&self, query: &str, grid: Grid) -> Result<QueryResult, QueryError> {
        let Grid { start, end, step } = grid;
        let options = QueryOptions::default();
        self.engine
            .range(self.store, query, start, end, step, &options)
    }
}

fn compare(engine: &Engine, store: &MemoryStore, expected: &Expected) -> Result<(), String> {
    let asked = Asked { engine, store };
    let query = expected.query.as_str();
    let time = match expected.when {
        When::Range(grid) => return result(expected, asked.range(query, grid), true),
        When::Instant(time) => time,
        When::Window(grid) => grid.end,
    };
    let says_the_same = |query: &str, time: i64, texts: bool| {
        result(expected, asked.instant(query, time), texts)?;
        around(&asked, expected, query, time)
    };
    says_the_same(query, time, true)?;
    let Some((fixed, moments)) = at::fixed(query, time) else {
        return Ok(());
    };
    for moment in moments {
        says_the_same(&fixed, moment, false)
            .map_err(|text| format!("{fixed} at {moment} ms: {text}"))?;
    }
    Ok(())
}

/// Compares one answer. The texts of notes name places, which change when a query is rewritten.
fn result(
    expected: &Expected,
    result: Result<QueryResult, QueryError>,
    texts: bool,
) -> Result<(), String> {
    let Some(result) = outcome(expected, result)? else {
        return Ok(());
    };
    for (kind, wanted, none, got) in [
        (
            "warning",
            &expected.warnings,
            expected.no_warnings,
            &result.warnings,
        ),
        ("info", &expected.infos, expected.no_infos, &result.infos),
    ] {
        notes(kind, wanted, none, got, texts)?;
    }
    values(expected, &result.value)
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

fn notes(
    kind: &str,
    wanted: &[Says],
    none: bool,
    got: &[String],
    texts: bool,
) -> Result<(), String> {
    if none && !got.is_empty() {
        return Err(format!("expected no {kind}, got {got:?}"));
    }
    if wanted.is_empty() {
        return Ok(());
    }
    // Scripts may name the place in the query or leave it out.
    let fits = |says: &Says, text: &str| !texts || says.fits(text) || says.fits(placeless(text));
    for says in wanted {
        if !got.iter().any(|text| fits(says, text)) {
            return Err(format!("expected {kind} {says:?}, got {got:?}"));
        }
    }
    match got
        .iter()
        .find(|text| !wanted.iter().any(|says| fits(says, text)))
    {
        Some(text) => Err(format!("expected only {kind}s {wanted:?}, got {text:?}")),
        None => Ok(()),
    }
}

/// A note without ` (line:column)` at its end, and without what is told of mended buckets.
fn placeless(text: &str) -> &str {
    if let Some((bare, _)) = text.split_once(", from buckets ") {
        return bare;
    }
    let place = text
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("));
    match place {
        Some((bare, place)) if place.bytes().all(|b| b.is_ascii_digit() || b == b':') => bare,
        _ => text,
    }
}

fn values(expected: &Expected, value: &Value) -> Result<(), String> {
    if let (Some(wanted), false) = (expected.scalar, matches!(value, Value::Scalar(_))) {
        return Err(format!("expected {wanted}, got {value:?}"));
    }
    if let (Some(wanted), false) = (&expected.string, matches!(value, Value::String { .. })) {
        return Err(format!("expected {wanted:?}, got {value:?}"));
    }
    match value {
        Value::Scalar(sample) => match expected.scalar {
            Some(wanted) if same(wanted, sample.value) => Ok(()),
            Some(wanted) => Err(format!("expected {wanted}, got {}", sample.value)),
            None => Err(format!("expected no scalar, got {}", sample.value)),
        },
        Value::String { value, .. } => match &expected.string {
            Some(wanted) if wanted == value => Ok(()),
            Some(wanted) => Err(format!("expected {wanted:?}, got {value:?}")),
            None => Err(format!("expected no text, got {value:?}")),
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
        Value::Matrix(matrix) => match expected.when {
            When::Instant(_) => Err("expected no range vector".to_owned()),
            When::Range(grid) | When::Window(grid) => {
                if !matrix.is_sorted_by(|a, b| a.labels <= b.labels) {
                    return Err("expected series in the order of their labels".to_owned());
                }
                let got: Result<Vec<_>, _> = matrix.iter().map(|one| on_grid(one, grid)).collect();
                same_series(&expected.series, &got?)
            }
        },
    }
}

/// The values of a series by step.
fn on_grid(one: &RangeSeries, grid: Grid) -> Result<Series, String> {
    let mut values = Vec::new();
    for (time, value) in points(&one.samples) {
        let place = grid.place(time).ok_or_else(|| {
            let labels = &one.labels;
            format!("expected samples at {grid:?}, got one of {labels} at {time} ms")
        })?;
        if values.len() <= place {
            values.resize(place + 1, None);
        }
        if let Some(cell) = values.get_mut(place) {
            *cell = Some(value);
        }
    }
    Ok((one.labels.clone(), values))
}

/// The same query as a range query must give the same values at its middle step.
fn around(asked: &Asked<'_>, expected: &Expected, query: &str, time: i64) -> Result<(), String> {
    let apart = matches!(expected.when, When::Window(_)) || expected.string.is_some();
    if apart || expected.fail.is_some() || expected.ordered || is_about_the_query(query) {
        return Ok(());
    }
    let grid = Grid {
        start: time - AROUND,
        end: time + AROUND,
        step: AROUND,
    };
    let as_range = |text: String| format!("as a range query: {text}");
    let result = asked
        .range(query, grid)
        .map_err(|error| as_range(error.to_string()))?;
    let Value::Matrix(matrix) = result.value else {
        return Err(as_range("expected a matrix".to_owned()));
    };
    let got: Vec<_> = matrix
        .iter()
        .filter_map(|one| {
            let (_, value) = points(&one.samples).find(|(at, _)| *at == time)?;
            Some((one.labels.clone(), vec![Some(value)]))
        })
        .collect();
    let scalar = expected.scalar.map(|scalar| {
        let value = Some(Written::Number(scalar));
        vec![(Labels::empty(), vec![value])]
    });
    same_series(scalar.as_ref().unwrap_or(&expected.series), &got).map_err(as_range)
}

/// Whether the value depends on the query's own start, end or step.
fn is_about_the_query(query: &str) -> bool {
    ["start()", "end()", "step()", "range()"]
        .iter()
        .any(|word| query.contains(word))
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
    let all_there = wanted.iter().all(|(labels, values)| {
        by_labels
            .get(labels)
            .is_some_and(|got| same_values(values, got))
    });
    if all_there && wanted.len() == got.len() {
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
    if model::is_stale(wanted) || model::is_stale(got) {
        return model::is_stale(wanted) && model::is_stale(got);
    }
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
