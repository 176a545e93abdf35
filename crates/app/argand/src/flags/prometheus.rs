//! The flags of Prometheus, and those that only Argand has.

use super::Form::{Choice, List, Switch, Text};
use super::{Flag, Program, accepted, active};

/// Prometheus.
pub(crate) const PROMETHEUS: Program = Program {
    name: "argand",
    about: "A whole Prometheus monitoring stack in one process.",
    after_help: "Without any flag Argand watches itself and this machine; the page is at http://127.0.0.1:9090.\nWith something to look at: argand demo.\nAlertmanager alone: argand alertmanager --help. The push gateway alone: argand pushgateway --help.\nTools, as promtool has them: argand check, query, push, test, debug, tsdb, promql, each with --help.\nTools, as amtool has them: argand am --help. By a link named promtool or amtool this program is that tool.\nFor shells and readers: argand completions, argand man.",
    flags: &[
        FLAGS,
        crate::pushgateway::FLAGS_WITHIN,
        super::statsd::STATSD,
        crate::alertmanager::CLUSTER_WITHIN,
    ],
    refusal,
};

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
        "kubernetes.operator",
        Text,
        "",
        "File with a Prometheus object: monitors, probes, rules and routes that it selects are read from Kubernetes and followed, as Prometheus Operator would.",
    ),
    active(
        "kubernetes.kubeconfig",
        Text,
        "",
        "Kubeconfig of the server that --kubernetes.operator asks. Empty: the cluster that this process runs in.",
    ),
    active(
        "dashboards.path",
        List,
        "",
        "Folder of Grafana dashboards (JSON of any version), which may be saved into. May be given again.",
    ),
    active(
        "dashboards.providers",
        List,
        "",
        "Grafana's provider file of dashboards, or a folder of such files. May be given again.",
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
