//! `histogram_quantile` and `histogram_fraction` over classic and native histograms.

use std::collections::BTreeMap;

use model::{FloatHistogram, Labels, number};

use super::classic::{Bucket, Fall, bucket_fraction, bucket_quantile};
use super::mended::Mended;
use crate::QueryError;
use crate::ast::{Call, Expr, Span};
use crate::column::{ABSENT, Cell, Series, Steps, is_present, merge_same_labels};
use crate::eval::call::arg;
use crate::eval::{Context, Reading};
use crate::grouping::{Groups, Kept};
use crate::histogram::quantile::{
    NanEffect, fraction as native_fraction, quantile as native_quantile,
};
use crate::kernels::quantile::is_quantile;
use crate::notes::{Doubt, with_metric};

/// The label that holds a bucket's upper bound.
const BOUND: &str = "le";

pub(crate) fn quantile(
    context: &Context<'_>,
    call: &Call,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let (param, input) = (arg(call, 0)?, arg(call, 1)?);
    let ranks = context.scalar(param, steps)?;
    let of = Of {
        classic: &|step, buckets| bucket_quantile(at(&ranks, step), buckets),
        native: &|step, histogram| native_quantile(at(&ranks, step), histogram),
    };
    let results = each_step(context, input, steps, &of)?;
    // Behind what the input warned of: the last place that a warning is about is told.
    ranks
        .iter()
        .filter(|q| !is_quantile(**q))
        .for_each(|q| context.warn_quantile(*q, param));
    Ok(results)
}

/// Of a step and the classic buckets there: the value, and how counts fell that had to be mended.
type OfClassic<'o> = dyn Fn(usize, &mut Vec<Bucket>) -> (f64, Option<Fall>) + 'o;

/// What is computed of the histograms of each step.
struct Of<'o> {
    classic: &'o OfClassic<'o>,
    native: &'o dyn Fn(usize, &FloatHistogram) -> (f64, NanEffect),
}

fn at(column: &[f64], step: usize) -> f64 {
    column.get(step).copied().unwrap_or(f64::NAN)
}

/// `histogram_quantiles(v, "label", q, …)`: each quantile as a series with its rank in a label.
pub(crate) fn quantiles(
    context: &Context<'_>,
    call: &Call,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let input = arg(call, 0)?;
    let label = context.string(arg(call, 1)?)?;
    let mut results = Vec::new();
    for param in call.args.iter().skip(2) {
        let ranks = context.scalar(param, steps)?;
        ranks
            .iter()
            .filter(|q| !is_quantile(**q))
            .for_each(|q| context.warn_quantile(*q, param));
        let of = Of {
            classic: &|step, buckets| bucket_quantile(at(&ranks, step), buckets),
            native: &|step, histogram| native_quantile(at(&ranks, step), histogram),
        };
        let mut series = each_step(context, input, steps, &of)?;
        let mut rank = String::new();
        number::push_general(&mut rank, ranks.first().copied().unwrap_or(f64::NAN));
        if rank
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
        {
            // As OpenMetrics writes numbers.
            rank.push_str(".0");
        }
        for one in &mut series {
            one.labels = one.labels.to_builder().set(&label, &rank).build();
        }
        results.append(&mut series);
    }
    merge_same_labels(&context.budget, results)
}

pub(crate) fn fraction(
    context: &Context<'_>,
    call: &Call,
    steps: &Steps,
) -> Result<Vec<Series>, QueryError> {
    let lower = context.scalar(arg(call, 0)?, steps)?;
    let upper = context.scalar(arg(call, 1)?, steps)?;
    let of = Of {
        classic: &|step, buckets| {
            let value = bucket_fraction(at(&lower, step), at(&upper, step), buckets);
            (value, None)
        },
        native: &|step, histogram| native_fraction(at(&lower, step), at(&upper, step), histogram),
    };
    each_step(context, arg(call, 2)?, steps, &of)
}

/// Computes a number of each histogram at each step where it has observations.
fn each_step(
    context: &Context<'_>,
    input: &Expr,
    steps: &Steps,
    of: &Of<'_>,
) -> Result<Vec<Series>, QueryError> {
    let series = context.reading_as(Reading::Whole, || context.vector(input, steps))?;
    let span = input.bare().span;
    let classic = classic(context, &series, span);
    let mut results = Vec::new();
    // Steps at which a classic histogram has a native twin: neither counts.
    let mut twins = vec![Vec::new(); classic.histograms.len()];
    for one in series.iter().filter(|one| !one.histograms.is_empty()) {
        context.budget.check()?;
        let twin = classic.place(one);
        let (labels, drop_name) = context.derived(one.labels.clone());
        let metric = shown_metric(context, &one.labels);
        let mut result = context.counted(Series::absent(labels, drop_name, steps))?;
        for (step, histogram) in one.histograms.iter() {
            let classic = twin.filter(|place| classic.has(*place, &series, step));
            if let Some(twins) = classic.and_then(|place| twins.get_mut(place)) {
                twins.push(step);
                context.note(span, Doubt::MixedForms, metric);
                continue;
            }
            let (value, effect) = (of.native)(step, histogram);
            let doubt = match effect {
                NanEffect::Nothing => None,
                NanEffect::Result => Some(Doubt::NanQuantile),
                NanEffect::Skew => Some(Doubt::SkewedQuantile),
                NanEffect::Excluded => Some(Doubt::NanExcluded),
            };
            if let Some(doubt) = doubt {
                context.note(span, doubt, metric);
            }
            result.set(step, Cell::Number(value));
        }
        results.push(result);
    }
    let mut mended = BTreeMap::new();
    for (histogram, twins) in classic.histograms.into_iter().zip(twins) {
        context.budget.check()?;
        let labels = context.derived(histogram.labels.clone());
        let values = histogram.each_step(&series, steps, &twins, of, &mut mended);
        results.push(context.counted(Series::numbers(labels.0, labels.1, values))?);
    }
    for (metric, mended) in mended {
        context.info(span, &mended.text(&metric));
    }
    results.retain(|one| !one.is_vacant());
    context.release(&series);
    context.hold(&mut results)?;
    if context.delayed_names {
        Ok(results)
    } else {
        merge_same_labels(&context.budget, results)
    }
}

/// The name of a metric in notes: only where names are dropped at the end of a query are they
/// still known here.
fn shown_metric<'l>(context: &Context<'_>, labels: &'l Labels) -> &'l str {
    if context.delayed_names {
        labels.metric().unwrap_or_default()
    } else {
        ""
    }
}

/// The buckets of one histogram: upper bound and place of the series.
struct Histogram {
    labels: Labels,
    metric: String,
    buckets: Vec<(f64, usize)>,
}

impl Histogram {
    fn each_step(
        self,
        series: &[Series],
        steps: &Steps,
        twins: &[usize],
        of: &Of<'_>,
        mended: &mut BTreeMap<String, Mended>,
    ) -> Vec<f64> {
        let mut values = steps.absent();
        let mut buckets = Vec::new();
        for (step, cell) in values.iter_mut().enumerate() {
            buckets.clear();
            for (upper, place) in &self.buckets {
                let column = series.get(*place).map(|one| one.values.as_slice());
                let count = column.and_then(|c| c.get(step)).copied().unwrap_or(ABSENT);
                if is_present(count) {
                    buckets.push(Bucket {
                        upper: *upper,
                        count,
                    });
                }
            }
            if !buckets.is_empty() && !twins.contains(&step) {
                let (value, fell) = (of.classic)(step, &mut buckets);
                *cell = value;
                if let Some(fall) = fell {
                    let now = Mended::at(steps.at(step), fall);
                    mended
                        .entry(self.metric.clone())
                        .and_modify(|mended| mended.add(now))
                        .or_insert(now);
                }
            }
        }
        values
    }
}

/// The classic histograms of a vector.
struct Classic {
    groups: Groups,
    histograms: Vec<Histogram>,
}

impl Classic {
    /// The classic histogram with the name and labels of a native one.
    fn place(&self, native: &Series) -> Option<usize> {
        let place = self.groups.find(&native.labels)?;
        native.labels.get(BOUND).is_none().then_some(place)
    }

    fn has(&self, place: usize, series: &[Series], step: usize) -> bool {
        let buckets = self.histograms.get(place).map(|h| h.buckets.as_slice());
        let mut places = buckets.unwrap_or_default().iter().map(|(_, place)| place);
        places.any(|place| {
            let column = series.get(*place).map(|one| one.values.as_slice());
            column
                .and_then(|c| c.get(step))
                .is_some_and(|v| is_present(*v))
        })
    }
}

/// Sorts series into histograms; buckets rise.
fn classic(context: &Context<'_>, series: &[Series], span: Span) -> Classic {
    let kept = Kept::whole_but(BOUND);
    let mut groups = Groups::new(kept);
    let mut histograms: Vec<Histogram> = Vec::new();
    for (place, one) in series.iter().enumerate() {
        if !one.values.iter().any(|value| is_present(*value)) {
            continue;
        }
        let metric = shown_metric(context, &one.labels);
        let bound = one.labels.get(BOUND).unwrap_or("");
        let Some(upper) = parse_bound(bound) else {
            let text = format!(
                "bucket label \"{BOUND}\" is missing or has a malformed value of {}",
                model::name::quoted(bound)
            );
            context.warn(span, &with_metric(&text, metric));
            continue;
        };
        let group = groups.place(&one.labels);
        if group == histograms.len() {
            histograms.push(Histogram {
                labels: groups.labels(group),
                metric: metric.to_owned(),
                buckets: Vec::new(),
            });
        }
        if let Some(histogram) = histograms.get_mut(group) {
            histogram.buckets.push((upper, place));
        }
    }
    for histogram in &mut histograms {
        histogram.buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    Classic { groups, histograms }
}

fn parse_bound(text: &str) -> Option<f64> {
    text.parse().ok()
}
