//! What the flags mean: texts turned into checked values.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use model::duration;
use remote::write::WriteOptions;

use crate::alerting::AlertingOptions;
use crate::flags::Flags;
use crate::machine;

/// How long samples are kept where neither flags nor configuration say.
pub(crate) const DEFAULT_RETENTION: Duration = Duration::from_secs(15 * 24 * 3600);

/// Checked values of the flags.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The configuration file; `None` for the built-in configuration.
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) listen: Vec<SocketAddr>,
    /// TLS, users and tokens of the listening side; `None` for plain HTTP, open to all.
    pub(crate) web_config: Option<PathBuf>,
    pub(crate) max_connections: usize,
    /// How long a request may take to arrive, and a connection may be idle.
    pub(crate) read_timeout: Duration,
    /// What every path begins with: empty, or `/` and more without a slash at the end.
    pub(crate) prefix: String,
    /// Pages that may listen to notifications at once.
    pub(crate) notification_listeners: usize,
    /// Names that one search may ask for; `None` where searching is switched off.
    pub(crate) search_limit: Option<usize>,
    pub(crate) data: PathBuf,
    pub(crate) retention_time: Option<Duration>,
    pub(crate) retention_size: Option<u64>,
    pub(crate) min_block: Duration,
    pub(crate) max_block: Option<Duration>,
    /// Series of the head.
    pub(crate) max_series: Option<u64>,
    /// Series of one target; 0 for no limit.
    pub(crate) series_per_target: u64,
    pub(crate) lookback: Duration,
    pub(crate) query_timeout: Duration,
    pub(crate) query_concurrency: usize,
    pub(crate) query_samples: usize,
    pub(crate) alerting: AlertingOptions,
    /// Bytes.
    pub(crate) query_memory: u64,
    /// Bytes, of all queries together.
    pub(crate) all_query_memory: u64,
    pub(crate) query_queue: usize,
    pub(crate) slow_query: Option<Duration>,
    pub(crate) remote_write: WriteOptions,
}

impl Options {
    pub(crate) fn new(flags: &Flags) -> Result<Self> {
        let listen: Vec<SocketAddr> = flags
            .list("web.listen-address")
            .iter()
            .map(|address| listen_address(address))
            .collect::<Result<_>>()?;
        Ok(Self {
            config_file: config_file(flags),
            web_config: web_config(flags),
            alerting: alerting(flags, &listen)?,
            listen,
            max_connections: number(flags, "web.max-connections")?,
            read_timeout: required(flags, "web.read-timeout", length)?,
            prefix: prefix(
                flags.text("web.external-url"),
                flags.text("web.route-prefix"),
            ),
            notification_listeners: listeners(flags)?,
            search_limit: search_limit(flags)?,
            data: PathBuf::from(flags.text("storage.tsdb.path")),
            retention_time: optional(flags, "storage.tsdb.retention.time", length)?,
            retention_size: optional(flags, "storage.tsdb.retention.size", bytes)?,
            min_block: required(flags, "storage.tsdb.min-block-duration", length)?,
            max_block: optional(flags, "storage.tsdb.max-block-duration", length)?,
            max_series: optional(flags, "storage.max-series", count)?,
            series_per_target: required(flags, "scrape.max-series-per-target", count)?,
            lookback: required(flags, "query.lookback-delta", length)?,
            query_timeout: required(flags, "query.timeout", length)?,
            query_concurrency: number(flags, "query.max-concurrency")?,
            query_samples: number(flags, "query.max-samples")?,
            query_memory: required(flags, "query.max-memory-per-query", memory)?,
            all_query_memory: required(flags, "query.max-memory", memory)?,
            query_queue: number(flags, "query.max-queue")?,
            slow_query: optional(flags, "query.slow-log-threshold", length)?,
            remote_write: WriteOptions {
                data: PathBuf::from(flags.text("storage.tsdb.path")),
                max_lag_bytes: required(flags, "storage.remote.max-lag-bytes", bytes)?,
                flush_deadline: required(flags, "storage.remote.flush-deadline", any_length)?,
            },
        })
    }
}

fn listeners(flags: &Flags) -> Result<usize> {
    let most = required(flags, "web.max-notifications-subscribers", count)?;
    Ok(usize::try_from(most).unwrap_or(usize::MAX))
}

fn search_limit(flags: &Flags) -> Result<Option<usize>> {
    let limit = required(flags, "web.search.max-limit", count)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(has_feature(flags, "search-api").then_some(limit))
}

fn alerting(flags: &Flags, listen: &[SocketAddr]) -> Result<AlertingOptions> {
    Ok(AlertingOptions {
        external_url: external_url(flags.text("web.external-url"), listen),
        resend_delay: required(flags, "rules.alert.resend-delay", any_length)?,
        outage_tolerance: required(flags, "rules.alert.for-outage-tolerance", any_length)?,
        grace_period: required(flags, "rules.alert.for-grace-period", any_length)?,
        concurrent_rules: has_feature(flags, "concurrent-rule-eval"),
        most_concurrent_rules: number(flags, "rules.max-concurrent-evals")?,
        queue_capacity: number(flags, "alertmanager.notification-queue-capacity")?,
        batch_size: number(flags, "alertmanager.notification-batch-size")?,
        drain_at_the_end: flags.is_on("alertmanager.drain-notification-queue-on-shutdown"),
    })
}

/// Whether `--enable-feature` names a feature.
pub(crate) fn has_feature(flags: &Flags, name: &str) -> bool {
    let lists = flags.list("enable-feature").iter();
    lists
        .flat_map(|list| list.split(','))
        .any(|feature| feature.trim() == name)
}

/// Where others reach this server, without a slash at the end: as the flag says, else this
/// machine's name and the first port.
pub(crate) fn external_url(flag: &str, listen: &[SocketAddr]) -> String {
    if !flag.is_empty() {
        return flag.trim_end_matches('/').to_owned();
    }
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = match host.trim() {
        "" => "localhost",
        host => host,
    };
    let port = listen.first().map_or(0, SocketAddr::port);
    format!("http://{host}:{port}")
}

/// The file named; else `prometheus.yml` of this folder, where Prometheus looks too.
fn config_file(flags: &Flags) -> Option<PathBuf> {
    let given = flags.text("config.file");
    if !given.is_empty() {
        return Some(PathBuf::from(given));
    }
    Some(PathBuf::from("prometheus.yml")).filter(|file| file.is_file())
}

/// The file that says who may come in.
pub(crate) fn web_config(flags: &Flags) -> Option<PathBuf> {
    Some(flags.text("web.config.file"))
        .filter(|file| !file.is_empty())
        .map(PathBuf::from)
}

/// The prefix named, else the external URL's path.
pub(crate) fn prefix(external_url: &str, route_prefix: &str) -> String {
    let path = if route_prefix.is_empty() {
        let behind_scheme = external_url
            .split_once("://")
            .map_or(external_url, |(_, rest)| rest);
        behind_scheme.split_once('/').map_or("", |(_, path)| path)
    } else {
        route_prefix
    };
    match path.trim_matches('/') {
        "" => String::new(),
        path => format!("/{path}"),
    }
}

pub(crate) fn required<T>(flags: &Flags, name: &str, read: fn(&str) -> Result<T>) -> Result<T> {
    read(flags.text(name)).with_context(|| format!("--{name}={}", flags.text(name)))
}

/// Empty and zero mean that nothing is set.
pub(crate) fn optional<T>(
    flags: &Flags,
    name: &str,
    read: fn(&str) -> Result<T>,
) -> Result<Option<T>> {
    if matches!(flags.text(name), "" | "0" | "0s" | "0B") {
        return Ok(None);
    }
    required(flags, name, read).map(Some)
}

pub(crate) fn number(flags: &Flags, name: &str) -> Result<usize> {
    required(flags, name, |text| {
        let number: usize = text.parse().context("a whole number was expected")?;
        if number == 0 {
            bail!("at least 1 was expected");
        }
        Ok(number)
    })
}

pub(crate) fn count(text: &str) -> Result<u64> {
    text.parse().context("a whole number was expected")
}

/// A length of time of at least a millisecond.
pub(crate) fn length(text: &str) -> Result<Duration> {
    match u64::try_from(duration::parse(text)?) {
        Ok(millis) if millis > 0 => Ok(Duration::from_millis(millis)),
        _ => bail!("more than nothing was expected"),
    }
}

/// A length of time that may be nothing.
pub(crate) fn any_length(text: &str) -> Result<Duration> {
    let millis = duration::parse(text)?;
    Ok(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

/// Powers of 1024, whichever way they are written, as upstream counts them.
const SIZES: [(&str, u32); 7] = [
    ("EB", 6),
    ("PB", 5),
    ("TB", 4),
    ("GB", 3),
    ("MB", 2),
    ("KB", 1),
    ("B", 0),
];

fn bytes(text: &str) -> Result<u64> {
    let plain = text.replace("iB", "B");
    let (number, power) = SIZES
        .iter()
        .find_map(|(unit, power)| Some((plain.strip_suffix(unit)?, *power)))
        .with_context(|| format!("{text:?} has no unit; there are B, KB, MB, GB, TB, PB, EB"))?;
    let number: f64 = number
        .trim()
        .parse()
        .with_context(|| format!("{number:?} is no number"))?;
    let size = number * 1024f64.powi(i32::try_from(power).unwrap_or_default());
    if !(1.0..=9.2e18).contains(&size) {
        bail!("{text:?} is not between 1 byte and 8 EB");
    }
    Ok(size as u64)
}

/// Bytes, or a share of the memory there is.
fn memory(text: &str) -> Result<u64> {
    let Some(share) = text.strip_suffix('%') else {
        return bytes(text);
    };
    let share: f64 = share
        .parse()
        .with_context(|| format!("{share:?} is no number"))?;
    if !(share > 0.0 && share <= 100.0) {
        bail!("{text:?} is not more than 0% and at most 100%");
    }
    Ok((machine::memory() as f64 * share / 100.0) as u64)
}

/// `host:port`; an empty host means every address of the machine.
pub(crate) fn listen_address(text: &str) -> Result<SocketAddr> {
    address("web.listen-address", text)
}

/// The `host:port` of a flag; an empty host means every address of the machine.
pub(crate) fn address(flag: &str, text: &str) -> Result<SocketAddr> {
    let (host, port) = text
        .rsplit_once(':')
        .with_context(|| format!("--{flag}={text}: host:port was expected"))?;
    let host = match host {
        "" => "0.0.0.0",
        "localhost" => "127.0.0.1",
        other => other,
    };
    format!("{host}:{port}")
        .parse()
        .with_context(|| format!("--{flag}={text}: an address such as 127.0.0.1:9090 was expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, size) in [
            ("1B", 1),
            ("512MB", 512 << 20),
            ("1.5GiB", 3 << 29),
            ("2TB", 2 << 40),
        ] {
            assert_eq!(bytes(text).unwrap(), size, "{text}");
        }
        for text in ["", "5", "-1GB", "GB", "9EB", "1XB", "0.1B"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn memory_is_bytes_or_a_share() {
        assert_eq!(memory("3MB").unwrap(), 3 << 20);
        let all = memory("100%").unwrap();
        let quarter = memory("25%").unwrap();
        assert!(quarter.abs_diff(all / 4) <= 1, "{quarter} of {all}");
        for text in ["", "5", "0%", "-1%", "101%", "x%", "NaN%"] {
            assert!(memory(text).is_err(), "{text}");
        }
    }

    #[test]
    fn prefixes() {
        for (url, route, expected) in [
            ("", "", ""),
            ("http://argand.example", "", ""),
            ("http://argand.example/", "", ""),
            ("https://argand.example/a/b/", "", "/a/b"),
            ("https://argand.example/a/", "/", ""),
            ("", "x", "/x"),
        ] {
            assert_eq!(prefix(url, route), expected, "{url} {route}");
        }
    }

    #[test]
    fn addresses() {
        for (text, address) in [
            ("127.0.0.1:9090", "127.0.0.1:9090"),
            (":9090", "0.0.0.0:9090"),
            ("localhost:1", "127.0.0.1:1"),
            ("[::1]:9090", "[::1]:9090"),
        ] {
            assert_eq!(listen_address(text).unwrap().to_string(), address);
        }
        for text in [
            "9090",
            "127.0.0.1",
            "nowhere.example:80:80",
            "127.0.0.1:99999",
        ] {
            assert!(listen_address(text).is_err(), "{text}");
        }
    }
}
