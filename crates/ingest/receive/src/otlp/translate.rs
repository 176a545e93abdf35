//! From the points of a request to the samples of a batch.

use std::borrow::Cow;
use std::time::Duration;

use config::OtlpConfig;
use model::{Exemplar, FamilyKind, LabelsBuilder, METRIC_NAME, ResetHint, number, stale_nan};
use parking_lot::Mutex;
use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};
use wire::otlp::{
    self, Attributes, Data, DataKind, Each, ExponentialPoint, HistogramPoint, Malformed, Metric,
    NumberPoint, ResourceMetrics, ScopeMetrics, SummaryPoint, Temporality,
};

use super::delta::{Moment, Streams, Total};
use super::gather::{Entry, Gathered, Said, Value};
use super::labels::{self, KIND_LABEL, ResourceLabels, ScopeLabels, UNIT_LABEL};
use super::{Deltas, OtlpOptions, Trouble, exemplar, histogram, milliseconds, names};
use crate::ids::Ids;

/// Reasons told in one answer.
const MOST_TOLD: usize = 10;
/// Samples of `target_info` for one resource in one request: points that lie further apart than
/// this many halves of the lookback have it for the latest ones only.
const MOST_TARGET_INFO: u64 = 1_000;

/// Points that mean no series.
#[derive(Debug, Default)]
pub(super) struct Lost {
    pub(super) points: usize,
    told: Vec<String>,
}

impl Lost {
    fn note(&mut self, points: usize, reason: String) {
        self.points += points.max(1);
        if self.told.len() < MOST_TOLD && !self.told.contains(&reason) {
            self.told.push(reason);
        }
    }

    pub(super) fn reason(&self) -> String {
        self.told.join("\n")
    }
}

/// Where it is known what deltas add up to.
pub(super) enum DeltaSums<'t> {
    /// They are added up now.
    Added {
        streams: &'t Mutex<Streams>,
        /// The clock, in milliseconds since the Unix epoch.
        now: i64,
    },
    /// They were, when the request was translated before; of each in turn whether it could be. The
    /// values are then of no interest.
    Known(std::slice::Iter<'t, bool>),
}

/// What translates a request.
pub(super) struct Translation<'t> {
    config: &'t OtlpConfig,
    options: OtlpOptions,
    secrets: &'t RapidSecrets,
    ids: &'t Ids,
    sums: DeltaSums<'t>,
    lost: Lost,
}

/// What all series of a library share.
struct Shared<'t> {
    resource: &'t ResourceLabels,
    scope: &'t ScopeLabels,
    key: u64,
}

/// What all series of a metric share.
struct Family<'t> {
    shared: &'t Shared<'t>,
    name: String,
    unit: String,
    help: &'t str,
    kind: FamilyKind,
    hint: ResetHint,
    /// Whether its points are to be added up.
    adds_up: bool,
    key: u64,
}

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

impl<'t> Translation<'t> {
    pub(super) fn new(
        config: &'t OtlpConfig,
        options: OtlpOptions,
        secrets: &'t RapidSecrets,
        ids: &'t Ids,
        sums: DeltaSums<'t>,
    ) -> Self {
        Self {
            config,
            options,
            secrets,
            ids,
            sums,
            lost: Lost::default(),
        }
    }

    /// Adds all samples of a request to `out`; answers what meant none.
    pub(super) fn request(mut self, body: &[u8], out: &mut Gathered) -> Result<Lost, Malformed> {
        for resource in otlp::resources(body) {
            let resource = resource?;
            let outcome = self.resource(&resource, out);
            self.see(outcome, || count_of_resource(&resource))?;
        }
        Ok(self.lost)
    }

    /// Goes on after what only concerns a part of the request.
    fn see(
        &mut self,
        outcome: Result<(), Trouble>,
        points: impl FnOnce() -> usize,
    ) -> Result<(), Malformed> {
        match outcome {
            Ok(()) => Ok(()),
            Err(Trouble::Malformed(fault)) => Err(fault),
            Err(Trouble::Fault(reason)) => {
                self.lost.note(points(), reason);
                Ok(())
            }
        }
    }

    fn hash(&self, bytes: &[u8]) -> u64 {
        rapidhash_v3_seeded(bytes, self.secrets)
    }

    fn resource(
        &mut self,
        resource: &ResourceMetrics<'_>,
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let labels = ResourceLabels::read(resource, self.config)?;
        let key = self.hash(resource.resource);
        let mut times: Option<(u64, u64)> = None;
        for scope in resource.scopes() {
            let scope = scope?;
            let outcome = self.scope(&scope, &labels, key, &mut times, out);
            self.see(outcome, || count_of_scope(&scope))?;
        }
        let Some(times) = times else {
            return Ok(());
        };
        let outcome = self.target_info(resource, &labels, key, times, out);
        self.see(outcome, || 0)?;
        Ok(())
    }

    fn scope(
        &mut self,
        scope: &ScopeMetrics<'_>,
        resource: &ResourceLabels,
        key: u64,
        times: &mut Option<(u64, u64)>,
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let labels = ScopeLabels::read(scope, self.config)?;
        let key = mix(key, self.hash(scope.scope));
        let shared = Shared {
            resource,
            scope: &labels,
            key: mix(key, self.hash(scope.schema_url.as_bytes())),
        };
        for metric in scope.metrics() {
            let metric = metric?;
            let Some(data) = metric.data else {
                let reason = format!("metric {:?} has no data of a known kind", metric.name);
                self.lost.note(1, reason);
                continue;
            };
            note_times(&data, times)?;
            let outcome = self.metric(&metric, &data, &shared, out);
            self.see(outcome, || data.points().count())?;
        }
        Ok(())
    }

    fn metric(
        &mut self,
        metric: &Metric<'_>,
        data: &Data<'_>,
        shared: &Shared<'_>,
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let is_delta = self.is_delta(metric, data)?;
        let adds_up = is_delta && self.options.deltas == Deltas::Converted;
        let is_stored = is_delta && !adds_up;
        let named = names::Named {
            name: metric.name,
            unit: metric.unit,
            kind: data.kind,
            is_monotonic: data.is_monotonic,
        };
        if data.points().next().is_none() {
            let reason = format!("empty data points. {} is dropped", metric.name);
            return Err(Trouble::Fault(reason));
        }
        let kinds = [
            data.kind as u8,
            u8::from(data.is_monotonic),
            u8::from(is_delta),
        ];
        let key = mix(shared.key, self.hash(metric.name.as_bytes()));
        let key = mix(key, self.hash(metric.unit.as_bytes()));
        let family = Family {
            shared,
            name: names::metric(named, self.config)?,
            unit: names::unit(metric.unit),
            help: metric.description,
            kind: if is_stored {
                FamilyKind::Unknown
            } else {
                kind(data)
            },
            hint: if is_stored {
                ResetHint::Gauge
            } else {
                ResetHint::Unknown
            },
            adds_up,
            key: mix(key, self.hash(&kinds)),
        };
        match data.kind {
            DataKind::Gauge | DataKind::Sum => self.each(data.numbers(), |this, p| {
                this.number(data, &family, &p, out)
            }),
            DataKind::Histogram if self.config.custom_buckets => {
                self.each(data.histograms(), |this, p| this.custom(&family, &p, out))
            }
            DataKind::Histogram => {
                self.each(data.histograms(), |this, p| this.classic(&family, &p, out))
            }
            DataKind::ExponentialHistogram => self.each(data.exponentials(), |this, p| {
                this.exponential(&family, &p, out)
            }),
            DataKind::Summary => {
                self.each(data.summaries(), |this, p| this.summary(&family, &p, out))
            }
        }
    }

    /// Whether the points of a metric are deltas, where those are taken.
    fn is_delta(&self, metric: &Metric<'_>, data: &Data<'_>) -> Result<bool, Trouble> {
        if matches!(data.kind, DataKind::Gauge | DataKind::Summary) {
            return Ok(false);
        }
        match (data.temporality, self.options.deltas) {
            (Temporality::Cumulative, _) => Ok(false),
            (Temporality::Delta, Deltas::Stored | Deltas::Converted) => Ok(true),
            _ => Err(Trouble::Fault(format!(
                "invalid temporality and type combination for metric {:?}",
                metric.name
            ))),
        }
    }

    /// Translates point after point; one that means no series does not keep the others.
    fn each<T>(
        &mut self,
        points: Each<'_, T>,
        mut translate: impl FnMut(&mut Self, T) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        for point in points {
            let outcome = translate(self, point?);
            self.see(outcome, || 1)?;
        }
        Ok(())
    }

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
    fn labels(&self, point: &mut Point<'_>, part: Part<'_>) -> Result<model::Labels, Trouble> {
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

    fn number(
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
    fn classic(
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
    fn custom(
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

    fn exponential(
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
        histogram: model::IntegerHistogram,
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

    fn summary(
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

    /// Says from the first to the last time of a resource's points that it is there, often enough
    /// for every query in between to see it.
    fn target_info(
        &self,
        resource: &ResourceMetrics<'_>,
        labels: &ResourceLabels,
        key: u64,
        (first, last): (u64, u64),
        out: &mut Gathered,
    ) -> Result<(), Trouble> {
        let key = mix(key, self.hash(b"target_info"));
        let Some(labels) = labels.target_info(resource, self.config)? else {
            return Ok(());
        };
        let half = self.options.lookback.max(Duration::from_millis(2)) / 2;
        let half = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
        let first = first.max(last.saturating_sub(half.saturating_mul(MOST_TARGET_INFO)));
        let step = usize::try_from(half).unwrap_or(usize::MAX);
        for time in (first..last).step_by(step).chain([last]) {
            let entry = Entry {
                key,
                time: milliseconds(time),
                value: Value::Number(1.0),
                exemplars: Vec::new(),
                said: Said {
                    kind: FamilyKind::Gauge,
                    unit: "",
                    help: "Target metadata",
                },
            };
            out.push(self.ids, entry, || Ok(labels.clone()))?;
        }
        Ok(())
    }
}

fn exemplars<'a>(given: Each<'a, otlp::Exemplar<'a>>) -> Result<Vec<Exemplar>, Trouble> {
    given.map(|given| exemplar::of(&given?)).collect()
}

/// What the numbers of a metric mean.
fn kind(data: &Data<'_>) -> FamilyKind {
    match data.kind {
        DataKind::Sum if data.is_monotonic => FamilyKind::Counter,
        DataKind::Gauge | DataKind::Sum => FamilyKind::Gauge,
        DataKind::Histogram | DataKind::ExponentialHistogram => FamilyKind::Histogram,
        DataKind::Summary => FamilyKind::Summary,
    }
}

/// Widens the first and the last time by those of a metric's points.
fn note_times(data: &Data<'_>, times: &mut Option<(u64, u64)>) -> Result<(), Malformed> {
    for time in data.times() {
        let time = time?;
        let (first, last) = times.unwrap_or((time, time));
        *times = Some((first.min(time), last.max(time)));
    }
    Ok(())
}

fn count_of_scope(scope: &ScopeMetrics<'_>) -> usize {
    let data = scope.metrics().filter_map(|metric| metric.ok()?.data);
    data.map(|data| data.points().count()).sum()
}

fn count_of_resource(resource: &ResourceMetrics<'_>) -> usize {
    let scopes = resource.scopes().filter_map(Result::ok);
    scopes.map(|scope| count_of_scope(&scope)).sum()
}

/// A hash of what came before and of one thing more: both halves of a product depend on all of
/// both.
fn mix(before: u64, hash: u64) -> u64 {
    let product = u128::from(before.rotate_left(23) ^ hash) * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}
