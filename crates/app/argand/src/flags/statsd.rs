//! The flags of the StatsD receiver: statsd_exporter's, all sockets being closed until they are
//! named, and the one that only Argand has.

use super::Form::{Choice, Switch, Text};
use super::{Flag, accepted, active};

/// Those of the receiver.
pub(crate) const STATSD: &[Flag] = &[
    active(
        "statsd.listen-udp",
        Text,
        "",
        "UDP address on which StatsD lines are received, such as 127.0.0.1:9125. Empty: none.",
    ),
    active(
        "statsd.listen-tcp",
        Text,
        "",
        "TCP address on which StatsD lines are received. Empty: none.",
    ),
    active(
        "statsd.listen-unixgram",
        Text,
        "",
        "Unix datagram socket on which StatsD lines are received: its file. Empty: none.",
    ),
    active(
        "statsd.unixsocket-mode",
        Text,
        "755",
        "Permissions of the Unix socket's file, in octal digits.",
    ),
    active(
        "statsd.read-buffer",
        Text,
        "0",
        "Bytes of datagrams that the kernel shall hold until they are read. 0: its own measure.",
    ),
    active(
        "statsd.mapping-config",
        Text,
        "",
        "File of statsd_exporter's form that maps StatsD names to metrics. Read again by a reload.",
    ),
    active(
        "statsd.cache-size",
        Text,
        "1000",
        "StatsD names whose mapping is remembered.",
    ),
    active(
        "statsd.max-series",
        Text,
        "100000",
        "Series of StatsD; beyond it new ones are refused and known ones go on.",
    ),
    active(
        "statsd.set-interval",
        Text,
        "",
        "Time over which the different values of a set are counted, such as 10s. Empty: sets are refused.",
    ),
    active(
        "statsd.parse-dogstatsd-tags",
        Switch,
        "true",
        "Reads tags as DogStatsD has them: name:1|c|#tag:value.",
    ),
    active(
        "statsd.parse-influxdb-tags",
        Switch,
        "true",
        "Reads tags as InfluxDB has them: name,tag=value:1|c.",
    ),
    active(
        "statsd.parse-librato-tags",
        Switch,
        "true",
        "Reads tags as Librato has them: name#tag=value:1|c.",
    ),
    active(
        "statsd.parse-signalfx-tags",
        Switch,
        "true",
        "Reads tags as SignalFx has them: name[tag=value]:1|c.",
    ),
    // There is one kind of cache, and no queue between a socket and its series.
    accepted("statsd.cache-type", Choice(&["lru", "random"]), "lru"),
    accepted("statsd.event-flush-interval", Text, "200ms"),
    accepted("statsd.event-flush-threshold", Text, "1000"),
    accepted("statsd.event-queue-size", Text, "10000"),
    accepted("statsd.udp-packet-queue-size", Text, "10000"),
];
