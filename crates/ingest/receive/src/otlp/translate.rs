//! From a request down to the points of its metrics; `points` goes on from there.

use std::time::Duration;

use config::OtlpConfig;
use model::{FamilyKind, ResetHint};
use parking_lot::Mutex;
use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};
use wire::otlp::{
    self, Data, DataKind, Each, Malformed, Metric, ResourceMetrics, ScopeMetrics, Temporality,
};

use super::delta::Streams;
use super::gather::{Entry, Gathered, Said, Value};
use super::labels::{ResourceLabels, ScopeLabels};
use super::{Deltas, OtlpOptions, Trouble, milliseconds, names};
use crate::ids::Ids;

/// Reasons told in one answer.
const MOST_TOLD: usize = 10;
/// Samples of `target_info` for one resource in one request beside the last: points that lie
/// further apart than this many halves of the lookback have it for the latest ones only.
const MOST_TARGET_INFO: u64 = 1_000;
/// The same for all resources of a request.
const MOST_TARGET_INFOS: u64 = 100_000;

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
    pub(super) config: &'t OtlpConfig,
    pub(super) options: OtlpOptions,
    secrets: &'t RapidSecrets,
    pub(super) ids: &'t Ids,
    pub(super) sums: DeltaSums<'t>,
    /// Samples of `target_info` that may still be made beside the last of each resource.
    target_infos: u64,
    lost: Lost,
}

/// What all series of a library share.
pub(super) struct Shared<'t> {
    pub(super) resource: &'t ResourceLabels,
    pub(super) scope: &'t ScopeLabels,
    pub(super) key: u64,
}

/// What all series of a metric share.
pub(super) struct Family<'t> {
    pub(super) shared: &'t Shared<'t>,
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) help: &'t str,
    pub(super) kind: FamilyKind,
    pub(super) hint: ResetHint,
    /// Whether its points are to be added up.
    pub(super) adds_up: bool,
    pub(super) key: u64,
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
            target_infos: MOST_TARGET_INFOS,
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

    pub(super) fn hash(&self, bytes: &[u8]) -> u64 {
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

    /// Says from the first to the last time of a resource's points that it is there, often enough
    /// for every query in between to see it.
    fn target_info(
        &mut self,
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
        let most = MOST_TARGET_INFO.min(self.target_infos);
        let first = first.max(last.saturating_sub(half.saturating_mul(most)));
        self.target_infos -= (last - first).div_ceil(half).min(self.target_infos);
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
pub(super) fn mix(before: u64, hash: u64) -> u64 {
    let product = u128::from(before.rotate_left(23) ^ hash) * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}
