//! What a queue counts, and how it is shown under upstream's names.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use config::RemoteWriteConfig;
use contract::Taken;
use model::instrument::{Counter, Gauge, Histogram};
use model::{Family, FamilyKind, Labels};

use super::item::{Item, Kind};

/// Seconds of a request, as upstream divides them.
const SECONDS: [f64; 15] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0, 120.0, 300.0,
];

/// Why an item was not sent, or not taken for good reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is older than the queue sends.
    TooOld,
    /// Relabelling drops its series.
    DroppedSeries,
    /// The log does not name its series.
    Unnamed,
    /// Version 1.0 has no histograms with listed bounds.
    CustomBuckets,
    /// Too much waited, and the oldest was left out.
    LagLimit,
    /// It may have been sent before, and was refused now.
    Repeated,
}

impl Reason {
    const ALL: [Self; 6] = [
        Self::TooOld,
        Self::DroppedSeries,
        Self::Unnamed,
        Self::CustomBuckets,
        Self::LagLimit,
        Self::Repeated,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::TooOld => "too_old",
            Self::DroppedSeries => "dropped_series",
            Self::Unnamed => "unintentionally_dropped_series",
            Self::CustomBuckets => "nhcb_in_rw1_not_supported",
            Self::LagLimit => "lag_limit",
            Self::Repeated => "repeated",
        }
    }
}

/// One count for each kind of item.
#[derive(Debug, Default)]
pub(super) struct Counts {
    samples: Counter,
    histograms: Counter,
    exemplars: Counter,
}

impl Counts {
    pub(super) fn of(&self, kind: Kind) -> &Counter {
        match kind {
            Kind::Sample => &self.samples,
            Kind::Histogram => &self.histograms,
            Kind::Exemplar => &self.exemplars,
        }
    }

    pub(super) fn add(&self, items: &[Item]) {
        for kind in Kind::ALL {
            let count = items.iter().filter(|item| item.value.kind() == kind);
            self.of(kind).add(count.count() as u64);
        }
    }
}

/// What a queue counts.
#[derive(Debug)]
pub(super) struct Meters {
    /// How the queue is called, and where it sends.
    pub(super) name: String,
    pub(super) url: String,
    pub(super) sent: Counts,
    pub(super) failed: Counts,
    pub(super) retried: Counts,
    dropped: Vec<(Reason, Counts)>,
    /// Read from the log and to be sent.
    pub(super) queued: Counts,
    /// Done with, one way or another, of those.
    pub(super) settled: Counts,
    pub(super) metadata_sent: Counter,
    pub(super) metadata_failed: Counter,
    pub(super) metadata_retried: Counter,
    /// How often reading had to wait for room.
    pub(super) waits: Counter,
    pub(super) seconds: Histogram,
    pub(super) bytes: Counter,
    pub(super) metadata_bytes: Counter,
    pub(super) shards: AtomicUsize,
    pub(super) desired: Gauge,
    /// Times in milliseconds; 0 while there is none.
    pub(super) newest: AtomicI64,
    pub(super) newest_sent: AtomicI64,
    /// The segment of the log that is being read.
    pub(super) segment: AtomicU64,
    capacity: usize,
    least_shards: usize,
    most_shards: usize,
    most_a_request: usize,
}

impl Meters {
    pub(super) fn new(name: String, url: String, config: &RemoteWriteConfig) -> Self {
        let queue = &config.queue;
        Self {
            name,
            url,
            sent: Counts::default(),
            failed: Counts::default(),
            retried: Counts::default(),
            dropped: Reason::ALL.map(|reason| (reason, Counts::default())).into(),
            queued: Counts::default(),
            settled: Counts::default(),
            metadata_sent: Counter::new(),
            metadata_failed: Counter::new(),
            metadata_retried: Counter::new(),
            waits: Counter::new(),
            seconds: Histogram::new(&SECONDS),
            bytes: Counter::new(),
            metadata_bytes: Counter::new(),
            shards: AtomicUsize::new(0),
            desired: Gauge::new(),
            newest: AtomicI64::new(0),
            newest_sent: AtomicI64::new(0),
            segment: AtomicU64::new(0),
            capacity: queue.capacity,
            least_shards: queue.min_shards,
            most_shards: queue.max_shards,
            most_a_request: queue.max_samples_per_send,
        }
    }

    /// Counts an item that is not sent.
    pub(super) fn drop_one(&self, reason: Reason, kind: Kind) {
        self.dropped(reason, |counts| counts.of(kind).inc());
    }

    /// Counts items that are not sent.
    pub(super) fn drop_all(&self, reason: Reason, items: &[Item]) {
        self.dropped(reason, |counts| counts.add(items));
    }

    fn dropped(&self, reason: Reason, count: impl FnOnce(&Counts)) {
        if let Some((_, counts)) = self.dropped.iter().find(|(other, _)| *other == reason) {
            count(counts);
        }
    }

    /// Takes note that items were sent.
    pub(super) fn note_sent(&self, items: &[Item]) {
        self.sent.add(items);
        if let Some(newest) = items.iter().map(|item| item.time).max() {
            self.newest_sent.fetch_max(newest, Ordering::Relaxed);
        }
    }

    fn pending(&self, kind: Kind) -> f64 {
        let queued = self.queued.of(kind).get();
        number(queued.saturating_sub(self.settled.of(kind).get()))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

const PREFIX: &str = "prometheus_remote_storage_";

/// The words for the kinds, in names and in help.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Sample => "samples",
        Kind::Histogram => "histograms",
        Kind::Exemplar => "exemplars",
    }
}

type Read<T> = fn(&Meters) -> &T;

/// Counters of each kind: the end of the name, the help behind `Total number of <kind>`.
const OF_A_KIND: [(&str, &str, Read<Counts>); 3] = [
    ("_total", "sent to remote storage.", |m| &m.sent),
    (
        "_failed_total",
        "which failed on send to remote storage, non-recoverable errors.",
        |m| &m.failed,
    ),
    (
        "_retried_total",
        "which failed on send to remote storage but were retried because the send error was recoverable.",
        |m| &m.retried,
    ),
];

const COUNTERS: [(&str, &str, Read<Counter>); 6] = [
    (
        "metadata_total",
        "Total number of metadata entries sent to remote storage.",
        |m| &m.metadata_sent,
    ),
    (
        "metadata_failed_total",
        "Total number of metadata entries which failed on send to remote storage, non-recoverable errors.",
        |m| &m.metadata_failed,
    ),
    (
        "metadata_retried_total",
        "Total number of metadata entries which failed on send to remote storage but were retried because the send error was recoverable.",
        |m| &m.metadata_retried,
    ),
    (
        "enqueue_retries_total",
        "Total number of times that reading the log waited because a shard's queue was full.",
        |m| &m.waits,
    ),
    (
        "bytes_total",
        "Total number of bytes of data (not metadata) sent, after compression.",
        |m| &m.bytes,
    ),
    (
        "metadata_bytes_total",
        "Total number of bytes of metadata sent, after compression.",
        |m| &m.metadata_bytes,
    ),
];

type Measure = fn(&Meters) -> f64;

const GAUGES: [(&str, &str, Measure); 8] = [
    (
        "shards",
        "The number of shards used for parallel sending to the remote storage.",
        |m| number(m.shards.load(Ordering::Relaxed) as u64),
    ),
    (
        "shards_desired",
        "The number of shards that the queue wants to run, from the rates of samples in and out.",
        |m| m.desired.get(),
    ),
    (
        "shards_max",
        "The maximum number of shards that the queue is allowed to run.",
        |m| number(m.most_shards as u64),
    ),
    (
        "shards_min",
        "The minimum number of shards that the queue is allowed to run.",
        |m| number(m.least_shards as u64),
    ),
    (
        "shard_capacity",
        "The capacity of each shard of the queue.",
        |m| number(m.capacity as u64),
    ),
    (
        "max_samples_per_send",
        "The maximum number of samples to be sent in a single request.",
        |m| number(m.most_a_request as u64),
    ),
    (
        "queue_highest_timestamp_seconds",
        "Highest timestamp that was enqueued, in seconds since epoch.",
        |m| seconds(m.newest.load(Ordering::Relaxed)),
    ),
    (
        "queue_highest_sent_timestamp_seconds",
        "Highest timestamp successfully sent by this queue, in seconds since epoch.",
        |m| seconds(m.newest_sent.load(Ordering::Relaxed)),
    ),
];

/// Shows what all queues have counted, and what there is to send.
pub(super) fn gather(queues: &[Arc<Meters>], taken: Taken, families: &mut Vec<Family>) {
    let named = |m: &Meters| Labels::from_pairs([("remote_name", &m.name), ("url", &m.url)]);
    let mut show = |name: &str, help: &str, kind, value: &dyn Fn(&Meters) -> f64| {
        let mut family = Family::new(&format!("{PREFIX}{name}"), help, kind);
        for meters in queues {
            family.push(named(meters).iter(), value(meters));
        }
        families.push(family);
    };
    for kind in Kind::ALL {
        let word = word(kind);
        for (end, help, counts) in OF_A_KIND {
            let help = format!("Total number of {word} {help}");
            show(&format!("{word}{end}"), &help, FamilyKind::Counter, &|m| {
                number(counts(m).of(kind).get())
            });
        }
        let help = format!("The number of {word} pending in the queue's shards.");
        show(&format!("{word}_pending"), &help, FamilyKind::Gauge, &|m| {
            m.pending(kind)
        });
    }
    for (name, help, counter) in COUNTERS {
        show(name, help, FamilyKind::Counter, &|m| {
            number(counter(m).get())
        });
    }
    for (name, help, gauge) in GAUGES {
        show(name, help, FamilyKind::Gauge, &gauge);
    }
    families.extend(Kind::ALL.map(|kind| dropped(queues, kind)));
    families.push(segments(queues));
    let mut durations = Family::new(
        &format!("{PREFIX}sent_batch_duration_seconds"),
        "Duration of send calls to the remote storage.",
        FamilyKind::Histogram,
    );
    let points = queues.iter().map(|m| m.seconds.point(named(m)));
    durations.points.extend(points);
    families.push(durations);
    families.extend(of_the_store(taken));
}

fn dropped(queues: &[Arc<Meters>], kind: Kind) -> Family {
    let word = word(kind);
    let mut family = Family::new(
        &format!("{PREFIX}{word}_dropped_total"),
        &format!("Total number of {word} which were read from the log and not sent, by reason."),
        FamilyKind::Counter,
    );
    for m in queues {
        for (reason, counts) in &m.dropped {
            let labels = [
                ("remote_name", m.name.as_str()),
                ("url", &m.url),
                ("reason", reason.as_str()),
            ];
            family.push(labels, number(counts.of(kind).get()));
        }
    }
    family
}

/// How far in the log each queue is: dashboards hold it against the segment that is written.
fn segments(queues: &[Arc<Meters>]) -> Family {
    let mut family = Family::new(
        "prometheus_wal_watcher_current_segment",
        "The segment of the log that a queue of remote write reads.",
        FamilyKind::Gauge,
    );
    for m in queues {
        let segment = m.segment.load(Ordering::Relaxed);
        family.push([("consumer", m.name.as_str())], number(segment));
    }
    family
}

fn of_the_store(taken: Taken) -> [Family; 4] {
    let counter = |name: &str, what: &str, count| {
        let help =
            format!("{what} in to remote storage, compare to {what} out for queue managers.");
        Family::counter(&format!("{PREFIX}{name}_in_total"), &help, number(count))
    };
    [
        counter("samples", "Samples", taken.samples),
        counter("histograms", "Histograms", taken.histograms),
        counter("exemplars", "Exemplars", taken.exemplars),
        Family::gauge(
            &format!("{PREFIX}highest_timestamp_in_seconds"),
            "Highest timestamp that has come into the remote storage via the Appender interface, in seconds since epoch.",
            seconds(taken.newest.unwrap_or_default()),
        ),
    ]
}
