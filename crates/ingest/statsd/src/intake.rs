//! The receiver: bytes to lines, behind one lock that is taken once for a datagram.

use std::sync::Arc;
use std::time::Duration;

use config::StatsdConfig;
use contract::{Clock, Gather};
use memchr::memchr;
use model::Family;
use parking_lot::Mutex;

use crate::counts::{Fault, LineCounts, SocketCounts};
use crate::line::{self, Reads};
use crate::mapper::Mapper;
use crate::tags::Dialects;
use crate::taker::Taker;

/// Series that are read while no line can come in: some milliseconds' work at most, in which the
/// kernel holds what comes.
const SERIES_AT_ONCE: usize = 256;

/// What is read, and what the receiver may hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which tags are read.
    pub dialects: Dialects,
    /// Over which time members of sets are counted; `None` refuses sets, as the original does.
    pub set_interval: Option<Duration>,
    /// Names of StatsD whose mapping is remembered.
    pub cached_names: usize,
    /// Series of all metrics: a number or a histogram takes some hundred bytes, a summary that is
    /// busy up to 8 KiB for each slice of its window, a set up to 1 MiB.
    pub series: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dialects: Dialects::default(),
            set_interval: None,
            cached_names: 1000,
            series: 100_000,
        }
    }
}

/// Takes StatsD lines, and tells what they said as metric families.
pub struct Statsd {
    core: Mutex<Core>,
    pub(crate) sockets: SocketCounts,
    reads: Reads,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Statsd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statsd").finish_non_exhaustive()
    }
}

/// What the lock guards.
struct Core {
    lines: LineCounts,
    taker: Taker,
}

impl Statsd {
    /// A receiver without series.
    pub fn new(config: StatsdConfig, options: Options, clock: Arc<dyn Clock>) -> Self {
        Self {
            core: Mutex::new(Core {
                lines: LineCounts::default(),
                taker: Taker::new(config, options),
            }),
            sockets: SocketCounts::default(),
            reads: Reads {
                dialects: options.dialects,
                sets: options.set_interval.is_some(),
            },
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
            core.line(rest.get(..end).unwrap_or_default(), self.reads, now);
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }

    /// Another mapping file is in force. Series go on; those of before follow it with their next
    /// sample.
    pub fn configure(&self, config: StatsdConfig) {
        let mapper = Mapper::new(config);
        self.core.lock().taker.configure(mapper);
        self.sockets.loaded.inc();
    }

    /// Counts a mapping file that could not be read; the one before stays in force.
    pub fn not_configured(&self) {
        self.sockets.not_loaded.inc();
    }

    /// Ends the series whose time to live is over; called once a second by [`crate::Listeners`].
    pub fn expire(&self) {
        let now = self.clock.now();
        self.core.lock().taker.registry.expire(now);
    }
}

impl Statsd {
    /// A metric with all its series, by their labels. Lines come in meanwhile.
    fn family(&self, name: &str, now: i64) -> Option<Family> {
        let (mut family, series) = self.core.lock().taker.registry.family(name)?;
        for some in series.chunks(SERIES_AT_ONCE) {
            let mut core = self.core.lock();
            core.taker.registry.points(some, now, &mut family.points);
        }
        family.points.sort_by(|a, b| a.labels.cmp(&b.labels));
        Some(family)
    }
}

impl Core {
    fn line(&mut self, line: &[u8], reads: Reads, now: i64) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return;
        }
        self.lines.lines += 1;
        match std::str::from_utf8(line) {
            Ok(line) => line::read(line, reads, &mut self.lines, |sample| {
                self.taker.take(sample, now);
            }),
            Err(_) => self.lines.fault(Fault::MalformedLine),
        }
    }
}

impl Gather for Statsd {
    fn gather(&self, families: &mut Vec<Family>) {
        let now = self.clock.now();
        let names = {
            let core = self.core.lock();
            core.lines.gather(families);
            core.taker.gather(families);
            core.taker.registry.names()
        };
        for name in names {
            families.extend(self.family(&name, now));
        }
        self.sockets.gather(families);
    }
}
