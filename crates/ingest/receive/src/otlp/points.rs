//! From one point to the samples of its series.

use std::borrow::Cow;

use model::{
    Exemplar, FamilyKind, IntegerHistogram, Labels, LabelsBuilder, METRIC_NAME, number, stale_nan,
};
use wire::otlp::{
    self, Attributes, Data, DataKind, Each, ExponentialPoint, HistogramPoint, Malformed,
    NumberPoint, SummaryPoint,
};

use super::delta::{Moment, Total};
use super::gather::{Entry, Gathered, Said, Value};
use super::labels::{self, KIND_LABEL, UNIT_LABEL};
use super::translate::{DeltaSums, Family, Shared, Translation, mix};
use super::{Trouble, exemplar, histogram, milliseconds};

/// One point on its way: the labels that its series share are put together once, where one of them
/// is new.
struct Point<'t> {
    family: &'t Family<'t>,
    attributes: Attributes<'t>,
    labels: Option<LabelsBuilder>,
    key: u64,
    time: i64,
    is_stale: bool,
}

/// One series of a point: what its name ends with, and a label of its own.
#[derive(Clone, Copy)]
struct Part<'a> {
    suffix: &'static str,
    label: Option<(&'static str, f64)>,
    exemplars: &'a [Exemplar],
}

impl Part<'_> {
    const fn named(suffix: &'static str) -> Self {
        Self {
            suffix,
            label: None,
            exemplars: &[],
        }
    }
}

impl Translation<'_> {
    fn point<'p>(
        &self,
        family: &'p Family<'p>,
        attributes: Attributes<'p>,
        time: u64,
        is_stale: bool,
    ) -> Result<Point<'p>, Malformed> {
        let mut key = family.key;
        for attribute in attributes.raw() {
            key = mix(key, self.hash(attribute?));
        }
        Ok(Point {
            family,
            attributes,
            labels: None,
            key,
            time: milliseconds(time),
            is_stale,
        })
    }

    /// What a point and those before it add up to, where it is a delta that is to be added up;
    /// otherwise `counted` as it is.
    fn total(
        &mut self,
        point: &Point<'_>,
        (start, time): (u64, u64),
        counted: Total,
        out: &mut Gathered,
    ) -> Result<Total, Trouble> {
        if !point.family.adds_up || point.is_stale {
            return Ok(counted);
        }
        let total = match &mut self.sums {
            DeltaSums::Added { streams, now } => {
                let moment = Moment {
                    start,
                    time,
                    now: *now,
                };
                streams.lock().add(point.key, moment, counted).cloned()
            }
            DeltaSums::Known(added) => match added.next() {
                Some(true) => Ok(counted),
                _ => Err("a delta that could not be added up".to_owned()),
            },
        };
        out.added.push(total.is_ok());
        Ok(total?)
    }

    /// Adds the sample that one series of a point has.
    fn push(
        &self,
        point: &mut Point<'_>,
        part: Part<'_>,
        value: Value,
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let mut key = mix(point.key, self.hash(part.suffix.as_bytes()));
        if let Some((name, at)) = part.label {
            key = mix(mix(key, self.hash(name.as_bytes())), at.to_bits());
        }
        let value = match value {
            Value::Number(_) if point.is_stale => Value::Number(stale_nan()),
            value => value,
        };
        let family = point.family;
        let entry = Entry {
            key,
            time: point.time,
            value,
            exemplars: part.exemplars.to_vec(),
            said: Said {
                kind: family.kind,
                unit: &family.unit,
                help: family.help,
            },
        };
        out.push(self.ids, entry, || self.labels(point, part))
    }

    /// The labels of one series of a point.
    fn labels(&self, point: &mut Point<'_>, part: Part<'_>) -> Result<Labels, Trouble> {
        let family = point.family;
        let labels = match &mut point.labels {
            Some(labels) => labels,
            none => none.insert(self.shared_labels(family, point.attributes)?),
        };
        let name = format!("{}{}", family.name, part.suffix);
        let Some((own, at)) = part.label else {
            return Ok(labels.set(METRIC_NAME, &name).build());
        };
        // An attribute of the same name gives way here and stands in the other series.
        let before = labels.get(own).to_owned();
        let mut text = String::new();
        number::push_plain(&mut text, at);
        let built = labels.set(own, &text).set(METRIC_NAME, &name).build();
        labels.set(own, &before);
        Ok(built)
    }

    fn shared_labels(
        &self,
        family: &Family<'_>,
        attributes: Attributes<'_>,
    ) -> Result<LabelsBuilder, Trouble> {
        let Shared {
            resource, scope, ..
        } = family.shared;
        let mut labels = LabelsBuilder::new();
        labels::of_point(attributes, resource, scope, self.config, &mut labels)?;
        if self.options.type_and_unit_labels {
            if family.kind != FamilyKind::Unknown {
                labels.set(KIND_LABEL, family.kind.as_str());
            }
            if !family.unit.is_empty() {
                labels.set(UNIT_LABEL, &family.unit);
            }
        }
        Ok(labels)
    }

    /// A number of a gauge or a sum.
    pub(super) fn number(
        &mut self,
        data: &Data<'_>,
        family: &Family<'_>,
        given: &NumberPoint<'_>,
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let mut point = self.point(family, given.attributes, given.time, given.is_stale)?;
        let exemplars = match data.kind {
            DataKind::Sum => exemplars(given.exemplars())?,
            _ => Vec::new(),
        };
        let value = given.value.unwrap_or_default();
        let counted = Total::Number(value);
        let value = match self.total(&point, (given.start, given.time), counted, out)? {
            Total::Number(total) => total,
            _ => value,
        };
        let part = Part {
            exemplars: &exemplars,
            ..Part::named("")
        };
        self.push(&mut point, part, Value::Number(value), out)
    }

    /// A histogram as series of counts.
    pub(super) fn classic(
        &mut self,
        family: &Family<'_>,
        given: &HistogramPoint<'_>,
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let mut point = self.point(family, given.attributes, given.time, given.is_stale)?;
        let exemplars = exemplars(given.exemplars())?;
        let given = self.histogram_total(&point, given, out)?;
        if let Some(sum) = given.sum {
            self.push(&mut point, Part::named("_sum"), Value::Number(sum), out)?;
        }
        let count = || Value::Number(given.count as f64);
        self.push(&mut point, Part::named("_count"), count(), out)?;
        let mut rest = exemplars.as_slice();
        let mut below = 0u64;
        for (&bound, &counted) in given.bounds.iter().zip(&given.counts) {
            below = below.wrapping_add(counted);
            let is_above = |exemplar: &Exemplar| exemplar.value > bound;
            let in_bucket = rest.iter().position(is_above).unwrap_or(rest.len());
            let (own, above) = rest.split_at_checked(in_bucket).unwrap_or_default();
            rest = above;
            let part = Part {
                suffix: "_bucket",
                label: Some(("le", bound)),
                exemplars: own,
            };
            self.push(&mut point, part, Value::Number(below as f64), out)?;
        }
        let part = Part {
            suffix: "_bucket",
            label: Some(("le", f64::INFINITY)),
            exemplars: rest,
        };
        self.push(&mut point, part, count(), out)
    }

    /// A histogram as a native one with custom buckets.
    pub(super) fn custom(
        &mut self,
        family: &Family<'_>,
        given: &HistogramPoint<'_>,
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let point = self.point(family, given.attributes, given.time, given.is_stale)?;
        let exemplars = exemplars(given.exemplars())?;
        let given = self.histogram_total(&point, given, out)?;
        let histogram = histogram::of_explicit(&given, family.hint);
        self.push_histogram(point, histogram, &exemplars, out)
    }

    /// An exponential histogram.
    pub(super) fn exponential(
        &mut self,
        family: &Family<'_>,
        given: &ExponentialPoint<'_>,
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let point = self.point(family, given.attributes, given.time, given.is_stale)?;
        let exemplars = exemplars(given.exemplars())?;
        let given = self.exponential_total(&point, given, out)?;
        let histogram = histogram::of_exponential(&given, family.hint)?;
        self.push_histogram(point, histogram, &exemplars, out)
    }

    fn histogram_total<'g, 'p>(
        &mut self,
        point: &Point<'_>,
        given: &'g HistogramPoint<'p>,
        out: &mut Gathered,
    ) -> Result<Cow<'g, HistogramPoint<'p>>, Trouble> {
        if !point.family.adds_up {
            return Ok(Cow::Borrowed(given));
        }
        let mut given = given.clone();
        let counted = Total::of_histogram(&given);
        let total = self.total(point, (given.start, given.time), counted, out)?;
        if let Total::Histogram {
            count,
            sum,
            counts,
            bounds,
        } = total
        {
            (given.count, given.sum) = (count, sum);
            (given.counts, given.bounds) = (counts, bounds);
        }
        Ok(Cow::Owned(given))
    }

    fn exponential_total<'g, 'p>(
        &mut self,
        point: &Point<'_>,
        given: &'g ExponentialPoint<'p>,
        out: &mut Gathered,
    ) -> Result<Cow<'g, ExponentialPoint<'p>>, Trouble> {
        if !point.family.adds_up {
            return Ok(Cow::Borrowed(given));
        }
        let mut given = given.clone();
        let counted = Total::of_exponential(&given);
        let total = self.total(point, (given.start, given.time), counted, out)?;
        if let Total::Exponential {
            count,
            sum,
            scale,
            zero_count,
            positive,
            negative,
        } = total
        {
            (given.count, given.sum) = (count, sum);
            (given.scale, given.zero_count) = (scale, zero_count);
            (given.positive, given.negative) = (positive, negative);
        }
        Ok(Cow::Owned(given))
    }

    fn push_histogram(
        &self,
        mut point: Point<'_>,
        histogram: IntegerHistogram,
        exemplars: &[Exemplar],
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let part = Part {
            exemplars,
            ..Part::named("")
        };
        let value = Value::Histogram(Box::new(histogram));
        self.push(&mut point, part, value, out)
    }

    /// Quantiles, their sum and their count.
    pub(super) fn summary(
        &self,
        family: &Family<'_>,
        given: &SummaryPoint<'_>,
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let mut point = self.point(family, given.attributes, given.time, given.is_stale)?;
        let (sum, count) = (given.sum, given.count as f64);
        self.push(&mut point, Part::named("_sum"), Value::Number(sum), out)?;
        self.push(&mut point, Part::named("_count"), Value::Number(count), out)?;
        for &(quantile, value) in &given.quantiles {
            let part = Part {
                label: Some(("quantile", quantile)),
                ..Part::named("")
            };
            self.push(&mut point, part, Value::Number(value), out)?;
        }
        Ok(())
    }
}

fn exemplars<'a>(given: Each<'a, otlp::Exemplar<'a>>) -> Result<Vec<Exemplar>, Trouble> {
    given.map(|given| exemplar::of(&given?)).collect()
}
