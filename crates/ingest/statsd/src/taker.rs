//! From a sample to its series: mapped by its name, checked, and put where it belongs.

use config::{StatsdConfig, StatsdKind};
use model::{Family, FamilyKind};

use crate::Options;
use crate::cache::{Cache, Entry};
use crate::counts::{EventCounts, Refusal};
use crate::line::Sample;
use crate::mapper::Mapper;
use crate::registry::{MOST_SERIES_BYTES, NoSeries, Registry};
use crate::value::{Change, Type};

/// Mappings and series.
#[derive(Debug)]
pub(crate) struct Taker {
    mapper: Mapper,
    cache: Cache,
    pub(crate) registry: Registry,
    events: EventCounts,
    /// Milliseconds over which members of sets are counted.
    set_interval: i64,
}

impl Taker {
    pub(crate) fn new(config: StatsdConfig, options: Options) -> Self {
        let interval = options.set_interval.unwrap_or_default().as_millis();
        Self {
            mapper: Mapper::new(config),
            cache: Cache::new(options.cached_names),
            registry: Registry::new(options.series),
            events: EventCounts::default(),
            set_interval: i64::try_from(interval).unwrap_or(i64::MAX),
        }
    }

    /// Other mappings are in force.
    pub(crate) fn configure(&mut self, mapper: Mapper) {
        self.mapper = mapper;
        self.cache.clear();
    }

    /// Puts a sample into its series, or counts why not.
    pub(crate) fn take(&mut self, sample: &Sample<'_, '_>, now: i64) {
        let refusal = match self.put(sample, now) {
            Ok(()) => return,
            Err(refusal) => refusal,
        };
        self.events.refuse(refusal, sample.times);
    }

    fn put(&mut self, sample: &Sample<'_, '_>, now: i64) -> Result<(), Refusal> {
        let Self {
            mapper,
            cache,
            registry,
            events,
            set_interval,
        } = self;
        if sample.name.len() > MOST_SERIES_BYTES {
            return Err(Refusal::TooLong);
        }
        let map = || mapper.map(sample.name, sample.kind);
        let Some(entry) = cache.entry(sample.kind, sample.name, map) else {
            return Ok(());
        };
        let target = &entry.target;
        let rule = target.rule.as_ref();
        if rule.drops {
            events.dropped += sample.times;
            return Ok(());
        }
        if target.name.is_empty() {
            return Err(Refusal::EmptyName);
        }
        let counted = match target.is_mapped {
            true => &mut events.mapped,
            false => &mut events.unmapped,
        };
        *counted += sample.times;
        let scale = rule.scale.unwrap_or(1.0);
        let change = Change {
            value: check(sample.kind, sample.value * scale)?,
            member: sample.member,
            times: sample.times,
            is_relative: sample.is_relative,
            set_interval: *set_interval,
            now,
        };
        let of = match sample.member {
            Some(_) => Type::Set,
            None => Type::of(sample.kind, &rule.observer),
        };
        match settle(registry, entry, sample, of, change) {
            Ok(()) => events.taken(sample.kind, sample.times),
            Err(NoSeries::Refused(refusal)) => return Err(refusal),
            Err(NoSeries::Conflict) => {
                events.conflict(sample.kind, &entry.target.name, sample.times);
            }
        }
        Ok(())
    }

    /// What is said of samples, mappings and their cache.
    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        self.events.gather(families);
        families.extend([
            Family::gauge(
                "statsd_exporter_loaded_mappings",
                "The current number of configured metric mappings.",
                self.mapper.len() as f64,
            ),
            Family::gauge(
                "statsd_metric_mapper_cache_length",
                "The count of unique metrics currently cached.",
                self.cache.len() as f64,
            ),
            Family::counter(
                "statsd_metric_mapper_cache_gets_total",
                "The count of total metric cache gets.",
                self.cache.gets as f64,
            ),
            Family::counter(
                "statsd_metric_mapper_cache_hits_total",
                "The count of total metric cache hits.",
                self.cache.hits as f64,
            ),
        ]);
        let mut metrics = Family::new(
            "statsd_exporter_metrics_total",
            "The number of metrics there are.",
            FamilyKind::Gauge,
        );
        for of in Type::ALL {
            let count = self.registry.count(of) as f64;
            metrics.push([("type", of.as_str())], count);
        }
        families.push(metrics);
    }
}

/// Finds the series of a sample, which is known where the sample has no tags and its name came
/// before, and changes it.
fn settle(
    registry: &mut Registry,
    entry: &mut Entry,
    sample: &Sample<'_, '_>,
    of: Type,
    change: Change,
) -> Result<(), NoSeries> {
    let target = &entry.target;
    let rule = target.rule.as_ref();
    let is_untagged = sample.tags.pairs().is_empty();
    let known = entry.untagged.filter(|known| is_untagged && known.0 == of);
    if known.is_some_and(|(_, series)| registry.put(series, rule, change)) {
        return Ok(());
    }
    let labels = labels(sample, &target.labels, rule.honor_labels);
    let series = registry.series(of, &target.name, &labels, rule, change.now)?;
    registry.put(series, rule, change);
    if is_untagged {
        entry.untagged = Some((of, series));
    }
    Ok(())
}

/// Refuses values that would spoil what was counted before.
fn check(kind: StatsdKind, value: f64) -> Result<f64, Refusal> {
    match kind {
        StatsdKind::Gauge => Ok(value),
        _ if !value.is_finite() => Err(Refusal::NotFinite),
        StatsdKind::Counter if value < 0.0 => Err(Refusal::NegativeCounter),
        _ => Ok(value),
    }
}

/// The labels of a series: those of the mapping over the tags, or the other way round where the
/// mapping says so. Sorted, without empty ones.
fn labels<'a, V: AsRef<str>, N: AsRef<str>>(
    sample: &'a Sample<'_, '_>,
    mapped: &'a [(N, V)],
    honor_tags: bool,
) -> Vec<(&'a str, &'a str)> {
    let tags = sample.tags.pairs();
    let mut labels: Vec<(&str, &str)> = Vec::with_capacity(tags.len() + mapped.len());
    labels.extend(tags.iter().map(|(name, value)| (name.as_ref(), *value)));
    for (name, value) in mapped {
        let (name, value) = (name.as_ref(), value.as_ref());
        match labels.iter_mut().find(|(tag, _)| *tag == name) {
            Some(_) if honor_tags => {}
            Some(tag) => tag.1 = value,
            None => labels.push((name, value)),
        }
    }
    labels.retain(|(_, value)| !value.is_empty());
    labels.sort_unstable();
    labels
}
