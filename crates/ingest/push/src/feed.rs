//! What is held, into a store of samples: at each push and from then on in the rhythm of scrapes.

use std::collections::HashSet;
use std::sync::Arc;

use contract::{Append, AppendError, Batch, PendingSample, RejectReason, SeriesId};
use model::{Labels, LabelsBuilder, METRIC_NAME, number, stale_nan};
use wire::exposition::write::canonical_bound;
use wire::families::MetricFamily;

use crate::group::{Group, Held};

/// The ids of a group's series, as far as they are known.
#[derive(Debug, Default)]
pub(crate) struct Fed {
    /// One list a family, in their order; empty where they are not known.
    pub(crate) ids: Vec<Vec<SeriesId>>,
    /// Those of what is said of the group itself.
    own: Vec<SeriesId>,
    /// The time of the last samples, in milliseconds since the epoch.
    pub(crate) last: i64,
}

impl Fed {
    fn all(&self) -> impl Iterator<Item = SeriesId> {
        self.ids.iter().flatten().chain(&self.own).copied()
    }

    /// From now on no id is known: the store has forgotten some.
    fn forget(&mut self) {
        self.own.clear();
        self.ids.iter_mut().for_each(Vec::clear);
    }
}

/// A family that a group has no more, with the ids of its series, none where they are not known.
pub(crate) type Lost = (Arc<Held>, Vec<SeriesId>);

/// Memory that is used again from group to group.
#[derive(Default)]
pub(crate) struct Feed {
    batch: Batch,
    labels: Vec<Labels>,
}

impl Feed {
    /// Appends a group's values, and ends the series of `lost` that it has no more. Answers how
    /// many samples the store would not take.
    pub(crate) fn group(
        &mut self,
        store: &dyn Append,
        group: &Group,
        fed: &mut Fed,
        mut lost: Vec<Lost>,
        now: i64,
    ) -> Result<usize, AppendError> {
        // Two pushes within a millisecond are two samples.
        let time = now.max(fed.last + 1);
        fed.last = time;
        let mut refused = self.append(store, group, fed, &mut lost, time)?;
        if refused.contains(&RejectReason::Gone) {
            fed.forget();
            lost.iter_mut().for_each(|(_, ids)| ids.clear());
            refused = self.append(store, group, fed, &mut lost, time)?;
        }
        Ok(refused.len())
    }

    /// Ends the series of a group that went. Answers how many ends the store would not take.
    pub(crate) fn end(
        &mut self,
        store: &dyn Append,
        group: &Group,
        fed: &mut Fed,
        now: i64,
    ) -> Result<usize, AppendError> {
        let time = now.max(fed.last + 1);
        let mut refused = self.append_ends(store, group, fed, time)?;
        if refused.contains(&RejectReason::Gone) {
            fed.forget();
            refused = self.append_ends(store, group, fed, time)?;
        }
        Ok(refused.len())
    }

    fn append_ends(
        &mut self,
        store: &dyn Append,
        group: &Group,
        fed: &mut Fed,
        time: i64,
    ) -> Result<Vec<RejectReason>, AppendError> {
        self.batch.clear();
        self.know(store, group, fed)?;
        self.batch.samples.extend(fed.all().map(|id| end(id, time)));
        self.write(store)
    }

    fn append(
        &mut self,
        store: &dyn Append,
        group: &Group,
        fed: &mut Fed,
        lost: &mut [Lost],
        time: i64,
    ) -> Result<Vec<RejectReason>, AppendError> {
        self.batch.clear();
        let own = self.know(store, group, fed)?;
        for (held, ids) in group.families.iter().zip(&fed.ids) {
            push_samples(&held.family, ids.iter().copied(), time, &mut self.batch);
        }
        for (family, id) in own.iter().zip(&fed.own) {
            push_samples(family, std::iter::once(*id), time, &mut self.batch);
        }
        if !lost.is_empty() {
            for (held, ids) in lost.iter_mut().filter(|(_, ids)| ids.is_empty()) {
                self.resolve(store, [&held.family], ids)?;
            }
            let kept: HashSet<SeriesId> = fed.all().collect();
            let gone = lost.iter().flat_map(|(_, ids)| ids);
            let gone = gone.filter(|id| !kept.contains(id));
            self.batch.samples.extend(gone.map(|id| end(*id, time)));
        }
        self.write(store)
    }

    /// Finds the ids that are not known; answers what is said of the group itself.
    fn know(
        &mut self,
        store: &dyn Append,
        group: &Group,
        fed: &mut Fed,
    ) -> Result<[MetricFamily; 2], AppendError> {
        fed.ids.resize_with(group.families.len(), Vec::new);
        for (held, ids) in group.families.iter().zip(&mut fed.ids) {
            if ids.is_empty() {
                self.resolve(store, [&held.family], ids)?;
            }
        }
        let own = group.own().map(|(family, _)| family);
        if fed.own.is_empty() {
            self.resolve(store, &own, &mut fed.own)?;
        }
        Ok(own)
    }

    fn write(&self, store: &dyn Append) -> Result<Vec<RejectReason>, AppendError> {
        let outcome = store.append(&self.batch)?;
        Ok(outcome.rejected.iter().map(|one| one.reason).collect())
    }

    fn resolve<'f>(
        &mut self,
        store: &dyn Append,
        families: impl IntoIterator<Item = &'f MetricFamily>,
        ids: &mut Vec<SeriesId>,
    ) -> Result<(), AppendError> {
        self.labels.clear();
        for family in families {
            push_labels(family, &mut self.labels);
        }
        ids.clear();
        let outcome = store.resolve(&self.labels, ids);
        if outcome.is_err() {
            ids.clear();
        }
        outcome
    }
}

/// The end of a series.
fn end(series: SeriesId, time: i64) -> PendingSample {
    PendingSample {
        series,
        time,
        value: stale_nan(),
    }
}

fn push_samples(
    family: &MetricFamily,
    mut ids: impl Iterator<Item = SeriesId>,
    time: i64,
    batch: &mut Batch,
) {
    for metric in &family.metrics {
        metric.value.lines(|line| {
            if let Some(series) = ids.next() {
                batch.samples.push(PendingSample {
                    series,
                    time,
                    value: line.value,
                });
            }
        });
    }
}

/// The labels of each line of a family, as a scrape that honours labels would store them: without
/// empty ones, bounds in their canonical form.
fn push_labels(family: &MetricFamily, labels: &mut Vec<Labels>) {
    let mut builder = LabelsBuilder::new();
    let mut bound = String::new();
    for metric in &family.metrics {
        metric.value.lines(|line| {
            builder.clear();
            builder.set(METRIC_NAME, &format!("{}{}", family.name, line.suffix));
            for (name, value) in metric.labels.iter() {
                builder.set(name, value);
            }
            if let Some((name, value)) = line.part {
                bound.clear();
                number::push_general(&mut bound, value);
                let canonical = canonical_bound(&bound);
                builder.set(name, canonical.as_deref().unwrap_or(&bound));
            }
            labels.push(builder.build());
        });
    }
}
