//! Native histograms as upstream prints them: `{count:3, sum:5, (0.5,1]:1, (1,2]:2}`.

use std::sync::Arc;

use model::histogram::buckets::buckets;
use model::{FloatHistogram, Span};

use crate::print::float_general;
use crate::value::{Object, Shape, Value};

struct Native(Arc<FloatHistogram>);

impl Object for Native {
    fn type_name(&self) -> &'static str {
        "*histogram.FloatHistogram"
    }

    fn shape(&self) -> Shape<'_> {
        Shape::Struct(&[])
    }

    fn text(&self) -> Option<String> {
        Some(text(&self.0))
    }
}

/// A histogram as a value.
pub(super) fn value(histogram: &Arc<FloatHistogram>) -> Value {
    Value::object(Native(Arc::clone(histogram)))
}

fn number(value: f64) -> String {
    if value == f64::INFINITY {
        "+Inf".to_owned()
    } else {
        float_general(value, None)
    }
}

/// The bound above a bucket.
fn upper(histogram: &FloatHistogram, index: i32) -> f64 {
    if histogram.is_custom() {
        let place = usize::try_from(index).ok();
        return match place.and_then(|place| histogram.custom.get(place)) {
            Some(bound) => *bound,
            None if index < 0 => f64::NEG_INFINITY,
            None => f64::INFINITY,
        };
    }
    // The schema is between -4 and 8: 2 to the power of index / 2^schema, the whole part of which
    // is exact.
    let per_power = 2f64.powi(histogram.schema.clamp(-4, 8));
    let power = f64::from(index) / per_power;
    (power - power.floor()).exp2() * power.floor().exp2()
}

fn text(histogram: &FloatHistogram) -> String {
    let (count, sum) = (number(histogram.count), number(histogram.sum));
    let mut out = format!("{{count:{count}, sum:{sum}");
    let filled = |spans: &[Span], counts: &[f64]| -> Vec<(f64, f64, f64)> {
        buckets(spans, counts)
            .filter(|(_, count)| *count != 0.0)
            .map(|(index, count)| {
                let below = upper(histogram, index.saturating_sub(1));
                (below, upper(histogram, index), count)
            })
            .collect()
    };
    let mut push = |open: char, low: f64, high: f64, close: char, count: f64| {
        let (low, high, count) = (number(low), number(high), number(count));
        out.push_str(&format!(", {open}{low},{high}{close}:{count}"));
    };
    for (low, high, count) in filled(&histogram.negative_spans, &histogram.negative)
        .iter()
        .rev()
    {
        push('[', -high, -low, ')', *count);
    }
    if histogram.zero_count != 0.0 {
        let width = histogram.zero_threshold;
        push('[', -width, width, ']', histogram.zero_count);
    }
    for (low, high, count) in filled(&histogram.positive_spans, &histogram.positive) {
        let open = if histogram.is_custom() && low == f64::NEG_INFINITY {
            '['
        } else {
            '('
        };
        push(open, low, high, ']', count);
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_from_the_least_to_the_greatest() {
        let span = |offset, length| vec![Span { offset, length }];
        let histogram = FloatHistogram {
            schema: 1,
            zero_threshold: 0.5,
            zero_count: 1.0,
            count: 9.5,
            sum: -2.0,
            positive_spans: span(0, 3),
            positive: vec![1.0, 0.0, 3.0],
            negative_spans: span(2, 2),
            negative: vec![2.0, 2.5],
            ..FloatHistogram::default()
        };
        assert_eq!(
            text(&histogram),
            "{count:9.5, sum:-2, [-2.8284271247461903,-2):2.5, [-2,-1.4142135623730951):2, \
             [-0.5,0.5]:1, (0.7071067811865476,1]:1, (1.4142135623730951,2]:3}"
        );
    }
}
