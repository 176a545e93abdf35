//! What all nodes of a cluster hold: silences, acknowledgements, and what was told to whom.

use contract::Replica;

use crate::limits::TOLD_PER_GROUP;
use crate::record::{self, Record};
use crate::service::Routing;
use crate::state::State;

impl State {
    /// Tells the other nodes of what has changed and they hold, too.
    pub(crate) fn tell(&self, records: &[Record]) {
        let shared = records.iter().filter(|record| record.is_shared());
        let shared: Vec<Vec<u8>> = shared.map(Record::encode).collect();
        if !shared.is_empty() {
            self.peers.tell(shared);
        }
    }

    /// Takes records of another node; answers the places of those that were news.
    pub(crate) fn merge(&mut self, records: &[&[u8]], now: i64) -> Vec<usize> {
        let limit = self.rules.limits.groups.saturating_mul(TOLD_PER_GROUP);
        let mut places = Vec::new();
        let mut news = Vec::new();
        for (place, bytes) in records.iter().enumerate() {
            let record = Record::decode(bytes);
            let (is_news, count) = match &record {
                Some(Record::Silence(silence)) => (
                    self.silences.merge(silence, now),
                    &self.metrics().silences_propagated,
                ),
                // What was taken over is known, and each node gives its alerts their numbers.
                Some(Record::Notified(target, told))
                    if told.at <= self.imported_at && self.told.last_of(target).is_some() =>
                {
                    continue;
                }
                Some(Record::Notified(target, told)) => (
                    self.told.merge(target, told, limit, now),
                    &self.metrics().nflog_propagated,
                ),
                Some(Record::Acknowledged(fingerprint, one)) => (
                    self.acknowledged
                        .merge(*fingerprint, one, &self.alerts, now),
                    &self.metrics().acknowledgements_propagated,
                ),
                // Two nodes seldom remember different things, and no moment says which is later:
                // it is not passed on, so that it comes to rest.
                Some(Record::Memory(target, memory)) => {
                    self.take_memory(target, memory);
                    continue;
                }
                _ => continue,
            };
            if is_news {
                count.inc();
                places.push(place);
                news.extend(record);
            }
        }
        self.keep(&news);
        places
    }

    /// Hands over all that other nodes hold, too.
    pub(crate) fn visit(&self, take: &mut dyn FnMut(&[u8])) {
        let mut bytes = Vec::new();
        for silence in self.silences.all() {
            bytes.clear();
            record::put_silence(&mut bytes, silence);
            take(&bytes);
        }
        for (target, told) in self.told.iter() {
            bytes.clear();
            record::put_notified(&mut bytes, target, told);
            take(&bytes);
        }
        for record in self.acknowledged.records() {
            take(&record.encode());
        }
    }
}

impl Replica for Routing {
    fn visit(&self, take: &mut dyn FnMut(&[u8])) {
        self.world.state.lock().visit(take);
    }

    fn merge(&self, records: &[&[u8]]) -> Vec<usize> {
        let now = self.now();
        self.world.state.lock().merge(records, now)
    }
}
