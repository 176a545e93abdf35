//! What is held, into a store of samples: at each push and from then on in the rhythm of scrapes.

use std::collections::HashSet;

use contract::{Append, AppendError, Batch, PendingSample, RejectReason, SeriesId};
use model::{Labels, LabelsBuilder, METRIC_NAME, number, stale_nan};
use wire::exposition::write::canonical_bound;
use wire::families::MetricFamily;

use crate::group::Group;

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
    /// All ids that are known; from now on none is.
    pub(crate) fn take(&mut self) -> Vec<SeriesId> {
        let own = std::mem::take(&mut self.own);
        let mut all: Vec<SeriesId> = self.ids.iter_mut().flat_map(std::mem::take).collect();
        all.extend(own);
        all
    }
}

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
        lost: &[SeriesId],
        now: i64,
    ) -> Result<usize, AppendError> {
        // Two pushes within a millisecond are two samples.
        let time = now.max(fed.last + 1);
        fed.last = time;
        let mut refused = self.append(store, group, fed, lost, time)?;
        if refused.contains(&RejectReason::Gone) {
            fed.take();
            refused = self.append(store, group, fed, &[], time)?;
        }
        Ok(refused.len())
    }

    fn append(
        &mut self,
        store: &dyn Append,
        group: &Group,
        fed: &mut Fed,
        lost: &[SeriesId],
        time: i64,
    ) -> Result<Vec<RejectReason>, AppendError> {
        self.batch.clear();
        fed.ids.resize_with(group.families.len(), Vec::new);
        for (held, ids) in group.families.iter().zip(&mut fed.ids) {
            if ids.is_empty() {
                self.resolve(store, [&held.family], ids)?;
            }
            push_samples(&held.family, ids.iter().copied(), time, &mut self.batch);
        }
        let own = group.own().map(|(family, _)| family);
        if fed.own.is_empty() {
            self.resolve(store, &own, &mut fed.own)?;
        }
        for (family, id) in own.iter().zip(&fed.own) {
            push_samples(family, std::iter::once(*id), time, &mut self.batch);
        }
        if !lost.is_empty() {
            let kept: HashSet<SeriesId> =
                fed.ids.iter().flatten().chain(&fed.own).copied().collect();
            let gone = lost.iter().filter(|id| !kept.contains(id));
            self.batch.samples.extend(gone.map(|id| end(*id, time)));
        }
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

/// Ends series.
pub(crate) fn end_all(store: &dyn Append, ids: &[SeriesId], time: i64) -> Result<(), AppendError> {
    let batch = Batch {
        samples: ids.iter().map(|id| end(*id, time)).collect(),
        ..Batch::default()
    };
    store.append(&batch).map(|_| ())
}

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
