//! What the receiver counts of its own work, and says of itself under statsd_exporter's names.

use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};

use config::StatsdKind;
use model::instrument::Counter;
use model::{Family, FamilyKind};

/// Names of metrics that conflicts are counted under; those of more are counted without a name.
const MOST_CONFLICTING: usize = 1000;

/// Declares an enumeration of reasons with the texts they are counted under.
macro_rules! reasons {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $reason:ident => $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$doc])* $reason,)* }

        impl $name {
            const TEXTS: &'static [&'static str] = &[$($text,)*];
        }
    };
}

reasons! {
    /// Why a line or a sample of it could not be read.
    Fault {
        MalformedLine => "malformed_line",
        MixedTaggingStyles => "mixed_tagging_styles",
        NotEnoughParts => "not_enough_parts_after_colon",
        InvalidExtendedAggregate => "invalid_extended_aggregate_type",
        MalformedComponent => "malformed_component",
        MalformedValue => "malformed_value",
        InvalidSampleFactor => "invalid_sample_factor",
        MalformedContainerId => "malformed_container_id",
        /// An unknown type, or a set.
        IllegalEvent => "illegal_event",
    }
}

reasons! {
    /// Why a sample that was read could not be taken.
    Refusal {
        NegativeCounter => "illegal_negative_counter",
        EmptyName => "empty_metric_name",
        /// A count or an observation that would make all sums infinite or no number.
        NotFinite => "not_finite",
        /// A label that the metric's type has itself, or of the monitoring system.
        ReservedLabel => "reserved_label",
        TooLong => "too_long",
        TooManySeries => "too_many_series",
    }
}

/// What is counted of lines.
#[derive(Debug, Default)]
pub(crate) struct LineCounts {
    pub(crate) lines: u64,
    pub(crate) samples: u64,
    /// Samples with tags.
    pub(crate) tagged: u64,
    pub(crate) tag_errors: u64,
    faults: [u64; Fault::TEXTS.len()],
}

impl LineCounts {
    pub(crate) fn fault(&mut self, fault: Fault) {
        if let Some(count) = self.faults.get_mut(fault as usize) {
            *count += 1;
        }
    }

    /// Reasons with their counts.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Fault::TEXTS.iter().copied().zip(self.faults)
    }

    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        for (name, help, count) in [
            (
                "statsd_exporter_lines_total",
                "The total number of StatsD lines received.",
                self.lines,
            ),
            (
                "statsd_exporter_samples_total",
                "The total number of StatsD samples received.",
                self.samples,
            ),
            (
                "statsd_exporter_tags_total",
                "The total number of StatsD samples with tags.",
                self.tagged,
            ),
            (
                "statsd_exporter_tag_errors_total",
                "The number of tags that could not be read.",
                self.tag_errors,
            ),
        ] {
            families.push(Family::counter(name, help, count as f64));
        }
        families.push(by_label(
            "statsd_exporter_sample_errors_total",
            "The total number of StatsD samples that could not be read.",
            "reason",
            self.faults(),
        ));
    }
}

/// What is counted of samples that were read.
#[derive(Debug, Default)]
pub(crate) struct EventCounts {
    /// By kind: counters, gauges, observers.
    taken: [u64; KINDS.len()],
    pub(crate) mapped: u64,
    pub(crate) dropped: u64,
    pub(crate) unmapped: u64,
    refusals: [u64; Refusal::TEXTS.len()],
    conflicts: BTreeMap<(&'static str, Box<str>), u64>,
}

const KINDS: [&str; 3] = ["counter", "gauge", "observer"];

/// The place of a kind in tables.
pub(crate) fn place(kind: StatsdKind) -> usize {
    match kind {
        StatsdKind::Counter => 0,
        StatsdKind::Gauge => 1,
        StatsdKind::Observer => 2,
    }
}

impl EventCounts {
    pub(crate) fn taken(&mut self, kind: StatsdKind, times: u64) {
        if let Some(count) = self.taken.get_mut(place(kind)) {
            *count += times;
        }
    }

    pub(crate) fn refuse(&mut self, refusal: Refusal, times: u64) {
        if let Some(count) = self.refusals.get_mut(refusal as usize) {
            *count += times;
        }
    }

    /// A sample under a name that has another type.
    pub(crate) fn conflict(&mut self, kind: StatsdKind, name: &str, times: u64) {
        let kind = KINDS.get(place(kind)).copied().unwrap_or_default();
        let mut key = (kind, Box::from(name));
        if self.conflicts.len() >= MOST_CONFLICTING && !self.conflicts.contains_key(&key) {
            key.1 = Box::from("");
        }
        *self.conflicts.entry(key).or_default() += times;
    }

    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        families.push(Family::counter(
            "statsd_exporter_events_unmapped_total",
            "The total number of StatsD events no mapping was found for.",
            self.unmapped as f64,
        ));
        families.push(by_label(
            "statsd_exporter_events_total",
            "The total number of StatsD events taken.",
            "type",
            KINDS.into_iter().zip(self.taken),
        ));
        families.push(by_label(
            "statsd_exporter_events_actions_total",
            "The total number of StatsD events by action.",
            "action",
            [("map", self.mapped), ("drop", self.dropped)],
        ));
        families.push(by_label(
            "statsd_exporter_events_error_total",
            "The total number of StatsD events discarded due to errors.",
            "reason",
            Refusal::TEXTS.iter().copied().zip(self.refusals),
        ));
        let mut conflicts = Family::new(
            "statsd_exporter_events_conflict_total",
            "The total number of StatsD events with conflicting names.",
            FamilyKind::Counter,
        );
        for ((kind, name), count) in &self.conflicts {
            let labels = [("type", *kind), ("metric_name", name)];
            conflicts.push(labels, *count as f64);
        }
        families.push(conflicts);
    }
}

/// What is counted of sockets and of the mapping file, without the lock of the series.
#[derive(Debug, Default)]
pub(crate) struct SocketCounts {
    pub(crate) udp_packets: Counter,
    /// The socket's number in the kernel; 0 for none.
    udp_inode: AtomicU64,
    pub(crate) unixgram_packets: Counter,
    pub(crate) tcp_connections: Counter,
    pub(crate) tcp_errors: Counter,
    pub(crate) tcp_too_long: Counter,
    pub(crate) loaded: Counter,
    pub(crate) not_loaded: Counter,
}

impl SocketCounts {
    /// From now on what the kernel drops of this socket is told.
    pub(crate) fn watch_udp(&self, socket: impl AsFd) {
        if let Ok(file) = rustix::fs::fstat(socket) {
            self.udp_inode.store(file.st_ino, Ordering::Relaxed);
        }
    }

    /// Datagrams that the kernel had no room for.
    fn udp_drops(&self) -> u64 {
        let inode = self.udp_inode.load(Ordering::Relaxed);
        if inode == 0 {
            return 0;
        }
        let tables = ["/proc/self/net/udp", "/proc/self/net/udp6"];
        let texts = tables
            .iter()
            .filter_map(|table| std::fs::read_to_string(table).ok());
        texts.filter_map(|text| drops(&text, inode)).sum()
    }

    pub(crate) fn gather(&self, families: &mut Vec<Family>) {
        for (name, help, counter) in [
            (
                "statsd_exporter_udp_packets_total",
                "The total number of StatsD packets received over UDP.",
                &self.udp_packets,
            ),
            (
                "statsd_exporter_unixgram_packets_total",
                "The total number of StatsD packets received over Unix datagrams.",
                &self.unixgram_packets,
            ),
            (
                "statsd_exporter_tcp_connections_total",
                "The total number of TCP connections handled.",
                &self.tcp_connections,
            ),
            (
                "statsd_exporter_tcp_connection_errors_total",
                "The number of TCP connections that failed or were too many.",
                &self.tcp_errors,
            ),
            (
                "statsd_exporter_tcp_too_long_lines_total",
                "The number of TCP connections closed because of a line that was too long.",
                &self.tcp_too_long,
            ),
        ] {
            families.push(Family::counter(name, help, counter.get() as f64));
        }
        families.push(Family::counter(
            "statsd_exporter_udp_packet_drops_total",
            "The total number of UDP packets that the kernel dropped, for want of room.",
            self.udp_drops() as f64,
        ));
        families.push(by_label(
            "statsd_exporter_config_reloads_total",
            "The number of times the mapping file was read again.",
            "outcome",
            [
                ("success", self.loaded.get()),
                ("failure", self.not_loaded.get()),
            ],
        ));
    }
}

/// A counter with one label.
fn by_label(
    name: &str,
    help: &str,
    label: &str,
    counts: impl IntoIterator<Item = (&'static str, u64)>,
) -> Family {
    let mut family = Family::new(name, help, FamilyKind::Counter);
    for (value, count) in counts {
        family.push([(label, value)], count as f64);
    }
    family
}

/// The last column of the line in which the tenth is the socket's number.
fn drops(table: &str, inode: u64) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_whitespace();
        let found: u64 = columns.nth(9)?.parse().ok()?;
        columns
            .last()
            .filter(|_| found == inode)
            .and_then(|drops| drops.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_stand_in_the_socket_s_line() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
             100: 0100007F:23A5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 17\n\
             101: 0100007F:23A6 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0\n";
        assert_eq!(drops(table, 4711), Some(17));
        assert_eq!(drops(table, 4712), Some(0));
        assert_eq!(drops(table, 1), None);
        assert_eq!(drops("", 1), None);
    }

    #[test]
    fn conflicts_beyond_the_limit_lose_their_names() {
        let mut counts = EventCounts::default();
        for name in 0..MOST_CONFLICTING + 5 {
            counts.conflict(StatsdKind::Gauge, &name.to_string(), 1);
        }
        counts.conflict(StatsdKind::Gauge, "0", 1);
        let count = |name: &str| counts.conflicts.get(&("gauge", Box::from(name))).copied();
        assert_eq!((count("0"), count("")), (Some(2), Some(5)));
    }
}
