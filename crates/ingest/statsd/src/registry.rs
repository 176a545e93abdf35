//! The series that samples are put into, by the metric's name and labels.

use std::sync::Arc;

use model::{Family, Labels, Point};
use rapidhash::RapidHashMap;

use crate::counts::Refusal;
use crate::mapper::Rule;
use crate::value::{Change, Type, Value};

/// Bytes of a metric's name and labels, at most: with [`Options::series`] it bounds the memory.
///
/// [`Options::series`]: crate::Options::series
pub(crate) const MOST_SERIES_BYTES: usize = 4096;

/// Names that begin so are the receiver's own.
const OWN: [&str; 2] = ["statsd_exporter_", "statsd_metric_mapper_cache_"];

/// Between texts of a key; no byte of UTF-8.
const BETWEEN: u8 = 0xff;

/// All series.
#[derive(Debug)]
pub(crate) struct Registry {
    families: RapidHashMap<Arc<str>, Members>,
    /// Places of series by the texts of name and labels.
    places: RapidHashMap<Box<[u8]>, u32>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// The key that is looked for, kept for its memory.
    key: Vec<u8>,
    most: usize,
    /// Whether any series has a time to live.
    may_expire: bool,
}

/// The series of a name.
#[derive(Debug)]
struct Members {
    of: Type,
    help: Arc<str>,
    places: Vec<u32>,
}

/// A place for a series. Whoever remembers a series remembers the generation as well, so that it
/// is not taken for the next one at its place.
#[derive(Debug)]
struct Slot {
    generation: u32,
    series: Option<Series>,
}

/// One series.
#[derive(Debug)]
struct Series {
    name: Arc<str>,
    labels: Labels,
    value: Value,
    /// Milliseconds without a sample after which it ends; 0 for never.
    ttl: i64,
    /// When the last sample came, in milliseconds.
    last: i64,
}

/// Where a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeriesRef {
    place: u32,
    generation: u32,
}

/// Why there is no series for a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoSeries {
    /// The name has another type, or is taken by a metric that writes it too.
    Conflict,
    Refused(Refusal),
}

impl Registry {
    /// No series, and so many at most.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            families: RapidHashMap::default(),
            places: RapidHashMap::default(),
            slots: Vec::new(),
            free: Vec::new(),
            key: Vec::new(),
            most,
            may_expire: false,
        }
    }

    /// Puts a sample into a series; false where the series is no more.
    pub(crate) fn put(&mut self, at: SeriesRef, rule: &Rule, change: Change) -> bool {
        let Some(series) = self.at(at) else {
            return false;
        };
        series.value.take(change);
        (series.ttl, series.last) = (rule.ttl, change.now);
        self.may_expire |= rule.ttl > 0;
        true
    }

    /// The series of a name and labels, which is made where there is none. Labels are sorted by
    /// name, each once, without empty values.
    pub(crate) fn series(
        &mut self,
        of: Type,
        name: &str,
        labels: &[(&str, &str)],
        rule: &Rule,
        now: i64,
    ) -> Result<SeriesRef, NoSeries> {
        let family = self.families.get(name);
        if family.is_some_and(|family| family.of != of) {
            return Err(NoSeries::Conflict);
        }
        let mut key = std::mem::take(&mut self.key);
        write_key(&mut key, name, labels.iter().copied());
        let found = match self.places.get(key.as_slice()) {
            Some(&place) => Ok(self.reference(place)),
            None => {
                let is_known = family.is_some();
                self.check(of, name, labels, is_known, key.len())
                    .map(|()| self.insert(of, name, labels, rule, now, &key))
            }
        };
        self.key = key;
        found
    }

    fn reference(&self, place: u32) -> SeriesRef {
        let slot = self.slots.get(place as usize);
        SeriesRef {
            place,
            generation: slot.map_or(0, |slot| slot.generation),
        }
    }

    /// Whether a new series may be.
    fn check(
        &self,
        of: Type,
        name: &str,
        labels: &[(&str, &str)],
        is_known: bool,
        bytes: usize,
    ) -> Result<(), NoSeries> {
        let refused = |refusal| Err(NoSeries::Refused(refusal));
        let reserved = of.reserved_label();
        let is_reserved = |name: &str| name.starts_with("__") || Some(name) == reserved;
        if labels.iter().any(|(name, _)| is_reserved(name)) {
            return refused(Refusal::ReservedLabel);
        }
        if bytes > MOST_SERIES_BYTES {
            return refused(Refusal::TooLong);
        }
        if !is_known && self.is_taken(of, name) {
            return Err(NoSeries::Conflict);
        }
        if self.places.len() >= self.most {
            return refused(Refusal::TooManySeries);
        }
        Ok(())
    }

    /// Whether a metric that is there writes a name that a new one would write too.
    fn is_taken(&self, of: Type, name: &str) -> bool {
        if OWN.iter().any(|own| name.starts_with(own)) {
            return true;
        }
        let writes_own_name = |of| of != Type::Histogram;
        let is_part = ["_sum", "_count", "_bucket"].iter().any(|suffix| {
            let stem = name.strip_suffix(suffix);
            let family = stem.and_then(|stem| self.families.get(stem));
            family.is_some_and(|family| family.of.suffixes().contains(suffix))
        });
        let has_part = of.suffixes().iter().any(|suffix| {
            let part = self.families.get(format!("{name}{suffix}").as_str());
            part.is_some_and(|part| writes_own_name(part.of))
        });
        (is_part && writes_own_name(of)) || has_part
    }

    fn insert(
        &mut self,
        of: Type,
        name: &str,
        labels: &[(&str, &str)],
        rule: &Rule,
        now: i64,
        key: &[u8],
    ) -> SeriesRef {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: 0,
                series: None,
            });
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        let known = self.families.get_key_value(name);
        let name = known.map_or_else(|| Arc::from(name), |(name, _)| Arc::clone(name));
        let members = self.families.entry(Arc::clone(&name));
        let members = members.or_insert_with(|| Members {
            of,
            help: Arc::clone(&rule.help),
            places: Vec::new(),
        });
        members.places.push(place);
        self.places.insert(key.into(), place);
        if let Some(slot) = self.slots.get_mut(place as usize) {
            slot.series = Some(Series {
                name,
                labels: Labels::from_pairs(labels.iter().copied()),
                value: Value::new(of, &rule.observer, now),
                ttl: rule.ttl,
                last: now,
            });
        }
        self.reference(place)
    }

    /// Ends the series without samples for as long as their mappings give them.
    pub(crate) fn expire(&mut self, now: i64) {
        if !self.may_expire {
            return;
        }
        let mut ended = Vec::new();
        for (place, slot) in (0..).zip(&mut self.slots) {
            let is_over = |series: &mut Series| {
                series.ttl > 0 && now.saturating_sub(series.last) > series.ttl
            };
            if let Some(series) = slot.series.take_if(is_over) {
                slot.generation = slot.generation.wrapping_add(1);
                self.free.push(place);
                write_key(&mut self.key, &series.name, series.labels.iter());
                self.places.remove(self.key.as_slice());
                ended.push(series.name);
            }
        }
        ended.sort();
        ended.dedup();
        for name in ended {
            let Some(members) = self.families.get_mut(&name) else {
                continue;
            };
            let slots = &self.slots;
            let lives = |place: &u32| {
                let slot = slots.get(*place as usize);
                slot.is_some_and(|slot| slot.series.is_some())
            };
            members.places.retain(lives);
            if members.places.is_empty() {
                self.families.remove(&name);
            }
        }
    }

    /// The names of all metrics.
    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        self.families.keys().cloned().collect()
    }

    /// How many metrics of a type there are.
    pub(crate) fn count(&self, of: Type) -> usize {
        self.families.values().filter(|f| f.of == of).count()
    }

    /// A metric without its points, and where its series are.
    pub(crate) fn family(&self, name: &str) -> Option<(Family, Vec<SeriesRef>)> {
        let members = self.families.get(name)?;
        let family = Family::new(name, &members.help, members.of.family());
        let places = members.places.iter();
        Some((family, places.map(|place| self.reference(*place)).collect()))
    }

    /// Adds the states of series that are still there.
    pub(crate) fn points(&mut self, series: &[SeriesRef], now: i64, points: &mut Vec<Point>) {
        for at in series {
            if let Some(series) = self.at(*at) {
                points.push(Point {
                    labels: series.labels.clone(),
                    value: series.value.point(now),
                });
            }
        }
    }

    fn at(&mut self, at: SeriesRef) -> Option<&mut Series> {
        let slot = self.slots.get_mut(at.place as usize)?;
        let slot = Some(slot).filter(|slot| slot.generation == at.generation)?;
        slot.series.as_mut()
    }
}

/// Writes the texts that a series is known by.
fn write_key<'l>(key: &mut Vec<u8>, name: &str, labels: impl Iterator<Item = (&'l str, &'l str)>) {
    key.clear();
    key.extend_from_slice(name.as_bytes());
    for (name, value) in labels {
        for text in [name, value] {
            key.push(BETWEEN);
            key.extend_from_slice(text.as_bytes());
        }
    }
}
