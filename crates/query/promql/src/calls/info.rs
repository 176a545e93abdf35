//! `info(v, {…})`: adds the labels of info series, such as `target_info`, to the series that have
//! the same `instance` and `job`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{Labels, METRIC_NAME, MatchOp, Matcher};

use super::moment::Moment;
use crate::QueryError;
use crate::ast::{At, Call, DurationExpr, Expr, ExprKind, RangeMode, VectorSelector};
use crate::column::{Series, Steps};
use crate::eval::Context;
use crate::eval::call::arg;
use crate::eval::selector::Wanted;

/// Labels by which series and info series find each other.
const IDENTIFYING: [&str; 2] = ["instance", "job"];

/// Which info series are meant where the call does not say.
const DEFAULT_METRIC: &str = "target_info";

/// Which info series are meant where the call only says which are not.
const ANY_METRIC: &str = ".+_info";

/// What the second argument asks for.
struct Asked {
    /// On the names of info metrics.
    names: Vec<Matcher>,
    /// On their labels; where there are any, only these labels are added.
    labels: Vec<Matcher>,
}

/// What tells info series apart for one series: metric, and the identifying labels it has.
type Signature = (String, Vec<(&'static str, String)>);

fn signature(metric: &str, labels: &Labels) -> Signature {
    let identifying = IDENTIFYING
        .iter()
        .filter_map(|name| Some((*name, labels.get(name)?.to_owned())));
    (metric.to_owned(), identifying.collect())
}

impl Asked {
    fn of(argument: Option<&Expr>) -> Result<Self, QueryError> {
        let matchers = match argument.map(|argument| &argument.kind) {
            None => Vec::new(),
            Some(ExprKind::Vector(selector)) => selector.matchers.clone(),
            Some(_) => {
                let text = "expected label selectors as the second argument to info function";
                return Err(QueryError::execution(text));
            }
        };
        let (mut names, labels): (Vec<_>, Vec<_>) =
            matchers.into_iter().partition(|m| m.name() == METRIC_NAME);
        let positive = |m: &Matcher| matches!(m.op(), MatchOp::Equal | MatchOp::Regex);
        if names.is_empty() {
            names.push(Matcher::equal(METRIC_NAME, DEFAULT_METRIC));
        } else if !names.iter().any(positive) {
            names.push(regex(METRIC_NAME, ANY_METRIC)?);
        }
        Ok(Self { names, labels })
    }

    /// Whether a series is one of the info series themselves: it stays as it is.
    fn is_info(&self, labels: &Labels) -> bool {
        let metric = labels.metric().unwrap_or_default();
        self.names.iter().all(|m| m.matches(metric))
    }

    /// Whether a label of an info series is wanted.
    fn wants(&self, name: &str) -> bool {
        name != METRIC_NAME
            && (self.labels.is_empty() || self.labels.iter().any(|m| m.name() == name))
    }

    /// Whether a series without any info series stays.
    fn keeps_unmatched(&self) -> bool {
        self.labels.iter().all(Matcher::matches_absent)
    }
}

fn regex(name: &str, pattern: &str) -> Result<Matcher, QueryError> {
    Matcher::new(name, MatchOp::Regex, pattern).map_err(|e| QueryError::execution(e.to_string()))
}

/// A text as a regular expression that matches it alone.
fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

pub(crate) fn join(
    context: &Context<'_>,
    call: &Call,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let asked = Asked::of(call.args.get(1))?;
    let base = context.vector(arg(call, 0)?, steps)?;
    let infos = info_series(context, call, &asked, &base, steps)?;
    let mut joined = Joined {
        context,
        asked: &asked,
        infos: &infos,
        metrics: infos.iter().filter_map(|one| one.labels.metric()).collect(),
        results: Vec::new(),
        places: HashMap::new(),
    };
    let mut pace = context.budget.pace();
    for step in 0..steps.count {
        context.budget.check()?;
        if !base.iter().any(|one| one.has(step)) {
            continue;
        }
        let newest = newest(&infos, step)?;
        for one in base.iter().filter(|one| one.has(step)) {
            pace.step()?;
            joined.add(one, step, &newest, steps)?;
        }
    }
    let mut results = joined.results;
    context.release(&base);
    context.release(&infos);
    context.hold(&mut results)?;
    Ok(results)
}

/// The info series that may belong to the base series; their values are the times of their
/// samples.
fn info_series(
    context: &Context<'_>,
    call: &Call,
    asked: &Asked,
    base: &[Series],
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in base.iter().filter(|one| !asked.is_info(&one.labels)) {
        for name in IDENTIFYING {
            if let Some(value) = one.labels.get(name) {
                wanted.entry(name).or_default().insert(value);
            }
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut matchers = asked.names.clone();
    matchers.extend(asked.labels.iter().cloned());
    for (name, values) in wanted {
        let values: Vec<String> = values.into_iter().map(literally).collect();
        matchers.push(regex(name, &values.join("|"))?);
    }
    let argument = arg(call, 0)?;
    let mut moment = Moment::default();
    moment.descend(context, argument)?;
    let (at, offset) = match moment.fixed {
        Some(time) => (Some(At::Time(time.saturating_sub(moment.offset))), 0),
        None => (None, moment.offset),
    };
    let selector = VectorSelector {
        name: None,
        matchers,
        offset: DurationExpr::Millis(offset),
        at,
        mode: RangeMode::Plain,
    };
    let source = context.selected(&selector, argument.span, steps)?;
    let infos = context.collect(&source.with(Wanted::NumberTimes), steps)?;
    match infos.iter().find(|one| one.histograms.count() > 0) {
        Some(one) => Err(QueryError::execution(format!(
            "this should be an info metric, with float samples: {}",
            one.labels
        ))),
        None => Ok(infos),
    }
}

/// The info series with the newest sample of each signature at a step.
fn newest(infos: &[Series], step: usize) -> Result<HashMap<Signature, usize>, QueryError> {
    let time = |place: usize| {
        let one: Option<&Series> = infos.get(place);
        one.and_then(|one| one.values.get(step))
            .copied()
            .unwrap_or(f64::NAN)
    };
    let mut newest: HashMap<Signature, usize> = HashMap::new();
    for (place, one) in infos.iter().enumerate().filter(|(_, one)| one.has(step)) {
        let metric = one.labels.metric().unwrap_or_default();
        let kept = newest
            .entry(signature(metric, &one.labels))
            .or_insert(place);
        if *kept == place || time(*kept) > time(place) {
            continue;
        }
        if time(*kept) == time(place) {
            let millis = (time(place) * 1000.0).round();
            let existing = infos.get(*kept).map(|one| one.labels.to_string());
            return Err(QueryError::execution(format!(
                "found duplicate series for info metric: existing {} @ {millis}, new {} @ {millis}",
                existing.unwrap_or_default(),
                one.labels,
            )));
        }
        *kept = place;
    }
    Ok(newest)
}

struct Joined<'j> {
    context: &'j Context<'j>,
    asked: &'j Asked,
    infos: &'j [Series],
    metrics: BTreeSet<&'j str>,
    results: Vec<Series>,
    /// Result by labels and whether the name is to be dropped.
    places: HashMap<(Labels, bool), usize>,
}

impl Joined<'_> {
    fn add(
        &mut self,
        one: &Series,
        step: usize,
        newest: &HashMap<Signature, usize>,
        steps: &Steps,
    ) -> Result<(), QueryError> {
        let Some(labels) = self.labels(&one.labels, newest)? else {
            return Ok(());
        };
        let key = (labels, one.drop_name);
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => {
                let place = self.results.len();
                let result = Series::absent(key.0.clone(), one.drop_name, steps);
                self.results.push(self.context.counted(result)?);
                self.places.insert(key, place);
                place
            }
        };
        if let (Some(result), Some(cell)) = (self.results.get_mut(place), one.get(step)) {
            if result.has(step) {
                return Err(QueryError::same_labelset());
            }
            result.set(step, cell);
        }
        Ok(())
    }

    /// The labels with those of the info series; none where the series is left out.
    fn labels(
        &self,
        base: &Labels,
        newest: &HashMap<Signature, usize>,
    ) -> Result<Option<Labels>, QueryError> {
        if self.asked.is_info(base) {
            return Ok(Some(base.clone()));
        }
        let mut added: BTreeMap<&str, &str> = BTreeMap::new();
        let mut matched = false;
        for metric in &self.metrics {
            let place = newest.get(&signature(metric, base));
            let Some(info) = place.and_then(|place| self.infos.get(*place)) else {
                continue;
            };
            matched = true;
            for (name, value) in info
                .labels
                .iter()
                .filter(|(name, _)| self.asked.wants(name))
            {
                if added.get(name).is_some_and(|earlier| *earlier != value) {
                    return Err(QueryError::execution(format!("conflicting label: {name}")));
                }
                if base.get(name).is_none() {
                    added.insert(name, value);
                }
            }
        }
        if !matched && !self.asked.keeps_unmatched() {
            return Ok(None);
        }
        let mut builder = base.to_builder();
        for (name, value) in added {
            builder.set(name, value);
        }
        Ok(Some(builder.build()))
    }
}
