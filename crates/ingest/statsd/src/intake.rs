//! From bytes to series: the receiver's core, behind one lock that is taken once for a datagram.

use std::sync::Arc;

use config::{StatsdConfig, StatsdKind};
use contract::{Clock, Gather};
use memchr::memchr;
use model::{Family, FamilyKind};
use parking_lot::Mutex;

use crate::cache::Cache;
use crate::counts::{EventCounts, Fault, LineCounts, Refusal, SocketCounts};
use crate::line::{self, Sample};
use crate::mapper::Mapper;
use crate::registry::{Change, MOST_SERIES_BYTES, NoSeries, Registry};
use crate::tags::Dialects;
use crate::value::Type;

/// What the receiver may hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Names of StatsD whose mapping is remembered.
    pub cached_names: usize,
    /// Series of all metrics: a number or a histogram takes some hundred bytes, a summary that is
    /// busy up to 8 KiB for each slice of its window.
    pub series: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cached_names: 1000,
            series: 100_000,
        }
    }
}

/// Takes StatsD lines, and tells what they said as metric families.
pub struct Statsd {
    core: Mutex<Core>,
    pub(crate) sockets: SocketCounts,
    dialects: Dialects,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Statsd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statsd").finish_non_exhaustive()
    }
}

/// What the lock guards.
struct Core {
    mapper: Mapper,
    cache: Cache,
    registry: Registry,
    lines: LineCounts,
    events: EventCounts,
}

impl Statsd {
    /// A receiver without series.
    pub fn new(
        config: StatsdConfig,
        dialects: Dialects,
        limits: Limits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            core: Mutex::new(Core {
                mapper: Mapper::new(config),
                cache: Cache::new(limits.cached_names),
                registry: Registry::new(limits.series),
                lines: LineCounts::default(),
                events: EventCounts::default(),
            }),
            sockets: SocketCounts::default(),
            dialects,
            clock,
        }
    }

    /// Takes lines, in whatever bytes came.
    pub fn receive(&self, bytes: &[u8]) {
        let now = self.clock.now();
        let mut core = self.core.lock();
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default();
            core.line(line, self.dialects, now);
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }

    /// Another mapping file is in force. Series go on; those of before follow it with their next
    /// sample.
    pub fn configure(&self, config: StatsdConfig) {
        let mapper = Mapper::new(config);
        let mut core = self.core.lock();
        core.mapper = mapper;
        core.cache.clear();
        self.sockets.loaded.inc();
    }

    /// Counts a mapping file that could not be read; the one before stays in force.
    pub fn not_configured(&self) {
        self.sockets.not_loaded.inc();
    }

    /// Ends the series whose time to live is over; called once a second by [`crate::Listeners`].
    pub fn expire(&self) {
        let now = self.clock.now();
        self.core.lock().registry.expire(now);
    }
}

impl Gather for Statsd {
    fn gather(&self, families: &mut Vec<Family>) {
        let now = self.clock.now();
        let names = {
            let core = self.core.lock();
            core.gather(families);
            core.registry.names()
        };
        // Packets come in between two metrics.
        for name in names {
            families.extend(self.core.lock().registry.family(&name, now));
        }
        self.sockets.gather(families);
    }
}

impl Core {
    fn line(&mut self, line: &[u8], dialects: Dialects, now: i64) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return;
        }
        let Self {
            mapper,
            cache,
            registry,
            lines,
            events,
        } = self;
        lines.lines += 1;
        let Ok(line) = std::str::from_utf8(line) else {
            return lines.fault(Fault::MalformedLine);
        };
        line::read(line, dialects, lines, |sample| {
            let outcome = take(mapper, cache, registry, events, sample, now);
            match outcome {
                Ok(()) => {}
                Err((NoSeries::Refused(refusal), _)) => events.refuse(refusal, sample.times),
                Err((NoSeries::Conflict, name)) => {
                    events.conflict(sample.kind, &name, sample.times);
                }
            }
        });
    }

    fn gather(&self, families: &mut Vec<Family>) {
        self.lines.gather(families);
        self.events.gather(families);
        let gauges = [
            (
                "statsd_exporter_loaded_mappings",
                "The current number of configured metric mappings.",
                self.mapper.len(),
            ),
            (
                "statsd_metric_mapper_cache_length",
                "The count of unique metrics currently cached.",
                self.cache.len(),
            ),
        ];
        families.extend(gauges.map(|(name, help, value)| Family::gauge(name, help, value as f64)));
        let counters = [
            (
                "statsd_metric_mapper_cache_gets_total",
                "The count of total metric cache gets.",
                self.cache.gets,
            ),
            (
                "statsd_metric_mapper_cache_hits_total",
                "The count of total metric cache hits.",
                self.cache.hits,
            ),
        ];
        families
            .extend(counters.map(|(name, help, value)| Family::counter(name, help, value as f64)));
        let mut metrics = Family::new(
            "statsd_exporter_metrics_total",
            "The number of metrics there are.",
            FamilyKind::Gauge,
        );
        for of in Type::ALL {
            let count = self.registry.count(of) as f64;
            metrics.push([("type", of.family().as_str())], count);
        }
        families.push(metrics);
    }
}

/// Puts a sample into its series; an error comes with the metric's name.
fn take(
    mapper: &Mapper,
    cache: &mut Cache,
    registry: &mut Registry,
    events: &mut EventCounts,
    sample: &Sample<'_, '_>,
    now: i64,
) -> Result<(), (NoSeries, Box<str>)> {
    let refused = |refusal| Err((NoSeries::Refused(refusal), Box::default()));
    if sample.name.len() > MOST_SERIES_BYTES {
        return refused(Refusal::TooLong);
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
        return refused(Refusal::EmptyName);
    }
    let counted = match target.is_mapped {
        true => &mut events.mapped,
        false => &mut events.unmapped,
    };
    *counted += sample.times;
    let value = rule
        .scale
        .map_or(sample.value, |scale| sample.value * scale);
    check(sample.kind, value).or_else(refused)?;
    let change = Change {
        value,
        times: sample.times,
        is_relative: sample.is_relative,
        now,
    };
    let is_untagged = sample.tags.pairs().is_empty();
    let known = entry.untagged.filter(|_| is_untagged);
    if !known.is_some_and(|known| registry.put(known, rule, change)) {
        let of = Type::of(sample.kind, &rule.observer);
        let labels = labels(sample, &target.labels, rule.honor_labels);
        let series = registry
            .series(of, &target.name, &labels, rule, now)
            .map_err(|error| (error, target.name.clone()))?;
        registry.put(series, rule, change);
        if is_untagged {
            entry.untagged = Some(series);
        }
    }
    events.taken(sample.kind, sample.times);
    Ok(())
}

/// Refuses values that would spoil what was counted before.
fn check(kind: StatsdKind, value: f64) -> Result<(), Refusal> {
    match kind {
        StatsdKind::Gauge => Ok(()),
        _ if !value.is_finite() => Err(Refusal::NotFinite),
        StatsdKind::Counter if value < 0.0 => Err(Refusal::NegativeCounter),
        _ => Ok(()),
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
