//! The flags of the command line, as data: name, form, default and help of each.
//!
//! They are those of Prometheus, so that a unit file or a container's arguments need no change,
//! and the few that only Argand has. The table gives the parser, the help text and the page of
//! flags. Other roles of the program have tables of their own ([`Program`]).

use std::collections::BTreeMap;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command};

/// The form of a flag's value.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// `--flag` or `--no-flag`.
    Switch,
    /// Any text; what it means is checked where it is used.
    Text,
    /// Any text, and the flag may be given again.
    List,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// Whether a flag does something yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    /// Accepted, so that nobody has to change a unit file; a log line says that it does nothing.
    Accepted,
}

/// One flag.
pub(crate) struct Flag {
    name: &'static str,
    form: Form,
    default: &'static str,
    state: State,
    help: &'static str,
}

/// A flag that does something.
pub(crate) const fn active(
    name: &'static str,
    form: Form,
    default: &'static str,
    help: &'static str,
) -> Flag {
    Flag {
        name,
        form,
        default,
        state: State::Active,
        help,
    }
}

/// A flag that does nothing yet.
pub(crate) const fn accepted(name: &'static str, form: Form, default: &'static str) -> Flag {
    Flag {
        name,
        form,
        default,
        state: State::Accepted,
        help: "Accepted; not active yet.",
    }
}

use Form::{Choice, List, Switch, Text};

/// A role of the program, with its own flags.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// What the help ends with.
    pub(crate) after_help: &'static str,
    /// Those of this role alone; [`Program::all`] knows those of every role, too.
    pub(crate) flags: &'static [&'static [Flag]],
    /// Why a value of a flag is refused until it works.
    pub(crate) refusal: fn(name: &str, value: &str) -> Option<&'static str>,
}

impl Program {
    fn all(&self) -> impl Iterator<Item = &'static Flag> + use<> {
        self.flags.iter().copied().flatten().chain(SHARED)
    }
}

/// Prometheus.
pub(crate) const PROMETHEUS: Program = Program {
    name: "argand",
    about: "A whole Prometheus monitoring stack in one process.",
    after_help: "Without any flag Argand watches itself and this machine; the page is at http://127.0.0.1:9090.\nAlertmanager alone: argand alertmanager --help.\nTools, as promtool has them: argand check, query, push, test, debug, tsdb, promql, each with --help.\nTools, as amtool has them: argand am --help. By a link named promtool or amtool this program is that tool.\nFor shells and readers: argand completions, argand man.",
    flags: &[FLAGS, crate::alertmanager::CLUSTER_WITHIN],
    refusal,
};

/// The flags of every role.
const SHARED: &[Flag] = &[
    active(
        "log.level",
        Choice(&["debug", "info", "warn", "error"]),
        "info",
        "Only messages of this level or above are logged.",
    ),
    active(
        "log.format",
        Choice(&["logfmt", "json"]),
        "logfmt",
        "Form of the log.",
    ),
    accepted("auto-gomaxprocs", Switch, "true"),
    accepted("auto-gomemlimit", Switch, "true"),
    accepted("auto-gomemlimit.ratio", Text, "0.9"),
];

/// All other flags, those that do something first.
const FLAGS: &[Flag] = &[
    active(
        "config.file",
        Text,
        "",
        "Configuration file. Without it prometheus.yml of this folder is read where there is one; else Argand watches itself and this machine.",
    ),
    active(
        "alertmanager.config.file",
        Text,
        "",
        "Alertmanager's configuration file. With it alerts are routed and told by this process, and Alertmanager's API answers under /api/v2, too.",
    ),
    active(
        "alertmanager.config.expand-env",
        Switch,
        "false",
        "${NAME} in values of Alertmanager's configuration stands for what the environment says.",
    ),
    active(
        "alertmanager.storage.path",
        Text,
        "",
        "Folder of silences, notifications and alerts of the Alertmanager in this process. Empty: the folder of the samples.",
    ),
    active(
        "web.listen-address",
        List,
        "127.0.0.1:9090",
        "Address to listen on. May be given again. 0.0.0.0:9090 opens the door to other machines.",
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
        "Connections served at once over all listeners. Beyond it idle and slow ones make room.",
    ),
    active(
        "web.read-timeout",
        Text,
        "5m",
        "How long a request may take to arrive, and a connection may be idle.",
    ),
    active(
        "web.enable-lifecycle",
        Switch,
        "false",
        "Switches POST /-/reload and /-/quit on.",
    ),
    active(
        "web.enable-admin-api",
        Switch,
        "false",
        "Takes orders to delete series, clean up after that and make snapshots.",
    ),
    active(
        "web.enable-remote-write-receiver",
        Switch,
        "false",
        "Takes what other servers push to /api/v1/write.",
    ),
    active(
        "web.remote-write-receiver.accepted-protobuf-messages",
        List,
        "",
        "Messages of remote write that are taken: prometheus.WriteRequest, \
         io.prometheus.write.v2.Request. Both where none is named.",
    ),
    active(
        "web.enable-otlp-receiver",
        Switch,
        "false",
        "Takes OpenTelemetry metrics: at /api/v1/otlp/v1/metrics, and over gRPC on the same port.",
    ),
    active(
        "web.cors.origin",
        Text,
        ".*",
        "Regular expression, fully anchored, for origins whose pages may read answers.",
    ),
    active(
        "web.max-notifications-subscribers",
        Text,
        "16",
        "Pages that may listen to notifications at once. 0: none.",
    ),
    active(
        "web.search.max-limit",
        Text,
        "10000",
        "Names that one search may ask for (--enable-feature=search-api). 0: any number.",
    ),
    active(
        "web.external-url",
        Text,
        "",
        "URL under which others reach this server; its path is the prefix of all routes.",
    ),
    active(
        "web.route-prefix",
        Text,
        "",
        "What all routes begin with, where that is not the external URL's path.",
    ),
    active(
        "storage.tsdb.path",
        Text,
        "data/",
        "Directory of the samples, in Prometheus' own format.",
    ),
    active(
        "storage.tsdb.retention.time",
        Text,
        "",
        "How long samples are kept: y, w, d, h, m, s, ms. 15d where neither this nor the size is given.",
    ),
    active(
        "storage.tsdb.retention.size",
        Text,
        "",
        "Bytes on disk at most: B, KB, MB, GB, TB, PB, EB. The oldest blocks go first.",
    ),
    active(
        "storage.tsdb.no-lockfile",
        Switch,
        "false",
        "Does not create a lock file in the data directory.",
    ),
    active(
        "storage.tsdb.wal-compression",
        Switch,
        "true",
        "Compresses the write-ahead log.",
    ),
    active(
        "storage.tsdb.min-block-duration",
        Text,
        "2h",
        "Span of the blocks the head is cut to.",
    ),
    active(
        "storage.tsdb.max-block-duration",
        Text,
        "",
        "Longest span that blocks are merged to. Empty: 31d or a tenth of the retention time, whichever is less.",
    ),
    active(
        "storage.remote.read-sample-limit",
        Text,
        "50000000",
        "Samples of the answer to one remote read in the form of samples. 0: no limit.",
    ),
    active(
        "storage.remote.read-concurrent-limit",
        Text,
        "10",
        "Remote reads answered at once; more wait.",
    ),
    active(
        "storage.remote.read-max-bytes-in-frame",
        Text,
        "1048576",
        "Bytes after which a frame of a streamed remote read ends.",
    ),
    active(
        "storage.wal-sync",
        Choice(&["interval", "always"]),
        "interval",
        "When the log is forced to the disk: once a second, or before each write is acknowledged.",
    ),
    active(
        "storage.max-series",
        Text,
        "0",
        "Series the head takes; beyond it new series are refused and known ones go on. 0: no limit.",
    ),
    active(
        "storage.remote.flush-deadline",
        Text,
        "1m",
        "How long remote write goes on sending at the end, while the far end takes it. What is left is sent after the next start.",
    ),
    active(
        "storage.remote.max-lag-bytes",
        Text,
        "8GB",
        "Bytes of the log that are kept for a remote write queue whose far end is down; beyond that the oldest is left out.",
    ),
    active(
        "scrape.max-series-per-target",
        Text,
        "0",
        "Series one target may have; beyond it its new series are refused. 0: no limit.",
    ),
    active(
        "query.lookback-delta",
        Text,
        "5m",
        "How old the newest sample of a series may be for the series to count.",
    ),
    active(
        "query.timeout",
        Text,
        "2m",
        "A query that takes longer is given up.",
    ),
    active(
        "query.max-concurrency",
        Text,
        "20",
        "Queries evaluated at once; more wait.",
    ),
    active(
        "query.max-samples",
        Text,
        "50000000",
        "Samples one query may hold in memory.",
    ),
    active(
        "alertmanager.drain-notification-queue-on-shutdown",
        Switch,
        "true",
        "Sends the alerts that wait for Alertmanagers before the end.",
    ),
    active(
        "alertmanager.notification-batch-size",
        Text,
        "256",
        "Alerts of one request to an Alertmanager.",
    ),
    active(
        "alertmanager.notification-queue-capacity",
        Text,
        "10000",
        "Alerts that may wait for one Alertmanager; beyond it the oldest are dropped.",
    ),
    active(
        "rules.alert.for-grace-period",
        Text,
        "10m",
        "Least time before an alert fires that held before a restart; rules that ask for less begin anew.",
    ),
    active(
        "rules.alert.for-outage-tolerance",
        Text,
        "1h",
        "How long this server may have been away for alerts to go on holding.",
    ),
    active(
        "rules.alert.resend-delay",
        Text,
        "1m",
        "Time before an alert that goes on firing is said again.",
    ),
    active(
        "rules.max-concurrent-evals",
        Text,
        "4",
        "Rules evaluated beside their groups at once, with the feature concurrent-rule-eval.",
    ),
    active(
        "query.max-memory-per-query",
        Text,
        "25%",
        "Memory one query may hold: B, KB, MB, GB, or a share of this machine's or control group's.",
    ),
    active(
        "query.max-memory",
        Text,
        "40%",
        "Memory all queries together may hold.",
    ),
    active(
        "query.max-queue",
        Text,
        "256",
        "Queries that may wait; more are refused. Who asks is served in turn with others.",
    ),
    active(
        "query.slow-log-threshold",
        Text,
        "",
        "A query that takes at least so long is logged as a warning. Empty: none.",
    ),
    active(
        "enable-feature",
        List,
        "",
        "Features by name, separated by commas: promql-experimental-functions, promql-duration-expr, promql-extended-range-selectors, promql-binop-fill-modifiers, promql-delayed-name-removal, promql-per-step-stats, type-and-unit-labels, search-api. Names of other features change nothing.",
    ),
    accepted("agent", Switch, "false"),
    accepted("config.auto-reload-interval", Text, "30s"),
    accepted("scrape.adjust-timestamps", Switch, "true"),
    accepted("scrape.discovery-reload-interval", Text, "5s"),
    accepted("scrape.timestamp-tolerance", Text, "2ms"),
    accepted("storage.agent.path", Text, "data-agent/"),
    accepted("storage.agent.no-lockfile", Switch, "false"),
    accepted("storage.agent.retention.max-time", Text, "4h"),
    accepted("storage.agent.retention.min-time", Text, "5m"),
    accepted("storage.agent.wal-compression", Switch, "true"),
    accepted("storage.tsdb.allow-overlapping-blocks", Switch, "true"),
    accepted("storage.tsdb.allow-overlapping-compaction", Switch, "true"),
    accepted("storage.tsdb.head-chunks-write-queue-size", Text, "0"),
    accepted("storage.tsdb.max-block-chunk-segment-size", Text, ""),
    accepted("storage.tsdb.samples-per-chunk", Text, "120"),
    accepted("storage.tsdb.wal-compression-type", Text, "snappy"),
    accepted("storage.tsdb.wal-segment-size", Text, ""),
    accepted("web.console.libraries", Text, "console_libraries"),
    accepted("web.console.templates", Text, "consoles"),
    accepted("web.page-title", Text, "Argand"),
    accepted("web.user-assets", Text, ""),
];

/// Why a value that would open a door, or lose data, if it were ignored is refused until it works.
fn refusal(name: &str, value: &str) -> Option<&'static str> {
    match name {
        "agent" if value == "true" => {
            Some("agent mode is not active yet; leave the flag out to store samples here")
        }
        _ => None,
    }
}

/// The values in force, by flag.
pub(crate) struct Flags {
    values: BTreeMap<&'static str, Vec<String>>,
    /// Names of given flags that do nothing yet.
    pub(crate) without_effect: Vec<&'static str>,
}

/// The flags of a role, as they are read.
pub(crate) fn command(program: &Program) -> Command {
    let mut command = Command::new(program.name)
        .version(env!("CARGO_PKG_VERSION"))
        .about(program.about)
        .after_help(program.after_help)
        .disable_help_subcommand(true);
    for flag in program.all() {
        let mut arg = Arg::new(flag.name).long(flag.name).help(flag.help);
        if flag.state == State::Accepted {
            arg = arg.hide_short_help(true);
        }
        arg = match flag.form {
            Switch => arg.action(ArgAction::SetTrue).overrides_with(flag.name),
            Text => arg
                .action(ArgAction::Set)
                .value_name("VALUE")
                .overrides_with(flag.name),
            List => arg.action(ArgAction::Append).value_name("VALUE"),
            Choice(words) => arg
                .action(ArgAction::Set)
                .value_parser(PossibleValuesParser::new(words))
                .overrides_with(flag.name),
        };
        if !flag.default.is_empty() && !matches!(flag.form, Switch) {
            arg = arg.help(format!("{} [default: {}]", flag.help, flag.default));
        }
        command = command.arg(arg);
        if let Switch = flag.form {
            let negative = format!("no-{}", flag.name);
            let arg = Arg::new(negative.clone())
                .long(negative)
                .action(ArgAction::SetTrue)
                .hide(true)
                .overrides_with(flag.name);
            command = command.arg(arg);
        }
    }
    command
}

impl Flags {
    /// Reads a command line; an error's text names the flag, and the nearest one where it is
    /// unknown.
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = std::ffi::OsString>,
    ) -> Result<Self, clap::Error> {
        Self::parse_for(&PROMETHEUS, arguments)
    }

    /// Reads the command line of a role; its first word stands for the program.
    pub(crate) fn parse_for(
        program: &Program,
        arguments: impl IntoIterator<Item = std::ffi::OsString>,
    ) -> Result<Self, clap::Error> {
        let mut command = command(program);
        let matches = command.try_get_matches_from_mut(arguments)?;
        let mut values = BTreeMap::new();
        let mut without_effect = Vec::new();
        for flag in program.all() {
            let given: Option<Vec<String>> = match flag.form {
                Switch if matches.get_flag(flag.name) => Some(vec!["true".to_owned()]),
                Switch if matches.get_flag(&format!("no-{}", flag.name)) => {
                    Some(vec!["false".to_owned()])
                }
                Switch => None,
                _ => matches
                    .get_many::<String>(flag.name)
                    .map(|v| v.cloned().collect()),
            };
            let refused = given
                .iter()
                .flatten()
                .find_map(|value| (program.refusal)(flag.name, value));
            if let Some(why) = refused {
                let text = format!("--{}: {why}\n", flag.name);
                return Err(command.error(clap::error::ErrorKind::InvalidValue, text));
            }
            if given.is_some() && flag.state == State::Accepted {
                without_effect.push(flag.name);
            }
            values.insert(
                flag.name,
                given.unwrap_or_else(|| vec![flag.default.to_owned()]),
            );
        }
        Ok(Self {
            values,
            without_effect,
        })
    }

    /// The last value given for a flag, or its default.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.list(name).last().map_or("", String::as_str)
    }

    /// All values given for a flag.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// Every flag with its value, for the status page.
    pub(crate) fn shown(&self) -> BTreeMap<String, String> {
        self.values
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values.join(",")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Flags, clap::Error> {
        Flags::parse(
            ["argand"]
                .iter()
                .chain(arguments)
                .map(std::ffi::OsString::from),
        )
    }

    #[test]
    fn the_table_is_sound() {
        command(&PROMETHEUS).debug_assert();
        command(&crate::alertmanager::PROGRAM).debug_assert();
    }

    #[test]
    fn flags_come_in_both_forms_and_the_last_one_stands() {
        let flags = parse(&[
            "--config.file=a.yml",
            "--config.file",
            "b.yml",
            "--web.enable-lifecycle",
            "--no-storage.tsdb.wal-compression",
        ])
        .unwrap();
        assert_eq!(flags.text("config.file"), "b.yml");
        assert!(flags.is_on("web.enable-lifecycle"));
        assert!(!flags.is_on("storage.tsdb.wal-compression"));
        assert_eq!(flags.text("query.timeout"), "2m");
    }

    #[test]
    fn an_unknown_flag_names_the_nearest() {
        let error = parse(&["--storage.tsdb.pth=x"]).err().unwrap().to_string();
        assert!(error.contains("--storage.tsdb.pth"), "{error}");
        assert!(error.contains("--storage.tsdb.path"), "{error}");
    }

    #[test]
    fn what_would_be_dangerous_to_ignore_is_refused() {
        let error = parse(&["--agent"]).err().unwrap().to_string();
        assert!(error.contains("not active yet"), "{error}");
        assert!(parse(&["--no-agent"]).is_ok());
    }

    #[test]
    fn flags_without_effect_are_listed() {
        let flags = parse(&["--web.page-title=x"]).unwrap();
        assert_eq!(flags.without_effect, ["web.page-title"]);
    }
}
