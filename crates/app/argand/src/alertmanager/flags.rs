//! The flags of the Alertmanager role, as data: upstream's, and those that only Argand has.

use super::cluster;
use crate::flags::Form::{List, Switch, Text};
use crate::flags::{Flag, Program, accepted, active};

/// Alertmanager.
pub(crate) const PROGRAM: Program = Program {
    name: "argand alertmanager",
    about: "Groups, inhibits, silences and delivers alerts.",
    after_help: "Several nodes tell once: each names the others with --cluster.peer.",
    flags: &[FLAGS, cluster::FLAGS],
    refusal: |_, _| None,
};

/// All flags, those that do something first.
const FLAGS: &[Flag] = &[
    active(
        "config.file",
        Text,
        "alertmanager.yml",
        "Configuration file.",
    ),
    active(
        "config.expand-env",
        Switch,
        "false",
        "${NAME} in values of the configuration stands for what the environment says.",
    ),
    active(
        "storage.path",
        Text,
        "data/",
        "Folder of silences, notifications and alerts.",
    ),
    active(
        "data.retention",
        Text,
        "120h",
        "How long ended silences, and what was told to whom, are remembered.",
    ),
    active(
        "web.listen-address",
        List,
        "127.0.0.1:9093",
        "Address to listen on. May be given again. 0.0.0.0:9093 opens the door to other machines.",
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
        "web.external-url",
        Text,
        "",
        "URL under which people reach this server, for links in notifications; its path is the prefix of all routes.",
    ),
    active(
        "web.route-prefix",
        Text,
        "",
        "What all routes begin with, where that is not the external URL's path.",
    ),
    active(
        "silences.max-silences",
        Text,
        "0",
        "Silences kept at once, ended ones among them. 0: 20000.",
    ),
    active(
        "silences.max-silence-size-bytes",
        Text,
        "0",
        "Bytes of one silence. 0: 64 KiB.",
    ),
    active(
        "silences.allow-everything",
        Switch,
        "false",
        "Takes silences that would mute every alert from clients that do not confirm them, too.",
    ),
    active(
        "alerts.max-alerts",
        Text,
        "100000",
        "Alerts held at once; beyond it new ones are refused.",
    ),
    active(
        "alerts.per-alertname-limit",
        Text,
        "0",
        "Alerts of one name held at once; beyond it new ones are refused. 0: any number.",
    ),
    active(
        "dispatch.start-delay",
        Text,
        "0s",
        "Time after the start during which nobody is told of anything.",
    ),
    accepted("alerts.gc-interval", Text, "30m"),
    accepted("data.maintenance-interval", Text, "15m"),
    accepted("enable-feature", Text, ""),
    accepted("web.get-concurrency", Text, "0"),
    accepted("web.systemd-socket", Switch, "false"),
    accepted("web.timeout", Text, "0"),
    accepted("web.ui-path", Text, ""),
];
