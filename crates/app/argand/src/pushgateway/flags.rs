//! The flags of the push gateway role, as data: upstream's, and those that only Argand has; and
//! those of the push gateway within the server.

use crate::flags::Form::{List, Switch, Text};
use crate::flags::{Flag, Program, accepted, active};

/// The push gateway.
pub(crate) const PROGRAM: Program = Program {
    name: "argand pushgateway",
    about: "Holds the metrics that jobs push, for somebody to scrape.",
    after_help: "",
    flags: &[FLAGS, LIMITS],
    refusal: |_, _| None,
};

const LIMITS: &[Flag] = &[
    active(
        "push.max-groups",
        Text,
        "100000",
        "Groups of pushed metrics that are held at most.",
    ),
    active(
        "push.max-series",
        Text,
        "2000000",
        "Series of pushed metrics that are held at most.",
    ),
    active(
        "push.disable-consistency-check",
        Switch,
        "false",
        "Pushes that contradict what is held are answered as if they were taken. They are not, and the log says so.",
    ),
];

/// Within the server: whether there is one, and its port; where it keeps its log follows from the
/// folder of the samples.
pub(crate) const FLAGS_WITHIN: &[Flag] = &[
    active(
        "push.enable",
        Switch,
        "true",
        "Metrics that jobs push are taken at /pushgateway/metrics/job/….",
    ),
    active(
        "push.listen-address",
        List,
        "",
        "Address at which the push gateway has its usual paths, such as 127.0.0.1:9091. May be given again.",
    ),
    active(
        "push.max-groups",
        Text,
        "100000",
        "Groups of pushed metrics that are held at most.",
    ),
    active(
        "push.max-series",
        Text,
        "2000000",
        "Series of pushed metrics that are held at most.",
    ),
];

/// All flags of the role, those that do something first.
const FLAGS: &[Flag] = &[
    active(
        "web.listen-address",
        List,
        "127.0.0.1:9091",
        "Address to listen on. May be given again. 0.0.0.0:9091 opens the door to other machines.",
    ),
    active(
        "web.config.file",
        Text,
        "",
        "File with TLS, users, tokens and headers of the listening side; read again whenever it changes.",
    ),
    active(
        "web.max-connections",
        Text,
        "512",
        "Connections served at once over all listeners.",
    ),
    active(
        "web.telemetry-path",
        Text,
        "/metrics",
        "Path at which the metrics are shown.",
    ),
    active(
        "web.external-url",
        Text,
        "",
        "URL under which people reach this server; its path is the prefix of all routes.",
    ),
    active(
        "web.route-prefix",
        Text,
        "",
        "What all routes begin with, where that is not the external URL's path.",
    ),
    active(
        "web.enable-lifecycle",
        Switch,
        "false",
        "PUT /-/quit ends the process.",
    ),
    active(
        "web.enable-admin-api",
        Switch,
        "false",
        "PUT /api/v1/admin/wipe drops all groups.",
    ),
    active(
        "storage.path",
        Text,
        "data/",
        "Folder of the log of pushes.",
    ),
    active(
        "persistence.file",
        Text,
        "",
        "The log of pushes lies in a folder of this name with .log behind it, instead of in --storage.path. The original's own file is not read.",
    ),
    accepted("persistence.interval", Text, "5m"),
    accepted("web.local-assets", Text, ""),
    accepted("web.systemd-socket", Switch, "false"),
];
