//! From records of the log to items in shards, for all queues that are at one place.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use contract::{LogKind, LogPosition, LogReference, LogSink};
use model::{CUSTOM_SCHEMA, Exemplar, FamilyKind, HistogramValue};
use wire::remote::write::{Metadata, Version};

use super::item::{Item, Kind, Mark, Place, Value};
use super::meters::Reason;
use super::names::{Named, Names, Recipe};
use super::queue::Queue;

/// Records that are read before the reading thread looks after other things.
const MOST_RECORDS: usize = 1000;

/// Takes names only, into a new list.
pub(super) struct Naming<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) names: Names,
    pub(super) before: &'a Names,
}

impl LogSink for Naming<'_> {
    fn wants(&self, kind: LogKind) -> bool {
        matches!(kind, LogKind::Series | LogKind::Metadata)
    }

    fn series(&mut self, reference: LogReference, labels: &[(&str, &str)]) {
        self.names
            .note(reference, labels, self.recipe, Some(self.before));
    }

    fn sample(&mut self, _: LogReference, _: i64, _: f64) {}

    fn metadata(&mut self, reference: LogReference, kind: FamilyKind, unit: &str, help: &str) {
        self.names.describe(reference, &metadata(kind, unit, help));
    }
}

fn metadata(kind: FamilyKind, unit: &str, help: &str) -> Arc<Metadata> {
    Arc::new(Metadata {
        kind,
        help: help.to_owned(),
        unit: unit.to_owned(),
    })
}

/// Hands what the log says to queues.
pub(super) struct FanOut<'a> {
    queues: Vec<&'a mut Queue>,
    /// The next item's.
    mark: Mark,
    records: usize,
}

impl<'a> FanOut<'a> {
    /// All of the queues are at one place.
    pub(super) fn new(queues: Vec<&'a mut Queue>) -> Self {
        Self {
            queues,
            mark: Mark::default(),
            records: 0,
        }
    }

    /// Takes note that the log has been read up to a place.
    pub(super) fn has_read(&mut self, until: LogPosition) {
        for queue in &mut self.queues {
            queue.has_read(until);
        }
    }

    fn each(&mut self, reference: LogReference, time: i64, value: &Value) {
        for queue in &mut self.queues {
            queue.take(self.mark, reference, time, value);
        }
        self.mark.nth += 1;
    }
}

/// Which of some shards a series belongs to.
fn place(shards: usize, hash: u64) -> usize {
    usize::try_from(hash % shards.max(1) as u64).unwrap_or_default()
}

fn nth(marks: &[Mark], hash: u64) -> Option<&Mark> {
    marks.get(place(marks.len(), hash))
}

impl Queue {
    fn wants(&self, kind: Kind) -> bool {
        match kind {
            Kind::Sample => true,
            Kind::Histogram => self.config.send_native_histograms,
            Kind::Exemplar => self.config.send_exemplars,
        }
    }

    /// Puts an item where it is sent from, or counts why not.
    fn take(&mut self, mark: Mark, reference: LogReference, time: i64, value: &Value) {
        let kind = value.kind();
        if !self.wants(kind) {
            return;
        }
        // What is read again, after another number of shards was chosen, is counted already.
        let is_new = LogPosition::from(mark.at) >= self.seen;
        self.way.rates.come.add(u64::from(is_new));
        let reason = match self.names.get(reference) {
            None => Reason::Unnamed,
            Some(Named::Dropped) => Reason::DroppedSeries,
            Some(Named::Sent(series)) => {
                let before = nth(&self.sent_before, series.hash);
                if before.is_some_and(|&before| mark < before) {
                    return;
                }
                match self.refusal(mark.at, time, value) {
                    Some(reason) => reason,
                    None => {
                        let item = Item {
                            series: Arc::clone(series),
                            mark,
                            time,
                            value: value.clone(),
                        };
                        let place = place(self.staged.len(), item.series.hash);
                        if let Some(staged) = self.staged.get_mut(place) {
                            staged.push(item);
                        }
                        return;
                    }
                }
            }
        };
        if is_new {
            self.way.rates.dropped.add(1);
            self.way.meters.drop_one(reason, kind);
        }
    }

    /// Why something of a series that is sent is not.
    fn refusal(&self, at: Place, time: i64, value: &Value) -> Option<Reason> {
        if at < self.leave_until {
            return Some(Reason::LagLimit);
        }
        if self.way.queue.sample_age_limit.is_some() && self.way.oldest() > Some(time) {
            return Some(Reason::TooOld);
        }
        let is_custom = match value {
            Value::Histogram(value) => match value.as_ref() {
                HistogramValue::Integer(whole) => whole.schema == CUSTOM_SCHEMA,
                HistogramValue::Float(float) => float.schema == CUSTOM_SCHEMA,
            },
            _ => false,
        };
        (is_custom && self.way.endpoint.version == Version::V1).then_some(Reason::CustomBuckets)
    }

    /// Hands over what one record brought.
    fn flush(&mut self) {
        let meters = &self.way.meters;
        for (staged, shard) in self.staged.iter_mut().zip(&self.shards) {
            if staged.is_empty() {
                continue;
            }
            meters.queued.add(staged);
            if let Some(newest) = staged.iter().map(|item| item.time).max() {
                let known = &meters.newest;
                known.fetch_max(newest, Ordering::Relaxed);
            }
            shard.push(staged);
        }
    }
}

impl LogSink for FanOut<'_> {
    fn wants(&self, kind: LogKind) -> bool {
        self.queues.iter().any(|queue| match kind {
            LogKind::Series => true,
            LogKind::Samples => queue.wants(Kind::Sample),
            LogKind::Histograms => queue.wants(Kind::Histogram),
            LogKind::Exemplars => queue.wants(Kind::Exemplar),
            LogKind::Metadata => queue.way.endpoint.version == Version::V2,
        })
    }

    fn begin(&mut self, at: LogPosition, _: LogKind) {
        self.mark = at.into();
    }

    fn series(&mut self, reference: LogReference, labels: &[(&str, &str)]) {
        for queue in &mut self.queues {
            let Queue { names, recipe, .. } = &mut **queue;
            names.note(reference, labels, recipe, None);
        }
    }

    fn sample(&mut self, reference: LogReference, time: i64, value: f64) {
        self.each(reference, time, &Value::Number(value));
    }

    fn histogram(&mut self, reference: LogReference, time: i64, value: HistogramValue) {
        self.each(reference, time, &Value::Histogram(Arc::new(value)));
    }

    fn exemplar(&mut self, reference: LogReference, exemplar: Exemplar) {
        let time = exemplar.time.unwrap_or_default();
        self.each(reference, time, &Value::Exemplar(Arc::new(exemplar)));
    }

    fn metadata(&mut self, reference: LogReference, kind: FamilyKind, unit: &str, help: &str) {
        let metadata = metadata(kind, unit, help);
        for queue in &mut self.queues {
            queue.names.describe(reference, &metadata);
        }
    }

    fn end(&mut self) -> bool {
        self.records += 1;
        let mut goes_on = self.records < MOST_RECORDS;
        for queue in &mut self.queues {
            queue.flush();
            if !queue.has_room() {
                queue.way.meters.waits.inc();
                goes_on = false;
            }
        }
        goes_on
    }
}
